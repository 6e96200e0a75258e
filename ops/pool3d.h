// Pools over volumes, and pools and patches whose windows say where they found what.
#ifndef FLOE_OPS_POOL3D_H_
#define FLOE_OPS_POOL3D_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> Pool3DOps();

}  // namespace floe

#endif  // FLOE_OPS_POOL3D_H_
