// The kernel of products, which convolutions are too: C[rows, columns] = A[rows, k] * B[k, columns], in tiles, with
// what follows done on the sums (epilogue.h). Where A's elements are is the source's business: a matrix by strides, or
// the windows of an image (implicit GEMM). This form computes in float32 on the plain cores, whatever is stored;
// tensor_product.h has the others.
#ifndef FLOE_KERNELS_CUDA_PRODUCT_H_
#define FLOE_KERNELS_CUDA_PRODUCT_H_

#include <algorithm>
#include <cstdint>

#include "kernels/cuda/element.h"
#include "kernels/cuda/epilogue.h"
#include "kernels/cuda/launch.h"

namespace floe {

inline constexpr int kTileRows = 64, kTileColumns = 64, kTileDepth = 16;
inline constexpr int kProductThreads = 256;
inline constexpr int kMostBatchDims = 4;

// Many products of one shape: where each begins.
struct BatchOffsets {
  int rank;
  int64_t dims[kMostBatchDims];
  int64_t a[kMostBatchDims], b[kMostBatchDims];  // strides

  __device__ void Find(int64_t batch, int64_t* a_offset, int64_t* b_offset) const {
    *a_offset = *b_offset = 0;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t above = batch / dims[axis], index = batch - above * dims[axis];
      *a_offset += index * a[axis];
      *b_offset += index * b[axis];
      batch = above;
    }
  }
};

template <typename T>
struct ProductArgs {
  T* c;
  int64_t rows, columns, depth;
  // B, in the graph's own form.
  const T* b;
  int64_t b_depth_stride, b_column_stride;
  bool b_packs;  // four columns are one aligned access
  // Or packed (packed_operand.h), with zeros up to `packed_depth`.
  const void* packed_b;
  int64_t packed_depth;
  bool c_packs;  // four columns are one aligned access
  int64_t c_row_stride;
  int64_t c_batch_stride;
  // For groups of channels: where a batch's columns lie in the whole result, which the epilogue counts by.
  int64_t batch_columns;
  int64_t batch_rows;
  int64_t batches;
  BatchOffsets offsets;
  Epilogue epilogue;
};

// Four neighbours as floats; zeros outside.
template <typename T>
__device__ __forceinline__ void LoadFour(const T* from, int64_t stride, int64_t count, bool packs, float* to) {
  if (packs && count >= 4) {
    const auto pack = *reinterpret_cast<const Pack<T, 4>*>(from);
#pragma unroll
    for (int i = 0; i < 4; ++i) to[i] = ToFloat(pack.values[i]);
    return;
  }
#pragma unroll
  for (int i = 0; i < 4; ++i) to[i] = i < count ? ToFloat(from[i * stride]) : 0.0f;
}

// A source of A's elements: a matrix.
template <typename T>
struct MatrixSource {
  const T* data;
  int64_t rows, depth;
  int64_t row_stride, depth_stride;
  bool packs;  // four along the depth are one aligned access

  struct Row {
    const T* at;
    bool inside;
  };
  __device__ Row RowOf(int64_t row, int64_t batch_offset) const {
    return {data + batch_offset + row * row_stride, row < rows};
  }
  // Elements k to k + 3 of the row.
  __device__ void Load(const Row& row, int64_t k, float* to) const {
    LoadFour(row.at + k * depth_stride, depth_stride, row.inside ? depth - k : 0, packs, to);
  }
  // Whether every `chunk` elements along the depth, 16 bytes, lie together and aligned; and where those at k are, a
  // multiple of `chunk`: null for zeros.
  bool HasChunks(int chunk) const {
    return depth_stride == 1 && depth % chunk == 0 && row_stride % chunk == 0 && IsAligned(data, chunk * sizeof(T));
  }
  __device__ const T* Find(const Row& row, int64_t k) const { return row.inside && k < depth ? row.at + k : nullptr; }
};

// Elements k to k + 3 of a row of windows, where its source finds them.
template <typename Source>
__device__ __forceinline__ void LoadFound(const Source& source, const typename Source::Row& row, int64_t k, float* to) {
  if (!source.packs) {
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      const auto* const from = source.Find(row, k + i);
      to[i] = from == nullptr ? 0.0f : ToFloat(*from);
    }
    return;
  }
  const auto* const from = source.Find(row, k);
  LoadFour(from == nullptr ? source.data : from, 1, from == nullptr ? 0 : 4, true, to);
}

// A source of A's elements: the windows of an NHWC image. Row: an output pixel. Depth: filter row, filter column,
// channel of the group.
template <typename T>
struct ImageSource {
  const T* data;
  int64_t rows, depth;
  int height, width, channels;  // of the image; channels of all groups
  int group_channels;
  int out_height, out_width;
  int filter_width;
  int stride_y, stride_x, dilation_y, dilation_x, pad_top, pad_left;
  bool packs;  // four channels of a tap are one aligned access

