#include "plan/plan.h"

#include <algorithm>
#include <numeric>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/contiguous_parts.h"
#include "plan/plan_layout.h"
#include "plan/resolve_shapes.h"

namespace floe {

// Walks the ops in order, gives each live one a step and each value a slot in every space where it is wanted.
class PlanBuilder {
 public:
  // The spaces where inputs come and results are wanted.
  struct Spaces {
    std::vector<int> inputs;
    std::vector<int> outputs;
  };

  PlanBuilder(std::shared_ptr<const CompiledProgram> compiled, Resolution resolution, Spaces spaces)
      : compiled_(*compiled),
        program_(compiled_.program()),
        resolution_(std::move(resolution)),
        values_(resolution_.values),
        spaces_(std::move(spaces)),
        plan_(new Plan) {
    plan_->compiled_ = std::move(compiled);
    slot_of_.assign(compiled_.num_spaces(), std::vector<int>(program_.values.size(), -1));
    home_.assign(program_.values.size(), kHostSpace);
  }

  absl::StatusOr<std::shared_ptr<const Plan>> Build() {
    FindLive();
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
      Slot slot = NewSlot(program_.inputs[i], spaces_.inputs[i], SlotKind::kInput);
      slot.input = static_cast<int>(i);
      home_[slot.value] = slot.space;
      AddSlot(std::move(slot));
    }
    for (size_t i = 0; i < program_.ops.size(); ++i) {
      if (!live_[i]) continue;
      const Op& op = program_.ops[i];
      const int index = static_cast<int>(i);
      const absl::Status status = !compiled_.regions(index).empty() ? AddRegions(index)
                                  : op.info->is_view()              ? AddView(index)
                                  : AddParts(index)                 ? absl::OkStatus()
                                                                    : AddLaunch(index);
      if (!status.ok()) return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
    }
    for (size_t i = 0; i < slots().size(); ++i) FindRoot(static_cast<int>(i));
    AddOutputs();
    FLOE_RETURN_IF_ERROR(PlanLayout(*plan_).Run());
    return std::shared_ptr<const Plan>(std::move(plan_));
  }

 private:
  std::vector<Slot>& slots() { return plan_->slots_; }
  std::vector<Step>& steps() { return plan_->steps_; }
  bool IsKnown(ValueId id) const { return values_[id].value.has_value(); }
  bool HasShape(ValueId id) const { return values_[id].shape.IsFullyDefined(); }
  bool HasFixedBytes(ValueId id) const { return HasShape(id) && ElementBytes(program_.values[id].dtype) > 0; }

  // Lists and handles have no elements to lay out: the kernel makes them.
  bool IsObject(ValueId id) const {
    const DType dtype = program_.values[id].dtype;
    return dtype == DType::kVariant || dtype == DType::kResource;
  }

