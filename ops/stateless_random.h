// StatelessRandomUniform, StatelessRandomUniformInt, StatelessRandomUniformFullInt, StatelessRandomNormal,
// StatelessTruncatedNormal, their V2, and StatelessRandomGetKeyCounter, GetAlg and GetKeyCounterAlg, which make a key
// and a counter for V2 out of a seed: functions of the seed, so that they may be folded.
#ifndef FLOE_OPS_STATELESS_RANDOM_H_
#define FLOE_OPS_STATELESS_RANDOM_H_

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/philox.h"

namespace floe {

// Input `input` is a stateless op's seed: two integers.
absl::Status WantRandomSeed(const InferContext& context, int input);
// The place that the seed stands for, mixed so that it does not matter which of its bits differ from another's.
absl::StatusOr<Philox::Place> PlaceOfSeed(const Tensor& seed);

absl::Span<const OpInfo> StatelessRandomOps();

}  // namespace floe

#endif  // FLOE_OPS_STATELESS_RANDOM_H_