  struct Row {
    const T* image;  // its group's first channel
    int y, x;        // of the window's first tap
    bool inside;
  };
  __device__ Row RowOf(int64_t row, int64_t batch_offset) const {
    const int64_t line = row / out_width;
    const int column = static_cast<int>(row - line * out_width);
    const int64_t image = line / out_height;
    const int out_y = static_cast<int>(line - image * out_height);
    return {data + batch_offset + image * height * width * channels, out_y * stride_y - pad_top,
            column * stride_x - pad_left, row < rows};
  }
  __device__ void Load(const Row& row, int64_t k, float* to) const { LoadFound(*this, row, k, to); }
  // As MatrixSource's; a chunk lies in one tap.
  bool HasChunks(int chunk) const {
    return group_channels % chunk == 0 && channels % chunk == 0 && IsAligned(data, chunk * sizeof(T));
  }
  __device__ const T* Find(const Row& row, int64_t k) const {
    if (!row.inside || k >= depth) return nullptr;
    const int tap = static_cast<int>(Quotient(k, group_channels));
    const int channel = static_cast<int>(k - int64_t{tap} * group_channels);
    const int y = row.y + tap / filter_width * dilation_y, x = row.x + tap % filter_width * dilation_x;
    if (y < 0 || y >= height || x < 0 || x >= width) return nullptr;
    return row.image + (int64_t{y} * width + x) * channels + channel;
  }
};

struct ProductTiles {
  float a[kTileDepth][kTileRows + 4];  // the depth first; the rest keeps rows of a warp in other banks
  float b[kTileDepth][kTileColumns];
};

// A block computes a tile, a thread four by four of its elements.
template <typename T, typename Source>
__global__ void __launch_bounds__(kProductThreads, 2) ProductKernel(ProductArgs<T> args, Source source) {
  auto& tiles = SharedMemory<ProductTiles>();
  const int thread = static_cast<int>(threadIdx.x);
  const int a_row = thread / 4, a_depth = thread % 4 * 4;
  const int b_depth = thread / 16, b_column = thread % 16 * 4;
  const int c_row = thread / 16 * 4, c_column = thread % 16 * 4;
  const int64_t first_row = static_cast<int64_t>(blockIdx.x) * kTileRows;
  for (int64_t batch = blockIdx.z; batch < args.batches; batch += gridDim.z) {
    int64_t a_offset, b_offset;
    args.offsets.Find(batch, &a_offset, &b_offset);
    const typename Source::Row row = source.RowOf(first_row + a_row, a_offset);
    const T* const b = args.b + b_offset;
    for (int64_t first_column = static_cast<int64_t>(blockIdx.y) * kTileColumns; first_column < args.columns;
         first_column += static_cast<int64_t>(gridDim.y) * kTileColumns) {
      float sums[4][4] = {};
      for (int64_t k = 0; k < args.depth; k += kTileDepth) {
        float loaded[4];
        source.Load(row, k + a_depth, loaded);
#pragma unroll
        for (int i = 0; i < 4; ++i) tiles.a[a_depth + i][a_row] = loaded[i];
        const int64_t column = first_column + b_column;
        const bool inside = k + b_depth < args.depth;
        LoadFour(b + (k + b_depth) * args.b_depth_stride + column * args.b_column_stride, args.b_column_stride,
                 inside ? args.columns - column : 0, args.b_packs, loaded);
#pragma unroll
        for (int i = 0; i < 4; ++i) tiles.b[b_depth][b_column + i] = loaded[i];
        __syncthreads();
#pragma unroll
        for (int d = 0; d < kTileDepth; ++d) {
          float x[4], y[4];
#pragma unroll
          for (int i = 0; i < 4; ++i) x[i] = tiles.a[d][c_row + i];
#pragma unroll
          for (int j = 0; j < 4; ++j) y[j] = tiles.b[d][c_column + j];
#pragma unroll
          for (int i = 0; i < 4; ++i) {
#pragma unroll
            for (int j = 0; j < 4; ++j) sums[i][j] += x[i] * y[j];
          }
        }
        __syncthreads();
      }
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const int64_t to_row = first_row + c_row + i;
        if (to_row >= args.rows) continue;
        T* const to = args.c + batch * args.c_batch_stride + to_row * args.c_row_stride;
#pragma unroll
        for (int j = 0; j < 4; ++j) {
          const int64_t column = first_column + c_column + j;
          if (column >= args.columns) continue;
          to[column] = FromFloat<T>(ApplyEpilogue<T>(args.epilogue, sums[i][j], batch * args.batch_rows + to_row,
                                                     batch * args.batch_columns + column));
        }
      }
    }
  }
}

template <typename T, typename Source>
absl::Status LaunchPlainProduct(CudaStream& stream, const ProductArgs<T>& args, const Source& source) {
  const dim3 grid(static_cast<unsigned>(CeilDiv(args.rows, kTileRows)),
                  static_cast<unsigned>(std::min(CeilDiv(args.columns, kTileColumns), kMostBlocksY)),
                  static_cast<unsigned>(std::min(args.batches, kMostBlocksY)));
  return Launch(ProductKernel<T, Source>, grid, dim3(kProductThreads), sizeof(ProductTiles), stream, args, source);
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_PRODUCT_H_