  // Ops whose results somebody needs and nobody knows yet.
  void FindLive() {
    std::vector<bool> needed(program_.values.size(), false);
    for (const ValueId id : program_.outputs) needed[id] = true;
    live_.assign(program_.ops.size(), false);
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      live_[i] = HasEffects(static_cast<int>(i));
      for (const ValueId id : op.outputs) live_[i] = live_[i] || (needed[id] && !IsKnown(id));
      if (!live_[i]) continue;
      for (const ValueId id : op.inputs) needed[id] = true;
    }
  }

  bool HasEffects(int op) const {
    if (program_.ops[op].info->is_stateful()) return true;
    const auto regions = compiled_.regions(op);
    return std::any_of(regions.begin(), regions.end(), [](const auto& region) { return region->has_effects(); });
  }

  Slot NewSlot(ValueId id, int space, SlotKind kind) const {
    return {.value = id, .dtype = program_.values[id].dtype, .shape = values_[id].shape, .space = space, .kind = kind};
  }

  int AddSlot(Slot slot) {
    const int index = static_cast<int>(slots().size());
    if (slot.root < 0) slot.root = index;
    slot_of_[slot.space][slot.value] = index;
    slots().push_back(std::move(slot));
    return index;
  }

  // The slot of a result of a step in `space`.
  int AddResult(ValueId id, int space) {
    home_[id] = space;
    return AddSlot(NewSlot(id, space, HasFixedBytes(id) ? SlotKind::kArena : SlotKind::kRunTime));
  }

  // The slot of a value that is there already, copied into `space` where it is not there yet.
  int SlotIn(ValueId id, int space) {
    if (slot_of_[space][id] >= 0) return slot_of_[space][id];
    if (IsKnown(id) || compiled_.is_released(id)) {
      if (space != kHostSpace && program_.values[id].constant) {
        return AddSlot(NewSlot(id, space, SlotKind::kUploaded));
      }
      if (space == kHostSpace || compiled_.is_released(id)) {
        Slot slot = NewSlot(id, space, SlotKind::kConstant);
        slot.constant =
            IsKnown(id) ? *values_[id].value : Tensor::View(slot.dtype, slot.shape.ToShape(), nullptr, nullptr);
        return AddSlot(std::move(slot));
      }
    }
    // From one device to another by way of the host.
    const bool to_device = space != kHostSpace;
    const int from = to_device ? SlotIn(id, kHostSpace) : slot_of_[home_[id]][id];
    const int to = AddSlot(NewSlot(id, space, HasFixedBytes(id) ? SlotKind::kArena : SlotKind::kRunTime));
    Step step;
    step.kind = to_device ? Step::Kind::kCopyToDevice : Step::Kind::kCopyToHost;
    step.space = to_device ? space : home_[id];
    step.backend = compiled_.backend_of_space(step.space);
    step.inputs = {from};
    step.outputs = {to};
    steps().push_back(std::move(step));
    return to;
  }

  // Where the value is now.
  int SlotAtHome(ValueId id) { return SlotIn(id, home_[id]); }

  absl::Status AddView(int index) {
    const Op& op = program_.ops[index];
    const ValueId result = op.outputs[0];
    const int from = SlotAtHome(op.inputs[0]);
    const int space = slots()[from].space;
    home_[result] = space;
    const bool at_run_time = slots()[from].kind == SlotKind::kRunTime || !HasShape(result) ||
                             !slots()[from].shape.IsFullyDefined() || program_.values[result].dtype == DType::kVariant;
    if (!at_run_time) {
      Slot slot = slots()[from];
      slot.value = result;
      slot.shape = values_[result].shape;
      if (slot.kind == SlotKind::kConstant) slot.constant = slot.constant.Reshaped(slot.shape.ToShape());
      AddSlot(std::move(slot));
      return absl::OkStatus();
    }
    Step step;
    step.kind = Step::Kind::kView;
    step.op = index;
    step.space = space;
    step.inputs.push_back(from);
    for (size_t k = 1; k < op.inputs.size(); ++k) step.inputs.push_back(SlotIn(op.inputs[k], kHostSpace));
    step.host_inputs = step.inputs;
    if (space != kHostSpace) step.host_inputs[0] = -1;
    Slot slot = NewSlot(result, space, SlotKind::kRunTime);
    // A list is held by its slots, and its memory is nobody else's.
    if (slot.dtype != DType::kVariant) slot.root = slots()[from].root;
    step.outputs.push_back(AddSlot(std::move(slot)));
    steps().push_back(std::move(step));
    return absl::OkStatus();
  }

  bool NeedsNoElements(const Op& op, ValueId id) const {
    return op.info->is_from_shape() || (op.info->is_from_lists() && program_.values[id].dtype == DType::kVariant);
  }

  // Joins, splits and slices whose parts can lie in one buffer: nothing to run. False where there is more to do.
  bool AddParts(int index) {
    const Op& op = program_.ops[index];
    const auto has_fixed_bytes = [&](ValueId id) { return HasFixedBytes(id); };
    if (!std::all_of(op.inputs.begin(), op.inputs.end(), has_fixed_bytes) ||
        !std::all_of(op.outputs.begin(), op.outputs.end(), has_fixed_bytes)) {
      return false;
    }
    std::vector<TensorInfo> inputs, outputs;
    for (const ValueId id : op.inputs) inputs.push_back(InfoOf(id));
    for (const ValueId id : op.outputs) outputs.push_back(InfoOf(id));
    const std::optional<ContiguousParts> parts = FindContiguousParts(op.info->name, op.attrs, inputs, outputs);
    if (!parts.has_value()) return false;
    const ValueId whole = parts->joins ? op.outputs[0] : op.inputs[parts->first_input];
    std::vector<int64_t> within_bytes;
    for (const int64_t first : parts->first_elements) {
      int64_t& bytes = within_bytes.emplace_back();
      // Kernels count on the alignment of what they are given.
      if (!CheckedMul(first, ElementBytes(program_.values[whole].dtype), &bytes) || bytes % kTensorAlignmentBytes != 0)
        return false;
    }
    return parts->joins ? AddJoin(index, parts->first_input, within_bytes) : AddSplit(index, whole, within_bytes);
  }

  // The results are parts of the input's buffer.
  bool AddSplit(int index, ValueId whole, absl::Span<const int64_t> within_bytes) {
    if (IsKnown(whole) || compiled_.is_released(whole)) return false;
    // A device that wants the parts gets the whole, once.
    const int space = compiled_.SpaceOf(*compiled_.placement(index).backend);
    const Slot from = slots()[space == kHostSpace ? SlotAtHome(whole) : SlotIn(whole, space)];
    if (from.kind != SlotKind::kArena && from.kind != SlotKind::kInput) return false;
    for (size_t k = 0; k < within_bytes.size(); ++k) {
      const ValueId result = program_.ops[index].outputs[k];
      Slot slot = from;
      slot.value = result;
      slot.shape = values_[result].shape;
      slot.within_bytes += within_bytes[k];
      home_[result] = slot.space;
      AddSlot(std::move(slot));
    }
    return true;
  }

  // The inputs are made where the result wants them: each must be all that its buffer holds, and in no other join.
  bool AddJoin(int index, int first_input, absl::Span<const int64_t> within_bytes) {
    const Op& op = program_.ops[index];
    const int space = compiled_.SpaceOf(*compiled_.placement(index).backend);
    std::vector<int> roots;
    for (size_t k = 0; k < within_bytes.size(); ++k) {
      const int part = SlotIn(op.inputs[first_input + k], space);
      const int root = FindRoot(part);
      if (slots()[root].kind != SlotKind::kArena || slots()[part].within_bytes != 0 ||
          slots()[part].dtype != slots()[root].dtype ||
          slots()[part].shape.ToShape().num_elements() != slots()[root].shape.ToShape().num_elements()) {
        return false;
      }
      roots.push_back(root);
    }
    std::vector<int> sorted = roots;
    std::sort(sorted.begin(), sorted.end());
    if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) return false;
    const int result = AddResult(op.outputs[0], space);
    for (size_t k = 0; k < roots.size(); ++k) {
      slots()[roots[k]].root = result;
      slots()[roots[k]].within_bytes = within_bytes[k];
    }
    return true;
  }

  // The slot that owns the memory of this one, which becomes its root.
  int FindRoot(int index) {
    int root = index;
    int64_t within_bytes = 0;
    for (; slots()[root].root != root; root = slots()[root].root) within_bytes += slots()[root].within_bytes;
    // All on the way point there too, so that a row of joins costs no more than its length.
    for (int i = index; i != root;) {
      const int64_t own = slots()[i].within_bytes;
      slots()[i].within_bytes = within_bytes;
      within_bytes -= own;
      i = std::exchange(slots()[i].root, root);
    }
    return root;
  }

  absl::Status AddLaunch(int index) {
    const Op& op = program_.ops[index];
    const Placement& placement = compiled_.placement(index);
    Step step;
    step.op = index;
    step.backend = placement.backend;
    step.space = compiled_.SpaceOf(*placement.backend);
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      const ValueId id = op.inputs[k];
      const bool on_host = placement.kernel->ReadsOnHost(static_cast<int>(k));
      step.inputs.push_back(NeedsNoElements(op, id) ? SlotAtHome(id) : SlotIn(id, on_host ? kHostSpace : step.space));
    }
    const bool at_run_time =
        !std::all_of(op.inputs.begin(), op.inputs.end(), [&](ValueId id) { return HasShape(id); }) ||
        !std::all_of(op.outputs.begin(), op.outputs.end(),
                     [&](ValueId id) { return HasFixedBytes(id) || IsObject(id); });
    if (at_run_time) {
      for (size_t k = 0; k < op.inputs.size(); ++k) step.host_inputs.push_back(HostSlotFor(op, k));
    } else {
      std::vector<TensorInfo> inputs, outputs;
      for (const ValueId id : op.inputs) inputs.push_back(InfoOf(id));
      for (const ValueId id : op.outputs) {
        outputs.push_back({program_.values[id].dtype, values_[id].shape, nullptr, values_[id].list});
      }
      FLOE_ASSIGN_OR_RETURN(step.kernel, placement.kernel->Prepare(inputs, outputs));
    }
    for (const ValueId id : op.outputs) step.outputs.push_back(AddResult(id, step.space));
    steps().push_back(std::move(step));
    return absl::OkStatus();
  }

  // If, Case and While: their regions become plans, with memory in this one's arenas.
  absl::Status AddRegions(int index) {
    const Op& op = program_.ops[index];
    const auto regions = compiled_.regions(index);
    std::vector<Resolution>& inside = resolution_.regions[index];
    const bool loops = absl::string_view(op.info->name) == "While";
    Step step;
    step.kind = loops ? Step::Kind::kLoop : Step::Kind::kBranch;
    step.op = index;
    if (!loops) {
      FLOE_ASSIGN_OR_RETURN(const std::optional<int> chosen,
                            KnownBranch(op, values_[op.inputs[0]].value, regions.size()));
      step.chosen = chosen.value_or(-1);
      step.inputs.push_back(SlotIn(op.inputs[0], kHostSpace));
    }
    const size_t first = step.inputs.size();
    std::vector<int> spaces;
    for (size_t k = first; k < op.inputs.size(); ++k) spaces.push_back(slots()[SlotAtHome(op.inputs[k])].space);
    std::vector<int> results = regions.back()->OutputSpaces(spaces);
    if (loops) {
      // A variable stays where the body makes it.
      std::copy(results.begin(), results.end(), spaces.begin());
    } else {
      for (const auto& region : regions) {
        const std::vector<int> own = region->OutputSpaces(spaces);
        for (size_t k = 0; k < own.size(); ++k) results[k] = own[k] == results[k] ? own[k] : kHostSpace;
      }
    }
    for (size_t k = first; k < op.inputs.size(); ++k) step.inputs.push_back(SlotIn(op.inputs[k], spaces[k - first]));
    step.region_offsets.assign(compiled_.num_spaces(), 0);
    for (size_t i = 0; i < regions.size(); ++i) {
      std::shared_ptr<const Plan>& plan = step.regions.emplace_back();
      step.region_status.push_back(inside[i].status);
      const bool is_taken = step.chosen < 0 || step.chosen == static_cast<int>(i);
      if (!is_taken || !inside[i].status.ok()) continue;
      const bool is_condition = loops && i == 0;
      FLOE_ASSIGN_OR_RETURN(plan, PlanBuilder(regions[i], std::move(inside[i]),
                                              {spaces, is_condition ? std::vector<int>{kHostSpace} : results})
                                      .Build());
    }
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      home_[op.outputs[k]] = results[k];
      step.outputs.push_back(AddSlot(NewSlot(op.outputs[k], results[k], SlotKind::kRunTime)));
    }
    steps().push_back(std::move(step));
    return absl::OkStatus();
  }

  TensorInfo InfoOf(ValueId id) const {
    return {program_.values[id].dtype, values_[id].shape, IsKnown(id) ? &*values_[id].value : nullptr,
            values_[id].list};
  }

  // Shape inference at run time reads integers (sizes, axes, indices): those come to the host too.
  int HostSlotFor(const Op& op, size_t k) {
    const ValueId id = op.inputs[k];
    if (slot_of_[kHostSpace][id] >= 0 || IsKnown(id)) return compiled_.is_released(id) ? -1 : SlotIn(id, kHostSpace);
    const DType dtype = program_.values[id].dtype;
    const bool wanted = !op.info->is_from_shape() && (dtype == DType::kInt32 || dtype == DType::kInt64);
    return wanted ? SlotIn(id, kHostSpace) : -1;
  }

  void AddOutputs() {
    for (size_t i = 0; i < program_.outputs.size(); ++i) {
      const int slot = SlotIn(program_.outputs[i], spaces_.outputs[i]);
      plan_->outputs_.push_back(slot);
      Slot& root = slots()[slots()[slot].root];
      if (root.kind == SlotKind::kArena) root.kind = SlotKind::kOutput;
    }
    for (Slot& slot : slots()) {
      if (slot.kind == SlotKind::kArena && slots()[slot.root].kind == SlotKind::kOutput) slot.kind = SlotKind::kOutput;
    }
  }

  const CompiledProgram& compiled_;
  const Program& program_;
  Resolution resolution_;
  std::vector<ResolvedValue>& values_;
  const Spaces spaces_;
  std::unique_ptr<Plan> plan_;
  std::vector<bool> live_;                 // by op
  std::vector<std::vector<int>> slot_of_;  // by space and value
  std::vector<int> home_;                  // by value: the space of its first slot
};

int64_t Plan::arena_bytes() const { return std::accumulate(arena_bytes_.begin(), arena_bytes_.end(), int64_t{0}); }

absl::StatusOr<std::shared_ptr<const Plan>> MakePlan(std::shared_ptr<const CompiledProgram> compiled,
                                                     absl::Span<const Shape> input_shapes) {
  FLOE_ASSIGN_OR_RETURN(Resolution resolution, ResolveShapes(*compiled, input_shapes));
  const Program& program = compiled->program();
  PlanBuilder::Spaces host = {std::vector<int>(program.inputs.size(), kHostSpace),
                              std::vector<int>(program.outputs.size(), kHostSpace)};
  return PlanBuilder(std::move(compiled), std::move(resolution), std::move(host)).Build();
}

}  // namespace floe
