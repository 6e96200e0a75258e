// MaxPool and AvgPool on NHWC images. Own loops: a window's rows are added or compared a vector of channels at a time,
// which runs at the speed of memory.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pool.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/vector_math-inl.h"
#include "ops/window.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

struct MaxStep {
  // A NaN in the input does not win, as in the comparison `most < value`.
  HWY_INLINE VF operator()(VF most, VF value) const { return hn::IfThenElse(hn::Lt(most, value), value, most); }
};
struct SumStep {
  HWY_INLINE VF operator()(VF sum, VF value) const { return hn::Add(sum, value); }
};

// One output pixel, `kVectors` vectors of channels at once: accumulators stay in registers over the window.
template <int kVectors, class Step>
HWY_INLINE void PoolVectors(const float* window, int64_t rows, int64_t columns, int64_t in_row, int64_t channels,
                            VF start, VF scale, float* to, Step step) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  VF v0 = start, v1 = start, v2 = start, v3 = start;
  for (int64_t ky = 0; ky < rows; ++ky) {
    const float* at = window + ky * in_row;
    for (int64_t kx = 0; kx < columns; ++kx, at += channels) {
      v0 = step(v0, hn::LoadU(d, at));
      if constexpr (kVectors > 1) {
        v1 = step(v1, hn::LoadU(d, at + lanes));
        v2 = step(v2, hn::LoadU(d, at + 2 * lanes));
        v3 = step(v3, hn::LoadU(d, at + 3 * lanes));
      }
    }
  }
  hn::StoreU(hn::Mul(v0, scale), d, to);
  if constexpr (kVectors > 1) {
    hn::StoreU(hn::Mul(v1, scale), d, to + lanes);
    hn::StoreU(hn::Mul(v2, scale), d, to + 2 * lanes);
    hn::StoreU(hn::Mul(v3, scale), d, to + 3 * lanes);
  }
}

template <class Step>
HWY_INLINE void PoolPixel(const float* window, int64_t rows, int64_t columns, int64_t in_row, int64_t channels,
                          VF start, VF scale, float* to, Step step) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  int64_t c = 0;
  for (; c + 4 * lanes <= channels; c += 4 * lanes)
    PoolVectors<4>(window + c, rows, columns, in_row, channels, start, scale, to + c, step);
  for (; c + lanes <= channels; c += lanes)
    PoolVectors<1>(window + c, rows, columns, in_row, channels, start, scale, to + c, step);
  if (c == channels) return;
  const size_t rest = static_cast<size_t>(channels - c);
  VF v = start;
  for (int64_t ky = 0; ky < rows; ++ky) {
    for (int64_t kx = 0; kx < columns; ++kx) v = step(v, LoadSome(d, window + ky * in_row + kx * channels + c, rest));
  }
  StoreSome(hn::Mul(v, scale), d, to + c, rest);
}

// Output rows [begin, end), counted through the batch.
template <bool kMax>
void PoolRows(const Pool2DGeometry& g, const float* input, float* output, int64_t begin, int64_t end) {
  const F32 d;
  const VF one = hn::Set(d, 1.0f);
  const VF start = kMax ? hn::Neg(hn::Inf(d)) : hn::Zero(d);
  const int64_t in_row = g.width.input * g.channels;
  for (int64_t row = begin; row < end; ++row) {
    const int64_t n = row / g.height.output, y = row % g.height.output;
    const int64_t first_y = g.height.FirstTap(y), rows = HWY_MAX(int64_t{0}, g.height.LastTap(y) - first_y);
    const float* const from = input + (n * g.height.input + g.height.Start(y) + first_y) * in_row;
    float* to = output + row * g.width.output * g.channels;
    for (int64_t x = 0; x < g.width.output; ++x, to += g.channels) {
      const int64_t first_x = g.width.FirstTap(x), columns = HWY_MAX(int64_t{0}, g.width.LastTap(x) - first_x);
      const float* const window = from + (g.width.Start(x) + first_x) * g.channels;
      if constexpr (kMax) {
        PoolPixel(window, rows, columns, in_row, g.channels, start, one, to, MaxStep());
      } else {
        // Padding does not count. 0/0 where a window lies wholly in it, as in the reference.
        const VF scale = hn::Set(d, 1.0f / static_cast<float>(rows * columns));
        PoolPixel(window, rows, columns, in_row, g.channels, start, scale, to, SumStep());
      }
    }
  }
}

void MaxPoolRows(const Pool2DGeometry& g, const float* input, float* output, int64_t begin, int64_t end) {
  PoolRows<true>(g, input, output, begin, end);
}
void AvgPoolRows(const Pool2DGeometry& g, const float* input, float* output, int64_t begin, int64_t end) {
  PoolRows<false>(g, input, output, begin, end);
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(MaxPoolRows);
HWY_EXPORT(AvgPoolRows);

namespace {

// ---- Supports

absl::Status Supports(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantFloat(op, 1));
  return WantChannelsLast(op);
}

// ---- Create, Prepare, Launch

template <bool kMax>
class PoolPrepared final : public PreparedKernel {
 public:
  explicit PoolPrepared(const Pool2DGeometry& geometry) : geometry_(geometry) {}

  int64_t flops() const override { return Outputs() * geometry_.height.filter * geometry_.width.filter; }
  std::string description() const override { return "floe pool"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const Pool2DGeometry& g = geometry_;
    const float* const input = args.input(0).data<float>();
    float* const output = args.output(0)->mutable_data<float>();
    const int64_t rows = g.batch * g.height.output;
    const int64_t row_bytes = rows > 0 ? flops() / rows * static_cast<int64_t>(sizeof(float)) : 1;
    ParallelFor(rows, kMinBytesPerThread / std::max<int64_t>(1, row_bytes), [&](int64_t begin, int64_t end) {
      if constexpr (kMax) {
        HWY_DYNAMIC_DISPATCH(MaxPoolRows)(g, input, output, begin, end);
      } else {
        HWY_DYNAMIC_DISPATCH(AvgPoolRows)(g, input, output, begin, end);
      }
    });
    return absl::OkStatus();
  }

 private:
  int64_t Outputs() const {
    return geometry_.batch * geometry_.height.output * geometry_.width.output * geometry_.channels;
  }
  Pool2DGeometry geometry_;
};

template <bool kMax>
class PoolKernel final : public Kernel {
 public:
  explicit PoolKernel(AttrMap attrs) : attrs_(std::move(attrs)) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    FLOE_ASSIGN_OR_RETURN(const Pool2DGeometry geometry, ComputePool2DGeometry(attrs_, inputs[0].shape));
    return std::make_unique<PoolPrepared<kMax>>(geometry);
  }

 private:
  AttrMap attrs_;
};

template <bool kMax>
absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  return std::make_unique<PoolKernel<kMax>>(op.attrs);
}

constexpr CpuOp kOps[] = {
    {"MaxPool", Supports, Create<true>},
    {"AvgPool", Supports, Create<false>},
};

}  // namespace

absl::Span<const CpuOp> PoolKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
