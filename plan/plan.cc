#include "plan/plan.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "plan/memory_layout.h"
#include "plan/resolve_shapes.h"

namespace floe {

// Walks the ops in order, gives each live one a step and each value a slot in every space where it is wanted, then lays
// out memory.
class PlanBuilder {
 public:
  PlanBuilder(std::shared_ptr<const CompiledProgram> compiled, std::vector<ResolvedValue> values)
      : compiled_(*compiled), program_(compiled_.program()), values_(std::move(values)), plan_(new Plan) {
    plan_->compiled_ = std::move(compiled);
    slot_of_.assign(compiled_.num_spaces(), std::vector<int>(program_.values.size(), -1));
    home_.assign(program_.values.size(), kHostSpace);
  }

  absl::StatusOr<std::shared_ptr<const Plan>> Build() {
    FindLive();
    for (size_t i = 0; i < program_.inputs.size(); ++i) {
      Slot slot = NewSlot(program_.inputs[i], kHostSpace, SlotKind::kInput);
      slot.input = static_cast<int>(i);
      AddSlot(std::move(slot));
    }
    for (size_t i = 0; i < program_.ops.size(); ++i) {
      if (!live_[i]) continue;
      const Op& op = program_.ops[i];
      const absl::Status status = op.info->is_view() ? AddView(static_cast<int>(i)) : AddLaunch(static_cast<int>(i));
      if (!status.ok()) return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
    }
    AddOutputs();
    MarkSynchronization();
    FindLifetimes();
    FLOE_RETURN_IF_ERROR(LayOut());
    FLOE_RETURN_IF_ERROR(CountOutputs());
    FindStretches();
    return std::shared_ptr<const Plan>(std::move(plan_));
  }

 private:
  std::vector<Slot>& slots() { return plan_->slots_; }
  std::vector<Step>& steps() { return plan_->steps_; }
  bool IsKnown(ValueId id) const { return values_[id].value.has_value(); }
  bool HasShape(ValueId id) const { return values_[id].shape.IsFullyDefined(); }
  bool HasFixedBytes(ValueId id) const { return HasShape(id) && ElementBytes(program_.values[id].dtype) > 0; }

  // Ops whose results somebody needs and nobody knows yet.
  void FindLive() {
    std::vector<bool> needed(program_.values.size(), false);
    for (const ValueId id : program_.outputs) needed[id] = true;
    live_.assign(program_.ops.size(), false);
    for (size_t i = program_.ops.size(); i-- > 0;) {
      const Op& op = program_.ops[i];
      live_[i] = op.info->is_stateful();
      for (const ValueId id : op.outputs) live_[i] = live_[i] || (needed[id] && !IsKnown(id));
      if (!live_[i]) continue;
      for (const ValueId id : op.inputs) needed[id] = true;
    }
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
    const bool at_run_time = slots()[from].kind == SlotKind::kRunTime || !HasShape(result);
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
    slot.root = slots()[from].root;
    step.outputs.push_back(AddSlot(std::move(slot)));
    steps().push_back(std::move(step));
    return absl::OkStatus();
  }

  absl::Status AddLaunch(int index) {
    const Op& op = program_.ops[index];
    const Placement& placement = compiled_.placement(index);
    Step step;
    step.op = index;
    step.backend = placement.backend;
    step.space = compiled_.SpaceOf(*placement.backend);
    for (const ValueId id : op.inputs) {
      step.inputs.push_back(op.info->is_from_shape() ? SlotAtHome(id) : SlotIn(id, step.space));
    }
    const bool at_run_time =
        !std::all_of(op.inputs.begin(), op.inputs.end(), [&](ValueId id) { return HasShape(id); }) ||
        !std::all_of(op.outputs.begin(), op.outputs.end(), [&](ValueId id) { return HasFixedBytes(id); });
    if (at_run_time) {
      for (size_t k = 0; k < op.inputs.size(); ++k) step.host_inputs.push_back(HostSlotFor(op, k));
    } else {
      std::vector<TensorInfo> inputs, outputs;
      for (const ValueId id : op.inputs) inputs.push_back(InfoOf(id));
      for (const ValueId id : op.outputs) outputs.push_back({program_.values[id].dtype, values_[id].shape, nullptr});
      FLOE_ASSIGN_OR_RETURN(step.kernel, placement.kernel->Prepare(inputs, outputs));
    }
    for (const ValueId id : op.outputs) step.outputs.push_back(AddResult(id, step.space));
    steps().push_back(std::move(step));
    return absl::OkStatus();
  }

  TensorInfo InfoOf(ValueId id) const {
    return {program_.values[id].dtype, values_[id].shape, IsKnown(id) ? &*values_[id].value : nullptr};
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
    for (const ValueId id : program_.outputs) {
      const int slot = SlotIn(id, kHostSpace);
      plan_->outputs_.push_back(slot);
      Slot& root = slots()[slots()[slot].root];
      if (root.kind == SlotKind::kArena) root.kind = SlotKind::kOutput;
    }
    for (Slot& slot : slots()) {
      if (slot.kind == SlotKind::kArena && slots()[slot.root].kind == SlotKind::kOutput) slot.kind = SlotKind::kOutput;
    }
  }

  // One wait serves a row of copies to the host.
  void MarkSynchronization() {
    for (size_t i = 0; i < steps().size(); ++i) {
      if (steps()[i].kind != Step::Kind::kCopyToHost) continue;
      const bool more = i + 1 < steps().size() && steps()[i + 1].kind == Step::Kind::kCopyToHost &&
                        steps()[i + 1].space == steps()[i].space;
      steps()[i].synchronize = !more;
    }
  }

