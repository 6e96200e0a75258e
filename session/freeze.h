// Freezing: a graph and the checkpoint of its variables become one graph of constants.
#ifndef FLOE_SESSION_FREEZE_H_
#define FLOE_SESSION_FREEZE_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_reader.h"
#include "graph/graph.h"
#include "session/meta_graph.h"

namespace floe {

struct FreezeOptions {
  // Names of nodes or tensors; empty: those of the signature, where the meta graph has one, else the nodes of the
  // inference part that nothing consumes.
  std::vector<std::string> outputs;
  // Whose outputs to take; empty: "serving_default", or the only one there is.
  std::string signature;
  // Take X/moving_average_name for X wherever the checkpoint has it.
  bool moving_average = false;
  std::string moving_average_name = "ExponentialMovingAverage";
  // Nodes to rename in the result: old name and new.
  std::vector<std::pair<std::string, std::string>> renames;
};

struct FrozenGraph {
  Graph graph;
  std::vector<std::string> outputs;  // as asked for or found, after renaming
  int variables = 0;
  int averaged = 0;                  // of them, how many took their moving average
  std::vector<std::string> decided;  // placeholders whose default decided a conditional, and which are gone
};

// INVALID_ARGUMENT, NOT_FOUND or FAILED_PRECONDITION for an unknown output, signature or node to rename, a variable
// that the checkpoint lacks or has with another dtype or shape, no moving averages at all, and outputs that need what
// cannot be frozen; each names the thing, what was wanted, what there is and the nearest name. DATA_LOSS for damaged
// files.
absl::StatusOr<FrozenGraph> Freeze(const MetaGraph& meta, const CheckpointReader& checkpoint,
                                   const FreezeOptions& options);

// The same for files: a checkpoint (see CheckpointReader::Open) with its .meta beside it.
absl::StatusOr<FrozenGraph> FreezeCheckpoint(const std::string& prefix, const FreezeOptions& options = {});
// A graph of its own: a GraphDef (.pb, .pbtxt) or a .meta file.
absl::StatusOr<FrozenGraph> FreezeGraphFile(const std::string& graph_path, const std::string& checkpoint_prefix,
                                            const FreezeOptions& options = {});

}  // namespace floe

#endif  // FLOE_SESSION_FREEZE_H_
