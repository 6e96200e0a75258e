// Runs of neighbouring tokens as strings.
#ifndef FLOE_OPS_NGRAMS_H_
#define FLOE_OPS_NGRAMS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> NgramOps();

}  // namespace floe

#endif  // FLOE_OPS_NGRAMS_H_
