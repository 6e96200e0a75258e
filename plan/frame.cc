#include "plan/frame.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/strided_copy.h"
#include "ops/tensor_list.h"

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

bool SharesElements(const Tensor& a, const Tensor& b) {
  const auto bytes = [](const Tensor& tensor) {
    return static_cast<uintptr_t>(tensor.num_elements() * ElementMemoryBytes(tensor.dtype()));
  };
  const auto begin = [](const Tensor& tensor) { return reinterpret_cast<uintptr_t>(tensor.raw_data()); };
  return begin(a) < begin(b) + bytes(b) && begin(b) < begin(a) + bytes(a);
}

bool HasElements(DType dtype) { return ElementMemoryBytes(dtype) > 0; }

// `slot`, which is a view of this tensor or of a part of it.
Tensor ViewOf(const Tensor& root, const Slot& slot) {
  const Shape shape = slot.shape.ToShape();
  if (shape.num_elements() == root.num_elements()) return root.Reshaped(shape);
  return Tensor::View(slot.dtype, shape, static_cast<const char*>(root.raw_data()) + slot.within_bytes, root.object());
}

}  // namespace

absl::Status RunState::Synchronize() {
  absl::Status status;
  for (Stream* const stream : streams) {
    if (stream != nullptr) status.Update(stream->Synchronize());
  }
  held_tensors.clear();
  held_kernels.clear();
  return status;
}

absl::StatusOr<std::unique_ptr<Frame>> Frame::Create(const Plan& plan, std::vector<char*> bases) {
  std::unique_ptr<Frame> frame(new Frame(plan, std::move(bases)));
  FLOE_RETURN_IF_ERROR(frame->Bind());
  return frame;
}

