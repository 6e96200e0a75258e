// Graph: a GraphDef as TensorFlow has it: nodes in file order, each with the names of its inputs; never optimised, and
// written back byte for byte as far as Floe did not change it. A value type; reading is safe from any thread.
#ifndef FLOE_GRAPH_GRAPH_H_
#define FLOE_GRAPH_GRAPH_H_

#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "graph/attr_value.h"

namespace floe {

// "name:2" (or "name", output 0), or "^name" (control).
struct InputRef {
  absl::string_view node;
  int output = 0;
  bool control = false;
};
// No op has more results: numbers past it are refused before anything is done with them.
inline constexpr int kMaxResults = 1000000;
// INVALID_ARGUMENT for what is no reference. `text` must outlive the result.
absl::StatusOr<InputRef> ParseInputRef(absl::string_view text);
// "x" for output 0, "x:1" past it.
std::string FormatInputRef(absl::string_view node, int output);

struct Node {
  std::string name;
  std::string op;
  std::string device;
  std::vector<std::string> inputs;
  AttrMap attrs;
  // Fields of NodeDef that Floe does not interpret (debug information, full types), encoded.
  std::string other_fields;
};

// An encoded NodeDef; tensors stay spans of it. DATA_LOSS for malformed bytes.
absl::StatusOr<Node> ParseNode(absl::string_view encoded, const std::shared_ptr<const void>& owner);

class Graph {
 public:
  Graph() = default;

  // Walks the encoded GraphDef; tensors stay spans of `bytes`, which `owner` keeps alive. DATA_LOSS for malformed
  // bytes, INVALID_ARGUMENT for two nodes of one name, an empty name or op.
  static absl::StatusOr<Graph> Parse(absl::string_view bytes, std::shared_ptr<const void> owner);
  // A file: binary GraphDef, or text where the name ends in .pbtxt. Names the file in every error.
  static absl::StatusOr<Graph> Load(const std::string& path);
  // The protobuf text format.
  static absl::StatusOr<Graph> ParseText(absl::string_view text);

  const std::vector<Node>& nodes() const { return nodes_; }
  const Node& node(int index) const { return nodes_[index]; }
  // For changing the node; what is written for it is encoded anew from then on.
  Node* mutable_node(int index) {
    encoded_[index] = absl::string_view();
    return &nodes_[index];
  }
  int num_nodes() const { return static_cast<int>(nodes_.size()); }
  // -1 where there is none.
  int Find(absl::string_view name) const;
  // NOT_FOUND with the nearest name.
  absl::StatusOr<int> FindOrError(absl::string_view name) const;
  // ALREADY_EXISTS, INVALID_ARGUMENT for an empty name.
  absl::Status Add(Node node);
  std::vector<std::string> NodeNames() const;

  // FunctionDefLibrary and VersionDef, encoded; empty where the file has none.
  absl::string_view library() const { return library_ != nullptr ? absl::string_view(*library_) : absl::string_view(); }
  // The same, to keep alive; null where there is none. TensorFlow writes an empty library, too.
  const std::shared_ptr<const std::string>& shared_library() const { return library_; }
  void set_library(std::string encoded);
  void set_library(std::shared_ptr<const std::string> encoded) { library_ = std::move(encoded); }
  absl::string_view versions() const {
    return versions_.has_value() ? absl::string_view(*versions_) : absl::string_view();
  }
  void set_versions(std::string encoded);

  // The encoded GraphDef. Nodes in order: those that were read as they were read, others with attributes sorted by
  // name. INVALID_ARGUMENT past 2 GiB, protobuf's limit.
  absl::StatusOr<std::string> Serialize() const;
  // The same into a file, as WriteFileAtomically does it, without a copy of the tensors in memory. Returns its bytes.
  absl::StatusOr<int64_t> WriteFile(const std::string& path, FileSystem& files = FileSystem::Posix()) const;

 private:
  using Sink = std::function<absl::Status(absl::string_view)>;
  absl::Status WriteTo(const Sink& sink) const;
  absl::StatusOr<int64_t> EncodedSize() const;

  std::vector<Node> nodes_;
  std::vector<absl::string_view> encoded_;  // each node as it was read; empty where it was not, or may have changed
  std::shared_ptr<const void> owner_;       // of those bytes
  absl::flat_hash_map<std::string, int> index_;
  std::shared_ptr<const std::string> library_;
  std::optional<std::string> versions_;
  std::string other_fields_;
};

// The largest GraphDef that protobuf readers take.
inline constexpr int64_t kMaxGraphBytes = (int64_t{1} << 31) - 1;

}  // namespace floe

#endif  // FLOE_GRAPH_GRAPH_H_
