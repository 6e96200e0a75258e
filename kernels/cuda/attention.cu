// _FusedAttention: tiles of scores that never leave the block, with a running softmax.
#include <algorithm>
#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/product.h"
#include "ops/attention.h"

namespace floe {
namespace {

// A block has a tile of rows and one of the result's columns, and goes over the keys tile by tile. A thread has four by
// four of a tile's scores, and the same rows of the result; the sixteen threads of a row are half a warp.
constexpr int kRows = 64, kKeys = 64, kDepth = 32, kThreads = 256;
constexpr int kRowThreads = 16;

// ---- Kernel

// Steps in elements.
struct Matrix {
  int64_t row, column;
  bool packs;  // four neighbours in a row are one aligned access
};

struct AttentionArgs {
  float scale, masked;
  int64_t rows, keys, depth, width;
  int64_t batches;
  int rank;
  int64_t dims[kMostAttentionBatchDims];
  // Of q, k, v, keep, added and the result.
  int64_t strides[6][kMostAttentionBatchDims];
  Matrix q, k, v, keep, added, out;

  __device__ int64_t Offset(int operand, int64_t batch) const {
    int64_t offset = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t above = Quotient(batch, dims[axis]);
      offset += (batch - above * dims[axis]) * strides[operand][axis];
      batch = above;
    }
    return offset;
  }
};

template <typename T>
struct AttentionData {
  const T *q, *k, *v;
  const bool* keep;  // null: all
  const T* added;    // null: nothing
  T* out;
};

// Q and K by depth first, so that a thread's four rows are neighbours; the rest keeps a warp's stores in other banks.
template <int kWidth>
struct AttentionTiles {
  union {
    struct {
      float q[kDepth][kRows + 4];
      float k[kDepth][kKeys + 4];
    };
    float v[kDepth][kWidth];
  };
  float terms[kKeys][kRows + 4];
};

__device__ __forceinline__ float HalfWarpMax(float x) {
#pragma unroll
  for (int lanes = kRowThreads / 2; lanes > 0; lanes /= 2) x = fmaxf(x, __shfl_xor_sync(kWholeWarp, x, lanes));
  return x;
}
__device__ __forceinline__ float HalfWarpSum(float x) {
#pragma unroll
  for (int lanes = kRowThreads / 2; lanes > 0; lanes /= 2) x += __shfl_xor_sync(kWholeWarp, x, lanes);
  return x;
}

// Rows [first, first + 64) of a matrix and its columns [depth, depth + 32), turned into `tile`.
template <typename T>
__device__ __forceinline__ void LoadTurned(const T* from, const Matrix& matrix, int64_t rows, int64_t columns,
                                           int64_t first, int64_t depth, float (*tile)[kRows + 4]) {
  const int row = static_cast<int>(threadIdx.x) / 4;
#pragma unroll
  for (int part = 0; part < kDepth / 16; ++part) {
    const int column = static_cast<int>(threadIdx.x) % 4 * 4 + part * 16;
    float loaded[4];
    LoadFour(from + (first + row) * matrix.row + (depth + column) * matrix.column, matrix.column,
             first + row < rows ? columns - depth - column : 0, matrix.packs, loaded);
#pragma unroll
    for (int i = 0; i < 4; ++i) tile[column + i][row] = loaded[i];
  }
}

// Rows [first, first + 32) of V and its columns [column, column + kWidth).
template <typename T, int kWidth>
__device__ __forceinline__ void LoadValues(const T* from, const Matrix& matrix, int64_t rows, int64_t columns,
                                           int64_t first, int64_t column, float (*tile)[kWidth]) {
  constexpr int kPacksInRow = kWidth / 4;
#pragma unroll
  for (int pack = 0; pack < kDepth * kPacksInRow / kThreads; ++pack) {
    const int index = static_cast<int>(threadIdx.x) + pack * kThreads;
    const int row = index / kPacksInRow, at = index % kPacksInRow * 4;
    float loaded[4];
    LoadFour(from + (first + row) * matrix.row + (column + at) * matrix.column, matrix.column,
             first + row < rows ? columns - column - at : 0, matrix.packs, loaded);
#pragma unroll
    for (int i = 0; i < 4; ++i) tile[row][at + i] = loaded[i];
  }
}

// sums[i][j] += x[d][4 of the row's] * y[d][4 of the column's], over the depth of the tiles.
template <int kDeep, int kXStride, int kYStride>
__device__ __forceinline__ void MultiplyTiles(const float (*x)[kXStride], const float (*y)[kYStride], int row,
                                              int column, float (*sums)[4]) {
#pragma unroll 8
  for (int d = 0; d < kDeep; ++d) {
    float a[4], b[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) a[i] = x[d][row + i];
#pragma unroll
    for (int j = 0; j < 4; ++j) b[j] = y[d][column + j];
#pragma unroll
    for (int i = 0; i < 4; ++i) {
#pragma unroll
      for (int j = 0; j < 4; ++j) sums[i][j] += a[i] * b[j];
    }
  }
}

// The scores of a tile, masked; what lies past the last key counts for nothing.
template <typename T>
__device__ __forceinline__ void MaskScores(const AttentionArgs& args, const AttentionData<T>& data, int64_t row,
                                           int64_t key, float (*scores)[4]) {
#pragma unroll
  for (int i = 0; i < 4; ++i) {
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      float& score = scores[i][j];
      if (key + j >= args.keys) {
        score = -INFINITY;
        continue;
      }
      score *= args.scale;
      if (row + i >= args.rows) continue;
      if (data.keep != nullptr && !data.keep[(row + i) * args.keep.row + (key + j) * args.keep.column])
        score = args.masked;
      if (data.added != nullptr)
        score += ToFloat(data.added[(row + i) * args.added.row + (key + j) * args.added.column]);
    }
  }
}

