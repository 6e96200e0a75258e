// Sum, Mean, Max and Min over neighbouring dimensions: the input is [outer, reduced, inner].
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/reduce.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/reduce.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

using F64 = hn::ScalableTag<double>;
using VD = hn::Vec<F64>;

// Sums are kept in doubles, as the op itself keeps them: what cancels out leaves no rounding error behind.
HWY_INLINE VD LoadDoubles(const float* from) {
  const hn::Rebind<float, F64> half;
  return hn::PromoteTo(F64(), hn::LoadU(half, from));
}

double SumOfRow(const float* x, int64_t n) {
  const F64 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  VD sum0 = hn::Zero(d), sum1 = hn::Zero(d);
  int64_t i = 0;
  for (; i + 2 * lanes <= n; i += 2 * lanes) {
    sum0 = hn::Add(sum0, LoadDoubles(x + i));
    sum1 = hn::Add(sum1, LoadDoubles(x + i + lanes));
  }
  double sum = hn::GetLane(hn::SumOfLanes(d, hn::Add(sum0, sum1)));
  for (; i < n; ++i) sum += static_cast<double>(x[i]);
  return sum;
}

// y[c] = the sum of x[c], x[inner + c], ... over `reduced` places, by `divisor`.
void SumColumns(const float* x, float* y, int64_t reduced, int64_t inner, double divisor) {
  const F64 d;
  const hn::Rebind<float, F64> half;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  const VD by = hn::Set(d, divisor);
  int64_t c = 0;
  for (; c + lanes <= inner; c += lanes) {
    VD sum = hn::Zero(d);
    for (int64_t i = 0; i < reduced; ++i) sum = hn::Add(sum, LoadDoubles(x + i * inner + c));
    hn::StoreU(hn::DemoteTo(half, hn::Div(sum, by)), half, y + c);
  }
  for (; c < inner; ++c) {
    double sum = 0;
    for (int64_t i = 0; i < reduced; ++i) sum += static_cast<double>(x[i * inner + c]);
    y[c] = static_cast<float>(sum / divisor);
  }
}

template <class F>
float ExtremeOfRow(const float* x, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  VF most = f.Start();
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) most = f(most, hn::LoadU(d, x + i));
  HWY_ALIGN float each[HWY_MAX_BYTES / sizeof(float)];
  hn::Store(most, d, each);
  VF total = f.Start();
  for (int64_t k = 0; k < lanes; ++k) total = f(total, hn::Set(d, each[k]));
  for (; i < n; ++i) total = f(total, hn::Set(d, x[i]));
  return hn::GetLane(total);
}

template <class F>
void ExtremesOfColumns(const float* x, float* y, int64_t reduced, int64_t inner, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + lanes <= inner; c += lanes) {
    VF most = f.Start();
    for (int64_t i = 0; i < reduced; ++i) most = f(most, hn::LoadU(d, x + i * inner + c));
    hn::StoreU(most, d, y + c);
  }
  if (c == inner) return;
  const size_t rest = static_cast<size_t>(inner - c);
  VF most = f.Start();
  for (int64_t i = 0; i < reduced; ++i) most = f(most, LoadSome(d, x + i * inner + c, rest));
  StoreSome(most, d, y + c, rest);
}

void SumUnits(const float* x, float* y, int64_t reduced, int64_t inner, int64_t begin, int64_t end, double divisor) {
  for (int64_t o = begin; o < end; ++o) {
    const float* const from = x + o * reduced * inner;
    if (inner == 1) {
      y[o] = static_cast<float>(SumOfRow(from, reduced) / divisor);
    } else {
      SumColumns(from, y + o * inner, reduced, inner, divisor);
    }
  }
}

template <class F>
void ExtremeUnits(const float* x, float* y, int64_t reduced, int64_t inner, int64_t begin, int64_t end, F f) {
  for (int64_t o = begin; o < end; ++o) {
    const float* const from = x + o * reduced * inner;
    if (inner == 1) {
      y[o] = ExtremeOfRow(from, reduced, f);
    } else {
      ExtremesOfColumns(from, y + o * inner, reduced, inner, f);
    }
  }
}

