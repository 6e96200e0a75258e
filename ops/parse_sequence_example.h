// tf.SequenceExample messages to tensors: ParseSequenceExample, ParseSequenceExampleV2, ParseSingleSequenceExample.
#ifndef FLOE_OPS_PARSE_SEQUENCE_EXAMPLE_H_
#define FLOE_OPS_PARSE_SEQUENCE_EXAMPLE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ParseSequenceExampleOps();

}  // namespace floe

#endif  // FLOE_OPS_PARSE_SEQUENCE_EXAMPLE_H_
