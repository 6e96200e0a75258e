#include "program/product.h"

#include <string>

#include "ops/registry.h"
#include "ops/types.h"
#include "ops/window.h"

namespace floe {
namespace {

struct Row {
  ProductKind kind;
  const char* plain;
  const char* fused;
};
constexpr Row kRows[] = {
    {ProductKind::kConv2D, "Conv2D", "_FusedConv2D"},
    {ProductKind::kDepthwiseConv2D, "DepthwiseConv2dNative", "_FusedDepthwiseConv2dNative"},
    {ProductKind::kMatMul, "MatMul", "_FusedMatMul"},
};
constexpr size_t kMainInputs = 2;

}  // namespace

std::optional<Product> AsProduct(const Program& program, const Op& op) {
  const absl::string_view name = op.info->name;
  for (const Row& row : kRows) {
    if (name != row.plain && name != row.fused) continue;
    const Value& result = program.values[op.outputs[0]];
    if (!Contains(FloatTypes(), result.dtype) || !result.shape.has_rank()) return std::nullopt;
    Product product{row.kind, {result.shape.rank(), 1, PartialShape::kUnknownDim}, {}};
    if (product.is_convolution()) {
      const absl::StatusOr<WindowAttrs> window = ParseWindowAttrs(op.attrs, 2);
      if (!window.ok()) return std::nullopt;
      product.result.axis = window->channel_axis();
    }
    product.result.channels = result.shape.dim(product.result.axis);
    if (name == row.fused) {
      absl::StatusOr<std::vector<FusedStep>> steps = ParseFusedSteps(op.attrs, static_cast<int>(op.inputs.size()));
      if (!steps.ok()) return std::nullopt;
      product.steps = *std::move(steps);
    }
    return product;
  }
  return std::nullopt;
}

void SetSteps(ProductKind kind, absl::Span<const FusedKind> steps, absl::Span<const ValueId> args, Op* op) {
  const Row& row = kRows[static_cast<int>(kind)];
  op->info = FindOp(steps.empty() ? row.plain : row.fused);
  op->inputs.resize(kMainInputs);
  op->inputs.insert(op->inputs.end(), args.begin(), args.end());
  op->attrs.Erase("num_args");  // what an exporter counted
  op->attrs.Erase("fused_ops");
  if (steps.empty()) return;
  std::vector<std::string> names;
  for (const FusedKind step : steps) names.emplace_back(FusedStepName(step));
  op->attrs.Set("fused_ops", AttrValue::Strings(names));
}

}  // namespace floe
