#include "cli/plan_json.h"

namespace floe::cli {

OrderedJson SpecsToJson(const std::vector<TensorSpec>& specs) {
  OrderedJson array = OrderedJson::array();
  for (const TensorSpec& spec : specs) {
    OrderedJson shape;  // null where the rank is unknown, -1 for an unknown dimension
    if (spec.shape.has_rank()) {
      shape = OrderedJson::array();
      for (const int64_t dim : spec.shape.dims()) shape.push_back(dim);
    }
    array.push_back({{"name", spec.name},
                     {"tensor", spec.tensor_name},
                     {"dtype", std::string(DTypeName(spec.dtype))},
                     {"shape", std::move(shape)}});
  }
  return array;
}

void AddPlan(const PlanSummary& plan, OrderedJson& out) {
  OrderedJson steps = OrderedJson::array();
  for (const PlanStep& step : plan.steps) {
    steps.push_back({{"name", step.name},
                     {"op", step.op},
                     {"backend", step.backend},
                     {"kernel", step.kernel},
                     {"outputs", step.output_shapes},
                     {"flops", step.flops},
                     {"bytes", step.bytes},
                     {"arena_offset", step.arena_offset}});
  }
  out["steps"] = std::move(steps);
  out["launches"] = plan.launches;
  out["flops"] = plan.flops;
  out["bytes"] = plan.bytes;
  out["arena_bytes"] = plan.arena_bytes;
}

std::string DumpJson(const OrderedJson& json) {
  return json.dump(/*indent=*/1, ' ', /*ensure_ascii=*/false, OrderedJson::error_handler_t::replace) + "\n";
}

}  // namespace floe::cli
