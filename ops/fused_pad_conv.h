// FusedPadConv2D and FusedResizeAndPadConv2D: a convolution of an image that is mirrored beyond its edges, and resized
// before that: ResizeBilinear, MirrorPad and Conv2D one after another. The pass expand_fused_pad makes them those
// three, which kernels and the other passes know.
#ifndef FLOE_OPS_FUSED_PAD_CONV_H_
#define FLOE_OPS_FUSED_PAD_CONV_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"
#include "ops/op.h"

namespace floe {

// One of the ops that a fused one stands for. It takes the result of the one before (the first: the image), and the
// fused op's input of this number.
struct FusedPadStage {
  const char* op;
  int input;
  AttrMap attrs;
};
// Of an op that takes images of `dtype`. `resizes`: whether it is FusedResizeAndPadConv2D.
absl::StatusOr<std::vector<FusedPadStage>> FusedPadStages(const AttrMap& attrs, DType dtype, bool resizes);

absl::Span<const OpInfo> FusedPadConvOps();

}  // namespace floe

#endif  // FLOE_OPS_FUSED_PAD_CONV_H_
