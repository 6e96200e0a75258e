// Pools over volumes, and pools and patches whose windows say where they found what.
#ifndef FLOE_OPS_POOL3D_H_
#define FLOE_OPS_POOL3D_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/volume.h"
#include "ops/window.h"

namespace floe {

absl::Span<const OpInfo> Pool3DOps();

struct Pool3DGeometry {
  bool channels_first = false;
  int64_t batch = 0, channels = 0;
  std::array<Window1D, kVolumeSpatial> windows;

  PartialShape OutputShape() const;
};
// Of MaxPool3D and AvgPool3D.
absl::StatusOr<Pool3DGeometry> ComputePool3DGeometry(const AttrMap& attrs, PartialShape input);

}  // namespace floe

#endif  // FLOE_OPS_POOL3D_H_