absl::Status Frame::Bind() {
  slots_.resize(plan_.slots().size());
  buffers_.resize(slots_.size());
  for (size_t i = 0; i < slots_.size(); ++i) {
    const Slot& slot = plan_.slots()[i];
    if (slot.kind == SlotKind::kConstant) {
      slots_[i] = slot.constant;
    } else if (slot.kind == SlotKind::kUploaded) {
      FLOE_ASSIGN_OR_RETURN(slots_[i], plan_.compiled().UploadedConstant(slot.value, slot.space));
    } else if (slot.kind == SlotKind::kArena) {
      slots_[i] = Tensor::View(slot.dtype, slot.shape.ToShape(), bases_[slot.space] + slot.offset, nullptr);
    }
  }
  regions_.resize(plan_.steps().size());
  for (size_t i = 0; i < regions_.size(); ++i) {
    const Step& step = plan_.steps()[i];
    for (const auto& region : step.regions) {
      std::unique_ptr<Frame>& frame = regions_[i].frames.emplace_back();
      if (region == nullptr) continue;
      std::vector<char*> bases = bases_;
      for (size_t space = 0; space < bases.size(); ++space) bases[space] += step.region_offsets[space];
      FLOE_ASSIGN_OR_RETURN(frame, Create(*region, std::move(bases)));
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Tensor>> Frame::Run(RunState& run, absl::Span<Tensor> inputs) {
  absl::Status status = BeginRun(run, inputs);
  if (status.ok()) status = RunSteps(run);
  // The host's memory is used again by the next run: no device may still be reading it.
  if (plan_.copies_to_device()) status.Update(run.Synchronize());
  std::vector<Tensor> results;
  for (size_t k = 0; k < plan_.outputs().size() && status.ok(); ++k) results.push_back(slots_[plan_.outputs()[k]]);
  EndRun(run);
  if (!status.ok()) return status;
  return results;
}

absl::StatusOr<std::vector<Tensor>> Frame::RunProgram(RunState& run, absl::Span<const Tensor> inputs) {
  is_program_ = true;
  std::vector<Tensor> own(inputs.begin(), inputs.end());
  absl::Status status = BeginRun(run, absl::MakeSpan(own));
  if (status.ok()) status = RunSteps(run);
  // Whatever came out, nothing may be under way when inputs and results are let go.
  status.Update(run.Synchronize());
  std::vector<Tensor> results;
  for (size_t k = 0; k < plan_.outputs().size() && status.ok(); ++k) {
    const int slot = plan_.outputs()[k];
    const Tensor& result = slots_[slot];
    // What was fed may be the caller's own memory.
    const bool is_fed = plan_.slots()[plan_.slots()[slot].root].kind == SlotKind::kInput;
    absl::StatusOr<Tensor> own_result = is_fed ? result.Clone() : result;
    status = own_result.status();
    if (status.ok()) results.push_back(*std::move(own_result));
  }
  EndRun(run);
  DropBuffers();
  if (!status.ok()) return status;
  return results;
}

absl::StatusOr<Tensor> Frame::OutputBuffer(RunState& run, int index) {
  const Slot& slot = plan_.slots()[index];
  // A program's results leave with the caller, and their size is the plan's.
  if (is_program_) return Tensor::Allocate(slot.dtype, slot.shape.ToShape());
  for (Tensor& buffer : buffers_[index]) {
    if (buffer.object().use_count() == 1) return buffer;
  }
  FLOE_ASSIGN_OR_RETURN(Tensor fresh, AllocateIn(run, slot.space, slot.dtype, slot.shape.ToShape()));
  buffers_[index].push_back(fresh);
  return fresh;
}

absl::Status Frame::BeginRun(RunState& run, absl::Span<Tensor> inputs) {
  // Inputs first: what the last iteration's hold may be memory for results of this one.
  for (const int index : plan_.transient_slots()) {
    const Slot& slot = plan_.slots()[index];
    if (slot.kind != SlotKind::kInput) continue;
    if (slot.root == index) {
      slots_[index] = std::move(inputs[slot.input]);
    } else {
      slots_[index] = slots_[slot.root];
    }
    if (slot.shape.IsFullyDefined() && HasElements(slot.dtype)) slots_[index] = ViewOf(slots_[index], slot);
  }
  for (const int index : plan_.transient_slots()) {
    const Slot& slot = plan_.slots()[index];
    if (slot.kind != SlotKind::kOutput) continue;
    if (slot.root == index) {
      FLOE_ASSIGN_OR_RETURN(slots_[index], OutputBuffer(run, index));
    } else {
      slots_[index] = ViewOf(slots_[slot.root], slot);
    }
  }
  return absl::OkStatus();
}

absl::Status Frame::RunSteps(RunState& run) {
  for (size_t i = 0; i < plan_.steps().size(); ++i) {
    const Step& step = plan_.steps()[i];
    FLOE_RETURN_IF_ERROR(run.check());
    if (const int first = static_cast<int>(i); step.stretch_end > first) {
      FLOE_RETURN_IF_ERROR(RunStretch(run, first, step.stretch_end));
      i = static_cast<size_t>(step.stretch_end) - 1;
      continue;
    }
    const absl::Status status = step.kernel != nullptr
                                    ? Launch(run, step, *step.kernel, bases_[step.space] + step.scratch_offset)
                                    : RunStep(run, i);
    if (!status.ok()) [[unlikely]]
      return AnnotateStep(status, plan_, step);
    for (const int slot : step.release) Drop(run, plan_.slots()[slot].space, slots_[slot]);
  }
  return absl::OkStatus();
}

// The first run launches step by step, which lets a device load what it needs, and records the stretch after that;
// later runs replay it.
absl::Status Frame::RunStretch(RunState& run, int first, int end) {
  Stream* const stream = run.streams[plan_.steps()[first].space];
  std::unique_ptr<Recording>& recording = run.recordings[{&plan_, first}];
  if (recording != nullptr) return recording->Replay(stream);
  FLOE_RETURN_IF_ERROR(LaunchStretch(run, first, end));
  FLOE_RETURN_IF_ERROR(stream->BeginRecording());
  const absl::Status launched = LaunchStretch(run, first, end);
  absl::StatusOr<std::unique_ptr<Recording>> recorded = stream->EndRecording();
  FLOE_RETURN_IF_ERROR(launched);
  FLOE_RETURN_IF_ERROR(recorded.status());
  recording = *std::move(recorded);
  return absl::OkStatus();
}

absl::Status Frame::LaunchStretch(RunState& run, int first, int end) {
  for (int i = first; i < end; ++i) {
    const Step& step = plan_.steps()[i];
    const absl::Status status = Launch(run, step, *step.kernel, bases_[step.space] + step.scratch_offset);
    if (!status.ok()) return AnnotateStep(status, plan_, step);
  }
  return absl::OkStatus();
}

absl::Status Frame::RunStep(RunState& run, size_t index) {
  const Step& step = plan_.steps()[index];
  switch (step.kind) {
    case Step::Kind::kLaunch:
      return LaunchAtRunTime(run, step);
    case Step::Kind::kView:
      return MakeView(step);
    case Step::Kind::kCopyToDevice:
    case Step::Kind::kCopyToHost:
      return Copy(run, step);
    case Step::Kind::kBranch:
      return RunBranch(run, index);
    case Step::Kind::kLoop:
      return RunLoop(run, index);
  }
  return absl::InternalError("a step of no kind");
}

absl::Status Frame::Launch(RunState& run, const Step& step, const PreparedKernel& kernel, void* scratch) {
  SpaceAllocator allocator(&run.memory, plan_.compiled().backend_of_space(step.space));
  return kernel.Launch(LaunchArgs(run.streams[step.space], slots_.data(), step.inputs, step.outputs, scratch,
                                  &allocator, step.last_uses));
}

std::vector<TensorInfo> Frame::RunTimeInfos(const Step& step) const {
  std::vector<TensorInfo> infos;
  for (size_t k = 0; k < step.inputs.size(); ++k) {
    const Tensor& input = slots_[step.inputs[k]];
    const int host = step.host_inputs[k];
    infos.push_back({input.dtype(), input.shape(), host >= 0 ? &slots_[host] : nullptr, nullptr});
  }
  return infos;
}

absl::Status Frame::InferAtRunTime(const Step& step, InferContext& context) const {
  const Op& op = plan_.compiled().program().ops[step.op];
  FLOE_RETURN_IF_ERROR(op.info->infer(context));
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const PartialShape& shape = context.outputs()[k].shape;
    if (shape.IsFullyDefined()) FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
  }
  return absl::OkStatus();
}

absl::Status Frame::MakeView(const Step& step) {
  const Op& op = plan_.compiled().program().ops[step.op];
  const std::vector<TensorInfo> infos = RunTimeInfos(step);
  InferContext context(op.name, op.attrs, infos);
  FLOE_RETURN_IF_ERROR(InferAtRunTime(step, context));
  const PartialShape& shape = context.outputs()[0].shape;
  if (!shape.IsFullyDefined()) return absl::InternalError("the shape of a view stayed unknown");
  slots_[step.outputs[0]] = slots_[step.inputs[0]].Reshaped(shape.ToShape());
  return absl::OkStatus();
}

absl::Status Frame::LayOutResults(RunState& run, const Step& step, absl::Span<const TensorInfo> infos) {
  for (size_t k = 0; k < step.outputs.size(); ++k) {
    const int slot = step.outputs[k];
    const TensorInfo& info = infos[k];
    if (plan_.slots()[slot].kind != SlotKind::kRunTime) {
      if (info.shape.Matches(slots_[slot].shape())) continue;
      return absl::InternalError(absl::StrCat("result ", k, " was planned as ", slots_[slot].shape().ToString(),
                                              " and is ", info.shape.ToString()));
    }
    if (info.shape.IsFullyDefined() && HasElements(info.dtype)) {
      const Slot& planned = plan_.slots()[slot];
      FLOE_ASSIGN_OR_RETURN(slots_[slot], AllocateIn(run, planned.space, planned.dtype, info.shape.ToShape()));
    }
  }
  return absl::OkStatus();
}

absl::Status Frame::LaunchAtRunTime(RunState& run, const Step& step) {
  const Op& op = plan_.compiled().program().ops[step.op];
  const std::vector<TensorInfo> infos = RunTimeInfos(step);
  InferContext context(op.name, op.attrs, infos);
  FLOE_RETURN_IF_ERROR(InferAtRunTime(step, context));
  FLOE_RETURN_IF_ERROR(LayOutResults(run, step, context.outputs()));
  FLOE_ASSIGN_OR_RETURN(std::unique_ptr<PreparedKernel> kernel,
                        plan_.compiled().placement(step.op).kernel->Prepare(infos, context.outputs()));
  Tensor scratch;
  if (kernel->scratch_bytes() > 0) {
    FLOE_ASSIGN_OR_RETURN(scratch, AllocateIn(run, step.space, DType::kUint8, Shape({kernel->scratch_bytes()})));
  }
  FLOE_RETURN_IF_ERROR(Launch(run, step, *kernel, scratch.raw_mutable_data()));
  if (step.space != kHostSpace) {
    run.held_kernels.push_back(std::move(kernel));
    run.held_tensors.push_back(std::move(scratch));
  }
  for (const int slot : step.outputs) FLOE_RETURN_IF_ERROR(TakeOver(run, step, slot));
  return absl::OkStatus();
}

absl::Status Frame::Copy(RunState& run, const Step& step) {
  const Tensor& from = slots_[step.inputs[0]];
  const int to = step.outputs[0];
  const Slot& slot = plan_.slots()[to];
  if (slot.dtype == DType::kVariant) {
    FLOE_ASSIGN_OR_RETURN(slots_[to], CopyList(run, step, from));
    return absl::OkStatus();
  }
  if (slot.kind == SlotKind::kRunTime) {
    FLOE_ASSIGN_OR_RETURN(slots_[to], AllocateIn(run, slot.space, slot.dtype, from.shape()));
  }
  Stream* const stream = run.streams[step.space];
  void* const data = slots_[to].raw_mutable_data();
  if (step.kind == Step::Kind::kCopyToDevice) {
    return step.backend->CopyToDevice(stream, from.raw_data(), data, from.byte_size());
  }
  FLOE_RETURN_IF_ERROR(step.backend->CopyToHost(stream, from.raw_data(), data, from.byte_size()));
  return step.synchronize ? run.Synchronize() : absl::OkStatus();
}

// A list's elements, one by one, into the other memory.
absl::StatusOr<Tensor> Frame::CopyList(RunState& run, const Step& step, const Tensor& tensor) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(tensor));
  const bool to_device = step.kind == Step::Kind::kCopyToDevice;
  Stream* const stream = run.streams[step.space];
  auto copy = std::make_shared<TensorList>(*list);
  for (Tensor& element : copy->elements) {
    if (!element.valid()) continue;
    if (!HasElements(element.dtype()) || element.dtype() == DType::kString) {
      return absl::UnimplementedError(absl::StrCat("a list of ", DTypeName(element.dtype()), " stays on the host"));
    }
    FLOE_ASSIGN_OR_RETURN(Tensor moved,
                          AllocateIn(run, to_device ? step.space : kHostSpace, element.dtype(), element.shape()));
    FLOE_RETURN_IF_ERROR(
        to_device
            ? step.backend->CopyToDevice(stream, element.raw_data(), moved.raw_mutable_data(), element.byte_size())
            : step.backend->CopyToHost(stream, element.raw_data(), moved.raw_mutable_data(), element.byte_size()));
    element = std::move(moved);
  }
  // The elements copied from are held by a list that a host step may let go before the device has read them.
  FLOE_RETURN_IF_ERROR(run.Synchronize());
  return MakeListTensor(std::move(copy));
}

