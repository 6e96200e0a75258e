// A loop variable that every iteration leaves as it was is none: it becomes one of the things that stay the same in
// every iteration, and its users behind the loop take its first value.
#include <numeric>

#include "absl/strings/string_view.h"
#include "base/status.h"
#include "program/pass.h"

namespace floe {
namespace {

// Moves the marked items of [0, variables) behind the others of [0, variables).
void MoveBehind(std::vector<ValueId>& ids, const std::vector<bool>& marked) {
  std::vector<ValueId> front, back;
  for (size_t i = 0; i < ids.size(); ++i) (i < marked.size() && marked[i] ? back : front).push_back(ids[i]);
  // What stayed the same already comes after.
  const size_t variables = marked.size() - back.size();
  ids.assign(front.begin(), front.begin() + static_cast<std::ptrdiff_t>(variables));
  ids.insert(ids.end(), back.begin(), back.end());
  ids.insert(ids.end(), front.begin() + static_cast<std::ptrdiff_t>(variables), front.end());
}

// What each value is once the Identities around it are gone, which comes later in the pipeline.
std::vector<ValueId> WithoutIdentities(const Program& body) {
  std::vector<ValueId> plain(body.values.size());
  std::iota(plain.begin(), plain.end(), 0);
  for (const Op& op : body.ops) {
    if (absl::string_view(op.info->name) == "Identity") plain[op.outputs[0]] = plain[op.inputs[0]];
  }
  return plain;
}

bool Simplify(Op& op, Replacements& replacements) {
  Program &condition = op.regions[0], &body = op.regions[1];
  const std::vector<ValueId> plain = WithoutIdentities(body);
  std::vector<bool> same(op.outputs.size(), false);
  bool any = false;
  for (size_t i = 0; i < same.size(); ++i) {
    if (plain[body.outputs[i]] != body.inputs[i]) continue;
    same[i] = any = true;
    replacements.Replace(op.outputs[i], op.inputs[i]);
  }
  if (!any) return false;
  MoveBehind(op.inputs, same);
  MoveBehind(condition.inputs, same);
  MoveBehind(body.inputs, same);
  std::vector<ValueId> outputs, next;
  for (size_t i = 0; i < same.size(); ++i) {
    if (same[i]) continue;
    outputs.push_back(op.outputs[i]);
    next.push_back(body.outputs[i]);
  }
  op.outputs = std::move(outputs);
  body.outputs = std::move(next);
  return true;
}

}  // namespace

absl::StatusOr<bool> SimplifyLoops(Program& program) {
  Replacements replacements(program);
  bool changed = false;
  for (Op& op : program.ops) {
    replacements.ResolveInputs(op);
    // Inner loops first: what they leave as it was, an outer loop may leave as well.
    for (Program& region : op.regions) {
      FLOE_ASSIGN_OR_RETURN(const bool inside, SimplifyLoops(region));
      changed = changed || inside;
    }
    if (IsWhile(op) && Simplify(op, replacements)) changed = true;
  }
  replacements.ResolveOutputs(program);
  return changed;
}

}  // namespace floe
