// Meta graphs (MetaGraphDef, the .meta beside a checkpoint): a graph with its collections and its saver, out and in.
#ifndef FLOE_SESSION_META_GRAPH_FILE_H_
#define FLOE_SESSION_META_GRAPH_FILE_H_

#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "session/graph_builder.h"
#include "session/saver_def.h"

namespace floe {

struct ExportOptions {
  SaverDef saver = {};
  bool clear_devices = false;
  // Of these collections; all of them where it is not said.
  std::optional<std::vector<std::string>> collections = {};
};

// The encoded MetaGraphDef: nodes with `_output_shapes`, variables as VariableDefs. It has no stripped_op_list: those
// are the definitions of ops as a certain TensorFlow has them, wanted only by a reader of another version to tell which
// attributes have their defaults; Floe's nodes name all of theirs.
absl::StatusOr<std::string> ExportMetaGraph(GraphBuilder& graph, const ExportOptions& options = {});
absl::Status ExportMetaGraph(GraphBuilder& graph, const std::string& path, const ExportOptions& options = {},
                             FileSystem& files = FileSystem::Posix());

struct MetaGraphImportOptions {
  std::string scope = "";  // the nodes become SCOPE/node, the collections' values and the saver likewise
  bool clear_devices = false;
  std::vector<std::pair<std::string, Output>> input_map = {};
  // Into this graph; a new one where there is none. Not owned.
  GraphBuilder* graph = nullptr;
};

// What a meta graph holds, put into a graph. `saver`: its own, none where filename_tensor is empty.
struct ImportedGraph {
  GraphBuilder graph;
  SaverDef saver;
};
// `owner` keeps `bytes` alive. DATA_LOSS, INVALID_ARGUMENT, and as ImportGraphDef.
absl::StatusOr<ImportedGraph> ImportMetaGraphDef(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                                                 const MetaGraphImportOptions& options = {});

}  // namespace floe

#endif  // FLOE_SESSION_META_GRAPH_FILE_H_
