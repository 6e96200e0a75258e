#include "graph/op_outputs.h"

#include <algorithm>
#include <array>
#include <iterator>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

struct Outputs {
  absl::string_view op;
  absl::string_view arguments;
};

constexpr Outputs kOutputs[] = {
#include "graph/op_outputs_table.inc"
};

// No op has a million results, and a count must not overflow.
constexpr int64_t kMaxOutputs = 1000000;

absl::string_view ArgumentsOf(absl::string_view op) {
  const auto* const found = std::lower_bound(std::begin(kOutputs), std::end(kOutputs), op,
                                             [](const Outputs& a, absl::string_view b) { return a.op < b; });
  return found != std::end(kOutputs) && found->op == op ? found->arguments : absl::string_view();
}

// The length of a list, from an attribute that is a number or a list of types.
absl::StatusOr<int> LengthOf(const Node& node, absl::string_view attr) {
  const AttrValue* const value = node.attrs.Find(attr);
  int64_t length = 0;
  if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", attr, "' is missing"));
  if (const absl::StatusOr<int64_t> number = value->AsInt(); number.ok()) {
    length = *number;
  } else {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, node.attrs.Types(attr));
    length = static_cast<int64_t>(types.size());
  }
  if (length < 0 || length > kMaxOutputs) {
    return absl::InvalidArgumentError(absl::StrCat("attribute '", attr, "' is ", length));
  }
  return static_cast<int>(length);
}

}  // namespace

absl::StatusOr<OutputRange> OutputsOfArgument(const Node& node, absl::string_view name) {
  const absl::string_view arguments = ArgumentsOf(node.op);
  if (arguments.empty()) return OutputRange{};
  OutputRange range{0, 1};
  std::vector<std::string> names;
  for (const absl::string_view argument : absl::StrSplit(arguments, ' ')) {
    const std::vector<absl::string_view> parts = absl::StrSplit(argument, '*');
    range.count = 1;
    if (parts.size() > 1) {
      FLOE_ASSIGN_OR_RETURN(range.count, LengthOf(node, parts[1]));
    }
    if (parts[0] == name) return range;
    if (range.first > kMaxOutputs) return absl::InvalidArgumentError("too many results");
    range.first += range.count;
    names.emplace_back(parts[0]);
  }
  return absl::InvalidArgumentError(absl::StrCat("op '", node.op, "' has no output '", name, "'",
                                                 DidYouMean(name, names), "; it has ", ListNames(names)));
}

absl::StatusOr<FunctionInputRef> ParseFunctionInputRef(absl::string_view text) {
  FunctionInputRef ref;
  if (absl::StartsWith(text, "^")) {
    ref.control = true;
    ref.node = text.substr(1);
  } else {
    const std::vector<absl::string_view> parts = absl::StrSplit(text, ':');
    ref.node = parts[0];
    if (parts.size() == 3) ref.argument = parts[1];
    if (parts.size() > 1) {
      // "node:argument" is all of an argument's results, "arg:1" an element of a list that the function takes.
      const bool number = absl::SimpleAtoi(parts.back(), &ref.index);
      if (number && ref.index >= 0 && ref.index <= kMaxOutputs && parts.size() <= 3) {
        ref.has_index = true;
      } else if (parts.size() == 2 && !number && !parts[1].empty()) {
        ref.argument = parts[1];
      } else {
        return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no tensor: wanted NODE:OUTPUT:NUMBER"));
      }
    }
  }
  if (ref.node.empty()) return absl::InvalidArgumentError(absl::StrCat("'", text, "' names no node"));
  return ref;
}

}  // namespace floe
