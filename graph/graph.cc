#include "graph/graph.h"

#include <algorithm>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of graph.proto and node_def.proto.
constexpr int kGraphNode = 1, kGraphLibrary = 2, kGraphVersions = 4;
constexpr int kNodeName = 1, kNodeOp = 2, kNodeInput = 3, kNodeDevice = 4, kNodeAttr = 5;
constexpr int kMapKey = 1, kMapValue = 2;

absl::Status Malformed(absl::string_view what) {
  return absl::DataLossError(absl::StrCat("not a GraphDef: malformed ", what));
}

using Attrs = std::vector<std::pair<absl::string_view, absl::string_view>>;  // names and encoded values

absl::Status ParseAttr(absl::string_view entry, Attrs* attrs) {
  WireReader reader(entry);
  WireField field;
  absl::string_view key, value;
  while (reader.Next(&field)) {
    if (field.type != WireType::kBytes) continue;
    if (field.number == kMapKey) key = field.bytes;
    if (field.number == kMapValue) value = field.bytes;
  }
  if (!reader.ok()) return Malformed("attribute");
  attrs->emplace_back(key, value);
  return absl::OkStatus();
}

void AppendNode(const Node& node, std::string* out) {
  std::string encoded;
  AppendBytesField(kNodeName, node.name, &encoded);
  AppendBytesField(kNodeOp, node.op, &encoded);
  for (const std::string& input : node.inputs) AppendBytesField(kNodeInput, input, &encoded);
  if (!node.device.empty()) AppendBytesField(kNodeDevice, node.device, &encoded);
  for (const auto& [name, value] : node.attrs.entries()) {
    std::string entry;
    AppendBytesField(kMapKey, name, &entry);
    AppendBytesField(kMapValue, value.encoded(), &entry);
    AppendBytesField(kNodeAttr, entry, &encoded);
  }
  encoded += node.other_fields;
  AppendBytesField(kGraphNode, encoded, out);
}

}  // namespace

absl::StatusOr<Node> ParseNode(absl::string_view encoded, const std::shared_ptr<const void>& owner) {
  Node node;
  Attrs attrs;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    const bool known = field.number >= kNodeName && field.number <= kNodeAttr;
    if (known && field.type != WireType::kBytes) return Malformed("node");
    switch (field.number) {
      case kNodeName:
        node.name = std::string(field.bytes);
        break;
      case kNodeOp:
        node.op = std::string(field.bytes);
        break;
      case kNodeInput:
        node.inputs.emplace_back(field.bytes);
        break;
      case kNodeDevice:
        node.device = std::string(field.bytes);
        break;
      case kNodeAttr:
        FLOE_RETURN_IF_ERROR(ParseAttr(field.bytes, &attrs));
        break;
      default:
        node.other_fields.append(field.encoded.data(), field.encoded.size());
    }
  }
  if (!reader.ok()) return Malformed("node");
  // In the map's own order, so that each goes to its end; of one name the last counts.
  std::stable_sort(attrs.begin(), attrs.end(), [](const auto& a, const auto& b) { return a.first < b.first; });
  for (const auto& [name, value] : attrs) node.attrs.Set(name, AttrValue(value, owner));
  return node;
}

absl::StatusOr<InputRef> ParseInputRef(absl::string_view text) {
  InputRef ref;
  if (absl::StartsWith(text, "^")) {
    ref.control = true;
    ref.node = text.substr(1);
  } else {
    const size_t colon = text.rfind(':');
    ref.node = text.substr(0, colon);
    // A bound of its own: no op has a million results, and the number must not overflow anywhere.
    if (colon != absl::string_view::npos &&
        (!absl::SimpleAtoi(text.substr(colon + 1), &ref.output) || ref.output < 0 || ref.output > 1000000)) {
      return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no tensor: wanted NODE or NODE:NUMBER"));
    }
  }
  if (ref.node.empty()) return absl::InvalidArgumentError(absl::StrCat("'", text, "' names no node"));
  return ref;
}

std::string FormatInputRef(absl::string_view node, int output) {
  return output == 0 ? std::string(node) : absl::StrCat(node, ":", output);
}

