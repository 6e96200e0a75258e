#include "ops/combined_nms.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/suppression.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// boxes [batch, boxes, 1 or classes, 4], scores [batch, boxes, classes].
absl::StatusOr<int64_t> CheckShapes(const PartialShape& boxes, const PartialShape& scores) {
  const auto wrong = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted boxes [batch,boxes,1 or classes,4] and scores [batch,boxes,classes], got ",
                     boxes.ToString(), " and ", scores.ToString()));
  };
  if (boxes.has_rank() && (!MergeDim(boxes.dim(3), 4).ok() || boxes.dim(2) == 0)) return wrong();
  if (!boxes.has_rank() || !scores.has_rank()) return boxes.has_rank() ? boxes.dim(0) : DimOrUnknown(scores, 0);
  const bool one_class = boxes.dim(2) == 1;
  const bool fits = MergeDim(boxes.dim(0), scores.dim(0)).ok() && MergeDim(boxes.dim(1), scores.dim(1)).ok() &&
                    (one_class || MergeDim(boxes.dim(2), scores.dim(2)).ok());
  return fits ? MergeDim(boxes.dim(0), scores.dim(0)) : wrong();
}

struct Limits {
  int64_t per_class, total;
};

// How many boxes one image has in the results.
absl::StatusOr<int64_t> ResultLength(const AttrMap& attrs, Limits limits, int64_t classes) {
  if (limits.per_class < 1 || limits.total < 1) {
    return absl::InvalidArgumentError(absl::StrCat("inputs 2 and 3: wanted 1 box or more a class and in all, got ",
                                                   limits.per_class, " and ", limits.total));
  }
  FLOE_ASSIGN_OR_RETURN(const bool pad_per_class, attrs.Bool("pad_per_class", false));
  if (!pad_per_class) return limits.total;
  if (classes == kUnknown) return kUnknown;
  int64_t all;
  return CheckedMul(limits.per_class, classes, &all) ? std::min(all, limits.total) : limits.total;
}

absl::Status InferCombined(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  for (const int i : {0, 1, 4, 5}) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
  for (const int i : {2, 3}) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 3));
  for (int i = 2; i < 6; ++i) FLOE_RETURN_IF_ERROR(context.WantRank(i, 0));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("clip_boxes", true).status());
  FLOE_ASSIGN_OR_RETURN(const int64_t batch, CheckShapes(context.shape(0), context.shape(1)));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> per_class, KnownScalar(context, 2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> total, KnownScalar(context, 3));
  int64_t length = kUnknown;
  if (per_class.has_value() && total.has_value()) {
    FLOE_ASSIGN_OR_RETURN(length,
                          ResultLength(context.attrs(), {*per_class, *total}, DimOrUnknown(context.shape(1), 2)));
  }
  context.AddOutput(DType::kFloat, PartialShape({batch, length, 4}));
  context.AddOutput(DType::kFloat, PartialShape({batch, length}));
  context.AddOutput(DType::kFloat, PartialShape({batch, length}));
  context.AddOutput(DType::kInt32, PartialShape({batch}));
  return absl::OkStatus();
}

constexpr int64_t kEmpty = -1;

struct Detection {
  float score;
  int64_t box, label;
};

