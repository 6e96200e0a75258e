// Softmax and LogSoftmax over the last dimension.
#include <algorithm>
#include <cmath>

#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/warp.h"

namespace floe {
namespace {

constexpr int kWarps = 4;
constexpr int64_t kMostBlocks = 1 << 20;

// ---- Kernel

// A warp a row, in three passes: the largest is taken off first, so that no exponential overflows. All lanes of a warp
// have one row, so that they come to the shuffles together.
template <typename T, bool kLog>
__global__ void __launch_bounds__(kWarps* kWarpThreads) SoftmaxKernel(const T* from, T* to, int64_t rows, int64_t n) {
  const int lane = static_cast<int>(threadIdx.x) % kWarpThreads;
  const int64_t stride = static_cast<int64_t>(gridDim.x) * kWarps;
  for (int64_t row = static_cast<int64_t>(blockIdx.x) * kWarps + threadIdx.x / kWarpThreads; row < rows;
       row += stride) {
    const T* const x = from + row * n;
    T* const y = to + row * n;
    float largest = -INFINITY;
    for (int64_t i = lane; i < n; i += kWarpThreads) largest = fmaxf(largest, ToFloat(x[i]));
    largest = WarpMax(largest);
    float sum = 0;
    for (int64_t i = lane; i < n; i += kWarpThreads) sum += expf(ToFloat(x[i]) - largest);
    sum = WarpSum(sum);
    if constexpr (kLog) {
      const float log_sum = logf(sum);
      for (int64_t i = lane; i < n; i += kWarpThreads) y[i] = FromFloat<T>(ToFloat(x[i]) - largest - log_sum);
    } else {
      const float scale = 1.0f / sum;
      for (int64_t i = lane; i < n; i += kWarpThreads) y[i] = FromFloat<T>(expf(ToFloat(x[i]) - largest) * scale);
    }
  }
}

// ---- Launcher

template <typename T, bool kLog>
absl::Status LaunchSoftmax(int64_t rows, int64_t n, const LaunchArgs& args) {
  if (rows == 0 || n == 0) return absl::OkStatus();
  const dim3 grid(static_cast<unsigned>(std::min(CeilDiv(rows, kWarps), kMostBlocks)));
  return Launch(SoftmaxKernel<T, kLog>, grid, dim3(kWarps * kWarpThreads), 0, StreamOf(args), args.input(0).data<T>(),
                args.output(0)->mutable_data<T>(), rows, n);
}

// ---- Supports

constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};

absl::Status Supports(const CudaContext&, const OpSignature& op) { return WantInputDType(op, 0, kDTypes); }

// ---- Create, Prepare, Launch

template <bool kLog>
class SoftmaxPrepared final : public PreparedKernel {
 public:
  SoftmaxPrepared(int64_t rows, int64_t n, DType dtype) : rows_(rows), n_(n), dtype_(dtype) {}
  std::string description() const override { return "softmax, a warp a row"; }
  absl::Status Launch(const LaunchArgs& args) const override {
    return OnFloatType(dtype_, [&]<typename T>() { return LaunchSoftmax<T, kLog>(rows_, n_, args); });
  }

 private:
  const int64_t rows_, n_;
  const DType dtype_;
};

template <bool kLog>
class SoftmaxOpKernel final : public Kernel {
 public:
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    const Shape shape = inputs[0].shape.ToShape();
    const int64_t n = shape.dim(shape.rank() - 1);
    const int64_t rows = n == 0 ? 0 : shape.num_elements() / n;
    return std::make_unique<SoftmaxPrepared<kLog>>(rows, n, outputs[0].dtype);
  }
};

template <bool kLog>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const CudaContext&, const OpSignature&) {
  return std::make_unique<SoftmaxOpKernel<kLog>>();
}

constexpr CudaOp kOps[] = {
    {"LogSoftmax", Supports, Create<true>},
    {"Softmax", Supports, Create<false>},
};

}  // namespace

absl::Span<const CudaOp> SoftmaxKernels() { return kOps; }

}  // namespace floe
