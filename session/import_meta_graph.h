// ImportMetaGraph: a meta graph's file as a graph and a Saver on its nodes.
#ifndef FLOE_SESSION_IMPORT_META_GRAPH_H_
#define FLOE_SESSION_IMPORT_META_GRAPH_H_

#include <string>

#include "absl/status/statusor.h"
#include "session/meta_graph_file.h"
#include "session/saver.h"

namespace floe {

struct ImportedMetaGraph {
  GraphBuilder graph;
  // The meta graph's own; without one, a new one for the graph's variables; none where there are no variables either.
  Saver saver;
};

// Names the file in every error: NOT_FOUND, DATA_LOSS, INVALID_ARGUMENT, and as ImportGraphDef.
absl::StatusOr<ImportedMetaGraph> ImportMetaGraph(const std::string& path, const MetaGraphImportOptions& options = {},
                                                  FileSystem& files = FileSystem::Posix());

}  // namespace floe

#endif  // FLOE_SESSION_IMPORT_META_GRAPH_H_
