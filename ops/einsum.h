// Products and sums by an equation of labels.
#ifndef FLOE_OPS_EINSUM_H_
#define FLOE_OPS_EINSUM_H_

#include <array>
#include <cstdint>
#include <map>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> EinsumOps();

// A dimension of the whole computation: a label, or a dimension of the ellipsis counted from its last (-1, -2, ...).
using EinsumLabel = int;

// What an equation means for inputs of some ranks: the labels of each operand's dimensions and of the result's.
struct EinsumGeometry {
  std::vector<std::vector<EinsumLabel>> inputs;
  std::vector<EinsumLabel> output;
  std::map<EinsumLabel, int64_t> sizes;  // PartialShape::kUnknownDim where not known

  PartialShape OutputShape() const;
};
// INVALID_ARGUMENT where the equation is none or the shapes, whose ranks are known, do not fit.
absl::StatusOr<EinsumGeometry> ComputeEinsumGeometry(const AttrMap& attrs, absl::Span<const PartialShape> shapes);

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

}  // namespace floe

#endif  // FLOE_OPS_EINSUM_H_
