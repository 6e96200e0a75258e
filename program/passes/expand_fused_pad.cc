// FusedPadConv2D and FusedResizeAndPadConv2D become what they stand for, which kernels and the other passes know.
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/fused_pad_conv.h"
#include "ops/registry.h"
#include "program/insert.h"
#include "program/pass.h"

namespace floe {
namespace {

// All stages but the last stand before the op, which becomes the last.
absl::Status Expand(Program& program, int index, bool resizes, Insertions* insertions) {
  const std::vector<ValueId> inputs = program.ops[index].inputs;
  const std::string name = program.ops[index].name;
  FLOE_ASSIGN_OR_RETURN(std::vector<FusedPadStage> stages,
                        FusedPadStages(program.ops[index].attrs, program.values[inputs[0]].dtype, resizes));
  ValueId image = inputs[0];
  for (FusedPadStage& stage : stages) {
    std::vector<ValueId> operands = {image};
    if (stage.input >= 0) operands.push_back(inputs[stage.input]);
    if (&stage == &stages.back()) {
      Op& op = program.ops[index];
      op.info = FindOp(stage.op);
      op.attrs = std::move(stage.attrs);
      op.inputs = std::move(operands);
      break;
    }
    FLOE_ASSIGN_OR_RETURN(image, insertions->Add(index, stage.op, absl::StrCat(name, "/", stage.op),
                                                 std::move(operands), std::move(stage.attrs)));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<bool> ExpandFusedPad(Program& program) {
  Insertions insertions(program);
  bool changed = false;
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const absl::string_view op = program.ops[i].info->name;
    const bool resizes = op == "FusedResizeAndPadConv2D";
    if (!resizes && op != "FusedPadConv2D") continue;
    FLOE_RETURN_IF_ERROR(Expand(program, static_cast<int>(i), resizes, &insertions));
    changed = true;
  }
  if (changed) insertions.Apply({});
  return changed;
}

}  // namespace floe
