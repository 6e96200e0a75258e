// Freezing: a graph and the checkpoint of its variables become one graph of constants.
#ifndef FLOE_SESSION_FREEZE_H_
#define FLOE_SESSION_FREEZE_H_

#include <optional>
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
  // Of a SavedModel's meta graph.
  std::vector<std::string> tags = {"serve"};
  // Take X/moving_average_name for X wherever the checkpoint has it: for trainable variables and those that a moving
  // average is kept of, where the graph says which these are (as variables_to_restore does), else for any.
  bool moving_average = false;
  std::string moving_average_name = "ExponentialMovingAverage";
  // Nodes to rename in the result: old name and new.
  std::vector<std::pair<std::string, std::string>> renames;
};

struct FrozenGraph {
  Graph graph;
  std::vector<std::string> outputs;    // as asked for or found, after renaming
  std::optional<Signature> signature;  // whose outputs they are, after renaming
  int variables = 0;
  int averaged = 0;                  // of them, how many took their moving average
  int tables = 0;                    // lookup tables whose contents are now constants
  std::vector<std::string> decided;  // placeholders whose default decided a conditional, and which are gone
};

// INVALID_ARGUMENT, NOT_FOUND or FAILED_PRECONDITION for an unknown output, signature or node to rename, variables
// that the checkpoint lacks or has with another dtype or shape, no moving averages at all, tables whose contents are
// not to be had, and outputs that need what cannot be frozen; each names the thing, what was wanted, what there is and
// the nearest name, and one error names them all. DATA_LOSS for damaged files. `checkpoint` may be null where the graph
// has no variables. Relative paths of vocabulary files may be meant from `folder`.
absl::StatusOr<FrozenGraph> Freeze(const MetaGraph& meta, const CheckpointReader* checkpoint,
                                   const FreezeOptions& options, const std::string& folder = "");

// The same for files: a checkpoint (see CheckpointReader::Open) with its .meta beside it.
absl::StatusOr<FrozenGraph> FreezeCheckpoint(const std::string& prefix, const FreezeOptions& options = {});
// A graph of its own: a GraphDef (.pb, .pbtxt) or a .meta file.
absl::StatusOr<FrozenGraph> FreezeGraphFile(const std::string& graph_path, const std::string& checkpoint_prefix,
                                            const FreezeOptions& options = {});
// A SavedModel's folder. Also returns all of its signatures.
struct FrozenSavedModel {
  FrozenGraph frozen;
  std::vector<Signature> signatures;
};
absl::StatusOr<FrozenSavedModel> FreezeSavedModel(const std::string& folder, const FreezeOptions& options = {});

}  // namespace floe

#endif  // FLOE_SESSION_FREEZE_H_
