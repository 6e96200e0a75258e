#include "kernels/cuda/product_form.h"

#include "absl/strings/str_cat.h"

namespace floe {

ProductForm ChooseProductForm(const CudaTarget& target, Precision precision, DType dtype) {
  const ProductForm halves = target.has_async_copy() ? ProductForm::kHalf : ProductForm::kRegisterHalf;
  if (dtype == DType::kHalf) return halves;
  if (dtype == DType::kBfloat16) return target.has_bfloat16() ? ProductForm::kBfloat16 : ProductForm::kPlain;
  switch (precision) {
    case Precision::kFp32:
      return ProductForm::kPlain;
    case Precision::kTf32:
      return ProductForm::kTf32;
    case Precision::kFp16:
      return halves;
    case Precision::kBf16:
      return ProductForm::kBfloat16;
  }
  return ProductForm::kPlain;
}

bool IsLargeTensorTile(int64_t rows, int64_t columns, int64_t batches) {
  // About a block for each processor of the smallest devices; with fewer, smaller tiles keep more of them busy.
  constexpr int64_t kManyTiles = 40;
  const auto tiles = [](int64_t n) { return (n + kLargeTensorTile - 1) / kLargeTensorTile; };
  return rows > kSmallTensorTile && columns > kSmallTensorTile && tiles(rows) * tiles(columns) * batches >= kManyTiles;
}

std::string DescribeProduct(ProductForm form, int64_t rows, int64_t columns, int64_t batches) {
  const int tile = IsLargeTensorTile(rows, columns, batches) ? kLargeTensorTile : kSmallTensorTile;
  const auto describe = [&](absl::string_view name, int element_bytes) {
    return absl::StrCat(name, " ", tile, "x", tile, "x", kTensorTileDepthBytes / element_bytes);
  };
  switch (form) {
    case ProductForm::kPlain:
      return "fp32 64x64x16";
    case ProductForm::kTf32:
      return describe("tf32", 4);
    case ProductForm::kHalf:
    case ProductForm::kRegisterHalf:
      return describe("fp16", 2);
    case ProductForm::kBfloat16:
      return describe("bf16", 2);
  }
  return "?";
}

}  // namespace floe
