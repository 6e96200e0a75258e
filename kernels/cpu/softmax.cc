// Softmax and LogSoftmax over the last dimension.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/softmax.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

// One row. The largest is taken off first, so that no exponential overflows.
void SoftmaxRow(const float* x, float* y, int64_t n, bool log) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), whole = n / lanes * lanes;
  VF most = hn::Set(d, x[0]);
  for (int64_t i = 0; i < whole; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
  const VF largest_of_vectors = hn::MaxOfLanes(d, most);
  float largest = hn::GetLane(largest_of_vectors);
  for (int64_t i = whole; i < n; ++i) largest = std::max(largest, x[i]);
  const VF center = hn::Set(d, largest);
  VF sums = hn::Zero(d);
  for (int64_t i = 0; i < whole; i += lanes) {
    const VF exponential = ExpOf()(hn::Sub(hn::LoadU(d, x + i), center));
    sums = hn::Add(sums, exponential);
    if (!log) hn::StoreU(exponential, d, y + i);
  }
  const VF total = hn::SumOfLanes(d, sums);
  float sum = hn::GetLane(total);
  if (whole < n) {
    const size_t rest = static_cast<size_t>(n - whole);
    const VF exponential = ExpOf()(hn::Sub(LoadSome(d, x + whole, rest), center));
    sum += hn::GetLane(hn::SumOfLanes(d, hn::IfThenElseZero(hn::FirstN(d, rest), exponential)));
    if (!log) StoreSome(exponential, d, y + whole, rest);
  }
  if (log) {
    const VF log_sum = hn::Set(d, std::log(sum));
    MapRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Sub(hn::Sub(v, center), log_sum); });
  } else {
    const VF scale = hn::Set(d, 1.0f / sum);
    MapRow(y, y, n, [=](VF v) HWY_ATTR { return hn::Mul(v, scale); });
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>

#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(SoftmaxRow);

namespace {

// ---- Supports

absl::Status Supports(const OpSignature& op) { return WantFloat(op, 1); }

// ---- Create, Prepare, Launch

class SoftmaxPrepared final : public PreparedKernel {
 public:
  explicit SoftmaxPrepared(bool log) : log_(log) {}

  std::string description() const override { return "floe softmax"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const Tensor& input = args.input(0);
    if (input.num_elements() == 0) return absl::OkStatus();
    const float* const x = input.data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    const int64_t n = input.shape().dim(input.rank() - 1);
    const int64_t row_bytes = n * static_cast<int64_t>(sizeof(float));
    ParallelFor(input.num_elements() / n, kMinBytesPerThread / row_bytes, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row) HWY_DYNAMIC_DISPATCH(SoftmaxRow)(x + row * n, y + row * n, n, log_);
    });
    return absl::OkStatus();
  }

 private:
  bool log_;
};

class SoftmaxKernel final : public Kernel {
 public:
  explicit SoftmaxKernel(bool log) : log_(log) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo>,
                                                          absl::Span<const TensorInfo>) const override {
    return std::make_unique<SoftmaxPrepared>(log_);
  }

 private:
  bool log_;
};

template <bool kLog>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  return std::make_unique<SoftmaxKernel>(kLog);
}

constexpr CpuOp kOps[] = {
    {"LogSoftmax", Supports, Create<true>},
    {"Softmax", Supports, Create<false>},
};

}  // namespace

absl::Span<const CpuOp> SoftmaxKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
