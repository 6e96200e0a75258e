// Dilation2D: grayscale morphology, the largest sum of image and filter in each window.
#ifndef FLOE_OPS_DILATION_H_
#define FLOE_OPS_DILATION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DilationOps();

}  // namespace floe

#endif  // FLOE_OPS_DILATION_H_
