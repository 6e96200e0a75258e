#include "ops/broadcast.h"

namespace floe {

BroadcastWalk BroadcastWalk::Of(const Shape& result, absl::Span<const Shape* const> operands) {
  BroadcastWalk walk;
  walk.operands = static_cast<int>(operands.size());
  const int rank = result.rank();
  std::array<Dims, kMaxOperands> full;
  for (int k = 0; k < walk.operands; ++k) {
    const Shape& shape = *operands[k];
    const Dims own = shape.Strides();
    const int missing = rank - shape.rank();
    full[k].assign(rank, 0);
    for (int axis = 0; axis < shape.rank(); ++axis) full[k][missing + axis] = shape.dim(axis) == 1 ? 0 : own[axis];
  }
  for (int axis = 0; axis < rank; ++axis) {
    const int64_t dim = result.dim(axis);
    if (dim == 1) continue;
    bool merges = !walk.dims.empty();
    for (int k = 0; k < walk.operands && merges; ++k) merges = walk.strides[k].back() == full[k][axis] * dim;
    if (merges) {
      walk.dims.back() *= dim;
      for (int k = 0; k < walk.operands; ++k) walk.strides[k].back() = full[k][axis];
    } else {
      walk.dims.push_back(dim);
      for (int k = 0; k < walk.operands; ++k) walk.strides[k].push_back(full[k][axis]);
    }
  }
  if (walk.dims.empty()) {
    walk.dims.push_back(1);
    for (int k = 0; k < walk.operands; ++k) walk.strides[k].push_back(0);
  }
  return walk;
}

}  // namespace floe
