// The kernel of products on Tensor Cores, which convolutions are too: product.h's, with A's and B's elements rounded to
// halves, bfloat16 or TF32, and sums in float32. B comes packed (packed_operand.h); A comes from the same sources.
//
// Tiles of both operands lie in shared memory as rows along the depth, 64 bytes each, so that every form has the same
// addresses: a warp's fragments are 32 bytes of 16 rows. While a tile is multiplied the next ones are on their way:
// by asynchronous copies of 16 bytes where the target has them and the elements need no rounding, else in registers.
#ifndef FLOE_KERNELS_CUDA_TENSOR_PRODUCT_H_
#define FLOE_KERNELS_CUDA_TENSOR_PRODUCT_H_

#include <algorithm>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/cuda/intrinsics.h"
#include "kernels/cuda/product.h"
#include "kernels/cuda/product_form.h"

namespace floe {

// What the elements are multiplied as: an Element is how one lies in shared memory.

struct HalfForm {
  using Element = DeviceHalf;
  static constexpr bool kAsync = true;
  static __device__ __forceinline__ uint4 Round(const float (&x)[8]) {
    return {TwoHalves(x[0], x[1]), TwoHalves(x[2], x[3]), TwoHalves(x[4], x[5]), TwoHalves(x[6], x[7])};
  }
  static __device__ __forceinline__ void RoundFragment(uint32_t (&)[4]) {}
  static __device__ __forceinline__ void Multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    MultiplyHalves(sums, a, b);
  }
};

// For targets before sm_80.
struct RegisterHalfForm : HalfForm {
  static constexpr bool kAsync = false;
  static __device__ __forceinline__ void Multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    MultiplyHalvesDepth8(sums, a[0], a[1], b[0]);
    MultiplyHalvesDepth8(sums, a[2], a[3], b[1]);
  }
};

struct Bfloat16Form {
  using Element = DeviceBfloat16;
  static constexpr bool kAsync = true;
  static __device__ __forceinline__ uint4 Round(const float (&x)[8]) {
    return {TwoBfloat16s(x[0], x[1]), TwoBfloat16s(x[2], x[3]), TwoBfloat16s(x[4], x[5]), TwoBfloat16s(x[6], x[7])};
  }
  static __device__ __forceinline__ void RoundFragment(uint32_t (&)[4]) {}
  static __device__ __forceinline__ void Multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    MultiplyBfloat16s(sums, a, b);
  }
};

// Floats lie in shared memory as they are and are rounded in registers; B was rounded when it was packed.
struct Tf32Form {
  using Element = float;
  static constexpr bool kAsync = true;
  static __device__ __forceinline__ uint4 Round(const float (&x)[4]) {
    return {BitsOf(x[0]), BitsOf(x[1]), BitsOf(x[2]), BitsOf(x[3])};
  }
  static __device__ __forceinline__ void RoundFragment(uint32_t (&words)[4]) {
#pragma unroll
    for (int i = 0; i < 4; ++i) words[i] = FloatToTf32(FloatOf(words[i]));
  }
  static __device__ __forceinline__ void Multiply(float (&sums)[4], const uint32_t (&a)[4], const uint32_t (&b)[2]) {
    MultiplyTf32s(sums, a, b);
  }
};

// A block's tile of the result, and how its warps share it.
template <int kTileRowCount, int kTileColumnCount, int kWarpsDown, int kWarpsAcross>
struct TensorTile {
  static constexpr int kRows = kTileRowCount, kColumns = kTileColumnCount;
  static constexpr int kThreads = kWarpsDown * kWarpsAcross * kWarpThreads;
  static constexpr int kAcross = kWarpsAcross;
  static constexpr int kWarpRows = kRows / kWarpsDown, kWarpColumns = kColumns / kWarpsAcross;
};
using SmallTensorTile = TensorTile<kSmallTensorTile, kSmallTensorTile, 2, 2>;
using LargeTensorTile = TensorTile<kLargeTensorTile, kLargeTensorTile, 2, 4>;

inline constexpr int kTensorRowBytes = 64, kChunkBytes = 16, kRowChunks = kTensorRowBytes / kChunkBytes;
static_assert(kTensorRowBytes == kTensorTileDepthBytes);

