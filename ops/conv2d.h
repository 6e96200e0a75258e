// Two-dimensional convolutions: full, grouped, depthwise, transposed.
#ifndef FLOE_OPS_CONV2D_H_
#define FLOE_OPS_CONV2D_H_

#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/window.h"

namespace floe {

absl::Span<const OpInfo> Conv2DOps();

// The plain computations, for the fused forms too. Shapes are the geometry's; dtypes are one of Conv2D's.
absl::Status ReferenceConv2D(const Conv2DGeometry& geometry, const Tensor& input, const Tensor& filter, Tensor* output);
absl::Status ReferenceDepthwiseConv2D(const Conv2DGeometry& geometry, const Tensor& input, const Tensor& filter,
                                      Tensor* output);

}  // namespace floe

#endif  // FLOE_OPS_CONV2D_H_
