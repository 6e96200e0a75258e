// Frame: steps that run other plans.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/control_flow.h"
#include "ops/strided_copy.h"
#include "plan/frame.h"
#include "plan/resolve_shapes.h"

namespace floe {

// What the regions take: moved where this step is the last to read it, so that a list comes with nobody else holding
// it.
std::vector<Tensor> Frame::TakeInputs(const Step& step, size_t first) {
  std::vector<Tensor> inputs;
  for (size_t k = first; k < step.inputs.size(); ++k) {
    Tensor& slot = slots_[step.inputs[k]];
    const bool is_last = k < 64 && ((step.last_uses >> k) & 1) != 0;
    inputs.push_back(is_last ? std::exchange(slot, Tensor()) : slot);
  }
  return inputs;
}

absl::StatusOr<Tensor> Frame::Detach(RunState& run, int space, Tensor tensor) {
  // What has an owner is not used again while it is held. An arena's memory is.
  if (tensor.object() != nullptr || tensor.num_elements() == 0) return tensor;
  FLOE_ASSIGN_OR_RETURN(Tensor copy, AllocateIn(run, space, tensor.dtype(), tensor.shape()));
  if (space == kHostSpace) {
    CopyElements(tensor, 0, &copy, 0, tensor.num_elements());
    return copy;
  }
  const Backend& backend = *plan_.compiled().backend_of_space(space);
  FLOE_RETURN_IF_ERROR(
      backend.CopyOnDevice(run.streams[space], tensor.raw_data(), copy.raw_mutable_data(), tensor.byte_size()));
  return copy;
}

absl::Status Frame::SetResults(RunState& run, const Step& step, std::vector<Tensor> results) {
  for (size_t k = 0; k < results.size(); ++k) {
    const Slot& slot = plan_.slots()[step.outputs[k]];
    FLOE_ASSIGN_OR_RETURN(Tensor result, Detach(run, slot.space, std::move(results[k])));
    if (!slot.shape.Matches(result.shape())) {
      return absl::InternalError(
          absl::StrCat("result ", k, " was planned as ", slot.shape.ToString(), " and is ", result.shape().ToString()));
    }
    slots_[step.outputs[k]] = std::move(result);
  }
  return absl::OkStatus();
}

absl::Status Frame::RunBranch(RunState& run, size_t index) {
  const Step& step = plan_.steps()[index];
  int branch = step.chosen;
  if (branch < 0) {
    const Op& op = plan_.compiled().program().ops[step.op];
    const std::optional<Tensor> chooser = slots_[step.inputs[0]];
    FLOE_ASSIGN_OR_RETURN(const std::optional<int> chosen, KnownBranch(op, chooser, step.regions.size()));
    branch = *chosen;
  }
  FLOE_RETURN_IF_ERROR(step.region_status[branch]);
  std::vector<Tensor> inputs = TakeInputs(step, 1);
  FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> results, regions_[index].frames[branch]->Run(run, absl::MakeSpan(inputs)));
  return SetResults(run, step, std::move(results));
}

absl::Status Frame::RunLoop(RunState& run, size_t index) {
  const Step& step = plan_.steps()[index];
  Frame &condition = *regions_[index].frames[0], &body = *regions_[index].frames[1];
  std::vector<Tensor> values = TakeInputs(step, 0);  // the variables, then what stays the same
  const size_t variables = step.outputs.size();
  std::vector<Tensor> inputs;
  while (true) {
    // A condition without a step is not one without an end.
    FLOE_RETURN_IF_ERROR(run.check());
    inputs = values;
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> goes_on, condition.Run(run, absl::MakeSpan(inputs)));
    FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(goes_on[0]));
    if (!truth) break;
    if (++run.iterations > run.max_iterations) {
      return absl::ResourceExhaustedError(
          absl::StrCat("it still goes on after ", run.max_iterations, " iterations, the limit of a run"));
    }
    for (size_t i = 0; i < values.size(); ++i) inputs[i] = i < variables ? std::move(values[i]) : values[i];
    FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> next, body.Run(run, absl::MakeSpan(inputs)));
    for (size_t i = 0; i < variables; ++i) values[i] = std::move(next[i]);
  }
  values.resize(variables);
  return SetResults(run, step, std::move(values));
}

}  // namespace floe
