// EncodePng, EncodeJpeg, EncodeJpegVariableQuality: images as the bytes of files.
#ifndef FLOE_OPS_ENCODE_IMAGE_H_
#define FLOE_OPS_ENCODE_IMAGE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> EncodeImageOps();

}  // namespace floe

#endif  // FLOE_OPS_ENCODE_IMAGE_H_
