// A plan as people look at it.
#ifndef FLOE_MODEL_PLAN_SUMMARY_H_
#define FLOE_MODEL_PLAN_SUMMARY_H_

#include "model/model.h"
#include "plan/plan.h"

namespace floe {

// Estimates are for runs on so many threads.
PlanSummary Summarize(const Plan& plan, int threads);

}  // namespace floe

#endif  // FLOE_MODEL_PLAN_SUMMARY_H_
