#include "session/meta_graph.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"
#include "session/subgraph.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/protobuf/saver.pb.h"

namespace floe {
namespace {

// Field numbers of meta_graph.proto and variable.proto. The graph is walked in place, since protobuf would copy every
// tensor.
constexpr int kMetaInfo = 1, kGraphDef = 2, kSaverDef = 3, kCollection = 4, kSignatureDef = 5, kAsset = 6;
constexpr int kMapKey = 1, kMapValue = 2;
constexpr int kVariableName = 1;

// A signature of this name names the op that initialises, and so do these collections: TensorFlow 2's, TensorFlow 1's,
// and that of a training graph's tables.
constexpr char kInitSignature[] = "__saved_model_init_op";
// TensorFlow 1's builder lists assets in a collection.
constexpr char kAssetCollection[] = "saved_model_assets";
constexpr char kTrainSignature[] = "__saved_model_train_op";
constexpr const char* kInitCollections[] = {"saved_model_main_op", "legacy_init_op", "table_initializer"};

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("not a MetaGraphDef: malformed ", what));
}

template <typename Message>
bool ParseMessage(absl::string_view bytes, Message* message) {
  return bytes.size() <= std::numeric_limits<int>::max() &&
         message->ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

absl::StatusOr<std::vector<SignatureTensor>> Tensors(
    const google::protobuf::Map<std::string, tensorflow::TensorInfo>& infos) {
  std::vector<SignatureTensor> tensors;
  for (const auto& [key, info] : infos) {
    SignatureTensor& tensor = tensors.emplace_back();
    tensor.key = key;
    tensor.tensor = info.name();
    // Only shown: the graph itself says what it computes with.
    if (absl::StatusOr<DType> dtype = DTypeFromNumber(info.dtype()); dtype.ok()) tensor.dtype = *dtype;
    if (!info.has_tensor_shape()) continue;
    FLOE_ASSIGN_OR_RETURN(tensor.shape, DecodeShapeProto(info.tensor_shape().SerializeAsString()));
  }
  std::sort(tensors.begin(), tensors.end(),
            [](const SignatureTensor& a, const SignatureTensor& b) { return a.key < b.key; });
  return tensors;
}

// An entry of a map whose values are messages.
template <typename Message>
absl::StatusOr<std::pair<std::string, Message>> ParseEntry(absl::string_view entry, absl::string_view what) {
  std::pair<std::string, Message> parsed;
  WireReader reader(entry);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kMapKey) parsed.first = std::string(field.bytes);
    if (field.number == kMapValue && !ParseMessage(field.bytes, &parsed.second)) return Malformed(what);
  }
  if (!reader.ok()) return Malformed(what);
  return parsed;
}

absl::Status AddSignature(absl::string_view entry, MetaGraph* meta) {
  FLOE_ASSIGN_OR_RETURN(const auto parsed, ParseEntry<tensorflow::SignatureDef>(entry, "signature"));
  const auto& [name, proto] = parsed;
  if (name == kInitSignature) {
    for (const auto& [key, info] : proto.outputs()) meta->init_ops.push_back(NodeOfTensor(info.name()));
    return absl::OkStatus();
  }
  if (name == kTrainSignature) return absl::OkStatus();
  Signature& signature = meta->signatures.emplace_back();
  signature.name = name;
  signature.method = proto.method_name();
  absl::StatusOr<std::vector<SignatureTensor>> inputs = Tensors(proto.inputs()), outputs = Tensors(proto.outputs());
  for (const auto* tensors : {&inputs, &outputs}) {
    if (!tensors->ok()) return Annotate(tensors->status(), absl::StrCat("signature '", name, "'"));
  }
  signature.inputs = *std::move(inputs);
  signature.outputs = *std::move(outputs);
  return absl::OkStatus();
}

