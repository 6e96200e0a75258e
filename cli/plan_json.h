// Specs and plans as the JSON that `floe inspect` and `floe bench` print.
#ifndef FLOE_CLI_PLAN_JSON_H_
#define FLOE_CLI_PLAN_JSON_H_

#include <nlohmann/json.hpp>
#include <vector>

#include "model/model.h"

namespace floe::cli {

// Keys stay in the order they were put in.
using OrderedJson = nlohmann::ordered_json;

OrderedJson SpecsToJson(const std::vector<TensorSpec>& specs);
// Puts "steps", "launches", "flops", "bytes" and "arena_bytes" into `out`.
void AddPlan(const PlanSummary& plan, OrderedJson& out);
// One document; bytes that are not UTF-8 (names may have any) are replaced.
std::string DumpJson(const OrderedJson& json);

}  // namespace floe::cli

#endif  // FLOE_CLI_PLAN_JSON_H_
