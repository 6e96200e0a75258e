#include "session/lookup_tables.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "ops/lookup_table.h"
#include "session/subgraph.h"

namespace floe {
namespace {

struct Table {
  std::string node;
  DType key_dtype = DType::kInvalid, value_dtype = DType::kInvalid;
  Vocabulary contents;
};

absl::StatusOr<std::shared_ptr<const MappedFile>> MapVocabulary(const std::string& path, const std::string& folder) {
  FileSystem& files = FileSystem::Posix();
  const std::string beside = JoinPath(folder, path);
  for (const std::string& candidate : {path, beside}) {
    if (files.Exists(candidate)) return files.Map(candidate);
  }
  std::string nearest;
  if (const auto names = files.List(DirectoryOf(path)); names.ok()) nearest = DidYouMean(BaseName(path), *names);
  return absl::NotFoundError(absl::StrCat("its vocabulary file '", path, "' is not there",
                                          beside == path ? "" : absl::StrCat(", nor '", beside, "'"), nearest));
}

absl::StatusOr<Vocabulary> FromFile(const Node& initializer, const Table& table, const Tensor& path,
                                    const std::string& folder) {
  if (path.dtype() != DType::kString || path.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("node '", initializer.name, "': wanted a file's path, got ", path.ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const VocabularyFormat format,
                        VocabularyFormat::Of(initializer.attrs, table.key_dtype, table.value_dtype));
  const std::string& name = *path.data<std::string>();
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, MapVocabulary(name, folder));
  absl::StatusOr<Vocabulary> vocabulary = ParseVocabulary(file->bytes(), format);
  if (!vocabulary.ok()) return Annotate(vocabulary.status(), absl::StrCat("'", name, "'"));
  return vocabulary;
}

absl::Status CheckContents(const Table& table) {
  const Tensor& keys = table.contents.keys;
  const Tensor& values = table.contents.values;
  if (keys.dtype() != table.key_dtype || values.dtype() != table.value_dtype) {
    return absl::InvalidArgumentError(absl::StrCat("wanted keys of ", DTypeName(table.key_dtype), " and values of ",
                                                   DTypeName(table.value_dtype), ", got ", DTypeName(keys.dtype()),
                                                   " and ", DTypeName(values.dtype())));
  }
  if (keys.num_elements() != values.num_elements()) {
    return absl::InvalidArgumentError(
        absl::StrCat("it has ", keys.num_elements(), " keys, but ", values.num_elements(), " values"));
  }
  return absl::OkStatus();
}

absl::StatusOr<Table> ReadTable(const Node& node, InitGraph* init, const VariableValue& variable,
                                const std::string& folder) {
  Table table;
  table.node = node.name;
  FLOE_ASSIGN_OR_RETURN(table.key_dtype, node.attrs.Type("key_dtype"));
  FLOE_ASSIGN_OR_RETURN(table.value_dtype, node.attrs.Type("value_dtype"));
  const std::vector<const Node*> initializers = init->InitializersOf(node.name);
  if (initializers.empty()) {
    return absl::FailedPreconditionError("nothing in the graph initialises it, so its contents are not known");
  }
  if (initializers.size() > 1) {
    std::vector<std::string> names;
    for (const Node* initializer : initializers) names.push_back(initializer->name);
    return absl::FailedPreconditionError(absl::StrCat("several nodes initialise it: ", ListNames(names)));
  }
  const Node& initializer = *initializers[0];
  if (absl::StartsWith(initializer.op, "InitializeTableFromTextFile")) {
    FLOE_ASSIGN_OR_RETURN(const Tensor path, init->InputValue(initializer, 1, variable));
    FLOE_ASSIGN_OR_RETURN(table.contents, FromFile(initializer, table, path, folder));
  } else if (initializer.op == "InitializeTableFromDataset") {
    return absl::FailedPreconditionError(
        absl::StrCat("'", initializer.name, "' (", initializer.op, ") fills it from a dataset, which has to be run"));
  } else {
    FLOE_ASSIGN_OR_RETURN(table.contents.keys, init->InputValue(initializer, 1, variable));
    FLOE_ASSIGN_OR_RETURN(table.contents.values, init->InputValue(initializer, 2, variable));
  }
  FLOE_RETURN_IF_ERROR(CheckContents(table));
  return table;
}

std::string FreeName(const Graph& graph, const std::string& wanted) {
  std::string name = wanted;
  for (int i = 1; graph.Find(name) >= 0; ++i) name = absl::StrCat(wanted, "_", i);
  return name;
}

absl::StatusOr<std::string> AddConst(const std::string& wanted, const Tensor& value, Graph* graph) {
  Node node;
  node.name = FreeName(*graph, wanted);
  node.op = "Const";
  node.attrs.Set("dtype", AttrValue::Type(value.dtype()));
  node.attrs.Set("value", AttrValue::OfTensor(value));
  std::string name = node.name;
  FLOE_RETURN_IF_ERROR(graph->Add(std::move(node)));
  return name;
}

// Adds what fills the table. Returns its node's name.
absl::StatusOr<std::string> AddInitializer(const Table& table, Graph* graph) {
  Node* const handle = graph->mutable_node(graph->Find(table.node));
  if (handle->op == "AnonymousHashTable") {
    // Each run would make a new one.
    handle->op = "HashTableV2";
    handle->attrs.Set("shared_name", AttrValue::String(table.node));
  }
  Node init;
  init.op = handle->op == "HashTable" ? "InitializeTable" : "InitializeTableV2";
  init.name = FreeName(*graph, absl::StrCat(table.node, "/init"));
  init.attrs.Set("Tkey", AttrValue::Type(table.key_dtype));
  init.attrs.Set("Tval", AttrValue::Type(table.value_dtype));
  const Shape flat({table.contents.keys.num_elements()});
  FLOE_ASSIGN_OR_RETURN(const std::string keys,
                        AddConst(absl::StrCat(table.node, "/keys"), table.contents.keys.Reshaped(flat), graph));
  FLOE_ASSIGN_OR_RETURN(const std::string values,
                        AddConst(absl::StrCat(table.node, "/values"), table.contents.values.Reshaped(flat), graph));
  init.inputs = {table.node, keys, values};
  std::string name = init.name;
  FLOE_RETURN_IF_ERROR(graph->Add(std::move(init)));
  return name;
}

}  // namespace

FrozenTables FreezeTables(InitGraph* init, const VariableValue& variable, const std::string& folder, Graph* graph) {
  FrozenTables frozen;
  std::vector<Table> tables;
  for (const Node& node : graph->nodes()) {
    const std::string what = absl::StrCat("table '", node.name, "' (", node.op, ")");
    if (IsMutableTable(node.op)) {
      frozen.problems.push_back(absl::FailedPreconditionError(
          absl::StrCat(what, " is mutable: what it will hold is not known when the graph is frozen")));
    }
    if (!IsTable(node.op)) continue;
    absl::StatusOr<Table> table = ReadTable(node, init, variable, folder);
    if (table.ok()) {
      tables.push_back(*std::move(table));
    } else {
      frozen.problems.push_back(Annotate(table.status(), what));
    }
  }
  frozen.tables = static_cast<int>(tables.size());
  absl::flat_hash_map<std::string, std::string> initializers;  // by table
  for (const Table& table : tables) {
    const absl::StatusOr<std::string> name = AddInitializer(table, graph);
    if (name.ok()) {
      initializers[table.node] = *name;
    } else {
      frozen.problems.push_back(Annotate(name.status(), absl::StrCat("table '", table.node, "'")));
    }
  }
  for (int i = 0; i < graph->num_nodes(); ++i) {
    std::vector<std::string> waits;
    for (const std::string& input : graph->node(i).inputs) {
      const auto found = initializers.find(NodeOfTensor(input));
      if (found != initializers.end() && found->second != graph->node(i).name) {
        waits.push_back(absl::StrCat("^", found->second));
      }
    }
    if (waits.empty()) continue;
    std::vector<std::string>& inputs = graph->mutable_node(i)->inputs;
    for (std::string& wait : waits) {
      if (std::find(inputs.begin(), inputs.end(), wait) == inputs.end()) inputs.push_back(std::move(wait));
    }
  }
  return frozen;
}

}  // namespace floe
