// ScaleAndTranslate: images resampled by a kernel, scaled and moved.
#ifndef FLOE_OPS_SCALE_AND_TRANSLATE_H_
#define FLOE_OPS_SCALE_AND_TRANSLATE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ScaleAndTranslateOps();

}  // namespace floe

#endif  // FLOE_OPS_SCALE_AND_TRANSLATE_H_
