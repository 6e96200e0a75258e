// Products and sums by an equation of labels.
#ifndef FLOE_OPS_EINSUM_H_
#define FLOE_OPS_EINSUM_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> EinsumOps();

// A loop over one label: how far each step goes in the result (operand 0) and in the inputs. A label that an operand
// has twice walks its diagonal.
struct EinsumLoop {
  int64_t size = 1;
  std::array<int64_t, 3> strides{};
};
struct EinsumLoops {
  std::vector<EinsumLoop> outer;   // the result's labels, once each
  std::vector<EinsumLoop> summed;  // the others
  // A label twice in the result writes its diagonal only.
  bool leaves_holes = false;
  Shape result;
};
absl::StatusOr<EinsumLoops> ComputeEinsumLoops(const AttrMap& attrs, absl::Span<const Shape> inputs);
// How many loops those are, for inputs of known ranks.
absl::StatusOr<int> CountEinsumLabels(const AttrMap& attrs, absl::Span<const TensorInfo> inputs);

}  // namespace floe

#endif  // FLOE_OPS_EINSUM_H_
