#include "plan/executor.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/available_memory.h"
#include "base/checked_math.h"
#include "base/status.h"

namespace floe {

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

Recordings& Executor::RecordingsOf(const std::shared_ptr<const Plan>& plan) {
  std::erase_if(recorded_, [](const Recorded& recorded) { return recorded.plan.expired(); });
  for (Recorded& recorded : recorded_) {
    if (recorded.plan.lock() == plan) return *recorded.recordings;
  }
  recorded_.emplace_back().plan = plan;
  return *recorded_.back().recordings;
}

absl::Status Executor::Bind(const std::shared_ptr<const Plan>& plan) {
  if (plan == plan_) return absl::OkStatus();
  FLOE_RETURN_IF_ERROR(CheckMemory(*plan));
  frame_ = nullptr;
  plan_ = nullptr;
  FLOE_RETURN_IF_ERROR(Grow(*plan));
  std::vector<char*> bases;
  for (const Arena& arena : arenas_) bases.push_back(arena.data);
  FLOE_ASSIGN_OR_RETURN(frame_, Frame::Create(*plan, std::move(bases)));
  plan_ = plan;
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Tensor>> Executor::Run(const std::shared_ptr<const Plan>& plan,
                                                  absl::Span<const Tensor> inputs,
                                                  absl::FunctionRef<absl::Status()> check) {
  FLOE_RETURN_IF_ERROR(Bind(plan));
  std::vector<Stream*> streams;
  for (const Arena& arena : arenas_) streams.push_back(arena.stream.get());
  memory_ = RunMemory(limits_.run_time_bytes, [streams] {
    absl::Status status;
    for (Stream* const stream : streams) {
      if (stream != nullptr) status.Update(stream->Synchronize());
    }
    return status;
  });
  RunState run{.check = check,
               .memory = memory_,
               .max_iterations = limits_.iterations,
               .streams = streams,
               .recordings = RecordingsOf(plan),
               .held_kernels = {}};
  return frame_->RunProgram(run, inputs);
}

}  // namespace floe
