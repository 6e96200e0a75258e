#include "session/meta_graph_file.h"

#include <algorithm>
#include <limits>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"
#include "proto/serialize.h"
#include "session/import_graph.h"
#include "session/subgraph.h"
#include "session/variable_def.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tensorflow/core/protobuf/saver.pb.h"

namespace floe {
namespace {

// Field numbers of meta_graph.proto and attr_value.proto.
constexpr int kMetaGraph = 2, kMetaSaver = 3;
constexpr int kAttrList = 1, kListShape = 7;

using CollectionProto = tensorflow::CollectionDef;

// list(shape), one an output.
AttrValue ShapesAttr(const std::vector<OutputType>& outputs) {
  std::string list, encoded;
  for (const OutputType& output : outputs) AppendBytesField(kListShape, EncodeShapeProto(output.shape), &list);
  AppendBytesField(kAttrList, list, &encoded);
  auto owner = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view bytes = *owner;
  return AttrValue(bytes, std::move(owner));
}

tensorflow::SaverDef ToProto(const SaverDef& saver) {
  tensorflow::SaverDef proto;
  proto.set_filename_tensor_name(saver.filename_tensor);
  proto.set_save_tensor_name(saver.save_tensor);
  proto.set_restore_op_name(saver.restore_op);
  proto.set_max_to_keep(saver.max_to_keep);
  proto.set_sharded(saver.sharded);
  proto.set_keep_checkpoint_every_n_hours(saver.keep_checkpoint_every_n_hours);
  proto.set_version(saver.version == CheckpointFormat::kV2 ? tensorflow::SaverDef::V2 : tensorflow::SaverDef::V1);
  return proto;
}

SaverDef FromProto(const tensorflow::SaverDef& proto, const std::string& prefix) {
  SaverDef saver;
  saver.filename_tensor = absl::StrCat(prefix, proto.filename_tensor_name());
  saver.save_tensor = absl::StrCat(prefix, proto.save_tensor_name());
  saver.restore_op = absl::StrCat(prefix, proto.restore_op_name());
  saver.max_to_keep = proto.max_to_keep();
  saver.sharded = proto.sharded();
  saver.keep_checkpoint_every_n_hours = proto.keep_checkpoint_every_n_hours();
  // An old file without a version is as old as the first format.
  saver.version = proto.version() == tensorflow::SaverDef::V2 ? CheckpointFormat::kV2 : CheckpointFormat::kV1;
  return saver;
}

absl::StatusOr<CollectionProto> ToProto(GraphState& graph, const std::string& name, const Collection& collection) {
  CollectionProto proto;
  switch (collection.kind) {
    case Collection::Kind::kVariables:
      for (const VariableInfo& variable : graph.VariablesIn(name)) {
        proto.mutable_bytes_list()->add_value(EncodeVariableDef(variable));
      }
      break;
    case Collection::Kind::kNodes:
      for (const std::string& value : collection.values) proto.mutable_node_list()->add_value(value);
      break;
    case Collection::Kind::kOther:
      if (!proto.ParseFromString(collection.encoded)) {
        return absl::InternalError(absl::StrCat("collection '", name, "' cannot be written again"));
      }
  }
  return proto;
}

}  // namespace

absl::StatusOr<std::string> ExportMetaGraph(GraphBuilder& graph, const ExportOptions& options) {
  FLOE_ASSIGN_OR_RETURN(GraphDef exported, graph.AsGraphDef());
  GraphState& state = *graph.state();
  for (int i = 0; i < exported.num_nodes(); ++i) {
    const NodeTypes& types = state.types(i);
    if (!types.known || types.outputs.empty()) continue;
    exported.mutable_node(i)->attrs.Set("_output_shapes", ShapesAttr(types.outputs));
  }
  if (options.clear_devices) {
    for (int i = 0; i < exported.num_nodes(); ++i) exported.mutable_node(i)->device.clear();
  }
  tensorflow::MetaGraphDef meta;
  for (const auto& [name, collection] : state.collections()) {
    if (options.collections.has_value() &&
        std::find(options.collections->begin(), options.collections->end(), name) == options.collections->end()) {
      continue;
    }
    FLOE_ASSIGN_OR_RETURN((*meta.mutable_collection_def())[name], ToProto(state, name, collection));
  }
  // The graph is written by itself: its tensors are not copied into messages.
  std::string bytes;
  FLOE_ASSIGN_OR_RETURN(const std::string graph_bytes, exported.Serialize());
  AppendBytesField(kMetaGraph, graph_bytes, &bytes);
  if (!options.saver.filename_tensor.empty()) {
    FLOE_ASSIGN_OR_RETURN(const std::string saver, SerializeInOrder(ToProto(options.saver)));
    AppendBytesField(kMetaSaver, saver, &bytes);
  }
  FLOE_ASSIGN_OR_RETURN(const std::string rest, SerializeInOrder(meta));
  bytes += rest;
  if (static_cast<int64_t>(bytes.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the meta graph takes ", bytes.size(), " bytes; protobuf's limit is ", kMaxGraphBytes));
  }
  return bytes;
}

absl::Status ExportMetaGraph(GraphBuilder& graph, const std::string& path, const ExportOptions& options,
                             FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(const std::string bytes, ExportMetaGraph(graph, options));
  return WriteFileAtomically(path, bytes, files);
}

namespace {

absl::Status ImportCollection(GraphState& graph, const std::string& name, const CollectionProto& proto,
                              const std::string& prefix) {
  if (proto.kind_case() == CollectionProto::kBytesList && IsVariableCollection(name)) {
    for (const std::string& encoded : proto.bytes_list().value()) {
      FLOE_ASSIGN_OR_RETURN(VariableInfo variable, DecodeVariableDef(encoded, prefix));
      const std::string node = variable.variable.node;
      for (const std::string& wanted : {node, variable.initializer, variable.snapshot.node}) {
        if (!wanted.empty() && graph.FindNode(wanted) == nullptr) {
          return absl::InvalidArgumentError(
              absl::StrCat("variable '", node, "': its node '", wanted, "' is not in the graph"));
        }
      }
      graph.AddVariable(std::move(variable), {name});
    }
    return absl::OkStatus();
  }
  Collection& collection = graph.collections()[name];
  if (proto.kind_case() == CollectionProto::kNodeList) {
    collection.kind = Collection::Kind::kNodes;
    for (const std::string& value : proto.node_list().value()) collection.values.push_back(prefix + value);
    return absl::OkStatus();
  }
  collection.kind = Collection::Kind::kOther;
  FLOE_ASSIGN_OR_RETURN(collection.encoded, SerializeInOrder(proto));
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<ImportedGraph> ImportMetaGraphDef(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                                                 const MetaGraphImportOptions& options) {
  if (bytes.empty()) return absl::InvalidArgumentError("not a MetaGraphDef: it is empty");
  absl::string_view graph_bytes;
  std::string rest;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kMetaGraph && field.type == WireType::kBytes) {
      graph_bytes = field.bytes;
    } else {
      rest.append(field.encoded.data(), field.encoded.size());
    }
  }
  if (!reader.ok()) return absl::DataLossError("not a MetaGraphDef: malformed or truncated bytes");
  tensorflow::MetaGraphDef meta;
  if (rest.size() > std::numeric_limits<int>::max() || !meta.ParseFromString(rest)) {
    return absl::DataLossError("not a MetaGraphDef: malformed beside the graph");
  }
  if (graph_bytes.empty()) return absl::InvalidArgumentError("not a MetaGraphDef: it has no graph");
  FLOE_ASSIGN_OR_RETURN(const GraphDef parsed, Graph::Parse(graph_bytes, owner));

  ImportedGraph imported{options.graph == nullptr ? GraphBuilder() : *options.graph, {}};
  GraphState& state = *imported.graph.state();
  ImportOptions import;
  std::string prefix;
  if (options.scope.empty()) {
    import.name = "";
  } else {
    prefix = state.UniqueName(options.scope) + "/";
    import.name = prefix;
  }
  import.clear_devices = options.clear_devices;
  import.input_map = options.input_map;
  FLOE_RETURN_IF_ERROR(ImportGraphDef(imported.graph, parsed, import).status());
  std::vector<std::string> names;
  for (const auto& [name, collection] : meta.collection_def()) names.push_back(name);
  std::sort(names.begin(), names.end());
  // Global variables first: their order is that of the graph's variables.
  std::stable_partition(names.begin(), names.end(), [](const std::string& name) { return name == kGlobalVariables; });
  for (const std::string& name : names) {
    absl::Status status = ImportCollection(state, name, meta.collection_def().at(name), prefix);
    if (!status.ok()) return Annotate(status, absl::StrCat("collection '", name, "'"));
  }
  if (meta.has_saver_def()) {
    imported.saver = FromProto(meta.saver_def(), prefix);
    for (const std::string& element :
         {imported.saver.filename_tensor, imported.saver.save_tensor, imported.saver.restore_op}) {
      const absl::Status found = state.graph().FindOrError(NodeOfTensor(element)).status();
      if (!found.ok()) return Annotate(found, "saver");
    }
  }
  return imported;
}

}  // namespace floe
