// Strided copies of more than 2^31 elements: single threads of their kernel, which whole launches would need too much
// memory for. The kernel's own file is part of this one.
#include "gtest/gtest.h"
#include "kernels/cuda/move.cu"  // NOLINT(bugprone-suspicious-include)
#include "tests/kernels/sparse_memory.h"

namespace floe {

// In place of the backend's, which nothing here asks.
absl::Status WantConstant(const OpSignature&, int) { return absl::OkStatus(); }

namespace {

using testing::SparseMemory;

// The thread of a grid as large as may be that moves element `i`, and no other.
void MoveElement(const MoveArgs& args, int64_t i) {
  const simt::Current before = simt::current;
  simt::current.grid_dim = {0x7fffffff, 1, 1};
  simt::current.block_dim = {kThreads, 1, 1};
  simt::current.block = {static_cast<unsigned>(i / kThreads), 0, 0};
  simt::current.thread = {static_cast<unsigned>(i % kThreads), 0, 0};
  MoveKernel<uint8_t, uint64_t>(args);
  simt::current = before;
}

// A transposed square of 2^32 elements and more.
TEST(CudaMoveOffsetsTest, SingleElements) {
  constexpr int64_t kSide = 70000;
  const SparseMemory from(kSide * kSide), to(kSide * kSide);
  MoveArgs args{};
  args.from = from.data<uint8_t>();
  args.to = to.data<uint8_t>();
  args.elements = kSide * kSide;
  args.rank = 2;
  args.dims[0] = args.dims[1] = kSide;
  args.from_strides[0] = args.to_strides[1] = 1;
  args.from_strides[1] = args.to_strides[0] = kSide;
  uint8_t value = 0;
  for (const int64_t row : {int64_t{0}, int64_t{30678}, int64_t{30679}, int64_t{61357}, kSide - 1}) {
    for (const int64_t column : {int64_t{0}, int64_t{25248}, kSide - 1}) {
      from.data<uint8_t>()[column * kSide + row] = ++value;
      MoveElement(args, row * kSide + column);
      EXPECT_EQ(to.data<uint8_t>()[row * kSide + column], value) << row << " " << column;
    }
  }
}

// How neighbours are merged and joined where sizes are past 32 bits.
TEST(CudaMoveOffsetsTest, MergedDimensions) {
  Move move;
  move.dims = {3, 1, int64_t{1} << 20, int64_t{1} << 20, 5};
  move.from.strides = move.to.strides = Shape(move.dims).Strides();
  const Move merged = Merged(move);
  EXPECT_EQ(merged.dims, Dims({int64_t{15} << 40}));
  EXPECT_EQ(GridFor(merged.dims[0]).x, static_cast<unsigned>(kMostBlocks));

  move.from.strides[2] += int64_t{1} << 33;  // no longer in one piece
  const Move apart = Merged(move);
  EXPECT_EQ(apart.dims, Dims({3, int64_t{1} << 20, int64_t{5} << 20}));
  EXPECT_EQ(apart.from.strides[1], (int64_t{5} << 20) + (int64_t{1} << 33));
}

}  // namespace
}  // namespace floe
