// Object-based checkpoints (tf.train.Checkpoint, SavedModels): their tensors have keys of their own, and an object
// graph beside them says which variable each one is.
#ifndef FLOE_SESSION_OBJECT_GRAPH_KEYS_H_
#define FLOE_SESSION_OBJECT_GRAPH_KEYS_H_

#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

// The checkpoint's key for each variable's full name. NOT_FOUND where it has no object graph, DATA_LOSS.
absl::StatusOr<absl::flat_hash_map<std::string, std::string>> KeysByFullName(const CheckpointReader& checkpoint);

}  // namespace floe

#endif  // FLOE_SESSION_OBJECT_GRAPH_KEYS_H_
