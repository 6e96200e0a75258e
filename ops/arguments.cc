#include "ops/arguments.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/types.h"

namespace floe {

absl::StatusOr<int> NormalAxis(int64_t axis, int rank) {
  if (axis < -rank || axis >= rank) {
    return absl::InvalidArgumentError(absl::StrCat("axis ", axis, " is out of range for a tensor of rank ", rank));
  }
  return static_cast<int>(axis < 0 ? axis + rank : axis);
}

absl::StatusOr<Dims> IntElements(const Tensor& tensor, absl::string_view what) {
  Dims values(static_cast<size_t>(tensor.num_elements()));
  const absl::Status status = OnDType(IntegerTypes(), tensor.dtype(), [&]<typename T>() -> absl::Status {
    for (size_t i = 0; i < values.size(); ++i) values[i] = static_cast<int64_t>(tensor.data<T>()[i]);
    return absl::OkStatus();
  });
  if (!status.ok()) return WrongDType(IndexTypes(), what, tensor.dtype());
  return values;
}

absl::StatusOr<int64_t> ScalarInt(const Tensor& tensor, absl::string_view what) {
  if (tensor.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": wanted one number, got a tensor of shape ", tensor.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Dims values, IntElements(tensor, what));
  return values[0];
}

absl::StatusOr<Shape> ShapeOf(const Tensor& sizes, absl::string_view what) {
  if (sizes.rank() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": wanted a vector of sizes, got shape ", sizes.shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(const Dims values, IntElements(sizes, what));
  absl::StatusOr<Shape> shape = Shape::Checked(values);
  if (!shape.ok()) return Annotate(shape.status(), what);
  return shape;
}

absl::StatusOr<float> ScalarFloat(const Tensor& tensor, absl::string_view what) {
  if (tensor.num_elements() != 1) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": wanted one number, got a tensor of shape ", tensor.shape().ToString()));
  }
  float value = 0;
  FLOE_RETURN_IF_ERROR(OnDType(FloatTypes(), tensor.dtype(), [&]<typename T>() -> absl::Status {
    value = static_cast<float>(*tensor.data<T>());
    return absl::OkStatus();
  }));
  return value;
}

absl::StatusOr<std::optional<int64_t>> KnownScalar(const InferContext& context, int input) {
  const TensorInfo& info = context.input(input);
  if (!IsInteger(info.dtype)) return WrongDType(IndexTypes(), absl::StrCat("input ", input), info.dtype);
  if (info.value == nullptr) return std::nullopt;
  FLOE_ASSIGN_OR_RETURN(const int64_t value, ScalarInt(*info.value, absl::StrCat("input ", input)));
  return value;
}

absl::StatusOr<int64_t> KnownLength(const InferContext& context, int input) {
  const PartialShape& shape = context.shape(input);
  if (!shape.has_rank()) return PartialShape::kUnknownDim;
  if (shape.rank() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("input ", input, ": wanted a vector, got shape ", shape.ToString()));
  }
  return shape.dim(0);
}

absl::StatusOr<PartialShape> KnownShape(const InferContext& context, int input) {
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, input));
  // One number by itself is a shape of one dimension.
  int64_t length = 1;
  if (!context.shape(input).has_rank() || context.shape(input).rank() > 0) {
    FLOE_ASSIGN_OR_RETURN(length, KnownLength(context, input));
  }
  if (length > kMaxRank)
    return absl::InvalidArgumentError(absl::StrCat("input ", input, ": ", length, " dimensions are too many"));
  FLOE_ASSIGN_OR_RETURN(std::optional<Dims> sizes, context.KnownInts(input));
  if (!sizes.has_value()) {
    return length < 0 ? PartialShape::UnknownRank() : PartialShape::UnknownDims(static_cast<int>(length));
  }
  for (const int64_t size : *sizes) {
    if (size < -1) return absl::InvalidArgumentError(absl::StrCat("input ", input, ": ", size, " is no size"));
  }
  return PartialShape(*std::move(sizes));
}

absl::StatusOr<PartialShape> KnownSizes(const InferContext& context, int input) {
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, KnownShape(context, input));
  if (const Tensor* const value = context.input(input).value; value != nullptr) {
    FLOE_RETURN_IF_ERROR(ShapeOf(*value, absl::StrCat("input ", input)).status());
  }
  return shape;
}

absl::Status WantIndexDType(const InferContext& context, int input) {
  return WantDTypeIn(IndexTypes(), absl::StrCat("input ", input), context.dtype(input));
}

int64_t DimOrUnknown(const PartialShape& shape, int axis) {
  return shape.has_rank() ? shape.dim(axis) : PartialShape::kUnknownDim;
}

absl::Status WantRankAtLeast(const InferContext& context, int input, int rank) {
  const PartialShape& shape = context.shape(input);
  if (!shape.has_rank() || shape.rank() >= rank) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted a tensor of rank ", rank, " or more, got shape ", shape.ToString()));
}

absl::StatusOr<int64_t> MergeDim(int64_t a, int64_t b) {
  if (a < 0) return b;
  if (b < 0 || a == b) return a;
  return absl::InvalidArgumentError(absl::StrCat("sizes ", a, " and ", b, " must be equal"));
}

}  // namespace floe
