#include "server/service/model_spec.h"

#include <string>

#include "absl/strings/str_cat.h"
#include "tensorflow_serving/apis/model.pb.h"

namespace floe {

using tensorflow::serving::ModelSpec;

absl::StatusOr<std::optional<int64_t>> VersionOf(const ModelSpec& spec) {
  switch (spec.version_choice_case()) {
    case ModelSpec::kVersion:
      return spec.version().value();
    case ModelSpec::kVersionLabel:
      return absl::InvalidArgumentError(absl::StrCat("model '", spec.name(), "' has no version label '",
                                                     spec.version_label(), "'; ask for a version by its number"));
    case ModelSpec::VERSION_CHOICE_NOT_SET:
      break;
  }
  return std::nullopt;
}

void FillModelSpec(const ServedModel& model, bool with_signature, ModelSpec* spec) {
  spec->set_name(model.name());
  spec->mutable_version()->set_value(model.version());
  if (with_signature) spec->set_signature_name(model.model().signature_name());
}

}  // namespace floe
