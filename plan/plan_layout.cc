#include "plan/plan_layout.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"

namespace floe {

absl::Status PlanLayout::Run() {
  MarkSynchronization();
  FindLifetimes();
  FindLastUses();
  FLOE_RETURN_IF_ERROR(LayOut());
  FLOE_RETURN_IF_ERROR(CountOutputs());
  FindStretches();
  FindTransientSlots();
  return absl::OkStatus();
}

void PlanLayout::MarkSynchronization() {
  for (size_t i = 0; i < steps().size(); ++i) {
    if (steps()[i].kind != Step::Kind::kCopyToHost) continue;
    const bool more = i + 1 < steps().size() && steps()[i + 1].kind == Step::Kind::kCopyToHost &&
                      steps()[i + 1].space == steps()[i].space;
    steps()[i].synchronize = !more;
  }
}

void PlanLayout::FindLifetimes() {
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
  for (const int slot : plan_.outputs_) use(slot, end);
  for (size_t i = 0; i < slots().size(); ++i) {
    if (slots()[i].kind != SlotKind::kRunTime) continue;
    const int last = lifetimes_[slots()[i].root].last;
    if (last >= 0 && last < end) steps()[last].release.push_back(static_cast<int>(i));
  }
}

bool PlanLayout::IsStatic(const Step& step) const {
  if (step.kernel == nullptr || !step.kernel->recordable() || !step.backend->records()) return false;
  const auto is_fixed = [&](int slot) {
    const SlotKind kind = plan_.slots_[plan_.slots_[slot].root].kind;
    return kind == SlotKind::kArena || kind == SlotKind::kUploaded || plan_.slots_[slot].space == kHostSpace;
  };
  return std::all_of(step.inputs.begin(), step.inputs.end(), is_fixed) &&
         std::all_of(step.outputs.begin(), step.outputs.end(), is_fixed);
}

void PlanLayout::FindStretches() {
  const int count = static_cast<int>(steps().size());
  for (int first = 0; first < count;) {
    int end = first;
    while (end < count && steps()[end].space == steps()[first].space && IsStatic(steps()[end])) ++end;
    if (end - first > 1) steps()[first].stretch_end = end;
    first = std::max(end, first + 1);
  }
}

absl::StatusOr<int64_t> PlanLayout::BytesOf(const Slot& slot) const {
  int64_t bytes;
  if (CheckedMul(slot.shape.ToShape().num_elements(), ElementBytes(slot.dtype), &bytes)) return bytes;
  return absl::ResourceExhaustedError(absl::StrCat("'", plan_.compiled().program().values[slot.value].name, "' (",
                                                   DTypeName(slot.dtype), " ", slot.shape.ToString(),
                                                   ") would be larger than any memory"));
}

absl::Status PlanLayout::CountOutputs() {
  for (size_t i = 0; i < slots().size(); ++i) {
    const Slot& slot = slots()[i];
    if (slot.kind != SlotKind::kOutput || slot.root != static_cast<int>(i)) continue;
    FLOE_ASSIGN_OR_RETURN(const int64_t bytes, BytesOf(slot));
    if (!CheckedAdd(plan_.output_bytes_, bytes, &plan_.output_bytes_)) {
      return absl::ResourceExhaustedError("the outputs would be larger than any memory");
    }
  }
  return absl::OkStatus();
}

void PlanLayout::FindLastUses() {
  for (size_t i = 0; i < steps().size(); ++i) {
    Step& step = steps()[i];
    plan_.copies_to_device_ = plan_.copies_to_device_ || step.kind == Step::Kind::kCopyToDevice;
    for (const auto& region : step.regions) {
      plan_.copies_to_device_ = plan_.copies_to_device_ || (region != nullptr && region->copies_to_device());
    }
    for (size_t k = 0; k < step.inputs.size() && k < 64; ++k) {
      const int slot = step.inputs[k];
      const SlotKind kind = slots()[slot].kind;
      if (kind != SlotKind::kRunTime && kind != SlotKind::kInput) continue;
      const bool is_last = slots()[slot].root == slot && lifetimes_[slot].last == static_cast<int>(i) &&
                           std::count(step.inputs.begin(), step.inputs.end(), slot) == 1;
      if (is_last) step.last_uses |= uint64_t{1} << k;
    }
  }
}

absl::Status PlanLayout::LayOut() {
  for (int space = 0; space < plan_.compiled().num_spaces(); ++space) {
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
    for (size_t i = 0; i < steps().size(); ++i) {
      Step& step = steps()[i];
      int64_t bytes = 0;
      // Only one of them runs at a time.
      for (const auto& region : step.regions) {
        if (region != nullptr) bytes = std::max(bytes, region->arena_bytes(space));
      }
      if (bytes == 0) continue;
      buffers.push_back({bytes, static_cast<int>(i), static_cast<int>(i)});
      offsets.push_back(&step.region_offsets[space]);
    }
    FLOE_ASSIGN_OR_RETURN(const MemoryLayout layout, LayOutMemory(buffers));
    for (size_t i = 0; i < offsets.size(); ++i) *offsets[i] = layout.offsets[i];
    plan_.arena_bytes_.push_back(layout.arena_bytes);
  }
  for (Slot& slot : slots()) slot.offset = slots()[slot.root].offset + slot.within_bytes;
  return absl::OkStatus();
}

void PlanLayout::FindTransientSlots() {
  for (const bool owns : {true, false}) {
    for (size_t i = 0; i < slots().size(); ++i) {
      const Slot& slot = slots()[i];
      const bool is_transient =
          slot.kind != SlotKind::kArena && slot.kind != SlotKind::kConstant && slot.kind != SlotKind::kUploaded;
      if (is_transient && (slot.root == static_cast<int>(i)) == owns) {
        plan_.transient_slots_.push_back(static_cast<int>(i));
      }
    }
  }
}

}  // namespace floe
