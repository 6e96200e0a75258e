// Convolutions and matrix products as passes see them: where the result has the channels that the filter makes, and
// what the fused forms do after the product. Values and pure functions; any thread.
#ifndef FLOE_PROGRAM_PRODUCT_H_
#define FLOE_PROGRAM_PRODUCT_H_

#include <optional>
#include <vector>

#include "absl/types/span.h"
#include "ops/fused.h"
#include "program/affine.h"
#include "program/program.h"

namespace floe {

enum class ProductKind { kConv2D, kDepthwiseConv2D, kMatMul };

// An op `input * filter`, followed by `steps` where it is a fused form. The op's inputs: (input, filter, args...).
struct Product {
  ProductKind kind;
  ChannelLayout result;  // channels unknown (-1) where the filter's shape is
  std::vector<FusedStep> steps;

  bool is_convolution() const { return kind != ProductKind::kMatMul; }
};

// Nothing for other ops, and for those that passes leave alone (integers, attributes that say nothing).
std::optional<Product> AsProduct(const Program& program, const Op& op);

// Gives a product op these steps after it: the fused form, or the plain one where there are none. `args` are all of
// the steps' args in order.
void SetSteps(ProductKind kind, absl::Span<const FusedKind> steps, absl::Span<const ValueId> args, Op* op);

}  // namespace floe

#endif  // FLOE_PROGRAM_PRODUCT_H_
