// DecodeRaw and DecodePaddedRaw: the bytes of strings as numbers.
#ifndef FLOE_OPS_DECODE_RAW_H_
#define FLOE_OPS_DECODE_RAW_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DecodeRawOps();

}  // namespace floe

#endif  // FLOE_OPS_DECODE_RAW_H_
