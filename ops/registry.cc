#include "ops/registry.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"

namespace floe {
namespace {

using Table = absl::flat_hash_map<absl::string_view, const OpInfo*>;

// One row a family. A new family is added here and nowhere else.
const Table& Ops() {
  static const Table* const table = [] {
    auto* ops = new Table;
    for (const absl::Span<const OpInfo> family : std::initializer_list<absl::Span<const OpInfo>>{}) {
      for (const OpInfo& op : family) ops->emplace(op.name, &op);
    }
    return ops;
  }();
  return *table;
}

}  // namespace

const OpInfo* FindOp(absl::string_view name) {
  const auto found = Ops().find(name);
  return found == Ops().end() ? nullptr : found->second;
}

std::vector<const OpInfo*> AllOps() {
  std::vector<const OpInfo*> all;
  for (const auto& [name, op] : Ops()) all.push_back(op);
  std::sort(all.begin(), all.end(), [](const OpInfo* a, const OpInfo* b) { return absl::string_view(a->name) < b->name; });
  return all;
}

std::vector<std::string> AllOpNames() {
  std::vector<std::string> names;
  for (const OpInfo* op : AllOps()) names.emplace_back(op->name);
  return names;
}

}  // namespace floe
