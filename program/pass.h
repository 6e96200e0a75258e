// Passes: rewrites of a program that keep what it computes.
//
// A pass is a name and a function that says whether it changed the program. RunPasses runs a pipeline in order,
// verifies the program after each, and leaves out those that are switched off by name. Not synchronised: the program is
// its builder's alone.
#ifndef FLOE_PROGRAM_PASS_H_
#define FLOE_PROGRAM_PASS_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "program/program.h"

namespace floe {

struct Pass {
  const char* name;
  absl::StatusOr<bool> (*run)(Program& program);
  // Whether it goes into regions by itself; others are run on each region after the program around it.
  bool visits_regions = false;
};

// The pass on the program and all regions in it.
absl::StatusOr<bool> RunEverywhere(const Pass& pass, Program& program);

struct PassOptions {
  std::vector<std::string> disabled;  // names; INVALID_ARGUMENT for one that is no pass's
  // Called after each pass that changed the program; may be empty.
  std::function<void(const Pass&, const Program&)> dump;
};

// The pipeline for every model, in order.
absl::Span<const Pass> StandardPasses();

absl::Status RunPasses(absl::Span<const Pass> passes, const PassOptions& options, Program& program);

// Replaces values as a pass walks the ops in order. Linear: an op's inputs are resolved when the walk comes by.
class Replacements {
 public:
  explicit Replacements(const Program& program) : target_(program.values.size(), -1) {}
  void Replace(ValueId from, ValueId to);
  ValueId Resolve(ValueId id) const;
  void ResolveInputs(Op& op) const;
  void ResolveOutputs(Program& program) const;
  bool any() const { return any_; }

 private:
  std::vector<ValueId> target_;  // grows with the program
  bool any_ = false;
};

// Drops the ops whose index is marked.
void EraseOps(Program& program, const std::vector<bool>& erase);

// The pipeline's passes, each in its own file of program/passes/.
absl::StatusOr<bool> FoldConstants(Program& program);
absl::StatusOr<bool> DropIdentities(Program& program);
absl::StatusOr<bool> DropDeadValues(Program& program);
absl::StatusOr<bool> SimplifyLoops(Program& program);
absl::StatusOr<bool> MergeDuplicates(Program& program);
absl::StatusOr<bool> ExpandEinsum(Program& program);
absl::StatusOr<bool> ExpandFusedPad(Program& program);
absl::StatusOr<bool> RecognizeLayerNorm(Program& program);
absl::StatusOr<bool> RecognizeAttention(Program& program);
absl::StatusOr<bool> RecognizeUpsampling(Program& program);
absl::StatusOr<bool> ChannelsLast(Program& program);
absl::StatusOr<bool> WidenConv1D(Program& program);
absl::StatusOr<bool> RecognizeActivations(Program& program);
absl::StatusOr<bool> DilateConvolutions(Program& program);
absl::StatusOr<bool> FoldPadIntoConv(Program& program);
absl::StatusOr<bool> FoldScalesIntoWeights(Program& program);
absl::StatusOr<bool> FuseEpilogues(Program& program);
absl::StatusOr<bool> FuseElementwise(Program& program);

}  // namespace floe

#endif  // FLOE_PROGRAM_PASS_H_
