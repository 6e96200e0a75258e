// Offsets past 2^31 and 2^32: the functions that compute them, and kernels that read single elements so far out, of
// tensors whose memory is mostly not there.
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "base/status.h"
#include "gtest/gtest.h"
#include "kernels/cuda/image.h"
#include "kernels/cuda/matrix_batches.h"
#include "kernels/cuda/ranks.h"
#include "kernels/cuda/suppression.h"
#include "kernels/cuda/window_bounds.h"
#include "model/cuda_module.h"
#include "ops/registry.h"
#include "tests/kernels/sparse_memory.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::SparseMemory;
using Attrs = std::vector<std::pair<std::string, AttrValue>>;

constexpr int64_t kFar = int64_t{1} << 31, kFarther = int64_t{1} << 32;
constexpr int64_t kSide = 70000;  // of squares of more than 2^32 elements

// ---- What computes offsets

TEST(CudaOffsetsTest, Quotients) {
  for (const int64_t a : {int64_t{0}, kFar - 1, kFar, kFarther - 1, kFarther, kFarther * 7 + 5, INT64_MAX}) {
    for (const int64_t b : {int64_t{1}, int64_t{3}, kFar, kFarther - 1, kFarther, kFarther + 1}) {
      EXPECT_EQ(Quotient(a, b), a / b) << a << " " << b;
    }
  }
}

TEST(CudaOffsetsTest, PixelPlaces) {
  const int64_t channels = 3, batch = 5;
  for (const int64_t i : {((batch * kSide + 69999) * kSide + 12345) * channels + 2, kFar, kFarther, kFarther - 1}) {
    const PixelPlace at = PixelPlace::Of(i, kSide, kSide, channels);
    EXPECT_EQ(((at.batch * kSide + at.y) * kSide + at.x) * channels + at.channel, i);
    EXPECT_TRUE(at.y < kSide && at.x < kSide && at.channel < channels);
  }
  EXPECT_EQ(PixelPlace::Of(((batch * kSide + 69999) * kSide + 12345) * channels + 2, kSide, kSide, channels).y, 69999);
}

// The last blocks that a grid may have.
TEST(CudaOffsetsTest, LoopsOfTheLargestGrids) {
  const simt::Current before = simt::current;
  simt::current.block.x = 0x7ffffffe;
  simt::current.thread.x = 255;
  simt::current.grid_dim.x = 0x7fffffff;
  EXPECT_EQ(LoopFirst(), int64_t{0x7ffffffe} * 256 + 255);
  EXPECT_EQ(LoopStride(), int64_t{0x7fffffff} * 256);
  simt::current = before;
  for (const int64_t items : {kFar, kFarther, kFarther * kLoopThreads, kFarther * (kFarther / 4)}) {
    EXPECT_EQ(LoopGrid(items).x, 1u << 16);
    EXPECT_EQ(RankGrid(items).x, static_cast<unsigned>(kMostRankBlocks));
  }
  EXPECT_EQ(RankScratchBytes(kFarther * kRankChunk), (kFarther + 1) * 8);
}

TEST(CudaOffsetsTest, BatchesOfMatrices) {
  const Shape a({3, 1, 40000, 70000}), b({5, 70000, 40000});
  ASSERT_OK_AND_ASSIGN(const MatMulGeometry g, ComputeMatMulGeometry(AttrMap(), a, b));
  int64_t batches, a_offset, b_offset;
  const BatchOffsets offsets = BatchOffsetsOf(g, a, b, &batches);
  EXPECT_EQ(batches, 15);
  offsets.Find(14, &a_offset, &b_offset);
  EXPECT_EQ(a_offset, int64_t{2} * 40000 * 70000);
  EXPECT_EQ(b_offset, int64_t{4} * 40000 * 70000);
}