// The scores become terms relative to the largest so far; `shrink` is what earlier terms are to be multiplied by.
__device__ __forceinline__ void RunningSoftmax(float* scores, float* largest, float* sum, float* shrink) {
  const float most = HalfWarpMax(fmaxf(fmaxf(scores[0], scores[1]), fmaxf(scores[2], scores[3])));
  const float now = fmaxf(*largest, most);
  // While all are -inf there is nothing to be relative to, and every term is 0.
  const float center = now == -INFINITY ? 0.0f : now;
  *shrink = *largest == -INFINITY ? 0.0f : expf(*largest - center);
  float terms = 0;
#pragma unroll
  for (int j = 0; j < 4; ++j) {
    scores[j] = expf(scores[j] - center);
    terms += scores[j];
  }
  *sum = *sum * *shrink + HalfWarpSum(terms);
  *largest = now;
}

template <typename T, int kWidth>
__device__ void AttendTile(const AttentionArgs& args, const AttentionData<T>& data, int64_t first_row,
                           int64_t first_column, AttentionTiles<kWidth>& tiles) {
  constexpr int kColumnTiles = kWidth / 64;
  const int row = static_cast<int>(threadIdx.x) / kRowThreads * 4;
  const int column = static_cast<int>(threadIdx.x) % kRowThreads * 4;
  float sums[kColumnTiles][4][4] = {};
  float largest[4] = {-INFINITY, -INFINITY, -INFINITY, -INFINITY}, total[4] = {};
  for (int64_t key = 0; key < args.keys; key += kKeys) {
    float scores[4][4] = {};
    for (int64_t depth = 0; depth < args.depth; depth += kDepth) {
      LoadTurned(data.q, args.q, args.rows, args.depth, first_row, depth, tiles.q);
      LoadTurned(data.k, args.k, args.keys, args.depth, key, depth, tiles.k);
      __syncthreads();
      MultiplyTiles<kDepth>(tiles.q, tiles.k, row, column, scores);
      __syncthreads();
    }
    MaskScores(args, data, first_row + row, key + column, scores);
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      float shrink;
      RunningSoftmax(scores[i], &largest[i], &total[i], &shrink);
#pragma unroll
      for (int j = 0; j < 4; ++j) tiles.terms[column + j][row + i] = scores[i][j];
#pragma unroll
      for (int tile = 0; tile < kColumnTiles; ++tile) {
#pragma unroll
        for (int j = 0; j < 4; ++j) sums[tile][i][j] *= shrink;
      }
    }
    for (int part = 0; part < kKeys; part += kDepth) {
      LoadValues<T, kWidth>(data.v, args.v, args.keys, args.width, key + part, first_column, tiles.v);
      __syncthreads();
#pragma unroll
      for (int tile = 0; tile < kColumnTiles; ++tile)
        MultiplyTiles<kDepth>(tiles.terms + part, tiles.v, row, column + tile * 64, sums[tile]);
      __syncthreads();
    }
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if (first_row + row + i >= args.rows) continue;
    // Of no keys at all the result is 0; of a row whose scores are all -inf it is no number.
    const float factor = args.keys == 0 ? 0.0f : 1.0f / total[i];
#pragma unroll
    for (int tile = 0; tile < kColumnTiles; ++tile) {
#pragma unroll
      for (int j = 0; j < 4; ++j) {
        const int64_t to = first_column + tile * 64 + column + j;
        if (to >= args.width) continue;
        data.out[(first_row + row + i) * args.out.row + to * args.out.column] = FromFloat<T>(sums[tile][i][j] * factor);
      }
    }
  }
}

template <typename T, int kWidth>
__global__ void __launch_bounds__(kThreads) AttentionKernel(AttentionArgs args, AttentionData<T> data) {
  auto& tiles = SharedMemory<AttentionTiles<kWidth>>();
  const int64_t first_row = static_cast<int64_t>(blockIdx.x) * kRows;
  for (int64_t batch = blockIdx.z; batch < args.batches; batch += gridDim.z) {
    AttentionData<T> own{data.q + args.Offset(0, batch),
                         data.k + args.Offset(1, batch),
                         data.v + args.Offset(2, batch),
                         data.keep,
                         data.added,
                         data.out + args.Offset(5, batch)};
    if (data.keep != nullptr) own.keep += args.Offset(3, batch);
    if (data.added != nullptr) own.added += args.Offset(4, batch);
    for (int64_t column = static_cast<int64_t>(blockIdx.y) * kWidth; column < args.width;
         column += static_cast<int64_t>(gridDim.y) * kWidth) {
      AttendTile<T, kWidth>(args, own, first_row, column, tiles);
    }
  }
}

