// Executor: runs plans of one program, one at a time, in memory of its own.
//
// Owned by a model instance and used by that instance's thread alone. Its arenas grow to the largest plan it has run
// and stay.
#ifndef FLOE_PLAN_EXECUTOR_H_
#define FLOE_PLAN_EXECUTOR_H_

#include <cstdint>
#include <map>
#include <memory>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/plan.h"

namespace floe {

class Executor {
 public:
  // Tensors whose size depends on data may take `max_run_time_bytes` at once.
  explicit Executor(int64_t max_run_time_bytes) : max_run_time_bytes_(max_run_time_bytes) {}
  ~Executor();

  // `inputs` have the shapes that the plan was made for. `check` is asked before each step; a status that is not OK
  // ends the run with it. RESOURCE_EXHAUSTED where memory is refused. Results share no memory with the executor.
  absl::StatusOr<std::vector<Tensor>> Run(const std::shared_ptr<const Plan>& plan, absl::Span<const Tensor> inputs,
                                          absl::FunctionRef<absl::Status()> check);

  // What the arenas take now.
  int64_t arena_bytes() const;
  // What run-time tensors take: 0 between runs.
  int64_t run_time_bytes() const { return run_time_bytes_; }

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
  absl::Status BeginRun(absl::Span<const Tensor> inputs);
  absl::Status RunSteps(absl::FunctionRef<absl::Status()> check);
  absl::Status RunStep(const Step& step);
  absl::Status RunStretch(int first, int end);
  absl::StatusOr<std::unique_ptr<Recording>> Record(int first, int end);
  absl::Status Launch(const Step& step, const PreparedKernel& kernel, void* scratch);
  absl::Status LaunchAtRunTime(const Step& step);
  absl::Status MakeView(const Step& step);
  absl::Status Copy(const Step& step);
  absl::StatusOr<std::vector<Tensor>> Results() const;
  void EndRun();

  absl::Status InferAtRunTime(const Step& step, InferContext& context) const;
  std::vector<TensorInfo> RunTimeInfos(const Step& step) const;
  absl::Status LayOutResults(const Step& step, absl::Span<const TensorInfo> infos);
  // Run-time memory, counted until the run ends or it is released.
  absl::Status Charge(int64_t bytes);
  absl::StatusOr<Tensor> AllocateIn(int space, DType dtype, const Shape& shape);
  absl::Status AllocateRunTime(int slot, const Shape& shape);
  absl::Status TakeOver(const Step& step, int slot);
  void Release(int slot);

  // What a plan's stretches became on their devices, by first step.
  struct Recorded {
    std::weak_ptr<const Plan> plan;
    std::map<int, std::unique_ptr<Recording>> stretches;
  };
  Recorded& RecordedOf(const std::shared_ptr<const Plan>& plan);

  const int64_t max_run_time_bytes_;
  int64_t run_time_bytes_ = 0;
  std::vector<Arena> arenas_;  // by space
  // Of the plans that still live. Recordings hold addresses in the arenas, and go when an arena moves.
  std::vector<Recorded> recorded_;
  std::shared_ptr<const Plan> plan_;
  std::vector<Tensor> slots_;
  std::vector<int64_t> charged_;  // by slot
  // What a device may still be using: let go when the run has ended.
  std::vector<Tensor> held_tensors_;
  std::vector<std::unique_ptr<PreparedKernel>> held_kernels_;
};

}  // namespace floe

#endif  // FLOE_PLAN_EXECUTOR_H_
