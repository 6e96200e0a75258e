#include <map>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "cli/drawing.h"

namespace floe::cli {
namespace {

// Names may go as deep as they like; a picture need not.
constexpr int kMaxDepth = 12;

struct Scope {
  std::map<std::string, Scope> inner;
  std::vector<int> nodes;
};

// For between quotes.
std::string Escaped(absl::string_view text) {
  std::string escaped;
  for (const char c : text) {
    if (c == '"' || c == '\\') escaped.push_back('\\');
    escaped.push_back(static_cast<unsigned char>(c) < ' ' ? ' ' : c);
  }
  return escaped;
}
std::string Quoted(absl::string_view text) { return absl::StrCat("\"", Escaped(text), "\""); }

absl::string_view LastPart(absl::string_view name) {
  const size_t slash = name.rfind('/');
  return slash == absl::string_view::npos ? name : name.substr(slash + 1);
}

Scope ScopesOf(const std::vector<ProgramNode>& nodes) {
  Scope root;
  for (size_t i = 0; i < nodes.size(); ++i) {
    Scope* scope = &root;
    std::vector<std::string> parts = absl::StrSplit(nodes[i].name, absl::MaxSplits('/', kMaxDepth));
    parts.pop_back();
    for (const std::string& part : parts) scope = &scope->inner[part];
    scope->nodes.push_back(static_cast<int>(i));
  }
  return root;
}

void AppendScope(const std::vector<ProgramNode>& nodes, const Scope& scope, const std::string& path, int depth,
                 std::string* out) {
  const std::string indent(2 * static_cast<size_t>(depth) + 2, ' ');
  for (const int i : scope.nodes) {
    const ProgramNode& node = nodes[i];
    // "\n" is DOT's own line break.
    const std::string label = absl::StrCat("\"", Escaped(node.op), "\\n", Escaped(LastPart(node.name)), "\\n",
                                           Escaped(absl::StrJoin(node.results, " ")), "\"");
    absl::StrAppend(out, indent, "n", i, " [label=", label, ", tooltip=", Quoted(node.name), ", fillcolor=\"",
                    ColorOf(node), "\"", node.is_output ? ", peripheries=2" : "", "];\n");
  }
  for (const auto& [name, inner] : scope.inner) {
    const std::string inner_path = path.empty() ? name : absl::StrCat(path, "/", name);
    absl::StrAppend(out, indent, "subgraph ", Quoted("cluster_" + inner_path), " {\n", indent, "  label=", Quoted(name),
                    ";\n");
    AppendScope(nodes, inner, inner_path, depth + 1, out);
    absl::StrAppend(out, indent, "}\n");
  }
}

bool IsAmong(absl::string_view op, std::initializer_list<absl::string_view> parts) {
  for (const absl::string_view part : parts) {
    if (absl::StrContains(op, part)) return true;
  }
  return false;
}

}  // namespace

std::string ColorOf(const ProgramNode& node) {
  if (node.op == "Placeholder") return "#cfe8cf";
  if (IsAmong(node.op, {"Conv", "MatMul", "Einsum", "LSTM", "GRU"})) return "#cfdcf5";
  if (IsAmong(node.op, {"Pool", "Sum", "Mean", "Max", "Min", "Softmax", "Norm"})) return "#f5e3c4";
  if (IsAmong(node.op, {"Reshape", "Transpose", "Concat", "Split", "Slice", "Squeeze", "ExpandDims", "Pack", "Pad",
                        "Gather", "Tile", "Identity", "Shape"})) {
    return "#e4e4e4";
  }
  return "#eed6ee";
}

std::string ToDot(const std::vector<ProgramNode>& nodes) {
  std::string out =
      "digraph program {\n  node [shape=box, style=filled, fontname=\"Helvetica\", fontsize=10];\n"
      "  graph [fontname=\"Helvetica\", fontsize=10, style=rounded, color=\"#888888\"];\n";
  AppendScope(nodes, ScopesOf(nodes), "", 0, &out);
  for (size_t i = 0; i < nodes.size(); ++i) {
    for (const int input : nodes[i].inputs) absl::StrAppend(&out, "  n", input, " -> n", i, ";\n");
  }
  return absl::StrCat(out, "}\n");
}

}  // namespace floe::cli
