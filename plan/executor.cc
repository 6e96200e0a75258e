#include "plan/executor.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/available_memory.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/string_budget.h"

namespace floe {
namespace {

absl::Status AnnotateStep(const absl::Status& status, const Plan& plan, const Step& step) {
  const Program& program = plan.compiled().program();
  if (step.op < 0) {
    const Slot& slot = plan.slots()[step.outputs[0]];
    return Annotate(status, absl::StrCat("copy of '", program.values[slot.value].name, "'"));
  }
  const Op& op = program.ops[step.op];
  return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
}

int64_t BytesOf(DType dtype, int64_t elements) {
  int64_t bytes;
  return CheckedMul(elements, ElementMemoryBytes(dtype), &bytes) ? bytes : INT64_MAX;
}

bool SharesElements(const Tensor& a, const Tensor& b) {
  const auto begin = [](const Tensor& tensor) { return reinterpret_cast<uintptr_t>(tensor.raw_data()); };
  const auto end = [&](const Tensor& tensor) {
    return begin(tensor) + static_cast<uintptr_t>(BytesOf(tensor.dtype(), tensor.num_elements()));
  };
  return begin(a) < end(b) && begin(b) < end(a);
}

}  // namespace

Executor::~Executor() = default;

int64_t Executor::arena_bytes() const {
  int64_t total = 0;
  for (const Arena& arena : arenas_) total += arena.bytes;
  return total;
}

// Each of a run's allocations might be had by itself, and all of them together not.
absl::Status Executor::CheckMemory(const Plan& plan) const {
  const int64_t arena = plan.arena_bytes(kHostSpace);
  const int64_t held = arenas_.empty() ? 0 : arenas_[kHostSpace].bytes;
  int64_t wanted;
  if (CheckedAdd(std::max<int64_t>(0, arena - held), plan.output_bytes(), &wanted) && FitsInMemory(wanted)) {
    return absl::OkStatus();
  }
  return absl::ResourceExhaustedError(absl::StrCat("no memory for a run on these shapes: it takes ", arena,
                                                   " bytes and ", plan.output_bytes(), " for the outputs; ",
                                                   AvailableMemoryBytes(), " are left"));
}

absl::Status Executor::Grow(const Plan& plan) {
  arenas_.resize(plan.compiled().num_spaces());
  for (int space = 0; space < plan.compiled().num_spaces(); ++space) {
    Arena& arena = arenas_[space];
    const Backend* const backend = plan.compiled().backend_of_space(space);
    if (backend != nullptr && arena.stream == nullptr) {
      FLOE_ASSIGN_OR_RETURN(arena.stream, backend->CreateStream());
    }
    const int64_t bytes = plan.arena_bytes(space);
    if (bytes <= arena.bytes) continue;
    // The old arena goes first: both at once might not fit.
    arena.bytes = 0;
    arena.data = nullptr;
    plan_ = nullptr;
    recorded_.clear();
    if (backend == nullptr) {
      arena.host = Tensor();
      FLOE_ASSIGN_OR_RETURN(arena.host, Tensor::Allocate(DType::kUint8, Shape({bytes})));
      arena.data = arena.host.mutable_data<char>();
    } else {
      arena.device = nullptr;
      FLOE_ASSIGN_OR_RETURN(arena.device, backend->Allocate(bytes));
      arena.data = static_cast<char*>(arena.device->data());
    }
    arena.bytes = bytes;
  }
  return absl::OkStatus();
}

absl::Status Executor::Bind(const std::shared_ptr<const Plan>& plan) {
  if (plan == plan_) return absl::OkStatus();
  FLOE_RETURN_IF_ERROR(CheckMemory(*plan));
  FLOE_RETURN_IF_ERROR(Grow(*plan));
  plan_ = nullptr;
  slots_.assign(plan->slots().size(), Tensor());
  charged_.assign(plan->slots().size(), 0);
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = plan->slots()[i];
    if (slot.kind == SlotKind::kConstant) {
      slots_[i] = slot.constant;
    } else if (slot.kind == SlotKind::kUploaded) {
      FLOE_ASSIGN_OR_RETURN(slots_[i], plan->compiled().UploadedConstant(slot.value, slot.space));
    } else if (slot.kind == SlotKind::kArena) {
      slots_[i] = Tensor::View(slot.dtype, slot.shape.ToShape(), arenas_[slot.space].data + slot.offset, nullptr);
    }
  }
  plan_ = plan;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Tensor>> Executor::Run(const std::shared_ptr<const Plan>& plan,
                                                  absl::Span<const Tensor> inputs,
                                                  absl::FunctionRef<absl::Status()> check) {
  FLOE_RETURN_IF_ERROR(Bind(plan));
  absl::Status status = BeginRun(inputs);
  if (status.ok()) status = RunSteps(check);
  // Whatever came out, nothing may be under way when inputs and results are let go.
  for (const Arena& arena : arenas_) {
    if (arena.stream != nullptr) status.Update(arena.stream->Synchronize());
  }
  absl::StatusOr<std::vector<Tensor>> results = status.ok() ? Results() : status;
  EndRun();
  return results;
}

absl::Status Executor::BeginRun(absl::Span<const Tensor> inputs) {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = plan_->slots()[i];
    if (slot.kind == SlotKind::kInput) {
      slots_[i] = inputs[slot.input].Reshaped(slot.shape.ToShape());
    } else if (slot.kind == SlotKind::kOutput && slot.root == static_cast<int>(i)) {
      FLOE_ASSIGN_OR_RETURN(slots_[i], Tensor::Allocate(slot.dtype, slot.shape.ToShape()));
    } else if (slot.kind == SlotKind::kOutput) {
      slots_[i] = slots_[slot.root].Reshaped(slot.shape.ToShape());
    }
  }
  return absl::OkStatus();
}

