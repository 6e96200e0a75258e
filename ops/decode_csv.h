// Records of comma-separated fields: DecodeCSV.
#ifndef FLOE_OPS_DECODE_CSV_H_
#define FLOE_OPS_DECODE_CSV_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> DecodeCsvOps();

}  // namespace floe

#endif  // FLOE_OPS_DECODE_CSV_H_