template <typename Tile, int kStages>
struct alignas(kChunkBytes) TensorTiles {
  // The chunk behind each row keeps the eight rows that a warp reads at once in other banks.
  struct Row {
    unsigned char bytes[kTensorRowBytes + kChunkBytes];
  };
  struct Stage {
    Row a[Tile::kRows];
    Row b[Tile::kColumns];
  };
  // The sums of the warps that lie beside each other, once nobody reads the stages.
  using Sums = float[Tile::kWarpRows][Tile::kColumns + 4];
  union {
    Stage stages[kStages];
    Sums sums;
  };
};

template <typename Form>
inline constexpr int kTensorStages = Form::kAsync ? 3 : 2;

// kCopiesA: A's elements are Form's, in aligned chunks (Source::HasChunks).
template <typename Form, typename Tile, bool kCopiesA, typename T, typename Source>
__global__ void __launch_bounds__(Tile::kThreads, 1) TensorProductKernel(ProductArgs<T> args, Source source) {
  constexpr int kStages = kTensorStages<Form>;
  constexpr int kChunk = kChunkBytes / static_cast<int>(sizeof(typename Form::Element));
  constexpr int kDepth = kRowChunks * kChunk;
  // Each thread brings a chunk of some rows.
  constexpr int kRowStep = Tile::kThreads / kRowChunks;
  constexpr int kARows = Tile::kRows / kRowStep, kBRows = Tile::kColumns / kRowStep;
  constexpr int kRowFragments = Tile::kWarpRows / 16, kColumnFragments = Tile::kWarpColumns / 8;
  using Element = typename Form::Element;

  auto& tiles = SharedMemory<TensorTiles<Tile, kStages>>();
  const int thread = static_cast<int>(threadIdx.x);
  const int chunk = thread % kRowChunks, own_row = thread / kRowChunks;
  const int lane = thread % kWarpThreads, warp = thread / kWarpThreads;
  const int warp_row = warp / Tile::kAcross * Tile::kWarpRows;
  const int warp_column = warp % Tile::kAcross * Tile::kWarpColumns;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x) * Tile::kRows;
  const int64_t steps = (args.depth + kDepth - 1) / kDepth;

  for (int64_t batch = blockIdx.z; batch < args.batches; batch += gridDim.z) {
    int64_t a_offset, b_offset;
    args.offsets.Find(batch, &a_offset, &b_offset);
    typename Source::Row rows[kARows];
#pragma unroll
    for (int i = 0; i < kARows; ++i) rows[i] = source.RowOf(first_row + own_row + i * kRowStep, a_offset);
    const Element* const b = static_cast<const Element*>(args.packed_b) + b_offset;

    for (int64_t first_column = static_cast<int64_t>(blockIdx.y) * Tile::kColumns; first_column < args.columns;
         first_column += static_cast<int64_t>(gridDim.y) * Tile::kColumns) {
      float held_a[kCopiesA ? 1 : kARows][kChunk];
      uint4 held_b[Form::kAsync ? 1 : kBRows];
      // Starts to bring the tiles of a step.
      const auto load = [&](int64_t step, int to) {
        auto& stage = tiles.stages[to];
        const int64_t k = step * kDepth + chunk * kChunk;
#pragma unroll
        for (int i = 0; i < kARows; ++i) {
          if constexpr (kCopiesA) {
            const T* const from = source.Find(rows[i], k);
            CopyAsync(stage.a[own_row + i * kRowStep].bytes + chunk * kChunkBytes, from == nullptr ? source.data : from,
                      from != nullptr);
          } else {
#pragma unroll
            for (int j = 0; j < kChunk; j += 4) source.Load(rows[i], k + j, held_a[i] + j);
          }
        }
#pragma unroll
        for (int i = 0; i < kBRows; ++i) {
          const int64_t column = first_column + own_row + i * kRowStep;
          const bool inside = column < args.columns && k < args.packed_depth;
          const Element* const from = inside ? b + column * args.packed_depth + k : b;
          if constexpr (Form::kAsync) {
            CopyAsync(stage.b[own_row + i * kRowStep].bytes + chunk * kChunkBytes, from, inside);
          } else {
            held_b[i] = inside ? *reinterpret_cast<const uint4*>(from) : uint4{};
          }
        }
      };
      // Puts what came in registers into its place.
      const auto store = [&](int to) {
        auto& stage = tiles.stages[to];
        if constexpr (!kCopiesA) {
#pragma unroll
          for (int i = 0; i < kARows; ++i) {
            *reinterpret_cast<uint4*>(stage.a[own_row + i * kRowStep].bytes + chunk * kChunkBytes) =
                Form::Round(held_a[i]);
          }
        }
        if constexpr (!Form::kAsync) {
#pragma unroll
          for (int i = 0; i < kBRows; ++i) {
            *reinterpret_cast<uint4*>(stage.b[own_row + i * kRowStep].bytes + chunk * kChunkBytes) = held_b[i];
          }
        }
      };

      float sums[kRowFragments][kColumnFragments][4] = {};
#pragma unroll
      for (int i = 0; i < kStages - 1; ++i) {
        if (i < steps) {
          load(i, i);
          store(i);
        }
        if constexpr (Form::kAsync) CommitCopies();
      }
      int stage = 0, free_stage = kStages - 1;
      for (int64_t step = 0; step < steps; ++step) {
        if constexpr (Form::kAsync) WaitForCopies<kStages - 2>();
        __syncthreads();
        // Nobody reads that stage any more: all have passed the barrier.
        const bool more = step + kStages - 1 < steps;
        if (more) load(step + kStages - 1, free_stage);
        if constexpr (Form::kAsync) CommitCopies();
        const auto& tile = tiles.stages[stage];
#pragma unroll
        for (int half = 0; half < 2; ++half) {
          uint32_t x[kRowFragments][4], y[kColumnFragments][2];
#pragma unroll
          for (int i = 0; i < kRowFragments; ++i) {
            LoadMatrices(x[i], tile.a[warp_row + i * 16 + lane % 16].bytes + half * 32 + lane / 16 * kChunkBytes);
            Form::RoundFragment(x[i]);
          }
#pragma unroll
          for (int j = 0; j < kColumnFragments; j += 2) {
            uint32_t words[4];
            LoadMatrices(words, tile.b[warp_column + j * 8 + lane % 8 + lane / 16 * 8].bytes + half * 32 +
                                    lane / 8 % 2 * kChunkBytes);
            y[j][0] = words[0];
            y[j][1] = words[1];
            y[j + 1][0] = words[2];
            y[j + 1][1] = words[3];
          }
#pragma unroll
          for (int i = 0; i < kRowFragments; ++i) {
#pragma unroll
            for (int j = 0; j < kColumnFragments; ++j) Form::Multiply(sums[i][j], x[i], y[j]);
          }
        }
        if (more) store(free_stage);
        stage = stage == kStages - 1 ? 0 : stage + 1;
        free_stage = free_stage == kStages - 1 ? 0 : free_stage + 1;
      }
      if constexpr (Form::kAsync) WaitForCopies<0>();
      __syncthreads();

      // Through shared memory, so that neighbours are written together, and what follows a product is not unrolled over
      // all that a thread has summed.
      for (int above = 0; above < Tile::kRows; above += Tile::kWarpRows) {
        if (warp_row == above) {
#pragma unroll
          for (int i = 0; i < kRowFragments * 2; ++i) {
#pragma unroll
            for (int j = 0; j < kColumnFragments; ++j) {
              float* const to = tiles.sums[i * 8 + lane / 4] + warp_column + j * 8 + lane % 4 * 2;
              to[0] = sums[i / 2][j][i % 2 * 2];
              to[1] = sums[i / 2][j][i % 2 * 2 + 1];
            }
          }
        }
        __syncthreads();
        constexpr int kFours = Tile::kColumns / 4;
#pragma unroll 1
        for (int four = thread; four < Tile::kWarpRows * kFours; four += Tile::kThreads) {
          const int64_t row = first_row + above + four / kFours, column = first_column + four % kFours * 4;
          const int64_t count = row < args.rows ? args.columns - column : 0;
          const float* const from = tiles.sums[four / kFours] + four % kFours * 4;
          T* const to = args.c + batch * args.c_batch_stride + row * args.c_row_stride + column;
          const auto finished = [&](int i) {
            return FromFloat<T>(ApplyEpilogue<T>(args.epilogue, from[i], batch * args.batch_rows + row,
                                                 batch * args.batch_columns + column + i));
          };
          if (args.c_packs && count >= 4) {
            const Pack<T, 4> pack{finished(0), finished(1), finished(2), finished(3)};
            std::conditional_t<sizeof(T) == 4, uint4, uint2> words;
            std::memcpy(&words, &pack, sizeof words);
            StoreTogether(reinterpret_cast<decltype(words)*>(to), words);
          } else {
#pragma unroll 1
            for (int i = 0; i < 4 && i < count; ++i) to[i] = finished(i);
          }
        }
        __syncthreads();
      }
    }
  }
}

