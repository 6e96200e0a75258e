// Ops whose results nobody uses are dropped, and the constants that only they used let go. In regions too: a branch
// does not compute what nobody takes from it, a loop has no variable that neither its condition, its users nor a
// variable with users needs, and neither takes in what it does not use.
#include <algorithm>

#include "base/status.h"
#include "program/pass.h"

namespace floe {
namespace {

template <typename T>
void EraseMarked(std::vector<T>& items, const std::vector<bool>& erase, size_t first) {
  size_t kept = 0;
  for (size_t i = 0; i < items.size(); ++i) {
    const bool drop = i >= first && i - first < erase.size() && erase[i - first];
    if (!drop) items[kept++] = items[i];
  }
  items.resize(kept);
}

// Backwards from values to what they depend on.
struct Walk {
  explicit Walk(const Program& region)
      : program(region), uses(region), input(region.values.size(), -1), seen(region.values.size(), false) {
    for (size_t i = 0; i < region.inputs.size(); ++i) input[region.inputs[i]] = static_cast<int>(i);
  }
  // Calls `found` with each input that the value depends on and that was not found before.
  template <typename Found>
  void Back(ValueId from, const Found& found) {
    std::vector<ValueId> stack = {from};
    while (!stack.empty()) {
      const ValueId id = stack.back();
      stack.pop_back();
      if (seen[id]) continue;
      seen[id] = true;
      if (input[id] >= 0) found(static_cast<size_t>(input[id]));
      if (uses.producer[id] < 0) continue;
      const Op& producer = program.ops[uses.producer[id]];
      stack.insert(stack.end(), producer.inputs.begin(), producer.inputs.end());
    }
  }
  const Program& program;
  const UseDef uses;
  std::vector<int> input;
  std::vector<bool> seen;
};

// The loop's variables that are needed: reached backwards from the condition, from what has effects and from those
// whose last values are used.
std::vector<bool> NeededVariables(const Op& op, const std::vector<bool>& is_used) {
  const Program &condition = op.regions[0], &body = op.regions[1];
  const size_t variables = op.outputs.size();
  std::vector<bool> needed(variables, false);
  std::vector<int> work;
  const auto need = [&](size_t variable) {
    if (variable >= variables || needed[variable]) return;
    needed[variable] = true;
    work.push_back(static_cast<int>(variable));
  };
  for (size_t i = 0; i < variables; ++i) {
    if (is_used[i]) need(i);
  }
  for (const Program* region : {&condition, &body}) {
    Walk walk(*region);
    if (region == &condition) walk.Back(region->outputs[0], need);
    for (const Op& inside : region->ops) {
      if (!HasEffects(inside)) continue;
      for (const ValueId id : inside.inputs) walk.Back(id, need);
    }
  }
  Walk walk(body);
  while (!work.empty()) {
    const int variable = work.back();
    work.pop_back();
    walk.Back(body.outputs[variable], need);
  }
  return needed;
}

// Drops what the region op need not take, compute or give.
absl::StatusOr<bool> Prune(Op& op, const std::vector<bool>& live) {
  const bool loops = IsWhile(op);
  std::vector<bool> is_used;
  for (const ValueId id : op.outputs) is_used.push_back(live[id]);
  std::vector<bool> drop;
  for (const bool needed : loops ? NeededVariables(op, is_used) : is_used) drop.push_back(!needed);
  bool changed = std::find(drop.begin(), drop.end(), true) != drop.end();
  if (changed) {
    for (Program& region : op.regions) {
      if (loops) EraseMarked(region.inputs, drop, 0);
      if (!loops || &region == &op.regions[1]) EraseMarked(region.outputs, drop, 0);
    }
    if (loops) EraseMarked(op.inputs, drop, 0);
    EraseMarked(op.outputs, drop, 0);
  }
  for (Program& region : op.regions) {
    FLOE_ASSIGN_OR_RETURN(const bool inside, DropDeadValues(region));
    changed = changed || inside;
  }
  // What no region uses is not taken in.
  const size_t first = loops ? op.outputs.size() : 0;
  std::vector<bool> unused(op.regions[0].inputs.size() - first, true);
  for (const Program& region : op.regions) {
    const UseDef uses(region);
    for (size_t i = 0; i < unused.size(); ++i) {
      const ValueId id = region.inputs[first + i];
      unused[i] = unused[i] && uses.users[id].empty() && !uses.is_output[id];
    }
  }
  if (std::find(unused.begin(), unused.end(), true) == unused.end()) return changed;
  for (Program& region : op.regions) EraseMarked(region.inputs, unused, first);
  EraseMarked(op.inputs, unused, loops ? first : 1);
  return true;
}

}  // namespace

absl::StatusOr<bool> DropDeadValues(Program& program) {
  std::vector<bool> live(program.values.size(), false);
  for (const ValueId id : program.outputs) live[id] = true;
  std::vector<bool> erase(program.ops.size(), false);
  bool changed = false;
  for (size_t i = program.ops.size(); i-- > 0;) {
    Op& op = program.ops[i];
    bool needed = HasEffects(op);
    for (const ValueId id : op.outputs) needed = needed || live[id];
    if (needed) {
      if (!op.regions.empty()) {
        FLOE_ASSIGN_OR_RETURN(const bool pruned, Prune(op, live));
        changed = changed || pruned;
      }
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
