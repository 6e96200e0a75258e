// Convolutions over volumes, plain and transposed.
#ifndef FLOE_OPS_CONV3D_H_
#define FLOE_OPS_CONV3D_H_

#include <array>
#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/volume.h"
#include "ops/window.h"

namespace floe {

absl::Span<const OpInfo> Conv3DOps();

// Filter [depth, height, width, in, out]. What is not known is PartialShape::kUnknownDim.
struct Conv3DGeometry {
  bool channels_first = false;
  int64_t batch = PartialShape::kUnknownDim;
  int64_t in_channels = PartialShape::kUnknownDim;
  int64_t out_channels = PartialShape::kUnknownDim;
  std::array<Window1D, kVolumeSpatial> windows;

  PartialShape OutputShape() const;
};
// Of Conv3D; of Conv3DBackpropInputV2 too, whose result is the `input` here.
absl::StatusOr<Conv3DGeometry> ComputeConv3DGeometry(const AttrMap& attrs, PartialShape input, PartialShape filter);

}  // namespace floe

#endif  // FLOE_OPS_CONV3D_H_
