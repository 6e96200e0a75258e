// Slice and StridedSlice.
#ifndef FLOE_OPS_SLICE_H_
#define FLOE_OPS_SLICE_H_

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/strided_copy.h"

namespace floe {

absl::Span<const OpInfo> SliceOps();

// What StridedSlice takes: `dims` elements along the input's dimensions, where `from` says.
struct SliceView {
  Dims dims;
  StridedView from;
  Shape result;  // with the dimensions that come new and without those that go
};
absl::StatusOr<SliceView> ComputeStridedSlice(const AttrMap& attrs, const Shape& input, const Tensor& begin,
                                              const Tensor& end, const Tensor& strides);

}  // namespace floe

#endif  // FLOE_OPS_SLICE_H_
