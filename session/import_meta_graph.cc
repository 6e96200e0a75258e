#include "session/import_meta_graph.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {

absl::StatusOr<ImportedMetaGraph> ImportMetaGraph(const std::string& path, const MetaGraphImportOptions& options,
                                                  FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, files.Map(path));
  absl::StatusOr<ImportedGraph> imported = ImportMetaGraphDef(file->bytes(), file, options);
  if (!imported.ok()) return Annotate(imported.status(), absl::StrCat("'", path, "'"));
  ImportedMetaGraph result{imported->graph, Saver()};
  if (!imported->saver.filename_tensor.empty()) {
    result.saver = Saver(imported->saver);
  } else if (!result.graph.GlobalVariables().empty()) {
    result.saver = Saver(result.graph);
    FLOE_RETURN_IF_ERROR(result.graph.status());
  }
  return result;
}

}  // namespace floe
