// Products and sums by an equation of labels.
#ifndef FLOE_OPS_EINSUM_H_
#define FLOE_OPS_EINSUM_H_

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

}  // namespace floe

#endif  // FLOE_OPS_EINSUM_H_