TEST(CudaOffsetsTest, SourcesOfProducts) {
  const SparseMemory memory(int64_t{64} << 30);
  const auto* const data = memory.data<float>();
  MatrixSource<float> matrix{};
  matrix.data = data;
  matrix.rows = matrix.depth = matrix.row_stride = kSide;
  matrix.depth_stride = 1;
  EXPECT_EQ(matrix.Find(matrix.RowOf(69998, kFarther), 69997) - data, kFarther + int64_t{69998} * kSide + 69997);
  float loaded[4];
  memory.data<float>()[69998 * kSide + 69997] = 3;
  matrix.Load(matrix.RowOf(69998, 0), 69997, loaded);
  EXPECT_EQ(loaded[0], 3);

  ImageSource<float> image{};
  image.data = data;
  image.height = image.width = image.out_height = image.out_width = kSide;
  image.channels = image.group_channels = 2;
  image.filter_width = image.stride_y = image.stride_x = image.dilation_y = image.dilation_x = 1;
  image.rows = 2 * kSide * kSide;
  image.depth = 2;
  EXPECT_EQ(image.Find(image.RowOf(image.rows - 1, 0), 1) - data, image.rows * 2 - 1);
  EXPECT_EQ(image.Find(image.RowOf(image.rows - kSide, 0), 0) - data, (image.rows - kSide) * 2);
}

TEST(CudaOffsetsTest, KeysOfTheLastBoxes) {
  for (const int64_t index : {int64_t{0}, kFar - 1, kFar, kFarther - 2}) {
    const uint64_t key = KeyOf(-0.5f, index);
    EXPECT_EQ(IndexOf(key), index);
    EXPECT_EQ(ScoreOf(key), -0.5f);
    EXPECT_LT(key, KeyOf(-0.25f, kFarther - 2));
    if (index > 0) {
      EXPECT_LT(key, KeyOf(-0.5f, index - 1));
    }
  }
}

TEST(CudaOffsetsTest, WindowsPast32BitsAreRefused) {
  const auto check = [](int64_t input, int64_t filter, int64_t dilation, int64_t channels) {
    const absl::StatusOr<Window1D> window = ComputeWindow(input, filter, 1, dilation, Padding::kSame);
    return window.ok() ? WantWindowsOf32Bits({*window, Window1D{5, 5, 1, 1, 2, 2, 5}}, {1, channels}) : window.status();
  };
  EXPECT_OK(check(kSide, 3, 2, 64));
  EXPECT_OK(check(5, 3, 1 << 28, 64));
  // Places, a reach and padding, taps, channels.
  EXPECT_TRUE(absl::IsInvalidArgument(check(kFar, 3, 1, 64)));
  EXPECT_TRUE(absl::IsInvalidArgument(check(kFarther + 1, 1, 1, 64)));
  EXPECT_TRUE(absl::IsInvalidArgument(check(5, 9, 1 << 30, 64)));
  EXPECT_TRUE(absl::IsInvalidArgument(check(5, kFar, kFar, 64)));
  EXPECT_TRUE(absl::IsInvalidArgument(check(5, 500000000, 1, 64)));
  EXPECT_TRUE(absl::IsInvalidArgument(check(5, 3, 1, kFarther + 1)));
}

// ---- Kernels

// Launches the backend's kernel for the tensors where they lie. The module's stand-in has the host's memory.
absl::StatusOr<Tensor> RunAt(const std::string& op, const Attrs& attrs, std::vector<Tensor> slots,
                             const std::vector<size_t>& constants = {}) {
  FLOE_ASSIGN_OR_RETURN(const Backend* const cuda, FindCudaBackend(0));
  const OpInfo& info = *FindOp(op);
  AttrMap map;
  for (const auto& [name, value] : attrs) map.Set(name, value);
  std::vector<TensorInfo> infos;
  for (const Tensor& input : slots) infos.push_back({input.dtype(), input.shape(), nullptr, nullptr});
  for (const size_t i : constants) infos[i].value = &slots[i];
  InferContext context("node", map, infos);
  FLOE_RETURN_IF_ERROR(info.infer(context));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Kernel> kernel,
                        cuda->Create(OpSignature{info, "node", map, infos, context.outputs(), Precision::kFp32}));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<PreparedKernel> prepared, kernel->Prepare(infos, context.outputs()));
  std::vector<int> inputs;
  for (size_t i = 0; i < slots.size(); ++i) inputs.push_back(static_cast<int>(i));
  const std::vector<int> outputs = {static_cast<int>(slots.size())};
  FLOE_ASSIGN_OR_RETURN(slots.emplace_back(),
                        Tensor::Allocate(context.outputs()[0].dtype, context.outputs()[0].shape.ToShape()));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, cuda->CreateStream());
  std::vector<char> scratch(static_cast<size_t>(prepared->scratch_bytes()) + 1);
  FLOE_RETURN_IF_ERROR(
      prepared->Launch(LaunchArgs(stream.get(), slots.data(), inputs, outputs, scratch.data(), nullptr)));
  FLOE_RETURN_IF_ERROR(stream->Synchronize());
  return slots.back();
}

