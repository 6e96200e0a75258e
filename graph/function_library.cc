#include "graph/function_library.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of function.proto and op_def.proto.
constexpr int kLibraryFunction = 1;
constexpr int kFunctionSignature = 1, kFunctionNode = 3, kFunctionRet = 4, kFunctionAttr = 5, kFunctionControlRet = 6;
constexpr int kOpName = 1, kOpInput = 2, kOpOutput = 3, kOpAttr = 4;
constexpr int kArgName = 1, kArgType = 3, kArgTypeAttr = 4, kArgNumberAttr = 5, kArgTypeListAttr = 6;
constexpr int kAttrName = 1, kAttrDefault = 3;
constexpr int kMapKey = 1, kMapValue = 2;

// A list argument longer than any op takes.
constexpr int64_t kMaxListLength = 1000000;

absl::Status Malformed() { return absl::DataLossError("not a GraphDef: malformed function"); }

struct Entry {
  absl::string_view key, value;
};
absl::StatusOr<Entry> ParseEntry(absl::string_view bytes, int key_number, int value_number) {
  Entry entry;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == key_number) entry.key = field.bytes;
    if (field.number == value_number) entry.value = field.bytes;
  }
  if (!reader.ok()) return Malformed();
  return entry;
}

absl::StatusOr<FunctionArg> ParseArg(absl::string_view bytes) {
  FunctionArg arg;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kArgType && field.type == WireType::kVarint && field.value != 0) {
      FLOE_ASSIGN_OR_RETURN(arg.type, DTypeFromNumber(static_cast<int64_t>(field.value)));
    }
    if (field.type != WireType::kBytes) continue;
    if (field.number == kArgName) arg.name = std::string(field.bytes);
    if (field.number == kArgTypeAttr) arg.type_attr = std::string(field.bytes);
    if (field.number == kArgNumberAttr) arg.number_attr = std::string(field.bytes);
    if (field.number == kArgTypeListAttr) arg.type_list_attr = std::string(field.bytes);
  }
  if (!reader.ok()) return Malformed();
  return arg;
}

absl::Status ParseSignature(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                            FunctionDefinition* function) {
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kOpName) function->name = std::string(field.bytes);
    if (field.number == kOpInput) {
      FLOE_ASSIGN_OR_RETURN(function->args.emplace_back(), ParseArg(field.bytes));
    }
    if (field.number == kOpOutput) {
      FLOE_ASSIGN_OR_RETURN(function->results.emplace_back(), ParseArg(field.bytes));
    }
    if (field.number == kOpAttr) {
      FLOE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(field.bytes, kAttrName, kAttrDefault));
      if (!entry.value.empty()) function->attr_defaults.Set(entry.key, AttrValue(entry.value, owner));
    }
  }
  return reader.ok() ? absl::OkStatus() : Malformed();
}

absl::Status ParseFunction(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                           FunctionDefinition* function) {
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    switch (field.number) {
      case kFunctionSignature:
        FLOE_RETURN_IF_ERROR(ParseSignature(field.bytes, owner, function));
        break;
      case kFunctionNode: {
        FLOE_ASSIGN_OR_RETURN(function->nodes.emplace_back(), ParseNode(field.bytes, owner));
        break;
      }
      case kFunctionRet:
      case kFunctionControlRet: {
        FLOE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(field.bytes, kMapKey, kMapValue));
        auto& list = field.number == kFunctionRet ? function->ret : function->control_ret;
        list.emplace_back(std::string(entry.key), std::string(entry.value));
        break;
      }
      case kFunctionAttr: {
        FLOE_ASSIGN_OR_RETURN(const Entry entry, ParseEntry(field.bytes, kMapKey, kMapValue));
        function->attrs.Set(entry.key, AttrValue(entry.value, owner));
        break;
      }
      default:
        break;
    }
  }
  if (!reader.ok()) return Malformed();
  std::sort(function->ret.begin(), function->ret.end());
  std::sort(function->control_ret.begin(), function->control_ret.end());
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<DType>> FunctionArg::Types(const AttrMap& bound) const {
  absl::StatusOr<std::vector<DType>> types;
  if (!type_list_attr.empty()) {
    types = bound.Types(type_list_attr);
  } else {
    absl::StatusOr<DType> one = type;
    if (type == DType::kInvalid) one = bound.Type(type_attr);
    if (!one.ok()) return Annotate(one.status(), absl::StrCat("argument '", name, "'"));
    int64_t count = 1;
    if (!number_attr.empty()) {
      FLOE_ASSIGN_OR_RETURN(count, bound.Int(number_attr));
      if (count < 0 || count > kMaxListLength) {
        return absl::InvalidArgumentError(absl::StrCat("attribute '", number_attr, "' is ", count));
      }
    }
    types = std::vector<DType>(static_cast<size_t>(count), *one);
  }
  if (!types.ok()) return Annotate(types.status(), absl::StrCat("argument '", name, "'"));
  return types;
}

const std::string* FunctionDefinition::FindRet(absl::string_view result) const {
  const auto found = std::lower_bound(ret.begin(), ret.end(), result,
                                      [](const auto& entry, absl::string_view name) { return entry.first < name; });
  return found != ret.end() && found->first == result ? &found->second : nullptr;
}

absl::StatusOr<FunctionDefinitions> FunctionDefinitions::Parse(const std::shared_ptr<const std::string>& encoded) {
  FunctionDefinitions library;
  if (encoded == nullptr) return library;
  WireReader reader(*encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kLibraryFunction || field.type != WireType::kBytes) continue;
    FunctionDefinition& function = library.functions_.emplace_back();
    if (const absl::Status parsed = ParseFunction(field.bytes, encoded, &function); !parsed.ok()) {
      return Annotate(parsed, absl::StrCat("function '", function.name, "'"));
    }
    if (!library.index_.emplace(function.name, library.functions_.size() - 1).second) {
      return absl::InvalidArgumentError(absl::StrCat("two functions are called '", function.name, "'"));
    }
  }
  if (!reader.ok()) return absl::DataLossError("not a GraphDef: malformed function library");
  return library;
}

const FunctionDefinition* FunctionDefinitions::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? nullptr : &functions_[found->second];
}

absl::StatusOr<const FunctionDefinition*> FunctionDefinitions::FindOrError(absl::string_view name) const {
  if (const FunctionDefinition* const found = Find(name); found != nullptr) return found;
  std::vector<std::string> names;
  for (const FunctionDefinition& function : functions_) names.push_back(function.name);
  return absl::InvalidArgumentError(
      absl::StrCat("no function '", name, "' in the graph's library", DidYouMean(name, names)));
}

}  // namespace floe