absl::Status AddAsset(absl::string_view bytes, MetaGraph* meta) {
  tensorflow::AssetFileDef asset;
  if (!ParseMessage(bytes, &asset)) return Malformed("asset");
  std::pair<std::string, std::string> entry(asset.filename(), asset.tensor_info().name());
  const bool known = std::find(meta->assets.begin(), meta->assets.end(), entry) != meta->assets.end();
  if (!known) meta->assets.push_back(std::move(entry));
  return absl::OkStatus();
}

absl::Status AddCollection(absl::string_view entry, MetaGraph* meta) {
  FLOE_ASSIGN_OR_RETURN(const auto parsed, ParseEntry<tensorflow::CollectionDef>(entry, "collection"));
  const auto& [name, proto] = parsed;
  for (const char* const init : kInitCollections) {
    if (name != init) continue;
    for (const std::string& node : proto.node_list().value()) meta->init_ops.push_back(NodeOfTensor(node));
  }
  if (name == kAssetCollection) {
    for (const google::protobuf::Any& any : proto.any_list().value()) {
      FLOE_RETURN_IF_ERROR(AddAsset(any.value(), meta));
    }
  }
  // Collections of variables hold VariableDefs, whose first field is the variable's tensor.
  for (const std::string& bytes : proto.bytes_list().value()) {
    WireReader reader(bytes);
    WireField field;
    if (!reader.Next(&field) || field.number != kVariableName || field.type != WireType::kBytes) continue;
    meta->variable_collections[name].push_back(NodeOfTensor(std::string(field.bytes)));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<std::string>> TagsOf(absl::string_view meta_info) {
  tensorflow::MetaGraphDef::MetaInfoDef proto;
  if (!ParseMessage(meta_info, &proto)) return Malformed("meta_info_def");
  std::vector<std::string> tags(proto.tags().begin(), proto.tags().end());
  std::sort(tags.begin(), tags.end());
  return tags;
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
    switch (field.number) {
      case kMetaInfo: {
        FLOE_ASSIGN_OR_RETURN(meta.tags, TagsOf(field.bytes));
        break;
      }
      case kGraphDef:
        graph = field.bytes;
        break;
      case kSaverDef: {
        tensorflow::SaverDef saver;
        if (!ParseMessage(field.bytes, &saver)) return Malformed("saver");
        meta.save_tensor_name = saver.save_tensor_name();
        break;
      }
      case kCollection:
        FLOE_RETURN_IF_ERROR(AddCollection(field.bytes, &meta));
        break;
      case kSignatureDef:
        FLOE_RETURN_IF_ERROR(AddSignature(field.bytes, &meta));
        break;
      case kAsset:
        FLOE_RETURN_IF_ERROR(AddAsset(field.bytes, &meta));
        break;
      default:
        break;
    }
  }
  if (!reader.ok()) return Malformed("or truncated bytes");
  if (graph.empty()) return absl::InvalidArgumentError("not a MetaGraphDef: it has no graph");
  std::sort(meta.signatures.begin(), meta.signatures.end(),
            [](const Signature& a, const Signature& b) { return a.name < b.name; });
  std::sort(meta.init_ops.begin(), meta.init_ops.end());
  meta.init_ops.erase(std::unique(meta.init_ops.begin(), meta.init_ops.end()), meta.init_ops.end());
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

absl::StatusOr<MetaGraphSummary> SummarizeMetaGraph(absl::string_view bytes) {
  MetaGraphSummary summary;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kMetaInfo) {
      FLOE_ASSIGN_OR_RETURN(summary.tags, TagsOf(field.bytes));
    }
    if (field.number == kSignatureDef) {
      FLOE_ASSIGN_OR_RETURN(auto entry, ParseEntry<tensorflow::SignatureDef>(field.bytes, "signature"));
      if (entry.first != kInitSignature && entry.first != kTrainSignature) {
        summary.signatures.push_back(std::move(entry.first));
      }
    }
  }
  if (!reader.ok()) return Malformed("or truncated bytes");
  std::sort(summary.signatures.begin(), summary.signatures.end());
  return summary;
}

}  // namespace floe
