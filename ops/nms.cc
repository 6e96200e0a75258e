#include "ops/nms.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/suppression.h"

namespace floe {
namespace {

using NmsTypes = TypeList<Half, float>;
constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// What the versions of the op have beside boxes, scores and the number of boxes to choose.
struct Form {
  bool overlap_threshold, score_threshold, sigma;  // inputs 3, 4 and 5
  bool scores, count;                              // results after the indices
  bool may_pad;
  bool overlaps_given = false;  // input 0 is a matrix of overlaps

  int inputs() const { return 3 + overlap_threshold + score_threshold + sigma; }
};
constexpr Form kV1{false, false, false, false, false, false};
constexpr Form kV2{true, false, false, false, false, false};
constexpr Form kV3{true, true, false, false, false, false};
constexpr Form kV4{true, true, false, false, true, true};
constexpr Form kV5{true, true, true, true, true, true};
constexpr Form kOverlaps{true, true, false, false, false, false, true};

absl::Status CheckBoxes(const Form& form, const PartialShape& boxes, const PartialShape& scores) {
  if (!boxes.has_rank()) return absl::OkStatus();
  const int64_t wanted = form.overlaps_given ? boxes.dim(0) : 4;
  if (!MergeDim(boxes.dim(1), wanted).ok()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input 0: wanted shape ", form.overlaps_given ? "[boxes,boxes]" : "[boxes,4]", ", got ", boxes.ToString()));
  }
  if (scores.has_rank() && !MergeDim(boxes.dim(0), scores.dim(0)).ok()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", boxes.dim(0), " scores, got ", scores.dim(0)));
  }
  return absl::OkStatus();
}

absl::StatusOr<int64_t> WantCount(int64_t count) {
  if (count >= 0) return count;
  return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 0 boxes or more, got ", count));
}

absl::StatusOr<bool> Pads(const Form& form, const AttrMap& attrs) {
  return form.may_pad ? attrs.Bool("pad_to_max_output_size", false) : absl::StatusOr<bool>(false);
}

template <const Form& kForm>
absl::Status InferNms(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kForm.inputs()));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(NmsTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 1));
  for (int i = 2; i < kForm.inputs(); ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  for (int i = 3; i < kForm.inputs(); ++i)
    FLOE_RETURN_IF_ERROR(WantDTypeIn(NmsTypes(), absl::StrCat("input ", i), context.dtype(i)));
  FLOE_RETURN_IF_ERROR(CheckBoxes(kForm, context.shape(0), context.shape(1)));
  FLOE_ASSIGN_OR_RETURN(const bool pads, Pads(kForm, context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> most, KnownScalar(context, 2));
  if (most.has_value()) FLOE_RETURN_IF_ERROR(WantCount(*most).status());
  const int64_t length = pads && most.has_value() ? *most : kUnknown;
  context.AddOutput(DType::kInt32, PartialShape({length}));
  if (kForm.scores) context.AddOutput(context.dtype(0), PartialShape({length}));
  if (kForm.count) context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}

absl::StatusOr<float> OverlapThreshold(const Form& form, const EvalContext& context) {
  if (!form.overlap_threshold) return context.attrs().Float("iou_threshold", 0.5f);
  return ScalarFloat(context.input(3), "input 3");
}

template <typename T>
absl::StatusOr<SuppressionParams<T>> ParamsOf(const Form& form, const EvalContext& context) {
  SuppressionParams<T> params;
  FLOE_ASSIGN_OR_RETURN(const int64_t most, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(params.most, WantCount(most));
  FLOE_ASSIGN_OR_RETURN(const float overlap, OverlapThreshold(form, context));
  if (!form.overlaps_given && !(overlap >= 0 && overlap <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("iou_threshold: wanted a number in [0, 1], got ", overlap));
  }
  params.overlap_threshold = T(overlap);
  params.score_threshold = T(-std::numeric_limits<float>::infinity());
  if constexpr (!kIsHalf<T>) params.score_threshold = std::numeric_limits<T>::lowest();
  if (form.score_threshold) {
    FLOE_ASSIGN_OR_RETURN(const float score, ScalarFloat(context.input(4), "input 4"));
    params.score_threshold = T(score);
  }
  if (form.sigma) {
    FLOE_ASSIGN_OR_RETURN(const float sigma, ScalarFloat(context.input(5), "input 5"));
    if (!(sigma >= 0)) {
      return absl::InvalidArgumentError(absl::StrCat("soft_nms_sigma: wanted 0 or more, got ", sigma));
    }
    params.sigma = T(sigma);
  }
  return params;
}

// `values` and zeros behind them, up to `length`.
template <typename T>
absl::Status WritePadded(EvalContext& context, int result, const std::vector<T>& values, int64_t length) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(result, Shape({length})));
  T* const end = std::copy(values.begin(), values.end(), output->mutable_data<T>());
  std::fill(end, output->mutable_data<T>() + length, T(0));
  return absl::OkStatus();
}

template <const Form& kForm>
absl::Status EvalNms(EvalContext& context) {
  const Tensor &boxes = context.input(0), &scores = context.input(1);
  FLOE_RETURN_IF_ERROR(CheckBoxes(kForm, boxes.shape(), scores.shape()));
  FLOE_ASSIGN_OR_RETURN(const bool pads, Pads(kForm, context.attrs()));
  if (scores.num_elements() > INT32_MAX) return absl::InvalidArgumentError("input 1: too many boxes for int32 indices");
  return OnDType(NmsTypes(), boxes.dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const SuppressionParams<T> params, ParamsOf<T>(kForm, context));
    const T* const from = boxes.data<T>();
    const int64_t columns = boxes.shape().dim(1);
    const Chosen<T> chosen = Suppress<T>(scores.flat<T>(), params, [&](int64_t i, int64_t j) {
      return kForm.overlaps_given ? from[i * columns + j] : IntersectionOverUnion(from + i * 4, from + j * 4);
    });
    const auto found = static_cast<int64_t>(chosen.indices.size()), length = pads ? params.most : found;
    FLOE_RETURN_IF_ERROR(WritePadded(context, 0, chosen.indices, length));
    if (kForm.scores) FLOE_RETURN_IF_ERROR(WritePadded(context, 1, chosen.scores, length));
    if (!kForm.count) return absl::OkStatus();
    FLOE_ASSIGN_OR_RETURN(Tensor* const count, context.Output(kForm.scores ? 2 : 1, Shape()));
    *count->mutable_data<int32_t>() = static_cast<int32_t>(found);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"NonMaxSuppression", InferNms<kV1>, EvalNms<kV1>},
    {"NonMaxSuppressionV2", InferNms<kV2>, EvalNms<kV2>},
    {"NonMaxSuppressionV3", InferNms<kV3>, EvalNms<kV3>},
    {"NonMaxSuppressionV4", InferNms<kV4>, EvalNms<kV4>},
    {"NonMaxSuppressionV5", InferNms<kV5>, EvalNms<kV5>},
    {"NonMaxSuppressionWithOverlaps", InferNms<kOverlaps>, EvalNms<kOverlaps>},
};

}  // namespace

absl::Span<const OpInfo> NmsOps() { return kOps; }

}  // namespace floe