absl::Status Executor::RunSteps(absl::FunctionRef<absl::Status()> check) {
  const int count = static_cast<int>(plan_->steps().size());
  for (int i = 0; i < count; ++i) {
    const Step& step = plan_->steps()[i];
    FLOE_RETURN_IF_ERROR(check());
    if (step.stretch_end > i) {
      FLOE_RETURN_IF_ERROR(RunStretch(i, step.stretch_end));
      i = step.stretch_end - 1;
      continue;
    }
    const absl::Status status = step.kernel != nullptr
                                    ? Launch(step, *step.kernel, arenas_[step.space].data + step.scratch_offset)
                                    : RunStep(step);
    if (!status.ok()) [[unlikely]]
      return AnnotateStep(status, *plan_, step);
    for (const int slot : step.release) Release(slot);
  }
  return absl::OkStatus();
}

Executor::Recorded& Executor::RecordedOf(const std::shared_ptr<const Plan>& plan) {
  std::erase_if(recorded_, [](const Recorded& recorded) { return recorded.plan.expired(); });
  for (Recorded& recorded : recorded_) {
    if (recorded.plan.lock() == plan) return recorded;
  }
  recorded_.emplace_back().plan = plan;
  return recorded_.back();
}

// The first run launches step by step, which lets a device load what it needs, and records the stretch after that;
// later runs replay it.
absl::Status Executor::RunStretch(int first, int end) {
  Recorded& recorded = RecordedOf(plan_);
  Stream* const stream = arenas_[plan_->steps()[first].space].stream.get();
  if (const auto found = recorded.stretches.find(first); found != recorded.stretches.end()) {
    return found->second->Replay(stream);
  }
  for (int i = first; i < end; ++i) {
    const Step& step = plan_->steps()[i];
    const absl::Status status = Launch(step, *step.kernel, arenas_[step.space].data + step.scratch_offset);
    if (!status.ok()) return AnnotateStep(status, *plan_, step);
  }
  FLOE_ASSIGN_OR_RETURN(recorded.stretches[first], Record(first, end));
  return absl::OkStatus();
}

absl::StatusOr<std::unique_ptr<Recording>> Executor::Record(int first, int end) {
  Stream* const stream = arenas_[plan_->steps()[first].space].stream.get();
  FLOE_RETURN_IF_ERROR(stream->BeginRecording());
  absl::Status status;
  for (int i = first; i < end && status.ok(); ++i) {
    const Step& step = plan_->steps()[i];
    status = Launch(step, *step.kernel, arenas_[step.space].data + step.scratch_offset);
  }
  absl::StatusOr<std::unique_ptr<Recording>> recording = stream->EndRecording();
  return status.ok() ? std::move(recording) : status;
}

