// The second operand of products in the form that Tensor Cores take it in (tensor_product.h): rounded, its columns as
// rows along the depth, each padded with zeros to 16 bytes. Constants are packed once a model, others before each
// product, into scratch memory.
#ifndef FLOE_KERNELS_CUDA_PACKED_OPERAND_H_
#define FLOE_KERNELS_CUDA_PACKED_OPERAND_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/product_form.h"
#include "kernels/cuda/stream.h"
#include "tensor/tensor.h"

namespace floe {

// Where the elements are: that of a matrix, depth k and column c lies at
//   matrix * depth * columns + k / inner * outer_stride + k % inner * inner_stride + c * column_stride.
struct OperandLayout {
  int64_t matrices = 1, depth = 0, columns = 0;
  int64_t inner = 1, outer_stride = 0, inner_stride = 0, column_stride = 0;

  // Matrices [depth, columns], or [columns, depth] where they are transposed.
  static OperandLayout OfMatrices(int64_t matrices, int64_t depth, int64_t columns, bool transposed);
};

// Made once a model; immutable, any thread.
class PackedOperand {
 public:
  PackedOperand() = default;
  // Packs `value`, where the form wants that; null and not packed where there is none.
  static absl::StatusOr<PackedOperand> Create(const CudaContext& context, ProductForm form, const Tensor* value,
                                              const OperandLayout& layout);

  bool is_packed() const { return is_packed_; }
  // What a launch needs scratch memory for.
  int64_t ScratchBytes(ProductForm form, const OperandLayout& layout) const;
  // Where the operand lies packed: as the constant was, or in `scratch`, into which it is packed now.
  absl::StatusOr<const void*> Find(CudaStream& stream, ProductForm form, const Tensor& operand,
                                   const OperandLayout& layout, void* scratch) const;

 private:
  bool is_packed_ = false;
  std::shared_ptr<DeviceMemory> memory_;
};

// How long a packed column is, in elements of the form.
int64_t PackedDepth(ProductForm form, int64_t depth);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_PACKED_OPERAND_H_
