// A rectangular part of a tensor. Partitioned variables are stored slice by slice. Values; any thread.
#ifndef FLOE_CHECKPOINT_TENSOR_SLICE_H_
#define FLOE_CHECKPOINT_TENSOR_SLICE_H_

#include <cstdint>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace tensorflow {
class TensorSliceProto;
}  // namespace tensorflow

namespace floe {

struct SliceExtent {
  static constexpr int64_t kWhole = -1;
  int64_t start = 0;
  int64_t length = kWhole;  // kWhole: the whole dimension, and start is 0
  friend bool operator==(const SliceExtent& a, const SliceExtent& b) {
    return a.start == b.start && a.length == b.length;
  }
};

// One extent a dimension.
using TensorSlice = absl::InlinedVector<SliceExtent, 4>;

// INVALID_ARGUMENT for a negative start or length.
absl::StatusOr<TensorSlice> SliceFromProto(const tensorflow::TensorSliceProto& proto);
void SliceToProto(const TensorSlice& slice, tensorflow::TensorSliceProto* proto);
// The form in a graph's save and restore ops: "0,17:-", one "start,length" or "-" a dimension.
absl::StatusOr<TensorSlice> ParseSlice(absl::string_view text);
std::string SliceToString(const TensorSlice& slice);

// Every extent spelled out and inside `shape`; INVALID_ARGUMENT where it is not, or where the ranks differ.
absl::StatusOr<TensorSlice> ResolveSlice(const TensorSlice& slice, const Shape& shape);
// The resolved slice that is all of a tensor.
TensorSlice WholeSlice(const Shape& shape);
// The shape of a resolved slice.
Shape SliceShape(const TensorSlice& resolved);
// What two resolved slices of one shape have in common; false where that is nothing.
bool IntersectSlices(const TensorSlice& a, const TensorSlice& b, TensorSlice* common);

// Copies `part` (resolved, inside both) from `source`, which holds `source_slice` of a tensor, to `target`, which holds
// `target_slice` of it. One dtype, strings included.
void CopySlicePart(const TensorSlice& part, const Tensor& source, const TensorSlice& source_slice, Tensor* target,
                   const TensorSlice& target_slice);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_TENSOR_SLICE_H_
