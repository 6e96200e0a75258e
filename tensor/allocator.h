// Where code that makes tensors while a model runs takes their memory, so that it can be counted and bounded.
#ifndef FLOE_TENSOR_ALLOCATOR_H_
#define FLOE_TENSOR_ALLOCATOR_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace floe {

// Moving elements in the memory of a device, in its stream's order.
class DeviceElements {
 public:
  virtual ~DeviceElements() = default;
  virtual absl::Status Copy(const void* from, void* to, int64_t bytes) = 0;
  virtual absl::Status Zero(void* to, int64_t bytes) = 0;
  // From the host's memory, which may change once this returns.
  virtual absl::Status Write(const void* host, void* to, int64_t bytes) = 0;
};

class TensorAllocator {
 public:
  virtual ~TensorAllocator() = default;
  // As Tensor::Allocate; the memory is given back when the last copy of the tensor goes.
  virtual absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) = 0;
  // How to move elements of the tensors that it makes; null where they are in the host's memory.
  virtual DeviceElements* elements() { return nullptr; }
};

}  // namespace floe

#endif  // FLOE_TENSOR_ALLOCATOR_H_
