// Products of integers, which wrap around: MatMul and the batched ones of int32 and int64.
#ifndef FLOE_KERNELS_CUDA_INTEGER_PRODUCT_H_
#define FLOE_KERNELS_CUDA_INTEGER_PRODUCT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "kernels/cuda/cuda_op.h"

namespace floe {

// For the `create` of a CudaOp.
absl::StatusOr<std::unique_ptr<Kernel>> CreateIntegerProduct(const CudaContext& context, const OpSignature& op);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_INTEGER_PRODUCT_H_
