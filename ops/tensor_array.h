// TensorFlow's TensorArrayV3 ops: loops of TF 1 keep what they gather in arrays. A TensorArray is a resource that ops
// change in the order of a flow of dummy numbers; here the flow itself is the array, as a list (ops/tensor_list.h), and
// lowering leaves the handle out of the inputs of all other ops.
//
// Reading gives no new flow, so clear_after_read, which saves memory, means nothing here: an element may be read twice.
#ifndef FLOE_OPS_TENSOR_ARRAY_H_
#define FLOE_OPS_TENSOR_ARRAY_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> TensorArrayOps();

// Whether input 0 of the op is a TensorArray's handle.
bool TakesTensorArrayHandle(absl::string_view op);

}  // namespace floe

#endif  // FLOE_OPS_TENSOR_ARRAY_H_
