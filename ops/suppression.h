// Greedy non-maximum suppression: the best box is chosen, and those that overlap it too much go. Pure functions; any
// thread.
#ifndef FLOE_OPS_SUPPRESSION_H_
#define FLOE_OPS_SUPPRESSION_H_

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <queue>
#include <vector>

#include "absl/types/span.h"
#include "ops/types.h"

namespace floe {

// Intersection over union of two boxes given by two opposite corners each: [y1, x1, y2, x2]. 0 where one has no area.
template <typename T>
T IntersectionOverUnion(const T* a, const T* b) {
  const auto low = [](const T* box, int k) { return std::min(box[k], box[k + 2]); };
  const auto high = [](const T* box, int k) { return std::max(box[k], box[k + 2]); };
  const auto area = [&](const T* box) { return T(T(high(box, 0) - low(box, 0)) * T(high(box, 1) - low(box, 1))); };
  const auto overlap = [&](int k) {
    const T length = T(std::min(high(a, k), high(b, k)) - std::max(low(a, k), low(b, k)));
    return std::max(length, T(0));
  };
  const T area_a = area(a), area_b = area(b);
  if (area_a <= T(0) || area_b <= T(0)) return T(0);
  const T shared = T(overlap(0) * overlap(1));
  return T(shared / T(T(area_a + area_b) - shared));
}

// What one run chose, in the order of choice.
template <typename T>
struct Chosen {
  std::vector<int32_t> indices;
  std::vector<T> scores;
};

template <typename T>
struct SuppressionParams {
  int64_t most = 0;     // boxes to choose
  T overlap_threshold;  // boxes that overlap a chosen one by more go (none where suppression is soft)
  T score_threshold;    // only boxes that score more are chosen
  // Whether an overlap that is NaN, of boxes without bounds, takes the score away; else it is none.
  bool unknown_overlap_counts = true;
  // Of equal scores the lower index comes first; else the one that a heap which the boxes entered one by one gives.
  bool ties_by_index = true;
  T sigma = T(0);  // above 0: overlap lowers scores, and the lowered ones compete again (soft suppression)
};

// Chooses among as many boxes as there are scores; `overlap(i, j)` says how much two overlap. A score that is NaN is
// never chosen.
template <typename T, typename Overlap>
Chosen<T> Suppress(absl::Span<const T> scores, const SuppressionParams<T>& params, Overlap&& overlap) {
  struct Candidate {
    T score;
    int32_t index;
    // Chosen boxes before this one have lowered the score already.
    size_t seen;
  };
  const auto worse = [by_index = params.ties_by_index](const Candidate& a, const Candidate& b) {
    return a.score < b.score || (by_index && a.score == b.score && a.index > b.index);
  };
  std::priority_queue<Candidate, std::vector<Candidate>, decltype(worse)> queue(worse);
  for (size_t i = 0; i < scores.size(); ++i) {
    if (scores[i] > params.score_threshold) queue.push({scores[i], static_cast<int32_t>(i), 0});
  }
  const bool soft = params.sigma > T(0);
  const T scale = soft ? T(T(-0.5f) / params.sigma) : T(0);
  Chosen<T> chosen;
  while (static_cast<int64_t>(chosen.indices.size()) < params.most && !queue.empty()) {
    Candidate next = queue.top();
    queue.pop();
    const T before = next.score;
    bool dropped = false;
    for (size_t j = chosen.indices.size(); j > next.seen && !dropped; --j) {
      const T shared = overlap(next.index, chosen.indices[j - 1]);
      if (!soft) {
        dropped = shared > params.overlap_threshold;
        if (dropped || shared <= params.overlap_threshold || !params.unknown_overlap_counts) continue;
      }
      const T weight = soft ? T(std::exp(Wide<T>(T(T(scale * shared) * shared)))) : T(0);
      next.score = T(next.score * weight);
      if (next.score <= params.score_threshold) break;
    }
    if (dropped) continue;
    next.seen = chosen.indices.size();
    if (next.score == before) {
      chosen.indices.push_back(next.index);
      chosen.scores.push_back(next.score);
    } else if (next.score > params.score_threshold) {
      queue.push(next);
    }
  }
  return chosen;
}

}  // namespace floe

#endif  // FLOE_OPS_SUPPRESSION_H_
