#include "ops/registry.h"

#include <algorithm>

#include "absl/container/flat_hash_map.h"
#include "ops/activation.h"
#include "ops/arg_extreme.h"
#include "ops/arithmetic.h"
#include "ops/batch_norm.h"
#include "ops/bias.h"
#include "ops/cast.h"
#include "ops/comparison.h"
#include "ops/conv2d.h"
#include "ops/division.h"
#include "ops/fused.h"
#include "ops/gather.h"
#include "ops/identity.h"
#include "ops/join_split.h"
#include "ops/matmul.h"
#include "ops/pad.h"
#include "ops/pool.h"
#include "ops/reduce.h"
#include "ops/resize.h"
#include "ops/shape_ops.h"
#include "ops/slice.h"
#include "ops/softmax.h"
#include "ops/source.h"
#include "ops/transpose.h"
#include "ops/unary_math.h"

namespace floe {
namespace {

using Table = absl::flat_hash_map<absl::string_view, const OpInfo*>;

// One row a family. A new family is added here and nowhere else.
const Table& Ops() {
  static const Table* const table = [] {
    auto* ops = new Table;
    for (const absl::Span<const OpInfo> family : std::initializer_list<absl::Span<const OpInfo>>{
             ActivationOps(), ArgExtremeOps(), ArithmeticOps(), BatchNormOps(), BiasOps(),      CastOps(),
             ComparisonOps(), Conv2DOps(),     DivisionOps(),   FusedOps(),     GatherOps(),    IdentityOps(),
             JoinSplitOps(),  MatMulOps(),     PadOps(),        PoolOps(),      ReduceOps(),    ResizeOps(),
             ShapeOps(),      SliceOps(),      SoftmaxOps(),    SourceOps(),    TransposeOps(), UnaryMathOps(),
         }) {
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
  std::sort(all.begin(), all.end(),
            [](const OpInfo* a, const OpInfo* b) { return absl::string_view(a->name) < b->name; });
  return all;
}

std::vector<std::string> AllOpNames() {
  std::vector<std::string> names;
  for (const OpInfo* op : AllOps()) names.emplace_back(op->name);
  return names;
}

}  // namespace floe
