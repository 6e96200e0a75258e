// A tensor seen around one of its axes.
#ifndef FLOE_OPS_AXIS_VIEW_H_
#define FLOE_OPS_AXIS_VIEW_H_

#include <cstdint>

#include "tensor/shape.h"

namespace floe {

// A shape as [outer, size, inner], where `size` is the axis's.
struct AxisView {
  int64_t outer = 1, size = 1, inner = 1;

  static AxisView Of(const Shape& shape, int axis) {
    AxisView view;
    for (int i = 0; i < axis; ++i) view.outer *= shape.dim(i);
    view.size = shape.dim(axis);
    for (int i = axis + 1; i < shape.rank(); ++i) view.inner *= shape.dim(i);
    return view;
  }
};

}  // namespace floe

#endif  // FLOE_OPS_AXIS_VIEW_H_
