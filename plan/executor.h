// Executor: runs plans of one program, one at a time, in memory of its own.
//
// Owned by a model instance and used by that instance's thread alone. Its arenas grow to the largest plan it has run
// and stay.
#ifndef FLOE_PLAN_EXECUTOR_H_
#define FLOE_PLAN_EXECUTOR_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/frame.h"
#include "plan/plan.h"
#include "plan/run_memory.h"

namespace floe {

struct RunLimits {
  // Tensors whose size depends on data, list elements and loop variables may take so much at once.
  int64_t run_time_bytes = 0;
  // Iterations of all loops of a run together: one that never ends is stopped here where it has no deadline.
  int64_t iterations = 10'000'000;
};

class Executor {
 public:
  explicit Executor(const RunLimits& limits) : limits_(limits) {}
  explicit Executor(int64_t run_time_bytes) : Executor(RunLimits{.run_time_bytes = run_time_bytes}) {}
  ~Executor();

  // `inputs` have the shapes that the plan was made for. `check` is asked before each step, in loops too; a status that
  // is not OK ends the run with it. RESOURCE_EXHAUSTED where memory is refused or a loop goes on past the limit.
  // Results share no memory with the executor.
  absl::StatusOr<std::vector<Tensor>> Run(const std::shared_ptr<const Plan>& plan, absl::Span<const Tensor> inputs,
                                          absl::FunctionRef<absl::Status()> check);

  // What the arenas take now.
  int64_t arena_bytes() const;
  // What tensors take whose size depended on data in the last run: between runs, those of its results that are held.
  int64_t run_time_bytes() const { return memory_.used_bytes(); }

 private:
  // Memory of one space.
  struct Arena {
    int64_t bytes = 0;
    Tensor host;
    std::unique_ptr<DeviceMemory> device;
    std::unique_ptr<Stream> stream;
    char* data = nullptr;
  };

  absl::Status Bind(const std::shared_ptr<const Plan>& plan);
  absl::Status CheckMemory(const Plan& plan) const;
  absl::Status Grow(const Plan& plan);

  // What a plan's stretches became.
  struct Recorded {
    std::weak_ptr<const Plan> plan;
    std::unique_ptr<Recordings> recordings = std::make_unique<Recordings>();
  };
  Recordings& RecordingsOf(const std::shared_ptr<const Plan>& plan);

  const RunLimits limits_;
  RunMemory memory_{0};        // of the last run
  std::vector<Arena> arenas_;  // by space
  // Of the plans that still live. Recordings hold addresses in the arenas, and go when an arena moves.
  std::vector<Recorded> recorded_;
  std::shared_ptr<const Plan> plan_;
  std::unique_ptr<Frame> frame_;  // of plan_
};

}  // namespace floe

#endif  // FLOE_PLAN_EXECUTOR_H_
