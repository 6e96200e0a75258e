// Walking several broadcast tensors together, a row at a time.
#ifndef FLOE_OPS_BROADCAST_H_
#define FLOE_OPS_BROADCAST_H_

#include <array>
#include <cstdint>

#include "absl/types/span.h"
#include "tensor/shape.h"

namespace floe {

// The dimensions of the result with neighbours merged wherever every operand allows it, so that most walks are one or
// two dimensions deep. A stride is 0 where the operand is broadcast along the dimension.
struct BroadcastWalk {
  static constexpr int kMaxOperands = 8;
  Dims dims;  // at least one; the last is the row
  int operands = 0;
  std::array<Dims, kMaxOperands> strides;

  // Operands must broadcast to `result` (the caller has checked).
  static BroadcastWalk Of(const Shape& result, absl::Span<const Shape* const> operands);

  int64_t row() const { return dims.back(); }
  // How many; 0 where nothing is in them.
  int64_t rows() const {
    for (const int64_t dim : dims) {
      if (dim == 0) return 0;
    }
    int64_t count = 1;
    for (size_t axis = 0; axis + 1 < dims.size(); ++axis) count *= dims[axis];
    return count;
  }
  // 0 or 1: within a row an operand is one element or contiguous.
  int64_t row_stride(int operand) const { return strides[operand].back(); }
};

// Goes from row to row of a walk, which outlives it: where the row begins in each operand.
class BroadcastRow {
 public:
  using Offsets = std::array<int64_t, BroadcastWalk::kMaxOperands>;

  BroadcastRow(const BroadcastWalk& walk, int64_t row) : walk_(walk), index_(walk.dims.size() - 1) {
    for (int axis = outer() - 1; axis >= 0; --axis) {
      index_[axis] = row % walk.dims[axis];
      row /= walk.dims[axis];
      for (int k = 0; k < walk.operands; ++k) offsets_[k] += index_[axis] * walk.strides[k][axis];
    }
  }

  const Offsets& offsets() const { return offsets_; }

  // Behind the last row comes the first.
  void Next() {
    for (int axis = outer() - 1; axis >= 0; --axis) {
      for (int k = 0; k < walk_.operands; ++k) offsets_[k] += walk_.strides[k][axis];
      if (++index_[axis] < walk_.dims[axis]) return;
      for (int k = 0; k < walk_.operands; ++k) offsets_[k] -= walk_.strides[k][axis] * walk_.dims[axis];
      index_[axis] = 0;
    }
  }

 private:
  int outer() const { return static_cast<int>(index_.size()); }

  const BroadcastWalk& walk_;
  Dims index_;
  Offsets offsets_{};
};

// Calls `body(first, offsets)` once a row, in order: `first` is the row's place in the result, `offsets[k]` in operand
// k.
template <typename Body>
void ForEachRow(const BroadcastWalk& walk, Body&& body) {
  const int64_t rows = walk.rows();
  if (rows == 0) return;
  BroadcastRow row(walk, 0);
  for (int64_t i = 0; i < rows; ++i, row.Next()) body(i * walk.row(), row.offsets());
}

// out[i] = f(a[i], b[i]) over two broadcast operands; f is inlined in three loops.
template <typename A, typename B, typename Out, typename F>
void BroadcastBinary(const BroadcastWalk& walk, const A* a, const B* b, Out* out, F f) {
  const int64_t n = walk.row();
  const bool a_moves = walk.row_stride(0) != 0, b_moves = walk.row_stride(1) != 0;
  ForEachRow(walk, [&](int64_t first, const auto& offsets) {
    const A* const x = a + offsets[0];
    const B* const y = b + offsets[1];
    Out* const to = out + first;
    if (a_moves && b_moves) {
      for (int64_t i = 0; i < n; ++i) to[i] = f(x[i], y[i]);
    } else if (a_moves) {
      const B fixed = *y;
      for (int64_t i = 0; i < n; ++i) to[i] = f(x[i], fixed);
    } else {
      const A fixed = *x;
      for (int64_t i = 0; i < n; ++i) to[i] = f(fixed, b_moves ? y[i] : *y);
    }
  });
}

}  // namespace floe

#endif  // FLOE_OPS_BROADCAST_H_
