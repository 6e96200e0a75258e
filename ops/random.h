// RandomUniform, RandomUniformInt, RandomStandardNormal, TruncatedNormal, RandomShuffle: random numbers of a node that
// keeps its place among them, so that every evaluation gives others.
//
// With the attributes seed or seed2 set, evaluation after evaluation gives TensorFlow's numbers, from its first run's
// on (see ops/random_stream.h). Never folded or merged.
#ifndef FLOE_OPS_RANDOM_H_
#define FLOE_OPS_RANDOM_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RandomOps();

}  // namespace floe

#endif  // FLOE_OPS_RANDOM_H_
