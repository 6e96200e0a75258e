// What the ops on NHWC images share on the device: elements in float, and where a thread's pixel is.
#ifndef FLOE_KERNELS_CUDA_IMAGE_H_
#define FLOE_KERNELS_CUDA_IMAGE_H_

#include <cstdint>

#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"

namespace floe {

// Element `i` of a result [batch, height, width, channels].
struct PixelPlace {
  int64_t batch, y, x, channel;

  __device__ static PixelPlace Of(int64_t i, int64_t height, int64_t width, int64_t channels) {
    const int64_t pixel = Quotient(i, channels), line = Quotient(pixel, width), batch = Quotient(line, height);
    return {batch, line - batch * height, pixel - line * width, i - pixel * channels};
  }
};

__device__ __forceinline__ int64_t ClampedTo(int64_t at, int64_t size) {
  return at < 0 ? 0 : at >= size ? size - 1 : at;
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_IMAGE_H_
