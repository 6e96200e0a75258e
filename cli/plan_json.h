// Specs and plans as the JSON that `floe inspect` and `floe bench` print.
#ifndef FLOE_CLI_PLAN_JSON_H_
#define FLOE_CLI_PLAN_JSON_H_

#include <nlohmann/json.hpp>
#include <vector>

#include "model/model.h"

namespace floe::cli {

nlohmann::json SpecsToJson(const std::vector<TensorSpec>& specs);
// Puts "steps", "launches", "flops", "bytes" and "arena_bytes" into `out`.
void AddPlan(const PlanSummary& plan, nlohmann::json& out);

}  // namespace floe::cli

#endif  // FLOE_CLI_PLAN_JSON_H_