absl::StatusOr<Tensor> Frame::AllocateIn(RunState& run, int space, DType dtype, const Shape& shape) {
  return run.memory.Allocate(plan_.compiled().backend_of_space(space), dtype, shape);
}

// A result that the kernel allocated by itself is counted now. One that shares an input's elements would change when
// that memory is used again.
absl::Status Frame::TakeOver(RunState& run, const Step& step, int slot) {
  Tensor& result = slots_[slot];
  if (plan_.slots()[slot].kind != SlotKind::kRunTime) return absl::OkStatus();
  if (!result.valid()) return absl::InternalError("the kernel left a result out");
  if (step.space != kHostSpace) return absl::OkStatus();
  for (const int input : step.inputs) {
    if (!SharesElements(result, slots_[input])) continue;
    FLOE_ASSIGN_OR_RETURN(Tensor copy, AllocateIn(run, step.space, result.dtype(), result.shape()));
    CopyElements(result, 0, &copy, 0, result.num_elements());
    result = std::move(copy);
    break;
  }
  FLOE_ASSIGN_OR_RETURN(result, run.memory.Adopt(std::move(result)));
  return absl::OkStatus();
}

void Frame::Drop(RunState& run, int space, Tensor& tensor) {
  if (space != kHostSpace && tensor.valid()) run.held_tensors.push_back(std::move(tensor));
  tensor = Tensor();
}

void Frame::EndRun(RunState& run) {
  for (const int slot : plan_.transient_slots()) Drop(run, plan_.slots()[slot].space, slots_[slot]);
}

void Frame::DropBuffers() {
  for (const int slot : plan_.transient_slots()) buffers_[slot].clear();
  for (Regions& regions : regions_) {
    for (const auto& frame : regions.frames) {
      if (frame != nullptr) frame->DropBuffers();
    }
  }
}

}  // namespace floe
