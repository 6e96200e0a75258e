// cublas_api.h beside NVIDIA's own headers, where those are installed; nothing but assertions.
#include <cublasLt.h>
#include <cublas_v2.h>

#include <type_traits>

#include "kernels/cuda/cublas_api.h"

namespace floe::cublas {
namespace {

static_assert(kSuccess == CUBLAS_STATUS_SUCCESS && kNotInitialized == CUBLAS_STATUS_NOT_INITIALIZED &&
              kAllocFailed == CUBLAS_STATUS_ALLOC_FAILED && kInvalidValue == CUBLAS_STATUS_INVALID_VALUE &&
              kArchMismatch == CUBLAS_STATUS_ARCH_MISMATCH && kExecutionFailed == CUBLAS_STATUS_EXECUTION_FAILED &&
              kNotSupported == CUBLAS_STATUS_NOT_SUPPORTED);
static_assert(int{kFloat32} == CUDA_R_32F && int{kFloat16} == CUDA_R_16F && int{kBfloat16} == CUDA_R_16BF);
static_assert(int{kCompute32F} == CUBLAS_COMPUTE_32F && int{kCompute32FFast16F} == CUBLAS_COMPUTE_32F_FAST_16F &&
              int{kCompute32FFast16BF} == CUBLAS_COMPUTE_32F_FAST_16BF &&
              int{kCompute32FFastTf32} == CUBLAS_COMPUTE_32F_FAST_TF32);
static_assert(int{kPlain} == CUBLAS_OP_N && int{kTransposed} == CUBLAS_OP_T);
static_assert(kDefaultAlgorithm == CUBLAS_GEMM_DEFAULT);
static_assert(int{kDescTransA} == CUBLASLT_MATMUL_DESC_TRANSA && int{kDescTransB} == CUBLASLT_MATMUL_DESC_TRANSB &&
              int{kDescEpilogue} == CUBLASLT_MATMUL_DESC_EPILOGUE &&
              int{kDescBiasPointer} == CUBLASLT_MATMUL_DESC_BIAS_POINTER &&
              int{kDescBiasDataType} == CUBLASLT_MATMUL_DESC_BIAS_DATA_TYPE);
static_assert(int{kEpilogueNone} == CUBLASLT_EPILOGUE_DEFAULT && int{kEpilogueRelu} == CUBLASLT_EPILOGUE_RELU &&
              int{kEpilogueBias} == CUBLASLT_EPILOGUE_BIAS && int{kEpilogueReluBias} == CUBLASLT_EPILOGUE_RELU_BIAS &&
              int{kEpilogueGelu} == CUBLASLT_EPILOGUE_GELU && int{kEpilogueGeluBias} == CUBLASLT_EPILOGUE_GELU_BIAS);
static_assert(int{kPreferenceWorkspaceBytes} == CUBLASLT_MATMUL_PREF_MAX_WORKSPACE_BYTES &&
              int{kPreferenceAlignmentA} == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_A_BYTES &&
              int{kPreferenceAlignmentB} == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_B_BYTES &&
              int{kPreferenceAlignmentC} == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_C_BYTES &&
              int{kPreferenceAlignmentD} == CUBLASLT_MATMUL_PREF_MIN_ALIGNMENT_D_BYTES);
static_assert(sizeof(Algorithm) == sizeof(cublasLtMatmulAlgo_t));
static_assert(sizeof(HeuristicResult) == sizeof(cublasLtMatmulHeuristicResult_t) &&
              offsetof(HeuristicResult, workspace_bytes) == offsetof(cublasLtMatmulHeuristicResult_t, workspaceSize) &&
              offsetof(HeuristicResult, state) == offsetof(cublasLtMatmulHeuristicResult_t, state) &&
              offsetof(HeuristicResult, waves) == offsetof(cublasLtMatmulHeuristicResult_t, wavesCount));

// As they are passed: enumerations as int, handles as pointers.
template <typename T>
struct AsPassed {
  using Type = T;
};
template <typename T>
requires std::is_enum_v<T>
struct AsPassed<T> {
  using Type = int;
};
template <typename T>
struct AsPassed<T*> {
  using Type = void*;
};
template <typename A, typename B>
inline constexpr bool kSameFunction = false;
template <typename R, typename... As, typename S, typename... Bs>
requires(sizeof...(As) == sizeof...(Bs)) inline constexpr bool kSameFunction<R (*)(As...), S (*)(Bs...)> =
    std::is_same_v<typename AsPassed<R>::Type, typename AsPassed<S>::Type> &&
    (std::is_same_v<typename AsPassed<As>::Type, typename AsPassed<Bs>::Type> && ...);

#define FLOE_SAME(table, member, function) static_assert(kSameFunction<decltype(table::member), decltype(&function)>)
FLOE_SAME(LtFunctions, Create, cublasLtCreate);
FLOE_SAME(LtFunctions, Destroy, cublasLtDestroy);
FLOE_SAME(LtFunctions, MatmulDescCreate, cublasLtMatmulDescCreate);
FLOE_SAME(LtFunctions, MatmulDescDestroy, cublasLtMatmulDescDestroy);
FLOE_SAME(LtFunctions, MatmulDescSetAttribute, cublasLtMatmulDescSetAttribute);
FLOE_SAME(LtFunctions, MatrixLayoutCreate, cublasLtMatrixLayoutCreate);
FLOE_SAME(LtFunctions, MatrixLayoutDestroy, cublasLtMatrixLayoutDestroy);
FLOE_SAME(LtFunctions, MatmulPreferenceCreate, cublasLtMatmulPreferenceCreate);
FLOE_SAME(LtFunctions, MatmulPreferenceDestroy, cublasLtMatmulPreferenceDestroy);
FLOE_SAME(LtFunctions, MatmulPreferenceSetAttribute, cublasLtMatmulPreferenceSetAttribute);
FLOE_SAME(LtFunctions, MatmulAlgoGetHeuristic, cublasLtMatmulAlgoGetHeuristic);
FLOE_SAME(LtFunctions, Matmul, cublasLtMatmul);
FLOE_SAME(Functions, Create, cublasCreate_v2);
FLOE_SAME(Functions, Destroy, cublasDestroy_v2);
FLOE_SAME(Functions, SetStream, cublasSetStream_v2);
FLOE_SAME(Functions, SetWorkspace, cublasSetWorkspace_v2);
#undef FLOE_SAME
// Of which C++ has a second form, by the type of the sums: this is the first.
using GemmStridedBatchedEx = cublasStatus_t (*)(cublasHandle_t, cublasOperation_t, cublasOperation_t, int, int, int,
                                                const void*, const void*, cudaDataType, int, long long, const void*,
                                                cudaDataType, int, long long, const void*, void*, cudaDataType, int,
                                                long long, int, cublasComputeType_t, cublasGemmAlgo_t);
static_assert(kSameFunction<decltype(Functions::GemmStridedBatched),
                            decltype(static_cast<GemmStridedBatchedEx>(&cublasGemmStridedBatchedEx))>);

}  // namespace
}  // namespace floe::cublas
