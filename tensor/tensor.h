// Tensor: dtype, shape and a reference to row-major elements.
//
// Copies share the elements. Whoever creates a tensor may write it until it is shared; after that it is read-only, and
// any thread may read it. Elements start at an address that fits the dtype (64-byte aligned where Floe allocated them).
#ifndef FLOE_TENSOR_TENSOR_H_
#define FLOE_TENSOR_TENSOR_H_

#include <cstdint>
#include <initializer_list>
#include <memory>
#include <string>
#include <type_traits>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "tensor/dtype.h"
#include "tensor/shape.h"

namespace floe {

inline constexpr size_t kTensorAlignmentBytes = 64;

class Tensor {
 public:
  Tensor() = default;  // dtype kInvalid, no elements

  // Uninitialised elements (empty strings for kString). RESOURCE_EXHAUSTED, naming shape and bytes, where memory is
  // refused; INVALID_ARGUMENT for dtypes without host elements.
  static absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape);
  // As Allocate, for sizes of our own choosing: dies where memory is refused.
  Tensor(DType dtype, const Shape& shape);
  // A view of elements that `owner` keeps alive (null: the caller does, for as long as the tensor and its copies live).
  // `data` must be aligned for `dtype`. Not for kString.
  static Tensor View(DType dtype, const Shape& shape, const void* data, std::shared_ptr<const void> owner);
  // Elements that live inside an arbitrary object, for dtypes without elements of their own (kResource, kVariant).
  static Tensor Opaque(DType dtype, std::shared_ptr<void> object);

  template <typename T>
  static Tensor Scalar(T value) {
    Tensor tensor(DTypeOf<T>::kValue, Shape());
    *tensor.mutable_data<T>() = std::move(value);
    return tensor;
  }
  // One dimension.
  template <typename T>
  static Tensor Of(std::initializer_list<T> values) {
    return Of<T>(Shape({static_cast<int64_t>(values.size())}), values);
  }
  template <typename T>
  static Tensor Of(const Shape& shape, std::initializer_list<T> values) {
    Tensor tensor(DTypeOf<T>::kValue, shape);
    T* out = tensor.mutable_data<T>();
    for (const T& value : values) *out++ = value;
    return tensor;
  }
  template <typename T>
  static Tensor FromSpan(const Shape& shape, absl::Span<const T> values) {
    Tensor tensor(DTypeOf<T>::kValue, shape);
    T* out = tensor.mutable_data<T>();
    for (const T& value : values) *out++ = value;
    return tensor;
  }

  DType dtype() const { return dtype_; }
  const Shape& shape() const { return shape_; }
  int rank() const { return shape_.rank(); }
  int64_t num_elements() const { return num_elements_; }
  bool valid() const { return dtype_ != DType::kInvalid; }

  // Bytes of the elements; 0 for strings and opaque tensors.
  int64_t byte_size() const { return num_elements_ * ElementBytes(dtype_); }
  const void* raw_data() const { return data_; }
  void* raw_mutable_data() { return const_cast<void*>(data_); }
  absl::string_view bytes() const { return {static_cast<const char*>(data_), static_cast<size_t>(byte_size())}; }

  template <typename T>
  const T* data() const {
    return static_cast<const T*>(data_);
  }
  template <typename T>
  T* mutable_data() {
    return static_cast<T*>(const_cast<void*>(data_));
  }
  template <typename T>
  absl::Span<const T> flat() const {
    return absl::Span<const T>(data<T>(),
                               static_cast<size_t>(num_elements_));  // braces would make a list of two booleans
  }
  template <typename T>
  T scalar() const {
    return *data<T>();
  }
  // The object of an opaque tensor.
  const std::shared_ptr<const void>& object() const { return owner_; }

  // The same elements under another shape of as many elements (the caller has checked).
  Tensor Reshaped(const Shape& shape) const;
  // Rows [begin, end) of the first dimension, sharing the elements.
  Tensor Rows(int64_t begin, int64_t end) const;
  // An own copy of the elements.
  absl::StatusOr<Tensor> Clone() const;

  // "float32 [2,3] 1 2 3 ..." with at most `max_elements` elements.
  std::string ToString(int64_t max_elements = 8) const;
  // The elements alone, as in ToString.
  std::string Head(int64_t max_elements) const;

 private:
  DType dtype_ = DType::kInvalid;
  Shape shape_ = Shape({0});
  int64_t num_elements_ = 0;
  const void* data_ = nullptr;
  std::shared_ptr<const void> owner_;
};

// Integer elements (int32 or int64) as int64; INVALID_ARGUMENT for other dtypes.
absl::StatusOr<Dims> ToInt64s(const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_TENSOR_TENSOR_H_
