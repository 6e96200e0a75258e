// Where code that makes tensors while a model runs takes their memory, so that it can be counted and bounded.
#ifndef FLOE_TENSOR_ALLOCATOR_H_
#define FLOE_TENSOR_ALLOCATOR_H_

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace floe {

class TensorAllocator {
 public:
  virtual ~TensorAllocator() = default;
  // As Tensor::Allocate; the memory is given back when the last copy of the tensor goes.
  virtual absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) = 0;
};

}  // namespace floe

#endif  // FLOE_TENSOR_ALLOCATOR_H_