// Results of outer places [begin, end).
void Reduce(ReduceKind kind, const float* x, float* y, int64_t reduced, int64_t inner, int64_t begin, int64_t end) {
  switch (kind) {
    case ReduceKind::kSum:
      return SumUnits(x, y, reduced, inner, begin, end, 1.0);
    case ReduceKind::kMean:
      return SumUnits(x, y, reduced, inner, begin, end, static_cast<double>(reduced));
    case ReduceKind::kMax:
      return ExtremeUnits(x, y, reduced, inner, begin, end, MaxOf());
    case ReduceKind::kMin:
      return ExtremeUnits(x, y, reduced, inner, begin, end, MinOf());
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(Reduce);

namespace {

// The reduced dimensions [first, last).
struct AxisRange {
  int first, last;
};

absl::StatusOr<AxisRange> AxesOf(const OpSignature& op) {
  const PartialShape& shape = op.inputs[0].shape;
  if (!shape.has_rank() || op.inputs[1].value == nullptr)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " over axes that are not known at load"));
  FLOE_ASSIGN_OR_RETURN(Dims axes, ToInt64s(*op.inputs[1].value));
  for (int64_t& axis : axes) axis = axis < 0 ? axis + shape.rank() : axis;
  std::sort(axes.begin(), axes.end());
  if (axes.empty()) return absl::UnimplementedError(absl::StrCat(op.op.name, " over no axis"));
  const int64_t first = axes.front(), last = axes.back() + 1;
  if (last - first != static_cast<int64_t>(axes.size()))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " over axes that are no neighbours"));
  return AxisRange{static_cast<int>(first), static_cast<int>(last)};
}

// ---- Supports

absl::Status Supports(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantFloat(op, 1));
  return AxesOf(op).status();
}

// ---- Create, Prepare, Launch

class ReducePrepared final : public PreparedKernel {
 public:
  ReducePrepared(ReduceKind kind, int64_t outer, int64_t reduced, int64_t inner)
      : kind_(kind), outer_(outer), reduced_(reduced), inner_(inner) {}

  std::string description() const override { return "floe reduce"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const float* const x = args.input(0).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    if (args.output(0)->num_elements() == 0) return absl::OkStatus();
    const int64_t unit_bytes = reduced_ * inner_ * static_cast<int64_t>(sizeof(float));
    ParallelFor(outer_, kMinBytesPerThread / std::max<int64_t>(1, unit_bytes), [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(Reduce)(kind_, x, y, reduced_, inner_, begin, end);
    });
    return absl::OkStatus();
  }

 private:
  ReduceKind kind_;
  int64_t outer_, reduced_, inner_;
};

class ReduceKernel final : public Kernel {
 public:
  ReduceKernel(ReduceKind kind, AxisRange axes) : kind_(kind), axes_(axes) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo>) const override {
    int64_t outer = 1, reduced = 1, inner = 1;
    for (int axis = 0; axis < inputs[0].shape.rank(); ++axis)
      (axis < axes_.first ? outer : axis < axes_.last ? reduced : inner) *= inputs[0].shape.dim(axis);
    return std::make_unique<ReducePrepared>(kind_, outer, reduced, inner);
  }

 private:
  ReduceKind kind_;
  AxisRange axes_;
};

template <ReduceKind kKind>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const AxisRange axes, AxesOf(op));
  return std::make_unique<ReduceKernel>(kKind, axes);
}

constexpr CpuOp kOps[] = {
    {"Max", Supports, Create<ReduceKind::kMax>},
    {"Mean", Supports, Create<ReduceKind::kMean>},
    {"Min", Supports, Create<ReduceKind::kMin>},
    {"Sum", Supports, Create<ReduceKind::kSum>},
};

}  // namespace

absl::Span<const CpuOp> ReduceKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
