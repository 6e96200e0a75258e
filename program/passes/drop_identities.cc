// Ops that give their input back are dropped, and their users take the input itself.
#include <algorithm>

#include "absl/strings/string_view.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr absl::string_view kIdentities[] = {"Identity", "StopGradient", "PreventGradient", "Snapshot",
                                             "PlaceholderWithDefault"};

bool IsIdentity(const Op& op) {
  if (std::find(std::begin(kIdentities), std::end(kIdentities), op.info->name) == std::end(kIdentities)) return false;
  return op.inputs.size() == 1 && op.outputs.size() == 1;
}

}  // namespace

absl::StatusOr<bool> DropIdentities(Program& program) {
  Replacements replacements(program);
  std::vector<bool> erase(program.ops.size(), false);
  for (size_t i = 0; i < program.ops.size(); ++i) {
    Op& op = program.ops[i];
    replacements.ResolveInputs(op);
    if (!IsIdentity(op)) continue;
    // What the identity knew of the shape and its input did not (PlaceholderWithDefault) is not lost.
    Value& input = program.values[op.inputs[0]];
    if (absl::StatusOr<PartialShape> merged = MergeShapes(input.shape, program.values[op.outputs[0]].shape);
        merged.ok()) {
      input.shape = *std::move(merged);
    }
    replacements.Replace(op.outputs[0], op.inputs[0]);
    erase[i] = true;
  }
  replacements.ResolveOutputs(program);
  EraseOps(program, erase);
  return replacements.any();
}

}  // namespace floe