template <typename Form, typename Tile, bool kCopiesA, typename T, typename Source>
absl::Status LaunchTensorTile(CudaStream& stream, const ProductArgs<T>& args, const Source& source) {
  const dim3 grid(static_cast<unsigned>(CeilDiv(args.rows, Tile::kRows)),
                  static_cast<unsigned>(std::min(CeilDiv(args.columns, Tile::kColumns), kMostBlocksY)),
                  static_cast<unsigned>(std::min(args.batches, kMostBlocksY)));
  const auto kernel = TensorProductKernel<Form, Tile, kCopiesA, T, Source>;
  constexpr size_t kSharedBytes = sizeof(TensorTiles<Tile, kTensorStages<Form>>);
  FLOE_RETURN_IF_ERROR(AllowSharedBytes(kernel, kSharedBytes, stream.runtime()));
  return Launch(kernel, grid, dim3(Tile::kThreads), kSharedBytes, stream, args, source);
}

template <typename Form, typename T, typename Source>
absl::Status LaunchTensorForm(CudaStream& stream, const ProductArgs<T>& args, const Source& source) {
  constexpr bool kMayCopy = Form::kAsync && std::is_same_v<T, typename Form::Element>;
  const bool copies = kMayCopy && source.HasChunks(kChunkBytes / static_cast<int>(sizeof(T)));
  if (IsLargeTensorTile(args.rows, args.columns, args.batches)) {
    return copies ? LaunchTensorTile<Form, LargeTensorTile, kMayCopy>(stream, args, source)
                  : LaunchTensorTile<Form, LargeTensorTile, false>(stream, args, source);
  }
  return copies ? LaunchTensorTile<Form, SmallTensorTile, kMayCopy>(stream, args, source)
                : LaunchTensorTile<Form, SmallTensorTile, false>(stream, args, source);
}

