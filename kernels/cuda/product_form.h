// In which form a product is computed: what its elements are rounded to on their way, and the tile a block takes.
// Values; any thread.
#ifndef FLOE_KERNELS_CUDA_PRODUCT_FORM_H_
#define FLOE_KERNELS_CUDA_PRODUCT_FORM_H_

#include <cstdint>
#include <string>

#include "kernels/cuda/target.h"
#include "plan/kernel.h"

namespace floe {

enum class ProductForm : uint8_t {
  kPlain,  // float32 on the plain cores, whatever is stored
  // On Tensor Cores, with sums in float32.
  kTf32,
  kHalf,
  kRegisterHalf,  // for targets without asynchronous copies
  kBfloat16,
};

// Halves and bfloat16 of a graph are multiplied as they are, which loses nothing; float32 as `precision` says.
ProductForm ChooseProductForm(const CudaTarget& target, Precision precision, DType dtype);

// The tiles of the forms on Tensor Cores: a large one where there is enough of the result for many of them.
inline constexpr int kSmallTensorTile = 64, kLargeTensorTile = 128, kTensorTileDepthBytes = 64;
bool IsLargeTensorTile(int64_t rows, int64_t columns, int64_t batches);

// "fp16 128x128x32"
std::string DescribeProduct(ProductForm form, int64_t rows, int64_t columns, int64_t batches);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_PRODUCT_FORM_H_
