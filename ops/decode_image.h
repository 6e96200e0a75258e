// DecodeJpeg, DecodeAndCropJpeg, DecodePng, DecodeBmp, DecodeGif and DecodeImage. Which format the bytes are in is
// found from their first few, so that DecodeJpeg takes a PNG image too, as TensorFlow's does.
#ifndef FLOE_OPS_DECODE_IMAGE_H_
#define FLOE_OPS_DECODE_IMAGE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DecodeImageOps();

}  // namespace floe

#endif  // FLOE_OPS_DECODE_IMAGE_H_
