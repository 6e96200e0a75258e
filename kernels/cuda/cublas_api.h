// The part of cuBLAS and cuBLASLt that Floe calls, written down from NVIDIA's documentation: the libraries are opened
// by name where they are (kernels/cuda/cublas.h), and building needs neither them nor their headers. The same in CUDA
// 12 and 13. tests/kernels/cublas_api_check.cc compares it with NVIDIA's headers where those are installed.
#ifndef FLOE_KERNELS_CUDA_CUBLAS_API_H_
#define FLOE_KERNELS_CUDA_CUBLAS_API_H_

#include <cuda_runtime_api.h>

#include <cstddef>
#include <cstdint>

namespace floe::cublas {

using Status = int;
inline constexpr Status kSuccess = 0, kNotInitialized = 1, kAllocFailed = 3, kInvalidValue = 7, kArchMismatch = 8,
                        kExecutionFailed = 13, kNotSupported = 15;

enum DataType : int { kFloat32 = 0, kFloat16 = 2, kBfloat16 = 14 };
enum ComputeType : int {
  kCompute32F = 68,
  kCompute32FFast16F = 74,
  kCompute32FFast16BF = 75,
  kCompute32FFastTf32 = 77
};
enum Operation : int { kPlain = 0, kTransposed = 1 };
inline constexpr int kDefaultAlgorithm = -1;

enum DescAttribute : int {
  kDescTransA = 3,        // int32: Operation
  kDescTransB = 4,        // int32: Operation
  kDescEpilogue = 7,      // uint32: EpilogueKind
  kDescBiasPointer = 8,   // const void*, on the device
  kDescBiasDataType = 26  // int32: DataType; D's where it is not set
};
enum EpilogueKind : uint32_t {
  kEpilogueNone = 1,
  kEpilogueRelu = 2,
  kEpilogueBias = 4,
  kEpilogueReluBias = 6,
  kEpilogueGelu = 32,  // by tanh
  kEpilogueGeluBias = 36
};
enum PreferenceAttribute : int {
  kPreferenceWorkspaceBytes = 1,  // uint64
  kPreferenceAlignmentA = 5,      // uint32, bytes; 256 where it is not set
  kPreferenceAlignmentB = 6,
  kPreferenceAlignmentC = 7,
  kPreferenceAlignmentD = 8
};

using LtHandle = struct LtContext*;
using Handle = struct Context*;
using Desc = struct MatmulDescOpaque*;
using Layout = struct MatrixLayoutOpaque*;
using Preference = struct MatmulPreferenceOpaque*;

struct Algorithm {
  uint64_t data[8];
};
struct HeuristicResult {
  Algorithm algorithm;
  size_t workspace_bytes;
  Status state;
  float waves;
  int reserved[4];
};

// By their names in the libraries.
struct LtFunctions {
  Status (*Create)(LtHandle* handle);
  Status (*Destroy)(LtHandle handle);
  Status (*MatmulDescCreate)(Desc* desc, ComputeType compute, DataType scale);
  Status (*MatmulDescDestroy)(Desc desc);
  Status (*MatmulDescSetAttribute)(Desc desc, DescAttribute attribute, const void* value, size_t bytes);
  Status (*MatrixLayoutCreate)(Layout* layout, DataType type, uint64_t rows, uint64_t columns, int64_t leading);
  Status (*MatrixLayoutDestroy)(Layout layout);
  Status (*MatmulPreferenceCreate)(Preference* preference);
  Status (*MatmulPreferenceDestroy)(Preference preference);
  Status (*MatmulPreferenceSetAttribute)(Preference preference, PreferenceAttribute attribute, const void* value,
                                         size_t bytes);
  Status (*MatmulAlgoGetHeuristic)(LtHandle handle, Desc desc, Layout a, Layout b, Layout c, Layout d,
                                   Preference preference, int wanted, HeuristicResult* results, int* got);
  Status (*Matmul)(LtHandle handle, Desc desc, const void* alpha, const void* a, Layout a_layout, const void* b,
                   Layout b_layout, const void* beta, const void* c, Layout c_layout, void* d, Layout d_layout,
                   const Algorithm* algorithm, void* workspace, size_t workspace_bytes, cudaStream_t stream);
};
struct Functions {
  Status (*Create)(Handle* handle);
  Status (*Destroy)(Handle handle);
  Status (*SetStream)(Handle handle, cudaStream_t stream);
  Status (*SetWorkspace)(Handle handle, void* workspace, size_t bytes);
  Status (*GemmStridedBatched)(Handle handle, Operation transpose_a, Operation transpose_b, int m, int n, int k,
                               const void* alpha, const void* a, DataType a_type, int lda, long long a_stride,
                               const void* b, DataType b_type, int ldb, long long b_stride, const void* beta, void* c,
                               DataType c_type, int ldc, long long c_stride, int batches, ComputeType compute,
                               int algorithm);
};

}  // namespace floe::cublas

#endif  // FLOE_KERNELS_CUDA_CUBLAS_API_H_
