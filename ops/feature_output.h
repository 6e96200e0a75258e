// What the ops that parse Examples make of a column of features.
#ifndef FLOE_OPS_FEATURE_OUTPUT_H_
#define FLOE_OPS_FEATURE_OUTPUT_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "ops/example_proto.h"
#include "ops/op.h"
#include "ops/types.h"

namespace floe {

using FeatureTypes = TypeList<float, int64_t, std::string>;

// All values, as a vector.
absl::Status WriteFeatureValues(EvalContext& context, int output, const FeatureColumn& column);
// Indices, values and shape, `num_sparse` results apart; a lone example's indices have no column for the example.
absl::Status WriteSparseFeature(EvalContext& context, const FeatureColumn& column, bool batched, int indices_output,
                                int num_sparse);
// Where each of the runs that `counts` says begins, and where the last ends; what is absent is an empty run.
absl::Status WriteFeatureSplits(EvalContext& context, int output, absl::Span<const int64_t> counts);

}  // namespace floe

#endif  // FLOE_OPS_FEATURE_OUTPUT_H_
