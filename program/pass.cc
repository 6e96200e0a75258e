#include "program/pass.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

// Constants are folded first, since the others look at them, loops too, so that a variable that stays the same can be
// one; layouts and what exporters spell out come before scales are folded and steps fused, which know fewer forms then.
// Elementwise ops that nothing else has taken by then are fused with each other. Dead values are dropped last, after
// each pass has left some.
constexpr Pass kStandardPasses[] = {
    {"simplify_loops", SimplifyLoops, true},
    {"fold_constants", FoldConstants, true},
    {"expand_einsum", ExpandEinsum},
    {"expand_fused_pad", ExpandFusedPad},
    {"drop_identities", DropIdentities},
    {"merge_duplicates", MergeDuplicates},
    {"recognize_layer_norm", RecognizeLayerNorm},
    {"recognize_attention", RecognizeAttention},
    {"recognize_upsampling", RecognizeUpsampling},
    {"channels_last", ChannelsLast},
    {"widen_conv1d", WidenConv1D},
    {"recognize_activations", RecognizeActivations},
    {"dilate_convolutions", DilateConvolutions},
    {"fold_pad_into_conv", FoldPadIntoConv},
    {"fold_scales_into_weights", FoldScalesIntoWeights},
    {"fuse_epilogues", FuseEpilogues},
    {"fuse_elementwise", FuseElementwise},
    {"drop_dead_values", DropDeadValues, true},
};

}  // namespace

absl::Span<const Pass> StandardPasses() { return kStandardPasses; }

absl::StatusOr<bool> RunEverywhere(const Pass& pass, Program& program) {
  FLOE_ASSIGN_OR_RETURN(bool changed, pass.run(program));
  if (pass.visits_regions) return changed;
  for (Op& op : program.ops) {
    for (Program& region : op.regions) {
      FLOE_ASSIGN_OR_RETURN(const bool inside, RunEverywhere(pass, region));
      changed = changed || inside;
    }
  }
  return changed;
}

absl::Status RunPasses(absl::Span<const Pass> passes, const PassOptions& options, Program& program) {
  std::vector<std::string> names;
  for (const Pass& pass : passes) names.emplace_back(pass.name);
  for (const std::string& name : options.disabled) {
    if (std::find(names.begin(), names.end(), name) == names.end()) {
      return absl::InvalidArgumentError(absl::StrCat("no pass is called '", name, "'", DidYouMean(name, names),
                                                     "; there are ", ListNames(names, 100)));
    }
  }
  FLOE_RETURN_IF_ERROR(program.Verify());
  for (const Pass& pass : passes) {
    if (std::find(options.disabled.begin(), options.disabled.end(), pass.name) != options.disabled.end()) continue;
    const absl::StatusOr<bool> changed = RunEverywhere(pass, program);
    if (!changed.ok()) return Annotate(changed.status(), absl::StrCat("pass ", pass.name));
    if (!*changed) continue;
    if (absl::Status status = program.Verify(); !status.ok())
      return Annotate(status, absl::StrCat("after pass ", pass.name));
    if (options.dump) options.dump(pass, program);
  }
  return absl::OkStatus();
}

void Replacements::Replace(ValueId from, ValueId to) {
  if (from >= static_cast<ValueId>(target_.size())) target_.resize(from + 1, -1);
  target_[from] = Resolve(to);
  any_ = true;
}

ValueId Replacements::Resolve(ValueId id) const {
  while (id < static_cast<ValueId>(target_.size()) && target_[id] >= 0) id = target_[id];
  return id;
}

void Replacements::ResolveInputs(Op& op) const {
  for (ValueId& id : op.inputs) id = Resolve(id);
}

void Replacements::ResolveOutputs(Program& program) const {
  for (ValueId& id : program.outputs) id = Resolve(id);
}

void EraseOps(Program& program, const std::vector<bool>& erase) {
  size_t kept = 0;
  for (size_t i = 0; i < program.ops.size(); ++i) {
    if (i < erase.size() && erase[i]) continue;
    if (kept != i) program.ops[kept] = std::move(program.ops[i]);
    ++kept;
  }
  program.ops.resize(kept);
}

}  // namespace floe
