// The windows of a pool over images, one after another in the order of the results. Pure functions; any thread.
#ifndef FLOE_OPS_POOL_WINDOWS_H_
#define FLOE_OPS_POOL_WINDOWS_H_

#include <algorithm>
#include <cstdint>

#include "ops/window.h"

namespace floe {

// How far apart the elements of images are, in either layout.
struct ImageSteps {
  int64_t batch, row, column, channel;

  static ImageSteps Of(const Pool2DGeometry& g, int64_t height, int64_t width) {
    if (g.channels_first) return {g.channels * height * width, width, 1, height * width};
    return {height * width * g.channels, width * g.channels, g.channels, 1};
  }
  static ImageSteps OfInput(const Pool2DGeometry& g) { return Of(g, g.height.input, g.width.input); }
  static ImageSteps OfOutput(const Pool2DGeometry& g) { return Of(g, g.height.output, g.width.output); }
};

// Calls f(result, first, rows, columns) for each window: where channel 0 of its result lies, where channel 0 of its
// first element inside the input does, and how much of it is inside (perhaps nothing).
template <typename F>
void ForEachWindow(const Pool2DGeometry& g, F f) {
  const ImageSteps in = ImageSteps::OfInput(g), out = ImageSteps::OfOutput(g);
  for (int64_t n = 0; n < g.batch; ++n) {
    for (int64_t y = 0; y < g.height.output; ++y) {
      const int64_t first_y = g.height.FirstTap(y), rows = std::max<int64_t>(g.height.LastTap(y) - first_y, 0);
      for (int64_t x = 0; x < g.width.output; ++x) {
        const int64_t first_x = g.width.FirstTap(x), columns = std::max<int64_t>(g.width.LastTap(x) - first_x, 0);
        f(n * out.batch + y * out.row + x * out.column,
          n * in.batch + (g.height.Start(y) + first_y) * in.row + (g.width.Start(x) + first_x) * in.column, rows,
          columns);
      }
    }
  }
}

}  // namespace floe

#endif  // FLOE_OPS_POOL_WINDOWS_H_
