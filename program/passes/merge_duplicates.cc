// Ops that compute the same from the same are made one.
#include "absl/container/flat_hash_map.h"
#include "absl/hash/hash.h"
#include "program/pass.h"

namespace floe {
namespace {

// What an op computes; equal keys, equal results.
struct Key {
  const Op* op;

  friend bool operator==(const Key& a, const Key& b) {
    return a.op->info == b.op->info && a.op->inputs == b.op->inputs && a.op->attrs == b.op->attrs;
  }
  template <typename H>
  friend H AbslHashValue(H h, const Key& key) {
    h = H::combine(std::move(h), key.op->info, key.op->inputs);
    for (const auto& [name, value] : key.op->attrs.entries()) h = H::combine(std::move(h), value.encoded());
    return h;
  }
};

}  // namespace

absl::StatusOr<bool> MergeDuplicates(Program& program) {
  Replacements replacements(program);
  std::vector<bool> erase(program.ops.size(), false);
  absl::flat_hash_map<Key, size_t> first;
  for (size_t i = 0; i < program.ops.size(); ++i) {
    Op& op = program.ops[i];
    replacements.ResolveInputs(op);
    if (op.info->is_stateful() || !op.regions.empty()) continue;
    const auto [found, inserted] = first.emplace(Key{&op}, i);
    if (inserted) continue;
    const Op& original = program.ops[found->second];
    for (size_t k = 0; k < op.outputs.size(); ++k) replacements.Replace(op.outputs[k], original.outputs[k]);
    erase[i] = true;
  }
  replacements.ResolveOutputs(program);
  EraseOps(program, erase);
  return replacements.any();
}

}  // namespace floe
