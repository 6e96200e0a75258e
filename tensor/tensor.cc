#include "tensor/tensor.h"

#include <algorithm>
#include <cstdlib>
#include <cstring>
#include <new>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/available_memory.h"
#include "base/checked_math.h"
#include "base/status.h"

namespace floe {
namespace {

template <typename T>
void AppendElement(const T& value, std::string* out) {
  if constexpr (std::is_same_v<T, std::string>) {
    absl::StrAppend(out, "\"", absl::CHexEscape(value.substr(0, 64)), value.size() > 64 ? "...\"" : "\"");
  } else if constexpr (std::is_same_v<T, bool>) {
    absl::StrAppend(out, value ? "true" : "false");
  } else if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>) {
    absl::StrAppend(out, static_cast<float>(value));
  } else if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>) {
    absl::StrAppend(out, "(", value.real(), ",", value.imag(), ")");
  } else if constexpr (sizeof(T) == 1) {
    absl::StrAppend(out, static_cast<int>(value));
  } else {
    absl::StrAppend(out, value);
  }
}

}  // namespace

absl::StatusOr<Tensor> Tensor::Allocate(DType dtype, const Shape& shape) {
  FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.num_elements_ = shape.num_elements();
  const auto refused = [&] {
    return absl::ResourceExhaustedError(
        absl::StrCat("no memory for a tensor ", DTypeName(dtype), " ", shape.ToString()));
  };
  int64_t bytes;
  if (dtype == DType::kString) {
    if (!CheckedMul(tensor.num_elements_, static_cast<int64_t>(sizeof(std::string)), &bytes) || !FitsInMemory(bytes)) {
      return refused();
    }
    auto* strings = new (std::nothrow) std::string[static_cast<size_t>(tensor.num_elements_)];
    if (strings == nullptr) return refused();
    tensor.data_ = strings;
    tensor.owner_ = std::shared_ptr<const void>(strings, [strings](const void*) { delete[] strings; });
    return tensor;
  }
  const int64_t element_bytes = ElementBytes(dtype);
  if (element_bytes == 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tensor of dtype ", DTypeName(dtype), " has no elements to allocate"));
  }
  if (!CheckedMul(tensor.num_elements_, element_bytes, &bytes) ||
      !CheckedAdd(bytes, 2 * kTensorAlignmentBytes, &bytes) || !FitsInMemory(bytes)) {
    return refused();
  }
  bytes = bytes / kTensorAlignmentBytes * kTensorAlignmentBytes;  // aligned_alloc wants a multiple
  void* data = std::aligned_alloc(kTensorAlignmentBytes, static_cast<size_t>(bytes));
  if (data == nullptr) return refused();
  tensor.data_ = data;
  tensor.owner_ = std::shared_ptr<const void>(data, [data](const void*) { std::free(data); });
  return tensor;
}

Tensor::Tensor(DType dtype, const Shape& shape) {
  absl::StatusOr<Tensor> tensor = Allocate(dtype, shape);
  if (!tensor.ok()) {
    std::fprintf(stderr, "floe: %s\n", tensor.status().ToString().c_str());
    std::abort();
  }
  *this = *std::move(tensor);
}

Tensor Tensor::View(DType dtype, const Shape& shape, const void* data, std::shared_ptr<const void> owner) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = shape;
  tensor.num_elements_ = shape.num_elements();
  tensor.data_ = data;
  tensor.owner_ = std::move(owner);
  return tensor;
}

Tensor Tensor::Opaque(DType dtype, std::shared_ptr<void> object) {
  Tensor tensor;
  tensor.dtype_ = dtype;
  tensor.shape_ = Shape();
  tensor.num_elements_ = 1;
  tensor.data_ = object.get();
  tensor.owner_ = std::move(object);
  return tensor;
}

Tensor Tensor::Reshaped(const Shape& shape) const {
  Tensor tensor = *this;
  tensor.shape_ = shape;
  return tensor;
}

Tensor Tensor::Rows(int64_t begin, int64_t end) const {
  Tensor tensor = *this;
  const int64_t row_elements = shape_.dim(0) == 0 ? 0 : num_elements_ / shape_.dim(0);
  tensor.shape_.set_dim(0, end - begin);
  tensor.num_elements_ = (end - begin) * row_elements;
  tensor.data_ = static_cast<const char*>(data_) + begin * row_elements * ElementMemoryBytes(dtype_);
  return tensor;
}

absl::StatusOr<Tensor> Tensor::Clone() const {
  if (dtype_ == DType::kResource || dtype_ == DType::kVariant || !valid()) return *this;
  FLOE_ASSIGN_OR_RETURN(Tensor copy, Allocate(dtype_, shape_));
  if (dtype_ == DType::kString) {
    std::copy_n(data<std::string>(), num_elements_, copy.mutable_data<std::string>());
  } else if (num_elements_ > 0) {
    std::memcpy(copy.raw_mutable_data(), data_, static_cast<size_t>(byte_size()));
  }
  return copy;
}

std::string Tensor::Head(int64_t max_elements) const {
  std::string text;
  const int64_t count = std::min(max_elements, num_elements_);
  const bool known =
      DispatchDType<float, double, int32_t, uint8_t, int16_t, int8_t, std::string, std::complex<float>, int64_t, bool,
                    Bfloat16, uint16_t, std::complex<double>, Half, uint32_t, uint64_t>(dtype_, [&]<typename T>() {
        for (int64_t i = 0; i < count; ++i) {
          if (i > 0) text.push_back(' ');
          AppendElement(data<T>()[i], &text);
        }
      });
  if (!known) return absl::StrCat("<", DTypeName(dtype_), ">");
  if (num_elements_ > count) absl::StrAppend(&text, count > 0 ? " ..." : "...");
  return text;
}

std::string Tensor::ToString(int64_t max_elements) const {
  return absl::StrCat(DTypeName(dtype_), " ", shape_.ToString(), " ", Head(max_elements));
}

absl::StatusOr<Dims> ToInt64s(const Tensor& tensor) {
  Dims values(static_cast<size_t>(tensor.num_elements()));
  if (tensor.dtype() == DType::kInt32) {
    std::copy_n(tensor.data<int32_t>(), values.size(), values.begin());
  } else if (tensor.dtype() == DType::kInt64) {
    std::copy_n(tensor.data<int64_t>(), values.size(), values.begin());
  } else {
    return absl::InvalidArgumentError(absl::StrCat("wanted int32 or int64, got ", DTypeName(tensor.dtype())));
  }
  return values;
}

}  // namespace floe