// The product in its form. With kPlain B is in args.b, else in args.packed_b.
template <typename T, typename Source>
absl::Status LaunchProduct(CudaStream& stream, ProductForm form, ProductArgs<T> args, const Source& source) {
  if (args.rows == 0 || args.columns == 0 || args.batches == 0) return absl::OkStatus();
  args.c_packs = args.c_row_stride % 4 == 0 && args.c_batch_stride % 4 == 0 && IsAligned(args.c, 4 * sizeof(T));
  constexpr bool kFloat = std::is_same_v<T, float>;
  if constexpr (!std::is_same_v<T, DeviceBfloat16>) {
    if (form == ProductForm::kHalf) return LaunchTensorForm<HalfForm>(stream, args, source);
    if (form == ProductForm::kRegisterHalf) return LaunchTensorForm<RegisterHalfForm>(stream, args, source);
  }
  if constexpr (!std::is_same_v<T, DeviceHalf>) {
    if (form == ProductForm::kBfloat16) return LaunchTensorForm<Bfloat16Form>(stream, args, source);
    if (form == ProductForm::kPlain) return LaunchPlainProduct(stream, args, source);
  }
  if constexpr (kFloat) {
    if (form == ProductForm::kTf32) return LaunchTensorForm<Tf32Form>(stream, args, source);
  }
  return absl::InternalError("a product in a form that its dtype does not take");
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_TENSOR_PRODUCT_H_
