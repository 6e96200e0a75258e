// Shapes of tensors. Shape: every dimension known. PartialShape: any dimension, or the rank itself, may be unknown.
// Values; any thread.
#ifndef FLOE_TENSOR_SHAPE_H_
#define FLOE_TENSOR_SHAPE_H_

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>

#include "absl/container/inlined_vector.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace floe {

using Dims = absl::InlinedVector<int64_t, 6>;

// TensorFlow's limit on the number of dimensions.
inline constexpr int kMaxRank = 254;

class Shape {
 public:
  Shape() = default;  // a scalar
  Shape(std::initializer_list<int64_t> dims) : dims_(dims) {}
  explicit Shape(absl::Span<const int64_t> dims) : dims_(dims.begin(), dims.end()) {}
  explicit Shape(Dims dims) : dims_(std::move(dims)) {}

  // For dimensions from a file or the wire: INVALID_ARGUMENT where one is negative, there are too many, or the number
  // of elements does not fit 63 bits.
  static absl::StatusOr<Shape> Checked(absl::Span<const int64_t> dims);

  int rank() const { return static_cast<int>(dims_.size()); }
  int64_t dim(int axis) const { return dims_[axis]; }
  void set_dim(int axis, int64_t size) { dims_[axis] = size; }
  void Append(int64_t size) { dims_.push_back(size); }
  absl::Span<const int64_t> dims() const { return dims_; }
  // The product of all dimensions: 1 for a scalar. The caller made sure that it fits (Checked does).
  int64_t num_elements() const;
  // Row-major strides in elements.
  Dims Strides() const;

  std::string ToString() const;  // "[2,3]", "[]"
  friend bool operator==(const Shape& a, const Shape& b) { return a.dims_ == b.dims_; }
  friend bool operator!=(const Shape& a, const Shape& b) { return a.dims_ != b.dims_; }

 private:
  Dims dims_;
};

class PartialShape {
 public:
  static constexpr int64_t kUnknownDim = -1;

  PartialShape() = default;  // unknown rank
  PartialShape(std::initializer_list<int64_t> dims) : dims_(Dims(dims)) {}
  explicit PartialShape(Dims dims) : dims_(std::move(dims)) {}
  PartialShape(const Shape& shape)  // NOLINT(google-explicit-constructor): a known shape is a partial shape
      : dims_(Dims(shape.dims().begin(), shape.dims().end())) {}
  static PartialShape UnknownRank() { return PartialShape(); }
  static PartialShape UnknownDims(int rank) { return PartialShape(Dims(rank, kUnknownDim)); }

  bool has_rank() const { return dims_.has_value(); }
  int rank() const { return static_cast<int>(dims_->size()); }
  int64_t dim(int axis) const { return (*dims_)[axis]; }
  void set_dim(int axis, int64_t size) { (*dims_)[axis] = size; }
  void Append(int64_t size) { dims_->push_back(size); }
  absl::Span<const int64_t> dims() const { return *dims_; }
  bool IsFullyDefined() const;
  // Only where IsFullyDefined().
  Shape ToShape() const { return Shape(*dims_); }
  // Whether a tensor of this shape can be meant: equal wherever known.
  bool Matches(const Shape& shape) const;

  std::string ToString() const;  // "[?,3]", "<unknown>"
  friend bool operator==(const PartialShape& a, const PartialShape& b) { return a.dims_ == b.dims_; }

 private:
  std::optional<Dims> dims_;
};

// What is known of a shape by two sources together; INVALID_ARGUMENT where they contradict.
absl::StatusOr<PartialShape> MergeShapes(const PartialShape& a, const PartialShape& b);

// NumPy broadcasting of two shapes; INVALID_ARGUMENT where they do not fit.
absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b);
absl::StatusOr<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b);

}  // namespace floe

#endif  // FLOE_TENSOR_SHAPE_H_