absl::Status Executor::RunStep(const Step& step) {
  switch (step.kind) {
    case Step::Kind::kLaunch:
      return LaunchAtRunTime(step);
    case Step::Kind::kView:
      return MakeView(step);
    case Step::Kind::kCopyToDevice:
    case Step::Kind::kCopyToHost:
      return Copy(step);
  }
  return absl::InternalError("a step of no kind");
}

absl::Status Executor::Launch(const Step& step, const PreparedKernel& kernel, void* scratch) {
  return kernel.Launch(LaunchArgs(arenas_[step.space].stream.get(), slots_.data(), step.inputs, step.outputs, scratch));
}

std::vector<TensorInfo> Executor::RunTimeInfos(const Step& step) const {
  std::vector<TensorInfo> infos;
  for (size_t k = 0; k < step.inputs.size(); ++k) {
    const Tensor& input = slots_[step.inputs[k]];
    const int host = step.host_inputs[k];
    infos.push_back({input.dtype(), input.shape(), host >= 0 ? &slots_[host] : nullptr});
  }
  return infos;
}

absl::Status Executor::InferAtRunTime(const Step& step, InferContext& context) const {
  const Op& op = plan_->compiled().program().ops[step.op];
  FLOE_RETURN_IF_ERROR(op.info->infer(context));
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const PartialShape& shape = context.outputs()[k].shape;
    if (shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
  }
  return absl::OkStatus();
}

absl::Status Executor::MakeView(const Step& step) {
  const Op& op = plan_->compiled().program().ops[step.op];
  const std::vector<TensorInfo> infos = RunTimeInfos(step);
  InferContext context(op.name, op.attrs, infos);
  FLOE_RETURN_IF_ERROR(InferAtRunTime(step, context));
  const PartialShape& shape = context.outputs()[0].shape;
  if (!shape.IsFullyDefined()) return absl::InternalError("the shape of a view stayed unknown");
  slots_[step.outputs[0]] = slots_[step.inputs[0]].Reshaped(shape.ToShape());
  return absl::OkStatus();
}

absl::Status Executor::LayOutResults(const Step& step, absl::Span<const TensorInfo> infos) {
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const int slot = step.outputs[k];
    const TensorInfo& info = infos[k];
    if (plan_->slots()[slot].kind != SlotKind::kRunTime) {
      if (info.shape.Matches(slots_[slot].shape())) continue;
      return absl::InternalError(absl::StrCat("result ", k, " was planned as ", slots_[slot].shape().ToString(),
                                              " and is ", info.shape.ToString()));
    }
    const bool has_elements = ElementBytes(info.dtype) > 0 || info.dtype == DType::kString;
    if (info.shape.IsFullyDefined() && has_elements) {
      FLOE_RETURN_IF_ERROR(AllocateRunTime(slot, info.shape.ToShape()));
    }
  }
  return absl::OkStatus();
}

absl::Status Executor::LaunchAtRunTime(const Step& step) {
  const Op& op = plan_->compiled().program().ops[step.op];
  const std::vector<TensorInfo> infos = RunTimeInfos(step);
  InferContext context(op.name, op.attrs, infos);
  FLOE_RETURN_IF_ERROR(InferAtRunTime(step, context));
  FLOE_RETURN_IF_ERROR(LayOutResults(step, context.outputs()));
  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<PreparedKernel> kernel,
                        plan_->compiled().placement(step.op).kernel->Prepare(infos, context.outputs()));
  Tensor scratch;
  if (kernel->scratch_bytes() > 0) {
    FLOE_ASSIGN_OR_RETURN(scratch, AllocateIn(step.space, DType::kUint8, Shape({kernel->scratch_bytes()})));
  }
  FLOE_RETURN_IF_ERROR(Launch(step, *kernel, scratch.raw_mutable_data()));
  if (step.space == kHostSpace) {
    run_time_bytes_ -= scratch.byte_size();
  } else {
    held_kernels_.push_back(std::move(kernel));
    held_tensors_.push_back(std::move(scratch));
  }
  for (const int slot : step.outputs) FLOE_RETURN_IF_ERROR(TakeOver(step, slot));
  return absl::OkStatus();
}

