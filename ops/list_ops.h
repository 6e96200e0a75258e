// TensorFlow's TensorList ops: loops of TF 2 keep what they gather in lists.
#ifndef FLOE_OPS_LIST_OPS_H_
#define FLOE_OPS_LIST_OPS_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> ListOps();

}  // namespace floe

#endif  // FLOE_OPS_LIST_OPS_H_
