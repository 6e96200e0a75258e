// Labels out of what a network says step by step: CTCGreedyDecoder and CTCBeamSearchDecoder.
#ifndef FLOE_OPS_CTC_H_
#define FLOE_OPS_CTC_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CtcOps();

}  // namespace floe

#endif  // FLOE_OPS_CTC_H_
