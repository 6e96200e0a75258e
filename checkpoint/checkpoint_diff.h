// How two checkpoints differ. Any thread.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_DIFF_H_
#define FLOE_CHECKPOINT_CHECKPOINT_DIFF_H_

#include <cstdint>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

// A tensor that both have.
struct TensorDifference {
  std::string name;
  std::string type_a, type_b;  // "float32 [2,3]"
  bool same_type = true;       // else no values were compared
  int64_t differing = 0;       // elements; NaNs equal each other, and 0 equals -0
  int64_t elements = 0;
  bool has_largest = false;  // numbers; for strings and bools there is no distance
  double largest = 0;        // of |a - b|; infinite or NaN where one of the two is
};

struct CheckpointDifference {
  std::vector<std::string> only_a, only_b;  // names, sorted
  std::vector<TensorDifference> tensors;    // those that differ, by name
  int64_t same = 0;                         // how many do not
  bool empty() const { return only_a.empty() && only_b.empty() && tensors.empty(); }
};

// Reads tensor by tensor; slices do not matter. The readers' errors.
absl::StatusOr<CheckpointDifference> DiffCheckpoints(const CheckpointReader& a, const CheckpointReader& b);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_DIFF_H_
