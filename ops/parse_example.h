// ParseExample, ParseExampleV2, ParseSingleExample: serialized tf.Example messages as tensors.
//
// A dense feature gives one tensor, a row an example; a sparse one the indices, values and shape of a matrix; a ragged
// one its values and where each example's begin.
#ifndef FLOE_OPS_PARSE_EXAMPLE_H_
#define FLOE_OPS_PARSE_EXAMPLE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ParseExampleOps();

}  // namespace floe

#endif  // FLOE_OPS_PARSE_EXAMPLE_H_
