// RGB images: hue, saturation, value and contrast.
#ifndef FLOE_OPS_COLOR_H_
#define FLOE_OPS_COLOR_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ColorOps();

}  // namespace floe

#endif  // FLOE_OPS_COLOR_H_
