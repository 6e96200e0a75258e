// Moving elements between places that strides describe: what transposing, slicing, padding, tiling, reversing and
// joining are.
#ifndef FLOE_OPS_STRIDED_COPY_H_
#define FLOE_OPS_STRIDED_COPY_H_

#include <cstdint>

#include "absl/status/status.h"
#include "absl/types/span.h"
#include "tensor/tensor.h"

namespace floe {

// A walk over `dims` from element `first` on, in steps of `strides` elements (negative or zero ones too).
struct StridedView {
  int64_t first = 0;
  Dims strides;
};

// to[view of to] = from[view of from], for every index below `dims`; all places must lie inside the tensors.
// INVALID_ARGUMENT for dtypes without elements to move.
absl::Status StridedCopy(const Dims& dims, const Tensor& from, const StridedView& from_view, Tensor* to,
                         const StridedView& to_view);

// `count` elements, contiguous on both sides.
void CopyElements(const Tensor& from, int64_t from_first, Tensor* to, int64_t to_first, int64_t count);

// Every element becomes `value`'s one element (of the same dtype).
absl::Status FillElements(const Tensor& value, Tensor* to);
// Every element becomes 0, false or the empty string.
absl::Status ZeroElements(Tensor* to);

}  // namespace floe

#endif  // FLOE_OPS_STRIDED_COPY_H_
