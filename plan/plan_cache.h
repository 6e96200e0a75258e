// PlanCache: the plans of a model by input shapes, a bounded number of them.
//
// Safe from any thread. Finding a plan never waits for one being made, and one is made at a time, so that a stream of
// odd shapes takes one thread's time at most and the usual shapes go on being served.
#ifndef FLOE_PLAN_PLAN_CACHE_H_
#define FLOE_PLAN_PLAN_CACHE_H_

#include <cstddef>
#include <list>
#include <memory>
#include <mutex>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/plan.h"

namespace floe {

class PlanCache {
 public:
  PlanCache(std::shared_ptr<const CompiledProgram> compiled, size_t max_plans)
      : compiled_(std::move(compiled)), max_plans_(max_plans) {}

  // The plan for these shapes, made where there is none; the plan used longest ago makes room.
  absl::StatusOr<std::shared_ptr<const Plan>> Get(absl::Span<const Shape> input_shapes);
  size_t num_plans() const;

 private:
  using Key = std::vector<int64_t>;
  struct Entry {
    Key key;
    std::shared_ptr<const Plan> plan;
  };

  static Key KeyOf(absl::Span<const Shape> input_shapes);
  std::shared_ptr<const Plan> Find(const Key& key);
  void Insert(const Key& key, std::shared_ptr<const Plan> plan);

  const std::shared_ptr<const CompiledProgram> compiled_;
  const size_t max_plans_;
  std::mutex making_;  // held while a plan is made; taken before mutex_
  mutable std::mutex mutex_;
  std::list<Entry> entries_;                                     // used last first; guarded by mutex_
  absl::flat_hash_map<Key, std::list<Entry>::iterator> by_key_;  // guarded by mutex_
};

}  // namespace floe

#endif  // FLOE_PLAN_PLAN_CACHE_H_
