#include "plan/executor.h"

#include "base/status.h"

namespace floe {

Executor::~Executor() = default;

int64_t Executor::arena_bytes() const {
  int64_t total = 0;
  for (const Arena& arena : arenas_) total += arena.bytes;
  return total;
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
  RunState run{.check = check,
               .memory = RunMemory(limits_.run_time_bytes),
               .max_iterations = limits_.iterations,
               .streams = streams,
               .held_tensors = {},
               .held_kernels = {}};
  return frame_->RunProgram(run, inputs);
}

}  // namespace floe
