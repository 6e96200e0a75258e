#include "plan/plan_cache.h"

#include <utility>

namespace floe {

PlanCache::Key PlanCache::KeyOf(absl::Span<const Shape> input_shapes) {
  Key key;
  for (const Shape& shape : input_shapes) {
    key.push_back(shape.rank());
    key.insert(key.end(), shape.dims().begin(), shape.dims().end());
  }
  return key;
}

absl::StatusOr<std::shared_ptr<const Plan>> PlanCache::Get(absl::Span<const Shape> input_shapes) {
  const Key key = KeyOf(input_shapes);
  if (std::shared_ptr<const Plan> plan = Find(key)) return plan;
  const std::lock_guard<std::mutex> making(making_);
  // Another thread may have made it meanwhile.
  if (std::shared_ptr<const Plan> plan = Find(key)) return plan;
  absl::StatusOr<std::shared_ptr<const Plan>> plan = MakePlan(compiled_, input_shapes);
  if (plan.ok()) Insert(key, *plan);
  return plan;
}

size_t PlanCache::num_plans() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return entries_.size();
}

std::shared_ptr<const Plan> PlanCache::Find(const Key& key) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const auto found = by_key_.find(key);
  if (found == by_key_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->plan;
}

void PlanCache::Insert(const Key& key, std::shared_ptr<const Plan> plan) {
  std::shared_ptr<const Plan> dropped;  // destroyed after the lock is let go
  const std::lock_guard<std::mutex> lock(mutex_);
  if (entries_.size() >= max_plans_) {
    dropped = std::move(entries_.back().plan);
    by_key_.erase(entries_.back().key);
    entries_.pop_back();
  }
  entries_.push_front({key, std::move(plan)});
  by_key_[key] = entries_.begin();
}

}  // namespace floe
