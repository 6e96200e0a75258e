// What a graph's builder hands out: a tensor or an operation of the graph, by name. Values; any thread.
#ifndef FLOE_SESSION_OUTPUT_H_
#define FLOE_SESSION_OUTPUT_H_

#include <string>
#include <utility>

#include "absl/strings/str_cat.h"

namespace floe {

struct Operation {
  std::string name;
  bool valid() const { return !name.empty(); }
};

struct Output {
  std::string node;
  int index = 0;

  bool valid() const { return !node.empty(); }
  std::string name() const { return absl::StrCat(node, ":", index); }  // "add:0"
  Operation op() const { return {node}; }
  friend bool operator==(const Output& a, const Output& b) { return a.node == b.node && a.index == b.index; }
};

// A tensor or an operation as Session::Run takes it: "add:0", "init", an Output or an Operation.
struct GraphElement {
  // NOLINTBEGIN(google-explicit-constructor): all of them are ways to write the same name
  GraphElement(const char* text) : text(text) {}
  GraphElement(std::string text) : text(std::move(text)) {}
  GraphElement(const Output& output) : text(output.name()) {}
  GraphElement(const Operation& operation) : text(operation.name) {}
  // NOLINTEND(google-explicit-constructor)
  std::string text;
};

}  // namespace floe

#endif  // FLOE_SESSION_OUTPUT_H_
