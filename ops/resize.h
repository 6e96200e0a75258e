// Resizing images.
#ifndef FLOE_OPS_RESIZE_H_
#define FLOE_OPS_RESIZE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ResizeOps();

}  // namespace floe

#endif  // FLOE_OPS_RESIZE_H_
