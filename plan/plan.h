// Plan: a program for one set of input shapes, as steps over numbered slots, with memory laid out.
//
// Made by MakePlan, then immutable: any thread may read it, and any number of executors (plan/executor.h) may run it at
// once, each with its own memory. A plan keeps its CompiledProgram alive.
#ifndef FLOE_PLAN_PLAN_H_
#define FLOE_PLAN_PLAN_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/compiled_program.h"
#include "plan/kernel.h"

namespace floe {

enum class SlotKind : uint8_t {
  kInput,     // what was fed
  kConstant,  // known when the plan was made
  kUploaded,  // a constant of the program, in the memory of a device
  kArena,     // at an offset in the arena of its space
  kOutput,    // memory of its own, since it becomes a result
  kRunTime,   // made when its step runs, because its size depends on data
};

struct Slot {
  ValueId value = -1;
  DType dtype = DType::kInvalid;
  PartialShape shape;  // fully known, but for kRunTime, and for kInput of a region
  int space = kHostSpace;
  SlotKind kind = SlotKind::kArena;
  int input = -1;              // kInput: which
  int root = -1;               // the slot whose memory this one is a view of, or of a part; itself where it has its own
  int64_t within_bytes = 0;    // where that part begins
  int64_t offset = 0;          // kArena
  Tensor constant = Tensor();  // kConstant
};

class Plan;

struct Step {
  enum class Kind : uint8_t { kLaunch, kView, kCopyToDevice, kCopyToHost, kBranch, kLoop };
  Kind kind = Kind::kLaunch;
  int op = -1;                       // in the program; -1 for a copy
  int space = kHostSpace;            // a launch's; a copy's device
  const Backend* backend = nullptr;  // null for views
  // Null for a launch that is prepared when it runs, because shapes depend on data.
  std::unique_ptr<PreparedKernel> kernel;
  std::vector<int> inputs;   // slots
  std::vector<int> outputs;  // slots
  // For what is prepared when it runs: where the inputs' elements can be read on the host, or -1.
  std::vector<int> host_inputs;
  int64_t scratch_offset = 0;
  // Bit k: nobody reads input k, a run-time slot, after this step.
  uint64_t last_uses = 0;
  // kBranch: one a branch, null for those that cannot be taken. kLoop: condition and body. They run in memory of their
  // own inside the arenas, at an offset a space.
  std::vector<std::shared_ptr<const Plan>> regions;
  std::vector<int64_t> region_offsets;
  // kBranch: the branch taken, where that is known, else -1; and why each that has no plan has none.
  int chosen = -1;
  std::vector<absl::Status> region_status;
  // kCopyToHost: the next step may read what this one and those just before it have brought.
  bool synchronize = false;
  // The first step of a stretch that its device records, to replay as one: the step after the stretch's last. Else -1.
  int stretch_end = -1;
  // Run-time slots that nobody uses after this step.
  std::vector<int> release;

  bool is_copy() const { return kind == Kind::kCopyToDevice || kind == Kind::kCopyToHost; }
};

class Plan {
 public:
  const CompiledProgram& compiled() const { return *compiled_; }
  absl::Span<const Step> steps() const { return steps_; }
  absl::Span<const Slot> slots() const { return slots_; }
  // The slot of each of the program's outputs.
  absl::Span<const int> outputs() const { return outputs_; }
  // The slots that hold something of one run only.
  absl::Span<const int> transient_slots() const { return transient_slots_; }
  // Whether a device reads host memory of this plan, at a time of its own choosing.
  bool copies_to_device() const { return copies_to_device_; }
  int64_t arena_bytes(int space) const { return arena_bytes_[space]; }
  // Over all spaces.
  int64_t arena_bytes() const;
  // Fresh memory on the host that every run takes for results.
  int64_t output_bytes() const { return output_bytes_; }

 private:
  friend class PlanBuilder;
  friend class PlanLayout;
  std::shared_ptr<const CompiledProgram> compiled_;
  std::vector<Slot> slots_;
  std::vector<Step> steps_;
  std::vector<int> outputs_;
  std::vector<int> transient_slots_;
  bool copies_to_device_ = false;
  std::vector<int64_t> arena_bytes_;  // by space
  int64_t output_bytes_ = 0;
};

// INVALID_ARGUMENT where the shapes do not fit the program, naming the node; RESOURCE_EXHAUSTED where the plan would
// take more bytes than can be counted.
absl::StatusOr<std::shared_ptr<const Plan>> MakePlan(std::shared_ptr<const CompiledProgram> compiled,
                                                     absl::Span<const Shape> input_shapes);

}  // namespace floe

#endif  // FLOE_PLAN_PLAN_H_
