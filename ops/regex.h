// Matching and replacing by regular expressions (RE2's).
#ifndef FLOE_OPS_REGEX_H_
#define FLOE_OPS_REGEX_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RegexOps();

}  // namespace floe

#endif  // FLOE_OPS_REGEX_H_