  void FindLifetimes() {
    const int end = static_cast<int>(steps().size());
    lifetimes_.assign(slots().size(), {0, end, -1});
    const auto use = [&](int slot, int step) {
      BufferLifetime& lifetime = lifetimes_[slots()[slot].root];
      lifetime.first = std::min(lifetime.first, step);
      lifetime.last = std::max(lifetime.last, step);
    };
    for (int i = 0; i < end; ++i) {
      const Step& step = steps()[i];
      // A device may still read the host's bytes some steps later, up to the next time it is waited for.
      for (const int slot : step.inputs) use(slot, step.kind == Step::Kind::kCopyToDevice ? end : i);
      for (const int slot : step.host_inputs) {
        if (slot >= 0) use(slot, i);
      }
      for (const int slot : step.outputs) use(slot, i);
    }
    for (const int slot : plan_->outputs_) use(slot, end);
    for (size_t i = 0; i < slots().size(); ++i) {
      if (slots()[i].kind != SlotKind::kRunTime) continue;
      const int last = lifetimes_[slots()[i].root].last;
      if (last >= 0 && last < end) steps()[last].release.push_back(static_cast<int>(i));
    }
  }

  // A launch whose addresses and shapes are the same in every run.
  bool IsStatic(const Step& step) const {
    if (step.kernel == nullptr || !step.kernel->recordable() || !step.backend->records()) return false;
    const auto is_fixed = [&](int slot) {
      const SlotKind kind = plan_->slots_[plan_->slots_[slot].root].kind;
      return kind == SlotKind::kArena || kind == SlotKind::kUploaded || plan_->slots_[slot].space == kHostSpace;
    };
    return std::all_of(step.inputs.begin(), step.inputs.end(), is_fixed) &&
           std::all_of(step.outputs.begin(), step.outputs.end(), is_fixed);
  }

  // Maximal runs of static launches on one device. A single launch gains nothing by a recording.
  void FindStretches() {
    const int count = static_cast<int>(steps().size());
    for (int first = 0; first < count;) {
      int end = first;
      while (end < count && steps()[end].space == steps()[first].space && IsStatic(steps()[end])) ++end;
      if (end - first > 1) steps()[first].stretch_end = end;
      first = std::max(end, first + 1);
    }
  }

  absl::StatusOr<int64_t> BytesOf(const Slot& slot) const {
    int64_t bytes;
    if (CheckedMul(slot.shape.ToShape().num_elements(), ElementBytes(slot.dtype), &bytes)) return bytes;
    return absl::ResourceExhaustedError(absl::StrCat("'", program_.values[slot.value].name, "' (",
                                                     DTypeName(slot.dtype), " ", slot.shape.ToString(),
                                                     ") would be larger than any memory"));
  }

  absl::Status CountOutputs() {
    for (size_t i = 0; i < slots().size(); ++i) {
      const Slot& slot = slots()[i];
      if (slot.kind != SlotKind::kOutput || slot.root != static_cast<int>(i)) continue;
      FLOE_ASSIGN_OR_RETURN(const int64_t bytes, BytesOf(slot));
      if (!CheckedAdd(plan_->output_bytes_, bytes, &plan_->output_bytes_)) {
        return absl::ResourceExhaustedError("the outputs would be larger than any memory");
      }
    }
    return absl::OkStatus();
  }

  absl::Status LayOut() {
    for (int space = 0; space < compiled_.num_spaces(); ++space) {
      std::vector<BufferLifetime> buffers;
      std::vector<int64_t*> offsets;
      for (size_t i = 0; i < slots().size(); ++i) {
        Slot& slot = slots()[i];
        const bool own = slot.kind == SlotKind::kArena && slot.space == space && slot.root == static_cast<int>(i);
        if (!own) continue;
        FLOE_ASSIGN_OR_RETURN(lifetimes_[i].bytes, BytesOf(slot));
        buffers.push_back(lifetimes_[i]);
        offsets.push_back(&slot.offset);
      }
      for (size_t i = 0; i < steps().size(); ++i) {
        Step& step = steps()[i];
        if (step.kernel == nullptr || step.space != space || step.kernel->scratch_bytes() == 0) continue;
        buffers.push_back({step.kernel->scratch_bytes(), static_cast<int>(i), static_cast<int>(i)});
        offsets.push_back(&step.scratch_offset);
      }
      FLOE_ASSIGN_OR_RETURN(const MemoryLayout layout, LayOutMemory(buffers));
      for (size_t i = 0; i < offsets.size(); ++i) *offsets[i] = layout.offsets[i];
      plan_->arena_bytes_.push_back(layout.arena_bytes);
    }
    for (Slot& slot : slots()) slot.offset = slots()[slot.root].offset;
    return absl::OkStatus();
  }

  const CompiledProgram& compiled_;
  const Program& program_;
  std::vector<ResolvedValue> values_;
  std::unique_ptr<Plan> plan_;
  std::vector<bool> live_;                 // by op
  std::vector<std::vector<int>> slot_of_;  // by space and value
  std::vector<int> home_;                  // by value: the space of its first slot
  std::vector<BufferLifetime> lifetimes_;  // by slot, kept at the root
};

int64_t Plan::arena_bytes() const { return std::accumulate(arena_bytes_.begin(), arena_bytes_.end(), int64_t{0}); }

absl::StatusOr<std::shared_ptr<const Plan>> MakePlan(std::shared_ptr<const CompiledProgram> compiled,
                                                     absl::Span<const Shape> input_shapes) {
  FLOE_ASSIGN_OR_RETURN(std::vector<ResolvedValue> values, ResolveShapes(*compiled, input_shapes));
  return PlanBuilder(std::move(compiled), std::move(values)).Build();
}

}  // namespace floe