template <typename T>
void ExpectElements(const absl::StatusOr<Tensor>& result, const std::vector<T>& expected) {
  ASSERT_OK(result.status());
  const absl::Span<const T> elements = result->flat<T>();
  EXPECT_EQ(std::vector<T>(elements.begin(), elements.end()), expected);
}

TEST(CudaOffsetsTest, Gather) {
  const Tensor axis = Tensor::Scalar<int32_t>(1);
  const SparseMemory bytes(DType::kUint8, Shape({2, kFarther + 7, 3}));
  const Tensor places = Tensor::Of<int64_t>({kFar - 1, kFar, kFarther - 1, kFarther + 6});
  std::vector<uint8_t> expected;
  for (int64_t outer = 0; outer < 2; ++outer) {
    for (const int64_t place : places.flat<int64_t>()) {
      for (int64_t k = 0; k < 3; ++k) {
        expected.push_back(static_cast<uint8_t>(expected.size() + 1));
        bytes.data<uint8_t>()[(outer * (kFarther + 7) + place) * 3 + k] = expected.back();
      }
    }
  }
  ExpectElements(RunAt("GatherV2", {}, {bytes.tensor(), places, axis}, {2}), expected);

  // Rows that move as 16 bytes, by 32-bit indices, of batches.
  const SparseMemory floats(DType::kFloat, Shape({3, kFar / 4 + 3, 4}));
  floats.data<float>()[(2 * (kFar / 4 + 3) + kFar / 4 + 2) * 4 + 1] = 5;
  floats.data<float>()[((kFar / 4 + 3) + kFar / 4) * 4] = 7;
  ExpectElements(RunAt("GatherV2", {{"batch_dims", AttrValue::Int(1)}},
                       {floats.tensor(), Tensor::Of<int32_t>(Shape({3, 1}), {0, kFar / 4, kFar / 4 + 2}), axis}, {2}),
                 std::vector<float>{0, 0, 0, 0, 7, 0, 0, 0, 0, 5, 0, 0});
}

TEST(CudaOffsetsTest, GatherNd) {
  const SparseMemory square(DType::kUint8, Shape({kSide, kSide}));
  square.data<uint8_t>()[69999 * kSide + 69998] = 3;
  square.data<uint8_t>()[int64_t{40000} * kSide + 1] = 4;
  ExpectElements(RunAt("GatherNd", {}, {square.tensor(), Tensor::Of<int32_t>(Shape({2, 2}), {69999, 69998, 40000, 1})}),
                 std::vector<uint8_t>{3, 4});
}

TEST(CudaOffsetsTest, Slices) {
  const SparseMemory cube(DType::kFloat, Shape({3, kFar / 2, 2}));
  for (int64_t k = 0; k < 4; ++k)
    cube.data<float>()[(2 * (kFar / 2) + kFar / 2 - 2) * 2 + k] = static_cast<float>(k + 1);
  ExpectElements(
      RunAt("Slice", {}, {cube.tensor(), Tensor::Of<int64_t>({2, kFar / 2 - 2, 0}), Tensor::Of<int64_t>({1, 2, 2})},
            {1, 2}),
      std::vector<float>{1, 2, 3, 4});

  const SparseMemory line(DType::kUint8, Shape({4 * kFar}));
  for (int64_t k = 0; k < 4; ++k) line.data<uint8_t>()[3 + k * (kFar + 1)] = static_cast<uint8_t>(k + 1);
  ExpectElements(
      RunAt("StridedSlice", {},
            {line.tensor(), Tensor::Of<int64_t>({3}), Tensor::Of<int64_t>({4 * kFar}), Tensor::Of<int64_t>({kFar + 1})},
            {1, 2, 3}),
      std::vector<uint8_t>{1, 2, 3, 4});
  ExpectElements(RunAt("StridedSlice", {},
                       {line.tensor(), Tensor::Of<int64_t>({3 + 3 * (kFar + 1)}), Tensor::Of<int64_t>({0}),
                        Tensor::Of<int64_t>({-(kFar + 1)})},
                       {1, 2, 3}),
                 std::vector<uint8_t>{4, 3, 2, 1});
}

