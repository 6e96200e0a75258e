#include "session/meta_graph.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/wire.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/protobuf/saver.pb.h"

namespace floe {
namespace {

// Field numbers of meta_graph.proto. The graph is walked in place, since protobuf would copy every tensor.
constexpr int kGraphDef = 2, kSaverDef = 3, kSignatureDef = 5;
constexpr int kMapKey = 1, kMapValue = 2;

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("not a MetaGraphDef: malformed ", what));
}

template <typename Message>
bool ParseMessage(absl::string_view bytes, Message* message) {
  return bytes.size() <= std::numeric_limits<int>::max() &&
         message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

std::vector<std::pair<std::string, std::string>> Tensors(
    const google::protobuf::Map<std::string, tensorflow::TensorInfo>& infos) {
  std::vector<std::pair<std::string, std::string>> tensors;
  for (const auto& [key, info] : infos) tensors.emplace_back(key, info.name());
  std::sort(tensors.begin(), tensors.end());
  return tensors;
}

absl::StatusOr<Signature> ParseSignature(absl::string_view entry) {
  Signature signature;
  tensorflow::SignatureDef proto;
  WireReader reader(entry);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kMapKey) signature.name = std::string(field.bytes);
    if (field.number == kMapValue && !ParseMessage(field.bytes, &proto)) return Malformed("signature");
  }
  if (!reader.ok()) return Malformed("signature");
  signature.inputs = Tensors(proto.inputs());
  signature.outputs = Tensors(proto.outputs());
  return signature;
}

}  // namespace

absl::StatusOr<MetaGraph> MetaGraph::Parse(absl::string_view bytes, const std::shared_ptr<const void>& owner) {
  if (bytes.empty()) return absl::InvalidArgumentError("not a MetaGraphDef: it is empty");
  MetaGraph meta;
  absl::string_view graph;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kGraphDef) graph = field.bytes;
    if (field.number == kSaverDef) {
      tensorflow::SaverDef saver;
      if (!ParseMessage(field.bytes, &saver)) return Malformed("saver");
      meta.save_tensor_name = saver.save_tensor_name();
    }
    if (field.number == kSignatureDef) {
      FLOE_ASSIGN_OR_RETURN(meta.signatures.emplace_back(), ParseSignature(field.bytes));
    }
  }
  if (!reader.ok()) return Malformed("or truncated bytes");
  if (graph.empty()) return absl::InvalidArgumentError("not a MetaGraphDef: it has no graph");
  std::sort(meta.signatures.begin(), meta.signatures.end(),
            [](const Signature& a, const Signature& b) { return a.name < b.name; });
  FLOE_ASSIGN_OR_RETURN(meta.graph, Graph::Parse(graph, owner));
  for (int i = 0; i < meta.graph.num_nodes(); ++i) meta.graph.mutable_node(i)->attrs.Erase("_output_shapes");
  return meta;
}

absl::StatusOr<MetaGraph> MetaGraph::Load(const std::string& path) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, FileSystem::Posix().Map(path));
  absl::StatusOr<MetaGraph> meta = Parse(file->bytes(), file);
  if (!meta.ok()) return Annotate(meta.status(), absl::StrCat("'", path, "'"));
  return meta;
}

}  // namespace floe