// What each class keeps of one image, the best first. Which of two equal scores comes first is what std::sort makes of
// the list that TensorFlow sorts: as many places a class as it may keep, those that stay empty scoring -1.
std::vector<Detection> Detect(const float* boxes, const float* scores, int64_t num_boxes, int64_t box_classes,
                              int64_t classes, const SuppressionParams<float>& params, absl::Span<float> of_class) {
  std::vector<Detection> detections;
  if (num_boxes == 0) return detections;
  const int64_t places = std::min(params.most, num_boxes);
  detections.resize(static_cast<size_t>(places * classes), Detection{-1.0f, kEmpty, 0});
  for (int64_t label = 0; label < classes; ++label) {
    for (int64_t i = 0; i < num_boxes; ++i) of_class[i] = scores[i * classes + label];
    const float* const first = boxes + (box_classes == 1 ? 0 : label) * 4;
    const int64_t stride = box_classes * 4;
    const Chosen<float> chosen = Suppress<float>(of_class, params, [&](int64_t i, int64_t j) {
      return IntersectionOverUnion(first + i * stride, first + j * stride);
    });
    for (size_t k = 0; k < chosen.indices.size(); ++k) {
      detections[static_cast<size_t>(label * places) + k] = {chosen.scores[k], chosen.indices[k], label};
    }
  }
  std::sort(detections.begin(), detections.end(),
            [](const Detection& a, const Detection& b) { return a.score > b.score; });
  std::erase_if(detections, [](const Detection& place) { return place.box == kEmpty; });
  return detections;
}

absl::Status EvalCombined(EvalContext& context) {
  const Tensor &boxes = context.input(0), &scores = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const int64_t batch, CheckShapes(boxes.shape(), scores.shape()));
  const int64_t num_boxes = scores.shape().dim(1), classes = scores.shape().dim(2), box_classes = boxes.shape().dim(2);
  FLOE_ASSIGN_OR_RETURN(const bool clip, context.attrs().Bool("clip_boxes", true));
  FLOE_ASSIGN_OR_RETURN(const int64_t per_class, ScalarInt(context.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(const int64_t total, ScalarInt(context.input(3), "input 3"));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, ResultLength(context.attrs(), {per_class, total}, classes));
  FLOE_ASSIGN_OR_RETURN(const float overlap, ScalarFloat(context.input(4), "input 4"));
  FLOE_ASSIGN_OR_RETURN(const float threshold, ScalarFloat(context.input(5), "input 5"));
  if (!(overlap >= 0 && overlap <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("input 4: wanted a number in [0, 1], got ", overlap));
  }
  if (num_boxes > INT32_MAX) return absl::InvalidArgumentError("input 1: too many boxes for int32 indices");
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_boxes, context.Output(0, Shape({batch, length, 4})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_scores, context.Output(1, Shape({batch, length})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const out_classes, context.Output(2, Shape({batch, length})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const counts, context.Output(3, Shape({batch})));
  FLOE_ASSIGN_OR_RETURN(const auto of_class, Scratch<float>(num_boxes));
  const SuppressionParams<float> params{per_class, overlap, threshold, false, false};
  for (int64_t n = 0; n < batch; ++n) {
    const float* const image_boxes = boxes.data<float>() + n * num_boxes * box_classes * 4;
    const std::vector<Detection> found =
        Detect(image_boxes, scores.data<float>() + n * num_boxes * classes, num_boxes, box_classes, classes, params,
               absl::MakeSpan(of_class.get(), static_cast<size_t>(num_boxes)));
    const int64_t count = std::min(length, static_cast<int64_t>(found.size()));
    float* box = out_boxes->mutable_data<float>() + n * length * 4;
    float* const score = out_scores->mutable_data<float>() + n * length;
    float* const label = out_classes->mutable_data<float>() + n * length;
    for (int64_t k = 0; k < count; ++k, box += 4) {
      const Detection& d = found[k];
      const float* const from = image_boxes + (d.box * box_classes + (box_classes == 1 ? 0 : d.label)) * 4;
      for (int i = 0; i < 4; ++i) box[i] = clip ? std::max(std::min(from[i], 1.0f), 0.0f) : from[i];
      score[k] = d.score;
      label[k] = static_cast<float>(d.label);
    }
    std::fill_n(box, (length - count) * 4, 0.0f);
    std::fill_n(score + count, length - count, 0.0f);
    std::fill_n(label + count, length - count, 0.0f);
    counts->mutable_data<int32_t>()[n] = static_cast<int32_t>(count);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"CombinedNonMaxSuppression", InferCombined, EvalCombined},
};

}  // namespace

absl::Span<const OpInfo> CombinedNmsOps() { return kOps; }

}  // namespace floe
