// Object-based checkpoints (tf.train.Checkpoint, Keras): a tensor's key is a path through Python objects, and the
// variable's name stands in a graph of those objects, itself a tensor of the checkpoint.
#ifndef FLOE_CHECKPOINT_OBJECT_GRAPH_H_
#define FLOE_CHECKPOINT_OBJECT_GRAPH_H_

#include <map>
#include <string>

#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_reader.h"

namespace floe {

inline constexpr char kObjectGraphKey[] = "_CHECKPOINTABLE_OBJECT_GRAPH";

// Keys by the variables' names: "w" -> "model/w/.ATTRIBUTES/VARIABLE_VALUE". Left out are variables without a name,
// names that several variables share (either may be meant), and keys that the checkpoint does not have. Empty for
// checkpoints that are saved by name. DATA_LOSS for a damaged graph.
absl::StatusOr<std::map<std::string, std::string>> ObjectKeysByName(const CheckpointReader& checkpoint);

// The tensor of the graph with new keys in the place of old ones. The checkpoint has such a graph.
absl::StatusOr<Tensor> RenamedObjectGraph(const CheckpointReader& checkpoint,
                                          const std::map<std::string, std::string>& new_keys);

}  // namespace floe

#endif  // FLOE_CHECKPOINT_OBJECT_GRAPH_H_
