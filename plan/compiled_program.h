// CompiledProgram: a program with a kernel for each op, made once a model by Compile, shared by all its plans.
//
// Immutable and safe from any thread, but for uploaded constants, which are filled in once under a lock of their own.
// Whoever holds the shared_ptr keeps weights and kernels alive.
#ifndef FLOE_PLAN_COMPILED_PROGRAM_H_
#define FLOE_PLAN_COMPILED_PROGRAM_H_

#include <cstdint>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/kernel.h"
#include "program/program.h"

namespace floe {

// Who runs an op. Views have nobody: they are other names for their input's elements.
struct Placement {
  const Backend* backend = nullptr;
  std::unique_ptr<Kernel> kernel;
};

// Memory that kernels share. Space 0 is the host; each backend with memory of its own has a further one.
inline constexpr int kHostSpace = 0;

class Unsupported;

class CompiledProgram {
 public:
  // Gives each op to the first of `backends` (in order of preference; they live for the whole process) that takes it.
  // UNIMPLEMENTED names every op that none takes, at once. Ops of small integers, with which shapes are computed, go
  // to a backend on the host.
  static absl::StatusOr<std::shared_ptr<const CompiledProgram>> Compile(Program program,
                                                                        absl::Span<const Backend* const> backends,
                                                                        Precision precision = Precision::kFp32);

  const Program& program() const { return program_; }
  const Placement& placement(int op) const { return placements_[op]; }
  // What the op's regions are compiled to; their program() is the region, and the op itself has none left. Spaces have
  // the same numbers everywhere.
  absl::Span<const std::shared_ptr<const CompiledProgram>> regions(int op) const { return regions_[op]; }
  // Null for the host.
  const Backend* backend_of_space(int space) const { return spaces_[space]; }
  int num_spaces() const { return static_cast<int>(spaces_.size()); }
  int SpaceOf(const Backend& backend) const;
  // OK while every backend that runs an op can.
  absl::Status Health() const;

  // Whether the value is a constant whose elements were let go once the kernels had packed them.
  bool is_released(ValueId id) const { return released_[id]; }
  // Whether it, or a region in it, has an op with effects.
  bool has_effects() const { return has_effects_; }
  // In which space each of the program's outputs is made, where the inputs are in these: the host where nobody makes
  // it.
  std::vector<int> OutputSpaces(absl::Span<const int> input_spaces) const;
  // Number of ops by name, those inside regions too.
  void CountOps(std::map<std::string, int>* counts) const;

  // What ops keep from run to run is as it was at first, in regions too.
  void Restart() const;

  // Bytes of constants that were kept, and of those that kernels packed.
  int64_t weight_bytes() const { return weight_bytes_; }

  // The constant's elements in a space other than the host's; uploaded once, shared by all instances.
  absl::StatusOr<Tensor> UploadedConstant(ValueId id, int space) const;

 private:
  CompiledProgram() = default;
  static absl::StatusOr<std::shared_ptr<CompiledProgram>> CompileRegions(Program program,
                                                                         absl::Span<const Backend* const> backends,
                                                                         Precision precision, Unsupported* unsupported);
  void ReleasePackedConstants();

  Program program_;
  std::vector<Placement> placements_;                                         // by op
  std::vector<std::vector<std::shared_ptr<const CompiledProgram>>> regions_;  // by op
  std::vector<const Backend*> spaces_;
  std::vector<bool> released_;  // by value
  int64_t weight_bytes_ = 0;
  bool has_effects_ = false;

  mutable std::mutex uploads_mutex_;
  mutable std::vector<std::vector<Tensor>> uploads_;  // by space and value; guarded by uploads_mutex_
};

}  // namespace floe

#endif  // FLOE_PLAN_COMPILED_PROGRAM_H_
