#include "client/answers.h"

#include <google/protobuf/message_lite.h>

#include <limits>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/strings/str_cat.h"
#include "base/suggest.h"

namespace floe::client_internal {

absl::Status CheckInputs(absl::Span<const NamedTensor> inputs) {
  absl::flat_hash_set<absl::string_view> names;
  for (const auto& [name, tensor] : inputs) {
    if (!names.insert(name).second) {
      return absl::InvalidArgumentError(absl::StrCat("input '", name, "' is given twice"));
    }
    if (tensor.dtype() != DType::kString && ElementBytes(tensor.dtype()) == 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("input '", name, "': a tensor of dtype ", DTypeName(tensor.dtype()), " cannot be sent"));
    }
  }
  return absl::OkStatus();
}

absl::Status CheckRequestSize(const google::protobuf::MessageLite& request) {
  const size_t bytes = request.ByteSizeLong();
  if (bytes <= static_cast<size_t>(std::numeric_limits<int>::max())) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("a request of ", bytes, " bytes; protobuf takes at most ", std::numeric_limits<int>::max()));
}

absl::Status BadAnswer(absl::string_view where, const absl::Status& what) {
  const absl::StatusCode code =
      what.code() == absl::StatusCode::kResourceExhausted ? what.code() : absl::StatusCode::kInternal;
  return absl::Status(code, absl::StrCat("the server's answer: ", where, ": ", what.message()));
}

absl::StatusOr<std::vector<NamedTensor>> InOrder(std::vector<NamedTensor> outputs,
                                                 absl::Span<const std::string> wanted) {
  absl::flat_hash_map<absl::string_view, const Tensor*> by_name;
  for (const auto& [name, tensor] : outputs) {
    if (!by_name.emplace(name, &tensor).second) {
      return BadAnswer(absl::StrCat("output '", name, "'"), absl::InternalError("it came twice"));
    }
  }
  if (wanted.empty()) return outputs;
  std::vector<NamedTensor> result;
  for (const std::string& name : wanted) {
    const auto found = by_name.find(name);
    if (found == by_name.end()) {
      std::vector<std::string> names;
      for (const auto& [other, tensor] : outputs) names.push_back(other);
      return BadAnswer(
          absl::StrCat("output '", name, "'"),
          absl::InternalError(absl::StrCat("it was asked for, but came not; there are ", ListNames(names))));
    }
    result.emplace_back(name, *found->second);
  }
  return result;
}

}  // namespace floe::client_internal
