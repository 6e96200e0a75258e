// _LayerNorm: rows along the last dimension.
#include <algorithm>
#include <cmath>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/warp.h"

namespace floe {
namespace {

constexpr int kWarps = 4;
constexpr int64_t kMostBlocks = 1 << 20;

// ---- Kernel

// A warp a row, in three passes: the variance is summed around the mean, so that a large mean takes no digits from it.
// All lanes of a warp have one row, so that they come to the shuffles together.
template <typename T>
__global__ void __launch_bounds__(kWarps* kWarpThreads)
    LayerNormKernel(const T* from, const T* gamma, const T* beta, T* to, int64_t rows, int64_t n, float epsilon) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarpThreads; row < rows;
       row += stride) {
    const T* const x = from + row * n;
    T* const y = to + row * n;
    float sum = 0;
    for (int64_t i = lane; i < n; i += kWarpThreads) sum += ToFloat(x[i]);
    const float mean = WarpSum(sum) / static_cast<float>(n);
    float squares = 0;
    for (int64_t i = lane; i < n; i += kWarpThreads) {
      const float centred = ToFloat(x[i]) - mean;
      squares += centred * centred;
    }
    const float scale = 1.0f / sqrtf(WarpSum(squares) / static_cast<float>(n) + epsilon);
    for (int64_t i = lane; i < n; i += kWarpThreads) {
      y[i] = FromFloat<T>((ToFloat(x[i]) - mean) * scale * ToFloat(gamma[i]) + ToFloat(beta[i]));
    }
  }
}

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};

absl::Status Supports(const CudaContext&, const OpSignature& op) { return WantInputDType(op, 0, kDTypes); }

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  FLOE_ASSIGN_OR_RETURN(const float epsilon, attrs.Float("epsilon"));
  const Shape shape = outputs[0].shape.ToShape();
  const int64_t n = shape.dim(shape.rank() - 1), rows = n == 0 ? 0 : shape.num_elements() / n;
  const DType dtype = inputs[0].dtype;
  return Launcher{"layer norm, a warp a row", [=](const LaunchArgs& args) -> absl::Status {
                    if (rows == 0) return absl::OkStatus();
                    const dim3 grid(static_cast<unsigned>(std::min(CeilDiv(rows, kWarps), kMostBlocks)));
                    return OnFloatType(dtype, [&]<typename T>() {
                      return Launch(LayerNormKernel<T>, grid, dim3(kWarps * kWarpThreads), 0, StreamOf(args),
                                    args.input(0).data<T>(), args.input(1).data<T>(), args.input(2).data<T>(),
                                    args.output(0)->mutable_data<T>(), rows, n, epsilon);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"_LayerNorm", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> LayerNormKernels() { return kOps; }

}  // namespace floe
