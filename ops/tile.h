// Repeating a tensor: Tile, BroadcastTo, and the shape that two shapes broadcast to.
#ifndef FLOE_OPS_TILE_H_
#define FLOE_OPS_TILE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> TileOps();

}  // namespace floe

#endif  // FLOE_OPS_TILE_H_
