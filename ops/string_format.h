// Tensors printed into a text: StringFormat.
#ifndef FLOE_OPS_STRING_FORMAT_H_
#define FLOE_OPS_STRING_FORMAT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> StringFormatOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_FORMAT_H_
