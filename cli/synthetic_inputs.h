// Inputs made up for a model, where only time matters.
#ifndef FLOE_CLI_SYNTHETIC_INPUTS_H_
#define FLOE_CLI_SYNTHETIC_INPUTS_H_

#include <vector>

#include "absl/status/statusor.h"
#include "model/model.h"

namespace floe::cli {

// One tensor for each of the model's inputs that `given` lacks, of the shapes in the order of its inputs: floats from 0
// to 1, integers 0 (good indices), empty strings.
absl::StatusOr<std::vector<NamedTensor>> CompleteInputs(const Model& model, absl::Span<const Shape> shapes,
                                                        std::vector<NamedTensor> given);

}  // namespace floe::cli

#endif  // FLOE_CLI_SYNTHETIC_INPUTS_H_
