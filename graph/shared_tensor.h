// What an AttrValue of a large tensor holds instead of its encoding: the tensor, and what comes before its elements.
// Immutable; of attr_value.cc and attr_tensor.cc alone.
#ifndef FLOE_GRAPH_SHARED_TENSOR_H_
#define FLOE_GRAPH_SHARED_TENSOR_H_

#include <mutex>
#include <string>

#include "graph/attr_value.h"

namespace floe {

struct AttrValue::SharedTensor {
  std::string head;
  Tensor tensor;
  mutable std::once_flag whole_made;
  mutable std::string whole;  // put together when it is first asked for
};

}  // namespace floe

#endif  // FLOE_GRAPH_SHARED_TENSOR_H_
