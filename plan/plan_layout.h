// The second half of making a plan: its steps and slots are there, and what follows from their order is found. How long
// each buffer lives and where it lies, which copies are waited for, what may be changed in place, which launches a
// device can record.
//
// Used by MakePlan (plan/plan.h), on the one thread that makes the plan. Not owned: the plan.
#ifndef FLOE_PLAN_PLAN_LAYOUT_H_
#define FLOE_PLAN_PLAN_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "plan/memory_layout.h"
#include "plan/plan.h"

namespace floe {

class PlanLayout {
 public:
  explicit PlanLayout(Plan& plan) : plan_(plan) {}

  // RESOURCE_EXHAUSTED where the plan would take more bytes than can be counted.
  absl::Status Run();

 private:
  std::vector<Slot>& slots() { return plan_.slots_; }
  std::vector<Step>& steps() { return plan_.steps_; }

  // One wait serves a row of copies to the host.
  void MarkSynchronization();
  void FindLifetimes();
  // A launch whose addresses and shapes are the same in every run.
  bool IsStatic(const Step& step) const;
  // Maximal runs of static launches on one device. A single launch gains nothing by a recording.
  void FindStretches();
  absl::StatusOr<int64_t> BytesOf(const Slot& slot) const;
  absl::Status CountOutputs();
  // What may be changed in place: what is in one slot only and is not read again.
  void FindLastUses();
  absl::Status LayOut();
  // What owns its memory comes before its views.
  void FindTransientSlots();

  Plan& plan_;
  std::vector<BufferLifetime> lifetimes_;  // by slot, kept at the root
};

}  // namespace floe

#endif  // FLOE_PLAN_PLAN_LAYOUT_H_
