#include "kernels/cuda/epilogue.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/broadcast.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int kBatchNormArgs = 4;

std::vector<float> AsFloats(const Tensor& tensor) {
  std::vector<float> values;
  DispatchDType<Half, Bfloat16, float>(tensor.dtype(), [&]<typename T>() {
    for (const T value : tensor.flat<T>()) values.push_back(static_cast<float>(value));
  });
  return values;
}

// Where the operand's elements lie for a result of rows and columns; false where that takes more than two strides.
bool FindStrides(const Shape& result, const Shape& operand, Epilogue::Step* step) {
  Shape aligned(Dims(result.rank(), 1));
  const int missing = result.rank() - operand.rank();
  if (missing < 0) return false;
  for (int axis = 0; axis < operand.rank(); ++axis) aligned.set_dim(missing + axis, operand.dim(axis));
  const Dims strides = aligned.Strides();
  const int last = result.rank() - 1;
  step->column_stride = aligned.dim(last) == 1 ? 0 : 1;
  // The dimensions before the last, with neighbours merged.
  Dims dims, merged;
  for (int axis = 0; axis < last; ++axis) {
    const int64_t dim = result.dim(axis), stride = aligned.dim(axis) == 1 ? 0 : strides[axis];
    if (dim == 1) continue;
    if (!dims.empty() && merged.back() == stride * dim) {
      dims.back() *= dim;
      merged.back() = stride;
    } else {
      dims.push_back(dim);
      merged.push_back(stride);
    }
  }
  if (dims.size() > 2) return false;
  step->rows_per_image = dims.empty() ? 1 : dims.back();
  step->row_stride = dims.empty() ? 0 : merged.back();
  step->image_stride = dims.size() == 2 ? merged.front() : 0;
  return true;
}

}  // namespace

absl::Status FusedSteps::Supports(const OpSignature& op, bool fused) {
  if (!fused) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const std::vector<FusedStep> steps,
                        ParseFusedSteps(op.attrs, static_cast<int>(op.inputs.size())));
  int batch_norms = 0;
  for (const FusedStep& step : steps) {
    if (step.kind != FusedKind::kBatchNorm) continue;
    if (++batch_norms > 1) return absl::UnimplementedError("two batch normalisations after one product");
    for (int i = 0; i < kBatchNormArgs; ++i) FLOE_RETURN_IF_ERROR(WantConstant(op, step.first_arg + i));
  }
  return absl::OkStatus();
}

absl::StatusOr<FusedSteps> FusedSteps::Create(const CudaContext& context, const OpSignature& op, bool fused) {
  FusedSteps result;
  if (!fused) return result;
  FLOE_ASSIGN_OR_RETURN(result.steps_, ParseFusedSteps(op.attrs, static_cast<int>(op.inputs.size())));
  FLOE_ASSIGN_OR_RETURN(result.leaky_alpha_, op.attrs.Float("leakyrelu_alpha", result.leaky_alpha_));
  FLOE_ASSIGN_OR_RETURN(const float epsilon, op.attrs.Float("epsilon", 1e-4f));
  for (const FusedStep& step : result.steps_) {
    if (step.kind != FusedKind::kBatchNorm) continue;
    std::vector<float> args[kBatchNormArgs];
    for (int i = 0; i < kBatchNormArgs; ++i) args[i] = AsFloats(*op.inputs[step.first_arg + i].value);
    const size_t channels = args[0].size();
    std::vector<float> scale_and_shift(2 * channels);
    for (size_t c = 0; c < channels; ++c) {
      const float scale = args[0][c] / std::sqrt(args[3][c] + epsilon);
      scale_and_shift[c] = scale;
      scale_and_shift[channels + c] = args[1][c] - args[2][c] * scale;
    }
    result.batch_norm_channels_ = static_cast<int64_t>(channels);
    FLOE_ASSIGN_OR_RETURN(result.batch_norm_,
                          context.Upload(scale_and_shift.data(), static_cast<int64_t>(scale_and_shift.size() * 4)));
  }
  return result;
}

absl::StatusOr<EpiloguePlan> EpiloguePlan::Make(const FusedSteps& fused, const Shape& result, DType dtype,
                                                absl::Span<const TensorInfo> inputs) {
  return Build(fused, 0, true, result, dtype, inputs);
}

absl::StatusOr<EpiloguePlan> EpiloguePlan::MakeAfter(const FusedSteps& fused, size_t done, const Shape& result,
                                                     DType dtype, absl::Span<const TensorInfo> inputs) {
  return Build(fused, done, false, result, dtype, inputs);
}

absl::StatusOr<EpiloguePlan> EpiloguePlan::Build(const FusedSteps& fused, size_t done, bool has_kernel,
                                                 const Shape& result, DType dtype,
                                                 absl::Span<const TensorInfo> inputs) {
  EpiloguePlan plan;
  plan.batch_norm_ = fused.batch_norm_;
  for (const FusedStep& from : fused.steps().subspan(done)) {
    const ElementStep function = ElementStepOf(from.kind, fused.leaky_alpha_);
    Bound bound{{.op = function.op,
                 .parameter = function.parameter,
                 .a = nullptr,
                 .b = nullptr,
                 .rows_per_image = 1,
                 .image_stride = 0,
                 .row_stride = 0,
                 .column_stride = 1},
                -1};
    const bool is_batch_norm = from.kind == FusedKind::kBatchNorm;
    if (is_batch_norm && plan.batch_norm_ != nullptr) {
      const auto* const scale = static_cast<const float*>(plan.batch_norm_->data());
      bound.step.a = scale;
      bound.step.b = scale + fused.batch_norm_channels_;
    } else if (from.num_args == 1) {
      bound.input = from.first_arg;
    }
    // Once a step runs after the kernel, so do those that follow it. A batch norm comes first, where it comes.
    bool in_kernel = has_kernel && plan.after_.empty() && plan.in_kernel_.size() < kMostEpilogueSteps;
    Shape operand;
    if (bound.input >= 0) {
      operand = inputs[bound.input].shape.ToShape();
      in_kernel = in_kernel && FindStrides(result, operand, &bound.step);
    }
    if (in_kernel) {
      plan.in_kernel_.push_back(bound);
      continue;
    }
    if (is_batch_norm) return absl::UnimplementedError("a batch normalisation that far behind its product");
    std::vector<Shape> shapes = {result};
    std::vector<DType> dtypes = {dtype};
    ElementStep step = function;
    step.x = 0;
    if (bound.input >= 0) {
      shapes.push_back(operand);
      dtypes.push_back(dtype);
      step.a = 1;
    }
    FLOE_ASSIGN_OR_RETURN(const Chain chain, Chain::Make(result, dtype, shapes, dtypes, {step}));
    plan.after_.emplace_back(chain, bound.input);
  }
  return plan;
}

Epilogue EpiloguePlan::Bind(const LaunchArgs& args) const {
  Epilogue epilogue{};
  for (const Bound& bound : in_kernel_) {
    Epilogue::Step& step = epilogue.steps[epilogue.count++];
    step = bound.step;
    if (bound.input >= 0) step.a = args.input(bound.input).raw_data();
  }
  return epilogue;
}

absl::Status EpiloguePlan::LaunchRest(const LaunchArgs& args) const {
  void* const result = args.output(0)->raw_mutable_data();
  for (const auto& [chain, input] : after_) {
    std::vector<const void*> operands = {result};
    if (input >= 0) operands.push_back(args.input(input).raw_data());
    FLOE_RETURN_IF_ERROR(chain.Launch(StreamOf(args), operands, result));
  }
  return absl::OkStatus();
}

}  // namespace floe
