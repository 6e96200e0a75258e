#include "kernels/cuda/integer_product.h"

#include <algorithm>
#include <type_traits>

#include "base/status.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/matrix_batches.h"
#include "ops/matmul.h"

namespace floe {
namespace {

constexpr int kTile = 16;

// ---- Kernel

struct IntegerProductArgs {
  const void *a, *b;
  void* c;  // [batches, rows, columns]
  int64_t rows, columns, depth;
  int64_t a_row_stride, a_depth_stride, b_depth_stride, b_column_stride;
  int64_t batches;
  BatchOffsets offsets;
};

template <typename U>
struct IntegerTiles {
  U a[kTile][kTile + 1];  // rows, depth; the rest keeps the rows of a column in other banks
  U b[kTile][kTile + 1];  // depth, columns
};

// A block computes a tile, a thread one of its elements; in unsigned numbers, where wrapping around is defined.
template <typename U>
__global__ void __launch_bounds__(kTile* kTile) IntegerProductKernel(IntegerProductArgs args) {
  auto& tiles = SharedMemory<IntegerTiles<U>>();
  const int x = static_cast<int>(threadIdx.x) % kTile, y = static_cast<int>(threadIdx.x) / kTile;
  const int64_t row = static_cast<int64_t>(blockIdx.x) * kTile + y;
  for (int64_t batch = blockIdx.z; batch < args.batches; batch += gridDim.z) {
    int64_t a_offset, b_offset;
    args.offsets.Find(batch, &a_offset, &b_offset);
    const U* const a = static_cast<const U*>(args.a) + a_offset;
    const U* const b = static_cast<const U*>(args.b) + b_offset;
    U* const c = static_cast<U*>(args.c) + batch * args.rows * args.columns;
    for (int64_t first = static_cast<int64_t>(blockIdx.y) * kTile; first < args.columns;
         first += static_cast<int64_t>(gridDim.y) * kTile) {
      const int64_t column = first + x;
      U sum = 0;
      for (int64_t k = 0; k < args.depth; k += kTile) {
        const bool has_a = row < args.rows && k + x < args.depth, has_b = k + y < args.depth && column < args.columns;
        tiles.a[y][x] = has_a ? a[row * args.a_row_stride + (k + x) * args.a_depth_stride] : 0;
        tiles.b[y][x] = has_b ? b[(k + y) * args.b_depth_stride + column * args.b_column_stride] : 0;
        __syncthreads();
#pragma unroll
        for (int d = 0; d < kTile; ++d) sum += tiles.a[y][d] * tiles.b[d][x];
        __syncthreads();
      }
      if (row < args.rows && column < args.columns) c[row * args.columns + column] = sum;
    }
  }
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  FLOE_ASSIGN_OR_RETURN(const MatMulGeometry g, ComputeMatMulGeometry(attrs, inputs[0].shape, inputs[1].shape));
  IntegerProductArgs args{};
  args.rows = g.m;
  args.columns = g.n;
  args.depth = g.k;
  args.a_row_stride = g.transpose_a ? 1 : g.k;
  args.a_depth_stride = g.transpose_a ? g.m : 1;
  args.b_depth_stride = g.transpose_b ? 1 : g.n;
  args.b_column_stride = g.transpose_b ? g.k : 1;
  args.offsets = BatchOffsetsOf(g, inputs[0].shape.ToShape(), inputs[1].shape.ToShape(), &args.batches);
  return Launcher{"integer product", [args, dtype = inputs[0].dtype](const LaunchArgs& launch) -> absl::Status {
                    if (args.rows == 0 || args.columns == 0 || args.batches == 0) return absl::OkStatus();
                    IntegerProductArgs bound = args;
                    bound.a = launch.input(0).raw_data();
                    bound.b = launch.input(1).raw_data();
                    bound.c = launch.output(0)->raw_mutable_data();
                    const dim3 grid(static_cast<unsigned>(CeilDiv(args.rows, kTile)),
                                    static_cast<unsigned>(std::min(CeilDiv(args.columns, kTile), kMostBlocksY)),
                                    static_cast<unsigned>(std::min(args.batches, kMostBlocksY)));
                    return OnIndexType(dtype, [&]<typename T>() {
                      using U = std::make_unsigned_t<T>;
                      return Launch(IntegerProductKernel<U>, grid, dim3(kTile * kTile), sizeof(IntegerTiles<U>),
                                    StreamOf(launch), bound);
                    });
                  }};
}

}  // namespace

absl::StatusOr<std::unique_ptr<Kernel>> CreateIntegerProduct(const CudaContext& context, const OpSignature& op) {
  return CreateLauncher<Prepare>(context, op);
}

}  // namespace floe
