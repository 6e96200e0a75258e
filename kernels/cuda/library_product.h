// Products by cuBLASLt, with what follows them where it has an epilogue for that, and batches of products by cuBLAS.
#ifndef FLOE_KERNELS_CUDA_LIBRARY_PRODUCT_H_
#define FLOE_KERNELS_CUDA_LIBRARY_PRODUCT_H_

#include <memory>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/epilogue.h"
#include "ops/matmul.h"

namespace floe {

// For inputs (a, b, args of the steps...). Null where the libraries are absent or have no algorithm for it: Floe's own
// product does it then.
absl::StatusOr<std::unique_ptr<PreparedKernel>> PrepareLibraryProduct(const CudaContext& context,
                                                                      const MatMulGeometry& geometry,
                                                                      Precision precision, const FusedSteps& steps,
                                                                      absl::Span<const TensorInfo> inputs,
                                                                      const TensorInfo& output);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_LIBRARY_PRODUCT_H_
