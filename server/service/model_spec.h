// ModelSpec of the TensorFlow Serving API, in and out. Any thread.
#ifndef FLOE_SERVER_SERVICE_MODEL_SPEC_H_
#define FLOE_SERVER_SERVICE_MODEL_SPEC_H_

#include <cstdint>
#include <optional>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/repository/served_model.h"

namespace tensorflow::serving {
class ModelSpec;
}  // namespace tensorflow::serving

namespace floe {

// The version asked for, if any. INVALID_ARGUMENT for a label: none is assigned.
absl::StatusOr<std::optional<int64_t>> VersionOf(const tensorflow::serving::ModelSpec& spec);

void FillModelSpec(const ServedModel& model, bool with_signature, tensorflow::serving::ModelSpec* spec);

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_MODEL_SPEC_H_
