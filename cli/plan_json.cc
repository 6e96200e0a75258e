#include "cli/plan_json.h"

namespace floe::cli {

using Json = nlohmann::json;

Json SpecsToJson(const std::vector<TensorSpec>& specs) {
  Json array = Json::array();
  for (const TensorSpec& spec : specs) {
    Json shape;  // null where the rank is unknown, -1 for an unknown dimension
    if (spec.shape.has_rank()) {
      shape = Json::array();
      for (const int64_t dim : spec.shape.dims()) shape.push_back(dim);
    }
    array.push_back({{"name", spec.name},
                     {"tensor", spec.tensor_name},
                     {"dtype", std::string(DTypeName(spec.dtype))},
                     {"shape", std::move(shape)}});
  }
  return array;
}

void AddPlan(const PlanSummary& plan, Json& out) {
  Json steps = Json::array();
  for (const PlanStep& step : plan.steps) {
    steps.push_back({{"name", step.name},
                     {"op", step.op},
                     {"backend", step.backend},
                     {"device", step.backend},
                     {"kernel", step.kernel},
                     {"inputs", step.input_shapes},
                     {"outputs", step.output_shapes},
                     {"flops", step.flops},
                     {"bytes", step.bytes},
                     {"arena_offset", step.arena_offset},
                     {"region", step.region},
                     {"estimate_us", step.estimate_us},
                     {"stretch", step.stretch}});
  }
  out["steps"] = std::move(steps);
  out["estimate_us"] = plan.estimate_us;
  out["launches"] = plan.launches;
  out["flops"] = plan.flops;
  out["bytes"] = plan.bytes;
  out["arena_bytes"] = plan.arena_bytes;
}

}  // namespace floe::cli
