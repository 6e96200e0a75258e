// Ops whose results nobody uses are dropped, and the constants that only they used let go.
#include "program/pass.h"

namespace floe {

absl::StatusOr<bool> DropDeadValues(Program& program) {
  std::vector<bool> live(program.values.size(), false);
  for (const ValueId id : program.outputs) live[id] = true;
  std::vector<bool> erase(program.ops.size(), false);
  bool changed = false;
  for (size_t i = program.ops.size(); i-- > 0;) {
    const Op& op = program.ops[i];
    bool needed = op.info->is_stateful();
    for (const ValueId id : op.outputs) needed = needed || live[id];
    if (needed) {
      for (const ValueId id : op.inputs) live[id] = true;
    } else {
      erase[i] = changed = true;
    }
  }
  EraseOps(program, erase);
  for (size_t id = 0; id < program.values.size(); ++id) {
    if (!live[id] && program.values[id].constant) {
      program.values[id].constant.reset();
      changed = true;
    }
  }
  return changed;
}

}  // namespace floe