// ---- Launcher

Matrix MatrixOf(const AttentionOperand& operand) { return {operand.row, operand.column, false}; }

AttentionArgs ArgsOf(const AttentionGeometry& g) {
  AttentionArgs args{g.scale,
                     g.masked,
                     g.rows,
                     g.columns,
                     g.depth,
                     g.width,
                     g.batches(),
                     static_cast<int>(g.batch.size()),
                     {},
                     {},
                     MatrixOf(g.q),
                     MatrixOf(g.k),
                     MatrixOf(g.v),
                     MatrixOf(g.keep),
                     MatrixOf(g.added),
                     MatrixOf(g.out)};
  const AttentionOperand* const operands[] = {&g.q, &g.k, &g.v, &g.keep, &g.added, &g.out};
  for (int axis = 0; axis < args.rank; ++axis) {
    args.dims[axis] = g.batch[axis];
    for (int k = 0; k < 6; ++k) args.strides[k][axis] = operands[k]->batch.empty() ? 0 : operands[k]->batch[axis];
  }
  return args;
}

// Whether four neighbours can be read at once wherever a row begins.
template <typename T>
bool Packs(const AttentionOperand& operand, const T* data) {
  const bool whole =
      std::all_of(operand.batch.begin(), operand.batch.end(), [](int64_t step) { return step % 4 == 0; });
  return operand.column == 1 && operand.row % 4 == 0 && whole && IsAligned(data, 4 * sizeof(T));
}

template <typename T>
absl::Status LaunchAttention(const AttentionGeometry& g, AttentionArgs args, const LaunchArgs& launch) {
  const AttentionData<T> data{launch.input(0).data<T>(),
                              launch.input(1).data<T>(),
                              launch.input(2).data<T>(),
                              g.keep_input < 0 ? nullptr : launch.input(g.keep_input).data<bool>(),
                              g.added_input < 0 ? nullptr : launch.input(g.added_input).data<T>(),
                              launch.output(0)->mutable_data<T>()};
  args.q.packs = Packs(g.q, data.q);
  args.k.packs = Packs(g.k, data.k);
  args.v.packs = Packs(g.v, data.v);
  constexpr int kNarrow = 64, kWide = 128;
  const auto run = [&]<int kWidth>() {
    const dim3 grid(static_cast<unsigned>(CeilDiv(g.rows, kRows)),
                    static_cast<unsigned>(std::min(CeilDiv(g.width, kWidth), kMostBlocksY)),
                    static_cast<unsigned>(std::min(args.batches, kMostBlocksY)));
    return Launch(AttentionKernel<T, kWidth>, grid, dim3(kThreads), sizeof(AttentionTiles<kWidth>), StreamOf(launch),
                  args, data);
  };
  return g.width <= kNarrow ? run.template operator()<kNarrow>() : run.template operator()<kWide>();
}

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};

absl::Status Supports(const CudaContext&, const OpSignature& op) { return WantInputDType(op, 0, kDTypes); }

// ---- Create, Prepare, Launch

class AttentionPrepared final : public PreparedKernel {
 public:
  AttentionPrepared(AttentionGeometry geometry, DType dtype)
      : g_(std::move(geometry)), args_(ArgsOf(g_)), dtype_(dtype) {}
  int64_t flops() const override { return g_.flops(); }
  std::string description() const override {
    return absl::StrCat("attention fp32 ", kRows, "x", kKeys, ", running softmax");
  }
  absl::Status Launch(const LaunchArgs& args) const override {
    if (args_.batches == 0) return absl::OkStatus();
    return OnFloatType(dtype_, [&]<typename T>() { return LaunchAttention<T>(g_, args_, args); });
  }

 private:
  const AttentionGeometry g_;
  const AttentionArgs args_;
  const DType dtype_;
};

class AttentionOpKernel final : public Kernel {
 public:
  explicit AttentionOpKernel(const AttrMap& attrs) : attrs_(attrs) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    FLOE_ASSIGN_OR_RETURN(AttentionGeometry geometry, ComputeAttentionGeometry(attrs_, inputs));
    return std::make_unique<AttentionPrepared>(std::move(geometry), outputs[0].dtype);
  }

 private:
  const AttrMap attrs_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature& op) {
  return std::make_unique<AttentionOpKernel>(op.attrs);
}

constexpr CudaOp kOps[] = {{"_FusedAttention", Supports, Create}};

}  // namespace

absl::Span<const CudaOp> AttentionKernels() { return kOps; }

}  // namespace floe
