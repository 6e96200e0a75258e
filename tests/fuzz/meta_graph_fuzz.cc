// libFuzzer: any bytes as a .meta file, imported, exported and imported again, and its saver's restore op run on a
// checkpoint of two tensors. Whatever they say, there is a Status, or a graph that is read again the same, in bounded
// memory and time. Build with clang and -DFLOE_BUILD_FUZZERS=ON.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <random>
#include <string>

#include "absl/strings/string_view.h"
#include "session/import_meta_graph.h"
#include "session/meta_graph.h"
#include "session/session.h"
#include "tests/fuzz/graph_mutation.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/memory_files.h"

namespace floe {
namespace {

void Check(bool holds, const absl::Status& status = absl::OkStatus()) {
  if (holds) return;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  std::abort();
}

const std::string& TwoTensors(testing::MemoryFiles& files) {
  static const std::string prefix = "d/m";
  testing::BundleWriter writer;
  writer.Add("v1", Tensor::Of<float>({1.0f}));
  writer.Add("v2", Tensor::Of<float>({2.0f}));
  files.contents()[prefix + ".index"] = writer.EncodeIndex();
  files.contents()[prefix + ".data-00000-of-00001"] = *writer.data();
  return prefix;
}

// Whether running any of the graph stays as small as its constants: sizes computed by a graph are allowed, and nothing
// to fuzz with.
bool OnlyMovesValues(const Graph& graph) {
  return std::all_of(graph.nodes().begin(), graph.nodes().end(), [](const Node& node) {
    for (const char* op : {"Const", "Placeholder", "PlaceholderWithDefault", "VariableV2", "Variable", "VarHandleOp",
                           "ReadVariableOp", "Assign", "AssignVariableOp", "RestoreV2", "Restore", "RestoreSlice",
                           "SaveV2", "Save", "Identity", "NoOp", "Add", "ShardedFilename", "MergeV2Checkpoints"}) {
      if (node.op == op) return true;
    }
    return false;
  });
}

void Run(absl::string_view bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  const absl::StatusOr<MetaGraph> meta = MetaGraph::Parse(*owner, owner);
  if (meta.ok() && testing::HasLargeConstant(meta->graph)) return;
  testing::MemoryFiles files;
  const std::string& prefix = TwoTensors(files);
  files.contents()[prefix + ".meta"] = *owner;
  absl::StatusOr<ImportedMetaGraph> imported = ImportMetaGraph(prefix + ".meta", {}, files);
  if (!imported.ok()) {
    Check(!imported.status().message().empty() && !absl::IsInternal(imported.status()), imported.status());
    return;
  }
  const absl::StatusOr<std::string> exported = ExportMetaGraph(imported->graph, {.saver = imported->saver.def()});
  Check(exported.ok(), exported.status());
  auto exported_owner = std::make_shared<const std::string>(*exported);
  const absl::StatusOr<ImportedGraph> again = ImportMetaGraphDef(*exported_owner, exported_owner);
  Check(again.ok(), again.status());
  const absl::StatusOr<Graph> first = imported->graph.AsGraphDef(), second = again->graph.AsGraphDef();
  Check(first.ok() && second.ok() && first->NodeNames() == second->NodeNames());
  if (!OnlyMovesValues(*first)) return;
  Session session(imported->graph, {.files = &files});
  const absl::Status restored = imported->saver.Restore(session, prefix);
  Check(restored.ok() || !absl::IsInternal(restored), restored);
}

}  // namespace
}  // namespace floe

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  return floe::testing::MutateInput(data, size, max_size, seed, [](absl::string_view input, std::mt19937& random) {
    return floe::testing::MutateMessage(input, random);
  });
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
