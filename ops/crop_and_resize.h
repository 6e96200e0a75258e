// Boxes cut out of images, resized.
#ifndef FLOE_OPS_CROP_AND_RESIZE_H_
#define FLOE_OPS_CROP_AND_RESIZE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> CropAndResizeOps();

}  // namespace floe

#endif  // FLOE_OPS_CROP_AND_RESIZE_H_
