// Rounding to what a quantized model could hold.
#ifndef FLOE_OPS_FAKE_QUANT_H_
#define FLOE_OPS_FAKE_QUANT_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> FakeQuantOps();

}  // namespace floe

#endif  // FLOE_OPS_FAKE_QUANT_H_
