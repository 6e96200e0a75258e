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

// Passes on an encoded node, the elements of large tensors from where they lie.
absl::Status WriteNode(const Node& node, const std::function<absl::Status(absl::string_view)>& sink) {
  std::string head;
  AppendBytesField(kNodeName, node.name, &head);
  AppendBytesField(kNodeOp, node.op, &head);
  for (const std::string& input : node.inputs) AppendBytesField(kNodeInput, input, &head);
  if (!node.device.empty()) AppendBytesField(kNodeDevice, node.device, &head);
  // Each attribute: what comes before its value, and the value's parts.
  struct Attr {
    std::string head;
    AttrValue::Parts value;
  };
  std::vector<Attr> attrs;
  size_t size = head.size() + node.other_fields.size();
  for (const auto& [name, value] : node.attrs.entries()) {
    Attr& attr = attrs.emplace_back();
    attr.value = value.parts();
    const size_t value_size = attr.value.head.size() + attr.value.elements.size();
    std::string entry;
    AppendBytesField(kMapKey, name, &entry);
    AppendBytesHeader(kMapValue, value_size, &entry);
    AppendBytesHeader(kNodeAttr, entry.size() + value_size, &attr.head);
    attr.head += entry;
    size += attr.head.size() + value_size;
  }
  std::string out;
  AppendBytesHeader(kGraphNode, size, &out);
  out += head;
  for (const Attr& attr : attrs) {
    absl::StrAppend(&out, attr.head, attr.value.head);
    if (attr.value.elements.empty()) continue;
    FLOE_RETURN_IF_ERROR(sink(out));
    FLOE_RETURN_IF_ERROR(sink(attr.value.elements));
    out.clear();
  }
  out += node.other_fields;
  return sink(out);
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
    if (colon != absl::string_view::npos &&
        (!absl::SimpleAtoi(text.substr(colon + 1), &ref.output) || ref.output < 0 || ref.output > kMaxResults)) {
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

absl::Status Graph::WriteTo(const Sink& sink) const {
  for (size_t i = 0; i < nodes_.size(); ++i) {
    FLOE_RETURN_IF_ERROR(encoded_[i].empty() ? WriteNode(nodes_[i], sink) : sink(encoded_[i]));
  }
  std::string rest;
  if (library_ != nullptr) AppendBytesField(kGraphLibrary, *library_, &rest);
  if (versions_.has_value()) AppendBytesField(kGraphVersions, *versions_, &rest);
  rest += other_fields_;
  return sink(rest);
}

absl::StatusOr<int64_t> Graph::EncodedSize() const {
  int64_t size = 0;
  FLOE_RETURN_IF_ERROR(WriteTo([&size](absl::string_view bytes) {
    size += static_cast<int64_t>(bytes.size());
    return absl::OkStatus();
  }));
  if (size <= kMaxGraphBytes) return size;
  return absl::InvalidArgumentError(
      absl::StrCat("the graph takes ", size, " bytes; protobuf's limit is ", kMaxGraphBytes));
}

absl::StatusOr<std::string> Graph::Serialize() const {
  FLOE_ASSIGN_OR_RETURN(const int64_t size, EncodedSize());
  std::string out;
  out.reserve(static_cast<size_t>(size));
  FLOE_RETURN_IF_ERROR(WriteTo([&out](absl::string_view bytes) {
    out.append(bytes.data(), bytes.size());
    return absl::OkStatus();
  }));
  return out;
}

absl::StatusOr<int64_t> Graph::WriteFile(const std::string& path, FileSystem& files) const {
  FLOE_ASSIGN_OR_RETURN(const int64_t size, EncodedSize());
  const auto write = [this](WritableFile* file) -> absl::Status {
    constexpr size_t kChunk = size_t{1} << 16;
    std::string small;  // nodes are many, and small
    const Sink append = [&](absl::string_view bytes) -> absl::Status {
      if (small.size() + bytes.size() > kChunk) {
        FLOE_RETURN_IF_ERROR(file->Append(small));
        small.clear();
      }
      if (bytes.size() >= kChunk) return file->Append(bytes);
      small.append(bytes.data(), bytes.size());
      return absl::OkStatus();
    };
    FLOE_RETURN_IF_ERROR(WriteTo(append));
    return file->Append(small);
  };
  FLOE_RETURN_IF_ERROR(WriteFileAtomically(path, write, files));
  return size;
}

}  // namespace floe
