#include "model/plan_summary.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "base/checked_math.h"
#include "model/describe_program.h"
#include "model/roofline.h"
#include "plan/flops.h"

namespace floe {
namespace {

int64_t BytesOf(const Slot& slot) {
  return slot.shape.IsFullyDefined() ? slot.shape.ToShape().num_elements() * ElementBytes(slot.dtype) : 0;
}

std::string TypeOf(const Slot& slot) { return absl::StrCat(DTypeName(slot.dtype), slot.shape.ToString()); }

// The kernel's own count, else what the op takes by its shapes.
int64_t FlopsOf(const Plan& plan, const Step& step) {
  if (step.kernel != nullptr && step.kernel->flops() > 0) return step.kernel->flops();
  if (step.kind != Step::Kind::kLaunch) return 0;
  const Op& op = plan.compiled().program().ops[step.op];
  const auto infos = [&](const std::vector<int>& slots) {
    std::vector<TensorInfo> result;
    for (const int slot : slots) result.push_back({plan.slots()[slot].dtype, plan.slots()[slot].shape, nullptr});
    return result;
  };
  return CountFlops(*op.info, op.attrs, infos(step.inputs), infos(step.outputs));
}

PlanStep Describe(const Plan& plan, const Step& step, int threads) {
  const Program& program = plan.compiled().program();
  PlanStep out;
  if (step.is_copy()) {
    out.name = program.values[plan.slots()[step.outputs[0]].value].name;
    out.op = step.kind == Step::Kind::kCopyToDevice ? "CopyToDevice" : "CopyToHost";
    out.kernel = "copy";
  } else {
    out.name = program.ops[step.op].name;
    out.op = program.ops[step.op].info->name;
    out.kernel = step.kind == Step::Kind::kView ? "view"
                 : step.kernel != nullptr       ? step.kernel->description()
                 : !step.regions.empty()        ? "regions"
                                                : "at run time";
  }
  out.backend = step.backend != nullptr ? std::string(step.backend->name()) : "";
  out.flops = FlopsOf(plan, step);
  for (const int input : step.inputs) {
    out.bytes += BytesOf(plan.slots()[input]);
    out.input_shapes.push_back(TypeOf(plan.slots()[input]));
  }
  for (const int output : step.outputs) {
    const Slot& slot = plan.slots()[output];
    out.bytes += BytesOf(slot);
    out.output_shapes.push_back(TypeOf(slot));
  }
  if (step.kind == Step::Kind::kView || !step.regions.empty()) out.bytes = 0;
  if (!step.outputs.empty() && plan.slots()[step.outputs[0]].kind == SlotKind::kArena) {
    out.arena_offset = plan.slots()[step.outputs[0]].offset;
  }
  out.estimate_us = RooflineOf(out.backend, threads).Micros(out.flops, out.bytes);
  return out;
}

int64_t Sum(int64_t a, int64_t b) {
  int64_t sum;
  return CheckedAdd(a, b, &sum) ? sum : std::numeric_limits<int64_t>::max();
}

// The steps of regions come behind the step that runs them; what they take is counted for one iteration.
void AddSteps(const Plan& plan, int threads, int depth, const std::string& region, int* stretches,
              PlanSummary* summary) {
  int stretch_end = 0;
  for (int index = 0; index < static_cast<int>(plan.steps().size()); ++index) {
    const Step& step = plan.steps()[index];
    PlanStep described = Describe(plan, step, threads);
    described.depth = depth;
    described.region = region;
    if (step.stretch_end > index) {
      stretch_end = step.stretch_end;
      ++*stretches;
    }
    if (index < stretch_end) described.stretch = *stretches - 1;
    if (step.kind != Step::Kind::kView && step.regions.empty()) ++summary->launches;
    summary->flops = Sum(summary->flops, described.flops);
    summary->bytes = Sum(summary->bytes, described.bytes);
    summary->estimate_us += described.estimate_us;
    const std::string name = described.name;
    summary->steps.push_back(std::move(described));
    for (size_t i = 0; i < step.regions.size(); ++i) {
      if (step.regions[i] == nullptr) continue;
      const std::string part = RegionName(plan.compiled().program().ops[step.op], i);
      AddSteps(*step.regions[i], threads, depth + 1, absl::StrCat(name, ": ", part), stretches, summary);
    }
  }
}

}  // namespace

PlanSummary Summarize(const Plan& plan, int threads) {
  PlanSummary summary;
  int stretches = 0;
  AddSteps(plan, threads, 0, "", &stretches, &summary);
  summary.arena_bytes = plan.arena_bytes();
  return summary;
}

std::string PlanSummary::ToText() const {
  size_t name_width = 4, op_width = 2, kernel_width = 6;
  for (const PlanStep& step : steps) {
    name_width = std::max(name_width, std::min<size_t>(step.name.size(), 60));
    op_width = std::max(op_width, step.op.size());
    kernel_width = std::max(kernel_width, step.backend.size() + 1 + step.kernel.size());
  }
  std::string text =
      absl::StrFormat("%4s  %-*s  %-*s  %-*s  %10s  %12s  %12s  %11s  %s\n", "step", name_width, "name", op_width, "op",
                      kernel_width, "kernel", "Mflop", "bytes", "offset", "at least us", "outputs");
  for (size_t i = 0; i < steps.size(); ++i) {
    const PlanStep& step = steps[i];
    const std::string indent(static_cast<size_t>(2 * step.depth), ' ');
    if (step.region != (i > 0 ? steps[i - 1].region : "")) {
      absl::StrAppend(&text, indent, step.region.empty() ? "(after the regions)" : step.region, "\n");
    }
    text += indent;
    absl::StrAppendFormat(&text, "%4d  %-*s  %-*s  %-*s  %10.2f  %12d  %12s  %11.1f  %s\n", i, name_width, step.name,
                          op_width, step.op, kernel_width, absl::StrCat(step.backend, "/", step.kernel),
                          static_cast<double>(step.flops) / 1e6, step.bytes,
                          step.arena_offset >= 0 ? absl::StrCat(step.arena_offset) : "-", step.estimate_us,
                          absl::StrJoin(step.output_shapes, " "));
  }
  absl::StrAppendFormat(&text, "%d steps, %d launches, %.1f Mflop, %.1f MB moved, arena %.1f MB, at least %.3f ms\n",
                        steps.size(), launches, static_cast<double>(flops) / 1e6, static_cast<double>(bytes) / 1e6,
                        static_cast<double>(arena_bytes) / 1e6, estimate_us / 1e3);
  return text;
}

}  // namespace floe
