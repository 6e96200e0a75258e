// Pad and PadV2 of elements of four bytes.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/pad.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

// `rows` rows of `n` elements to places `step` apart, and `value` between them. Rows are mostly a pixel's channels: too
// short for what memcpy costs by itself.
void CopyRows(const float* x, float* y, int64_t rows, int64_t n, int64_t step, float value) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), gap = step - n;
  const VF filling = hn::Set(d, value);
  for (int64_t row = 0; row < rows; ++row, x += n, y += step) {
    MapRow(x, y, n, [](VF v) HWY_ATTR { return v; });
    if (row + 1 == rows) return;
    float* const to = y + n;
    int64_t i = 0;
    for (; i + lanes <= gap; i += lanes) hn::StoreU(filling, d, to + i);
    if (i < gap) StoreSome(filling, d, to + i, static_cast<size_t>(gap - i));
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(CopyRows);

namespace {

constexpr int64_t kElementBytes = 4;

// ---- Supports

absl::Status Supports(const OpSignature& op) {
  if (ElementBytes(op.inputs[0].dtype) != kElementBytes)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  if (op.inputs[1].value == nullptr)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " by what is not known at load"));
  return absl::OkStatus();
}

// ---- Create, Prepare, Launch

// Two inner loops over rows: `rows` rows of `row` elements, `out_step` apart in the output, for each of the outer
// places.
class PadPrepared final : public PreparedKernel {
 public:
  PadPrepared(const Shape& input, const Dims& paddings) {
    // What is behind the last padded dimension, and that dimension, are one row.
    int last = input.rank() - 1;
    row_ = out_step_ = 1;
    for (; last >= 0; --last) {
      const int64_t before = paddings[2 * last], after = paddings[2 * last + 1];
      first_ += before * out_step_;
      row_ *= input.dim(last);
      out_step_ *= input.dim(last) + before + after;
      if (before != 0 || after != 0) break;
    }
    int64_t stride = out_step_;
    if (last >= 1) {
      rows_ = input.dim(last - 1);
      first_ += paddings[2 * (last - 1)] * stride;
      stride *= rows_ + paddings[2 * (last - 1)] + paddings[2 * (last - 1) + 1];
    }
    for (int axis = last - 2; axis >= 0; --axis) {
      outer_dims_.push_back(input.dim(axis));
      outer_strides_.push_back(stride);
      outer_ *= input.dim(axis);
      first_ += paddings[2 * axis] * stride;
      stride *= input.dim(axis) + paddings[2 * axis] + paddings[2 * axis + 1];
    }
  }

  std::string description() const override { return "floe pad"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const float* const x = args.input(0).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    const float value = args.num_inputs() > 2 ? *args.input(2).data<float>() : 0.0f;
    const int64_t total = args.output(0)->num_elements();
    if (args.input(0).num_elements() == 0) {
      std::fill_n(y, total, value);
      return absl::OkStatus();
    }
    const int64_t image = rows_ * row_, reach = (rows_ - 1) * out_step_ + row_;
    std::fill_n(y, first_, value);
    ParallelFor(outer_, kMinBytesPerThread / (image * kElementBytes), [&](int64_t begin, int64_t end) {
      int64_t to = PlaceOf(begin);
      for (int64_t o = begin; o < end; ++o) {
        HWY_DYNAMIC_DISPATCH(CopyRows)(x + o * image, y + to, rows_, row_, out_step_, value);
        const int64_t next = o + 1 < outer_ ? PlaceOf(o + 1) : total;
        std::fill(y + to + reach, y + next, value);
        to = next;
      }
    });
    return absl::OkStatus();
  }

 private:
  // Where the rows of an outer place begin in the output.
  int64_t PlaceOf(int64_t outer) const {
    int64_t place = first_;
    for (size_t k = 0; k < outer_dims_.size(); ++k) {
      place += outer % outer_dims_[k] * outer_strides_[k];
      outer /= outer_dims_[k];
    }
    return place;
  }

  int64_t row_ = 1, out_step_ = 1, rows_ = 1, outer_ = 1;
  Dims outer_dims_, outer_strides_;  // from the inside out
  int64_t first_ = 0;                // of the output's elements that come from the input
};

class PadKernel final : public Kernel {
 public:
  explicit PadKernel(Dims paddings) : paddings_(std::move(paddings)) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo>) const override {
    return std::make_unique<PadPrepared>(inputs[0].shape.ToShape(), paddings_);
  }

 private:
  Dims paddings_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(Dims paddings, ToInt64s(*op.inputs[1].value));
  return std::make_unique<PadKernel>(std::move(paddings));
}

constexpr CpuOp kOps[] = {
    {"Pad", Supports, Create},
    {"PadV2", Supports, Create},
};

}  // namespace

absl::Span<const CpuOp> PadKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