TEST(CudaOffsetsTest, Images) {
  const SparseMemory images(DType::kUint8, Shape({2, kSide, kSide, 1}));
  const auto pixel = [&](int64_t batch, int64_t y, int64_t x) -> uint8_t& {
    return images.data<uint8_t>()[(batch * kSide + y) * kSide + x];
  };
  pixel(1, 69999, 69999) = 9;
  pixel(1, 0, 69999) = 8;
  pixel(1, 69999, 0) = 7;
  pixel(0, 69999, 69999) = 6;
  ExpectElements(RunAt("CropAndResize", {},
                       {images.tensor(), Tensor::Of<float>(Shape({2, 4}), {1, 1, 1, 1, 1, 0, 1, 0}),
                        Tensor::Of<int32_t>({1, 1}), Tensor::Of<int32_t>({1, 1})},
                       {3}),
                 std::vector<float>{9, 7});
  const Attrs corners = {{"align_corners", AttrValue::Bool(true)}};
  const Tensor size = Tensor::Of<int32_t>({2, 2});
  ExpectElements(RunAt("ResizeNearestNeighbor", corners, {images.tensor(), size}, {1}),
                 std::vector<uint8_t>{0, 0, 0, 6, 0, 8, 7, 9});
  for (const std::string op : {"ResizeBilinear", "ResizeBicubic"}) {
    ExpectElements(RunAt(op, corners, {images.tensor(), size}, {1}), std::vector<float>{0, 0, 0, 6, 0, 8, 7, 9});
  }
}

TEST(CudaOffsetsTest, Windows) {
  const SparseMemory image(DType::kFloat, Shape({2, kSide, kSide, 1}));
  image.data<float>()[(kSide + 69999) * kSide + 69999] = 9;
  image.data<float>()[kSide * kSide + 69999] = 8;
  image.data<float>()[69999 * kSide] = 7;
  const std::vector<float> expected = {0, 0, 7, 0, 0, 8, 0, 9};
  const Attrs steps = {{"strides", AttrValue::Ints({1, 69999, 69999, 1})}, {"padding", AttrValue::String("VALID")}};
  Attrs pool = steps;
  pool.emplace_back("ksize", AttrValue::Ints({1, 1, 1, 1}));
  const Tensor filter = Tensor::Of<float>(Shape({1, 1, 1, 1}), {1});
  for (const std::string op : {"Conv2D", "DepthwiseConv2dNative"}) {
    ExpectElements(RunAt(op, steps, {image.tensor(), filter}, {1}), expected);
  }
  for (const std::string op : {"MaxPool", "AvgPool"}) ExpectElements(RunAt(op, pool, {image.tensor()}), expected);
}

TEST(CudaOffsetsTest, WindowsOfVolumes) {
  constexpr int64_t kEdge = 1700;  // of cubes of more than 2^32 elements
  const SparseMemory volume(DType::kFloat, Shape({1, kEdge, kEdge, kEdge, 1}));
  volume.data<float>()[kEdge * kEdge * kEdge - 1] = 9;
  volume.data<float>()[(kEdge - 1) * kEdge * kEdge] = 8;
  const std::vector<float> expected = {0, 0, 0, 0, 8, 0, 0, 9};
  const Attrs steps = {{"strides", AttrValue::Ints({1, kEdge - 1, kEdge - 1, kEdge - 1, 1})},
                       {"padding", AttrValue::String("VALID")}};
  Attrs pool = steps;
  pool.emplace_back("ksize", AttrValue::Ints({1, 1, 1, 1, 1}));
  const Tensor filter = Tensor::Of<float>(Shape({1, 1, 1, 1, 1}), {1});
  ExpectElements(RunAt("Conv3D", steps, {volume.tensor(), filter}, {1}), expected);
  for (const std::string op : {"MaxPool3D", "AvgPool3D"}) ExpectElements(RunAt(op, pool, {volume.tensor()}), expected);
}

}  // namespace
}  // namespace floe
