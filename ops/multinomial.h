// Multinomial and StatelessMultinomial: classes drawn by the logarithms of their probabilities.
//
// Rows are drawn one after another from one generator. TensorFlow does the same, up to where it splits the rows among
// threads, which it does by the size of its work and of its pool.
#ifndef FLOE_OPS_MULTINOMIAL_H_
#define FLOE_OPS_MULTINOMIAL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MultinomialOps();

}  // namespace floe

#endif  // FLOE_OPS_MULTINOMIAL_H_
