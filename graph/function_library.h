// The functions of a graph's library, read from the wire in place: constants in bodies stay spans of the encoded
// library.
//
// A value; reading is safe from any thread.
#ifndef FLOE_GRAPH_FUNCTION_LIBRARY_H_
#define FLOE_GRAPH_FUNCTION_LIBRARY_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"

namespace floe {

// An argument or result of a function: one tensor, or as many as an attribute of the call says.
struct FunctionArg {
  std::string name;
  DType type = DType::kInvalid;  // kInvalid: an attribute says it
  std::string type_attr;
  std::string number_attr;
  std::string type_list_attr;

  // The types of the tensors it stands for, with the attributes that the caller binds. INVALID_ARGUMENT naming what is
  // missing.
  absl::StatusOr<std::vector<DType>> Types(const AttrMap& bound) const;
};

struct FunctionDefinition {
  std::string name;
  std::vector<FunctionArg> args;
  std::vector<FunctionArg> results;
  std::vector<Node> nodes;  // inputs are written as in op_outputs.h: "arg", "node:argument:number", "^node"
  std::vector<std::pair<std::string, std::string>> ret;          // result and what it is, sorted by result
  std::vector<std::pair<std::string, std::string>> control_ret;  // name, and the node to wait for
  AttrMap attr_defaults;                                         // of the signature
  AttrMap attrs;                                                 // of the definition itself

  // Null where there is none of that name.
  const std::string* FindRet(absl::string_view result) const;
};

class FunctionDefinitions {
 public:
  FunctionDefinitions() = default;
  // Bodies are parsed with it. DATA_LOSS for malformed bytes, INVALID_ARGUMENT for two functions of one name, each
  // naming the function.
  static absl::StatusOr<FunctionDefinitions> Parse(const std::shared_ptr<const std::string>& encoded);

  // Null where there is none.
  const FunctionDefinition* Find(absl::string_view name) const;
  // INVALID_ARGUMENT with the nearest name.
  absl::StatusOr<const FunctionDefinition*> FindOrError(absl::string_view name) const;
  const std::vector<FunctionDefinition>& functions() const { return functions_; }

 private:
  std::vector<FunctionDefinition> functions_;
  absl::flat_hash_map<std::string, size_t> index_;
};

}  // namespace floe

#endif  // FLOE_GRAPH_FUNCTION_LIBRARY_H_
