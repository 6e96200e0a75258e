// Frame: a plan while it runs: the tensor of each slot, in the arenas that its owner lends it. A plan's regions are
// plans with frames of their own, made once and run again in every iteration.
//
// Used by the executor's thread alone.
#ifndef FLOE_PLAN_FRAME_H_
#define FLOE_PLAN_FRAME_H_

#include <cstdint>
#include <map>
#include <memory>
#include <utility>
#include <vector>

#include "absl/functional/function_ref.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/plan.h"
#include "plan/run_memory.h"

namespace floe {

// What the stretches of a plan, and of its regions, became on their devices: by the plan and the first step. Each has
// addresses in it, and so belongs to the arenas that it was made with.
using Recordings = std::map<std::pair<const Plan*, int>, std::unique_ptr<Recording>>;

// What a run shares among its frames.
struct RunState {
  absl::FunctionRef<absl::Status()> check;
  RunMemory memory;
  int64_t max_iterations;
  int64_t iterations = 0;
  absl::Span<Stream* const> streams;  // by space; null for the host
  Recordings& recordings;             // kept between runs
  // What a device may still be using: let go when it has been waited for.
  std::vector<std::unique_ptr<PreparedKernel>> held_kernels;

  // Waits for all devices, and lets go.
  absl::Status Synchronize();
};

class Frame {
 public:
  // `bases`: where the plan's arena begins, by space; the memory outlives the frame.
  static absl::StatusOr<std::unique_ptr<Frame>> Create(const Plan& plan, std::vector<char*> bases);

  // Runs all steps. The inputs are moved from. Results may be inputs or lie in this frame's memory, which is used again
  // by the next run only where nobody holds them.
  absl::StatusOr<std::vector<Tensor>> Run(RunState& run, absl::Span<Tensor> inputs);
  // The same, for a whole program: results share no memory with the frame or the inputs.
  absl::StatusOr<std::vector<Tensor>> RunProgram(RunState& run, absl::Span<const Tensor> inputs);

 private:
  // The frames of one step's regions.
  struct Regions {
    std::vector<std::unique_ptr<Frame>> frames;
  };

  Frame(const Plan& plan, std::vector<char*> bases) : plan_(plan), bases_(std::move(bases)) {}
  absl::Status Bind();

  absl::Status BeginRun(RunState& run, absl::Span<Tensor> inputs);
  absl::Status RunSteps(RunState& run);
  absl::Status RunStep(RunState& run, size_t index);
  absl::Status RunStretch(RunState& run, int first, int end);
  absl::Status LaunchStretch(RunState& run, int first, int end);
  absl::Status Launch(RunState& run, const Step& step, const PreparedKernel& kernel, void* scratch);
  absl::Status LaunchAtRunTime(RunState& run, const Step& step);
  absl::Status MakeView(const Step& step);
  absl::Status Copy(RunState& run, const Step& step);
  void EndRun();
  void DropBuffers();

  // frame_regions.cc
  absl::Status RunBranch(RunState& run, size_t index);
  absl::Status RunLoop(RunState& run, size_t index);
  std::vector<Tensor> TakeInputs(const Step& step, size_t first);
  absl::Status SetResults(RunState& run, const Step& step, std::vector<Tensor> results);
  // A tensor that nothing changes while it is held: itself, or a copy where its memory will be used again.
  absl::StatusOr<Tensor> Detach(RunState& run, int space, Tensor tensor);

  absl::Status InferAtRunTime(const Step& step, InferContext& context) const;
  std::vector<TensorInfo> RunTimeInfos(const Step& step) const;
  absl::Status LayOutResults(RunState& run, const Step& step, absl::Span<const TensorInfo> infos);
  absl::StatusOr<Tensor> AllocateIn(RunState& run, int space, DType dtype, const Shape& shape);
  absl::StatusOr<Tensor> CopyList(RunState& run, const Step& step, const Tensor& list);
  absl::StatusOr<Tensor> OutputBuffer(RunState& run, int slot);
  absl::Status TakeOver(RunState& run, const Step& step, int slot);

  const Plan& plan_;
  const std::vector<char*> bases_;
  bool is_program_ = false;
  std::vector<Tensor> slots_;
  std::vector<Regions> regions_;              // by step
  std::vector<std::vector<Tensor>> buffers_;  // by slot, of kOutput: memory of earlier iterations
};

}  // namespace floe

#endif  // FLOE_PLAN_FRAME_H_
