// Convolution over volumes.
#ifndef FLOE_OPS_CONV3D_H_
#define FLOE_OPS_CONV3D_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> Conv3DOps();

}  // namespace floe

#endif  // FLOE_OPS_CONV3D_H_
