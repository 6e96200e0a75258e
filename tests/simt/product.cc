#include "product.h"

#include <cmath>
#include <cstdio>
#include <cstring>
#include <vector>

#include "cuda_runtime.h"
#include "simt/intrinsics.h"
#include "simt/launch.h"

namespace simt {
namespace {

using namespace floe::cublas;  // NOLINT(google-build-using-namespace): whose words these are

float Bfloat16ToFloat(uint16_t bits) { return FloatOf(static_cast<uint32_t>(bits) << 16); }
uint16_t FloatToBfloat16(float x) {
  const uint32_t word = BitsOf(x);
  if (std::isnan(x)) return static_cast<uint16_t>((word >> 16) | 0x40u);
  return static_cast<uint16_t>((word + 0x7fffu + ((word >> 16) & 1u)) >> 16);
}

float Load(const void* data, int64_t at, DataType type) {
  switch (type) {
    case kFloat16:
      return HalfToFloat(static_cast<const uint16_t*>(data)[at]);
    case kBfloat16:
      return Bfloat16ToFloat(static_cast<const uint16_t*>(data)[at]);
    default:
      return static_cast<const float*>(data)[at];
  }
}
void Store(float x, void* data, int64_t at, DataType type) {
  switch (type) {
    case kFloat16:
      static_cast<uint16_t*>(data)[at] = FloatToHalf(x);
      return;
    case kBfloat16:
      static_cast<uint16_t*>(data)[at] = FloatToBfloat16(x);
      return;
    default:
      static_cast<float*>(data)[at] = x;
  }
}

// What a fast form makes of a factor.
float AsFactor(float x, ComputeType compute) {
  switch (compute) {
    case kCompute32FFast16F:
      return HalfToFloat(FloatToHalf(x));
    case kCompute32FFast16BF:
      return Bfloat16ToFloat(FloatToBfloat16(x));
    case kCompute32FFastTf32: {
      constexpr uint32_t kDropped = 13;
      return std::isfinite(x) ? FloatOf((BitsOf(x) + (1u << (kDropped - 1))) & ~((1u << kDropped) - 1)) : x;
    }
    default:
      return x;
  }
}

// The used form, packed column by column.
std::vector<float> Unpack(const StoredMatrix& matrix, int64_t batch, const LibraryProduct& product) {
  const int64_t rows = matrix.used_rows(), columns = matrix.used_columns();
  std::vector<float> packed(static_cast<size_t>(rows * columns));
  for (int64_t column = 0; column < columns; ++column) {
    for (int64_t row = 0; row < rows; ++row) {
      const int64_t at = matrix.transposed ? row * matrix.leading + column : column * matrix.leading + row;
      packed[static_cast<size_t>(column * rows + row)] =
          AsFactor(Load(matrix.data, batch * matrix.stride + at, product.type), product.compute);
    }
  }
  return packed;
}

float Activate(EpilogueKind kind, float x) {
  constexpr float kRootTwoByPi = 0.7978845608f, kCubic = 0.044715f;
  switch (kind) {
    case kEpilogueRelu:
    case kEpilogueReluBias:
      return x > 0 || std::isnan(x) ? x : 0.0f;
    case kEpilogueGelu:
    case kEpilogueGeluBias:
      return 0.5f * x * (1 + std::tanh(kRootTwoByPi * (x + kCubic * x * x * x)));
    default:
      return x;
  }
}

void Multiply(const LibraryProduct& p) {
  const int64_t m = p.d.rows, n = p.d.columns, k = p.a.used_columns();
  constexpr int kGarbage = 0x7b;
  std::memset(p.workspace, kGarbage, p.workspace_bytes);
  std::vector<float> sums(static_cast<size_t>(m));
  for (int64_t batch = 0; batch < p.batches; ++batch) {
    const std::vector<float> a = Unpack(p.a, batch, p), b = Unpack(p.b, batch, p);
    for (int64_t column = 0; column < n; ++column) {
      std::fill(sums.begin(), sums.end(), 0.0f);
      for (int64_t i = 0; i < k; ++i) {
        const float factor = b[static_cast<size_t>(column * k + i)];
        const float* const from = a.data() + i * m;
        for (int64_t row = 0; row < m; ++row) sums[static_cast<size_t>(row)] += from[row] * factor;
      }
      for (int64_t row = 0; row < m; ++row) {
        float x = p.alpha * sums[static_cast<size_t>(row)];
        if (p.beta != 0) x += p.beta * Load(p.c.data, batch * p.c.stride + column * p.c.leading + row, p.type);
        if (HasBias(p.epilogue)) x += Load(p.bias, row, p.type);
        Store(Activate(p.epilogue, x), const_cast<void*>(p.d.data), batch * p.d.stride + column * p.d.leading + row,
              p.type);
      }
    }
  }
}

int64_t Extent(const StoredMatrix& matrix, int64_t batches) {
  return (batches - 1) * matrix.stride + (matrix.columns - 1) * matrix.leading + matrix.rows;
}

bool Overlap(const StoredMatrix& x, const StoredMatrix& y, const LibraryProduct& p) {
  const auto* const a = static_cast<const char*>(x.data);
  const auto* const b = static_cast<const char*>(y.data);
  const int64_t bytes = BytesOf(p.type);
  return a < b + Extent(y, p.batches) * bytes && b < a + Extent(x, p.batches) * bytes;
}

std::string FindMatrixFault(const StoredMatrix& matrix, const LibraryProduct& p) {
  if (matrix.rows <= 0 || matrix.columns <= 0) return "a matrix without elements";
  if (matrix.leading < matrix.rows) return "a leading dimension below the rows";
  if (matrix.stride < 0) return "a negative stride";
  const auto bytes = static_cast<uintptr_t>(BytesOf(p.type));
  if (reinterpret_cast<uintptr_t>(matrix.data) % bytes != 0) return "an address between elements";
  if (!IsOnDevice(matrix.data, static_cast<size_t>(Extent(matrix, p.batches)) * bytes)) {
    return "a matrix that does not lie in device memory";
  }
  return "";
}

}  // namespace

int64_t BytesOf(DataType type) { return type == kFloat32 ? 4 : 2; }

std::string FindFault(const LibraryProduct& p) {
  if (p.type != kFloat32 && p.type != kFloat16 && p.type != kBfloat16) return "an unknown type";
  if (p.type != kFloat32 && p.compute != kCompute32F) return "a compute type that halves do not have";
  if (p.compute != kCompute32F && p.compute != kCompute32FFast16F && p.compute != kCompute32FFast16BF &&
      p.compute != kCompute32FFastTf32) {
    return "an unknown compute type";
  }
  for (const StoredMatrix* const matrix : {&p.a, &p.b, &p.d}) {
    if (std::string fault = FindMatrixFault(*matrix, p); !fault.empty()) return fault;
  }
  if (p.beta != 0) {
    if (std::string fault = FindMatrixFault(p.c, p); !fault.empty()) return "C: " + fault;
    if (p.c.data != p.d.data && Overlap(p.c, p.d, p)) return "C lies across D";
  }
  if (p.a.used_rows() != p.d.rows || p.b.used_columns() != p.d.columns || p.a.used_columns() != p.b.used_rows() ||
      p.c.rows != p.d.rows || p.c.columns != p.d.columns) {
    return "sizes that do not fit each other";
  }
  if (p.batches > 1 && p.d.stride < p.d.leading * p.d.columns) return "results of a batch that lie across each other";
  if (Overlap(p.a, p.d, p) || Overlap(p.b, p.d, p)) return "a factor lies across the result";
  if (HasBias(p.epilogue) && !IsOnDevice(p.bias, static_cast<size_t>(p.d.rows * BytesOf(p.type)))) {
    return "a bias that does not lie in device memory";
  }
  if (p.workspace_bytes > 0 && !IsOnDevice(p.workspace, p.workspace_bytes)) {
    return "a workspace that does not lie in device memory";
  }
  return "";
}

Status Enqueue(const LibraryProduct& product, cudaStream_t stream) {
  CountProduct();
  return FromRuntime(
      Launch(reinterpret_cast<const void*>(&Multiply), dim3(1), dim3(1), 0, stream, [product] { Multiply(product); }));
}

Status Refuse(const char* call, const std::string& why, Status status) {
  std::fprintf(stderr, "simt: %s: %s\n", call, why.c_str());
  return status;
}

Status FromRuntime(cudaError_t code) {
  if (code == cudaSuccess) return kSuccess;
  return code == cudaErrorMemoryAllocation ? kAllocFailed : kExecutionFailed;
}

}  // namespace simt