absl::StatusOr<Graph> Graph::Parse(absl::string_view bytes, std::shared_ptr<const void> owner) {
  if (bytes.empty()) return absl::InvalidArgumentError("not a GraphDef: it is empty");
  if (static_cast<int64_t>(bytes.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a GraphDef of ", bytes.size(), " bytes; protobuf's limit is ", kMaxGraphBytes));
  }
  Graph graph;
  std::optional<std::string> library;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kGraphNode && field.type == WireType::kBytes) {
      FLOE_ASSIGN_OR_RETURN(Node node, ParseNode(field.bytes, owner));
      if (absl::Status added = graph.Add(std::move(node)); !added.ok()) {
        return absl::InvalidArgumentError(added.message());
      }
      graph.encoded_.back() = field.encoded;
    } else if (field.number == kGraphLibrary && field.type == WireType::kBytes) {
      if (!library.has_value()) library.emplace();
      library->append(field.bytes.data(), field.bytes.size());  // messages set twice merge by concatenation
    } else if (field.number == kGraphVersions && field.type == WireType::kBytes) {
      if (!graph.versions_.has_value()) graph.versions_.emplace();
      graph.versions_->append(field.bytes.data(), field.bytes.size());
    } else {
      graph.other_fields_.append(field.encoded.data(), field.encoded.size());
    }
  }
  if (!reader.ok()) return Malformed("or truncated bytes");
  if (graph.nodes_.empty()) return absl::InvalidArgumentError("not a GraphDef: it has no nodes");
  if (library.has_value()) graph.set_library(*std::move(library));
  graph.owner_ = std::move(owner);
  return graph;
}

absl::StatusOr<Graph> Graph::Load(const std::string& path) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, FileSystem::Posix().Map(path));
  absl::StatusOr<Graph> graph = absl::EndsWith(path, ".pbtxt") ? ParseText(file->bytes()) : Parse(file->bytes(), file);
  if (!graph.ok()) return Annotate(graph.status(), absl::StrCat("'", path, "'"));
  return graph;
}

int Graph::Find(absl::string_view name) const {
  const auto found = index_.find(name);
  return found == index_.end() ? -1 : found->second;
}

absl::StatusOr<int> Graph::FindOrError(absl::string_view name) const {
  const int index = Find(name);
  if (index < 0)
    return absl::NotFoundError(absl::StrCat("no node '", name, "' in the graph", DidYouMean(name, NodeNames())));
  return index;
}

absl::Status Graph::Add(Node node) {
  if (node.name.empty()) return absl::InvalidArgumentError(absl::StrCat("a node (op '", node.op, "') without a name"));
  if (node.op.empty()) return absl::InvalidArgumentError(absl::StrCat("node '", node.name, "' without an op"));
  if (!index_.emplace(node.name, num_nodes()).second) {
    return absl::AlreadyExistsError(absl::StrCat("two nodes are called '", node.name, "'"));
  }
  nodes_.push_back(std::move(node));
  encoded_.emplace_back();
  return absl::OkStatus();
}

std::vector<std::string> Graph::NodeNames() const {
  std::vector<std::string> names;
  names.reserve(nodes_.size());
  for (const Node& node : nodes_) names.push_back(node.name);
  return names;
}

void Graph::set_library(std::string encoded) { library_ = std::make_shared<const std::string>(std::move(encoded)); }
void Graph::set_versions(std::string encoded) {
  versions_ = encoded.empty() ? std::nullopt : std::make_optional(std::move(encoded));
}

absl::StatusOr<std::string> Graph::Serialize() const {
  std::string out;
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (encoded_[i].empty()) {
      AppendNode(nodes_[i], &out);
    } else {
      out.append(encoded_[i].data(), encoded_[i].size());
    }
  }
  if (library_ != nullptr) AppendBytesField(kGraphLibrary, *library_, &out);
  if (versions_.has_value()) AppendBytesField(kGraphVersions, *versions_, &out);
  out += other_fields_;
  if (static_cast<int64_t>(out.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("the graph takes ", out.size(), " bytes; protobuf's limit is ", kMaxGraphBytes));
  }
  return out;
}

}  // namespace floe
