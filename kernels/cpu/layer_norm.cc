// _LayerNorm over the last dimension.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/layer_norm.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

// The sum of f(x[i]).
template <class F>
HWY_INLINE float SumOver(const float* x, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), whole = n / lanes * lanes;
  VF sums = hn::Zero(d);
  for (int64_t i = 0; i < whole; i += lanes) sums = hn::Add(sums, f(hn::LoadU(d, x + i)));
  if (whole < n) {
    const size_t rest = static_cast<size_t>(n - whole);
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, rest), f(LoadSome(d, x + whole, rest))));
  }
  return hn::GetLane(hn::SumOfLanes(d, sums));
}

void LayerNormRow(const float* x, const float* gamma, const float* beta, int64_t n, float epsilon, float* y) {
  const F32 d;
  const float count = static_cast<float>(n);
  const VF mean = hn::Set(d, SumOver(x, n, [](VF v) HWY_ATTR { return v; }) / count);
  const float variance = SumOver(x, n, [=](VF v) HWY_ATTR {
    const VF centered = hn::Sub(v, mean);
    return hn::Mul(centered, centered);
  });
  const VF factor = hn::Set(d, 1.0f / std::sqrt(variance / count + epsilon));
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const VF normal = hn::Mul(hn::Sub(hn::LoadU(d, x + i), mean), factor);
    hn::StoreU(hn::MulAdd(normal, hn::LoadU(d, gamma + i), hn::LoadU(d, beta + i)), d, y + i);
  }
  if (i == n) return;
  const size_t rest = static_cast<size_t>(n - i);
  const VF normal = hn::Mul(hn::Sub(LoadSome(d, x + i, rest), mean), factor);
  StoreSome(hn::MulAdd(normal, LoadSome(d, gamma + i, rest), LoadSome(d, beta + i, rest)), d, y + i, rest);
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(LayerNormRow);

namespace {

// ---- Supports

absl::Status Supports(const OpSignature& op) { return WantFloat(op, 3); }

// ---- Create, Prepare, Launch

class LayerNormPrepared final : public PreparedKernel {
 public:
  explicit LayerNormPrepared(float epsilon) : epsilon_(epsilon) {}

  std::string description() const override { return "floe layer norm"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const Tensor& input = args.input(0);
    if (input.num_elements() == 0) return absl::OkStatus();
    const float *const x = input.data<float>(), *const gamma = args.input(1).data<float>(),
                       *const beta = args.input(2).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    const int64_t n = input.shape().dim(input.rank() - 1);
    const int64_t row_bytes = n * static_cast<int64_t>(sizeof(float));
    ParallelFor(input.num_elements() / n, kMinBytesPerThread / row_bytes, [&](int64_t begin, int64_t end) {
      for (int64_t row = begin; row < end; ++row)
        HWY_DYNAMIC_DISPATCH(LayerNormRow)(x + row * n, gamma, beta, n, epsilon_, y + row * n);
    });
    return absl::OkStatus();
  }

 private:
  float epsilon_;
};

class LayerNormKernel final : public Kernel {
 public:
  explicit LayerNormKernel(float epsilon) : epsilon_(epsilon) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo>,
                                                          absl::Span<const TensorInfo>) const override {
    return std::make_unique<LayerNormPrepared>(epsilon_);
  }

 private:
  float epsilon_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const float epsilon, op.attrs.Float("epsilon"));
  return std::make_unique<LayerNormKernel>(epsilon);
}

constexpr CpuOp kOps[] = {{"_LayerNorm", Supports, Create}};

}  // namespace

absl::Span<const CpuOp> LayerNormKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
