// Volumes: tensors of batch, depth, height, width and channel, in either order of channels.
#ifndef FLOE_OPS_VOLUME_H_
#define FLOE_OPS_VOLUME_H_

#include <array>
#include <cstdint>

#include "tensor/shape.h"

namespace floe {

inline constexpr int kVolumeSpatial = 3;

// Where the elements lie.
struct VolumeStrides {
  int64_t batch, channel;
  std::array<int64_t, kVolumeSpatial> spatial;

  static VolumeStrides Of(const Shape& shape, bool channels_first) {
    const Dims s = shape.Strides();
    if (channels_first) return {s[0], s[1], {s[2], s[3], s[4]}};
    return {s[0], s[4], {s[1], s[2], s[3]}};
  }
};

}  // namespace floe

#endif  // FLOE_OPS_VOLUME_H_