absl::Status Executor::Copy(const Step& step) {
  const Tensor& from = slots_[step.inputs[0]];
  const int to = step.outputs[0];
  if (plan_->slots()[to].kind == SlotKind::kRunTime) FLOE_RETURN_IF_ERROR(AllocateRunTime(to, from.shape()));
  Stream* const stream = arenas_[step.space].stream.get();
  void* const data = slots_[to].raw_mutable_data();
  if (step.kind == Step::Kind::kCopyToDevice) {
    return step.backend->CopyToDevice(stream, from.raw_data(), data, from.byte_size());
  }
  FLOE_RETURN_IF_ERROR(step.backend->CopyToHost(stream, from.raw_data(), data, from.byte_size()));
  return step.synchronize ? stream->Synchronize() : absl::OkStatus();
}

absl::Status Executor::Charge(int64_t bytes) {
  if (bytes > max_run_time_bytes_ - run_time_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("tensors whose size depends on data would take ", bytes,
                                                     " bytes more than the ", run_time_bytes_, " they have, past the ",
                                                     max_run_time_bytes_, " allowed"));
  }
  run_time_bytes_ += bytes;
  return absl::OkStatus();
}

absl::StatusOr<Tensor> Executor::AllocateIn(int space, DType dtype, const Shape& shape) {
  const int64_t bytes = BytesOf(dtype, shape.num_elements());
  FLOE_RETURN_IF_ERROR(Charge(bytes));
  if (space == kHostSpace) return Tensor::Allocate(dtype, shape);
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceMemory> memory,
                        plan_->compiled().backend_of_space(space)->Allocate(bytes));
  const void* const data = memory->data();
  return Tensor::View(dtype, shape, data, std::move(memory));
}

absl::Status Executor::AllocateRunTime(int slot, const Shape& shape) {
  const Slot& planned = plan_->slots()[slot];
  FLOE_ASSIGN_OR_RETURN(slots_[slot], AllocateIn(planned.space, planned.dtype, shape));
  charged_[slot] = BytesOf(planned.dtype, shape.num_elements());
  return absl::OkStatus();
}

// A result that the kernel allocated by itself is counted now, and what strings hold. One that shares an input's
// elements would change when that memory is used again.
absl::Status Executor::TakeOver(const Step& step, int slot) {
  Tensor& result = slots_[slot];
  if (plan_->slots()[slot].kind != SlotKind::kRunTime) return absl::OkStatus();
  if (!result.valid()) return absl::InternalError("the kernel left a result out");
  if (step.space == kHostSpace && charged_[slot] == 0) {
    for (const int input : step.inputs) {
      if (!SharesElements(result, slots_[input])) continue;
      FLOE_ASSIGN_OR_RETURN(result, result.Clone());
      break;
    }
  }
  const int64_t more = HeldBytes(result) - charged_[slot];
  FLOE_RETURN_IF_ERROR(Charge(more));
  charged_[slot] += more;
  return absl::OkStatus();
}

void Executor::Release(int slot) {
  if (plan_->slots()[slot].space != kHostSpace) {
    held_tensors_.push_back(std::move(slots_[slot]));
  } else {
    run_time_bytes_ -= charged_[slot];
    charged_[slot] = 0;
  }
  slots_[slot] = Tensor();
}

absl::StatusOr<std::vector<Tensor>> Executor::Results() const {
  std::vector<Tensor> results;
  results.reserve(plan_->outputs().size());
  for (const int slot : plan_->outputs()) {
    const SlotKind root_kind = plan_->slots()[plan_->slots()[slot].root].kind;
    // What was fed may be the caller's own memory.
    if (root_kind == SlotKind::kInput) {
      FLOE_ASSIGN_OR_RETURN(results.emplace_back(), slots_[slot].Clone());
    } else {
      results.push_back(slots_[slot]);
    }
  }
  return results;
}

void Executor::EndRun() {
  for (size_t i = 0; i < slots_.size(); ++i) {
    const SlotKind kind = plan_->slots()[i].kind;
    if (kind == SlotKind::kInput || kind == SlotKind::kOutput || kind == SlotKind::kRunTime) slots_[i] = Tensor();
    charged_[i] = 0;
  }
  held_tensors_.clear();
  held_kernels_.clear();
  run_time_bytes_ = 0;
}

}  // namespace floe
