// What CombinedNonMaxSuppression gives where of equal scores the lower class, and within a class the lower box, comes
// first: the order on CUDA (docs/decisions/equal_scores.md).
#ifndef FLOE_TESTS_KERNELS_COMBINED_NMS_CASES_H_
#define FLOE_TESTS_KERNELS_COMBINED_NMS_CASES_H_

#include <algorithm>
#include <cstdint>
#include <set>
#include <vector>

#include "base/status.h"
#include "ops/arguments.h"
#include "ops/suppression.h"
#include "tests/testing/golden_cases.h"

namespace floe::testing {

struct CombinedCase {
  const float* boxes;
  const float* scores;
  int64_t batch, count, classes, box_classes, per_class, total;
  float overlap, threshold;

  const float* BoxOf(int64_t image, int64_t box, int64_t label) const {
    return boxes + ((image * count + box) * box_classes + (box_classes == 1 ? 0 : label)) * 4;
  }
  float ScoreOf(int64_t image, int64_t box, int64_t label) const {
    return scores[(image * count + box) * classes + label];
  }
};

inline absl::StatusOr<CombinedCase> CombinedCaseOf(const GoldenCase& golden) {
  const Tensor &boxes = golden.inputs[0], &scores = golden.inputs[1];
  CombinedCase c{boxes.data<float>(),
                 scores.data<float>(),
                 scores.shape().dim(0),
                 scores.shape().dim(1),
                 scores.shape().dim(2),
                 boxes.shape().dim(2),
                 0,
                 0,
                 0,
                 0};
  FLOE_ASSIGN_OR_RETURN(c.per_class, ScalarInt(golden.inputs[2], "per class"));
  FLOE_ASSIGN_OR_RETURN(c.total, ScalarInt(golden.inputs[3], "total"));
  FLOE_ASSIGN_OR_RETURN(c.overlap, ScalarFloat(golden.inputs[4], "overlap"));
  FLOE_ASSIGN_OR_RETURN(c.threshold, ScalarFloat(golden.inputs[5], "threshold"));
  return c;
}

// Whether an image has two equal scores of any classes that could both be among its results.
inline absl::StatusOr<bool> HasEqualScores(const GoldenCase& golden) {
  FLOE_ASSIGN_OR_RETURN(const CombinedCase c, CombinedCaseOf(golden));
  for (int64_t image = 0; image < c.batch; ++image) {
    std::set<float> seen;
    for (int64_t i = 0; i < c.count * c.classes; ++i) {
      const float score = c.scores[image * c.count * c.classes + i];
      if (score > c.threshold && !seen.insert(score).second) return true;
    }
  }
  return false;
}

inline absl::StatusOr<std::vector<Tensor>> CombinedNmsByPlace(const GoldenCase& golden) {
  FLOE_ASSIGN_OR_RETURN(const CombinedCase c, CombinedCaseOf(golden));
  FLOE_ASSIGN_OR_RETURN(const bool clips, golden.attrs.Bool("clip_boxes", true));
  FLOE_ASSIGN_OR_RETURN(const bool pads, golden.attrs.Bool("pad_per_class", false));
  const int64_t length = pads ? std::min(c.total, c.per_class * c.classes) : c.total;
  Tensor boxes(DType::kFloat, Shape({c.batch, length, 4})), scores(DType::kFloat, Shape({c.batch, length}));
  Tensor classes(DType::kFloat, Shape({c.batch, length})), counts(DType::kInt32, Shape({c.batch}));
  struct Detection {
    float score;
    int64_t box, label;
  };
  const auto better = [](const Detection& a, const Detection& b) { return a.score > b.score; };
  for (int64_t image = 0; image < c.batch; ++image) {
    std::vector<Detection> all;
    for (int64_t label = 0; label < c.classes; ++label) {
      std::vector<Detection> candidates, kept;
      for (int64_t i = 0; i < c.count; ++i) {
        const float score = c.ScoreOf(image, i, label);
        if (score > c.threshold) candidates.push_back({score, i, label});
      }
      std::stable_sort(candidates.begin(), candidates.end(), better);
      for (const Detection& d : candidates) {
        const bool overlapped = std::any_of(kept.begin(), kept.end(), [&](const Detection& other) {
          return IntersectionOverUnion(c.BoxOf(image, d.box, label), c.BoxOf(image, other.box, label)) > c.overlap;
        });
        if (!overlapped && static_cast<int64_t>(kept.size()) < c.per_class) kept.push_back(d);
      }
      all.insert(all.end(), kept.begin(), kept.end());
    }
    std::stable_sort(all.begin(), all.end(), better);
    const int64_t count = std::min(length, static_cast<int64_t>(all.size()));
    counts.mutable_data<int32_t>()[image] = static_cast<int32_t>(count);
    for (int64_t k = 0; k < length; ++k) {
      const int64_t at = image * length + k;
      const Detection d = k < count ? all[static_cast<size_t>(k)] : Detection{0, 0, 0};
      scores.mutable_data<float>()[at] = d.score;
      classes.mutable_data<float>()[at] = static_cast<float>(d.label);
      for (int i = 0; i < 4; ++i) {
        const float x = k < count ? c.BoxOf(image, d.box, d.label)[i] : 0.0f;
        boxes.mutable_data<float>()[at * 4 + i] = clips ? std::max(std::min(x, 1.0f), 0.0f) : x;
      }
    }
  }
  return std::vector<Tensor>{boxes, scores, classes, counts};
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_KERNELS_COMBINED_NMS_CASES_H_
