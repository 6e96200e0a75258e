// Checkpoints made of others: renamed, averaged. What is written is V2, one shard, slices as they were; tensors pass
// through one by one. The output may have the prefix of an input, which is then replaced crash-safely.
#ifndef FLOE_CHECKPOINT_CHECKPOINT_EDIT_H_
#define FLOE_CHECKPOINT_CHECKPOINT_EDIT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

// `names`: new names by old ones; two may change places. In an object-based checkpoint the graph of objects follows.
// NOT_FOUND for an old name that is not there; ALREADY_EXISTS where two tensors would have one name.
absl::Status RenameTensors(const CheckpointReader& checkpoint, const std::map<std::string, std::string>& names,
                           const std::string& output, FileSystem& files = FileSystem::Posix());

// Means of floating-point and complex tensors, summed in double, of the dtype that they have. Everything else comes
// from the last checkpoint; returns the names of those that differ between the inputs. INVALID_ARGUMENT, naming the
// tensor, where the inputs do not have the same tensors of the same dtypes and shapes.
absl::StatusOr<std::vector<std::string>> AverageCheckpoints(const std::vector<const CheckpointReader*>& inputs,
                                                            const std::string& output,
                                                            FileSystem& files = FileSystem::Posix());

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CHECKPOINT_EDIT_H_
