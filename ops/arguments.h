// Arguments that ops take out of tensors: axes, sizes, shapes. Used by inference, where they may not be known yet, and
// evaluation.
#ifndef FLOE_OPS_ARGUMENTS_H_
#define FLOE_OPS_ARGUMENTS_H_

#include <cstdint>
#include <optional>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "ops/op.h"
#include "tensor/tensor.h"

namespace floe {

// `axis` counted from the front. INVALID_ARGUMENT where it is outside [-rank, rank).
absl::StatusOr<int> NormalAxis(int64_t axis, int rank);

// The one element of an integer tensor (of any integer dtype and rank).
absl::StatusOr<int64_t> ScalarInt(const Tensor& tensor, absl::string_view what);
// All elements of an integer tensor of any integer dtype.
absl::StatusOr<Dims> IntElements(const Tensor& tensor, absl::string_view what);
// The shape that a vector of sizes means; none may be negative.
absl::StatusOr<Shape> ShapeOf(const Tensor& sizes, absl::string_view what);
// The one element of a floating tensor.
absl::StatusOr<float> ScalarFloat(const Tensor& tensor, absl::string_view what);

// The same in inference: nothing where the input is not known yet.
absl::StatusOr<std::optional<int64_t>> KnownScalar(const InferContext& context, int input);
// -1 among the sizes means not known; where only the number of sizes is known, the rank is.
absl::StatusOr<PartialShape> KnownShape(const InferContext& context, int input);
// The same for sizes that are all needed: none may be negative, and the elements must be countable.
absl::StatusOr<PartialShape> KnownSizes(const InferContext& context, int input);
// What is known of how many elements a vector input has: PartialShape::kUnknownDim where nothing is. INVALID_ARGUMENT
// for inputs that cannot be vectors.
absl::StatusOr<int64_t> KnownLength(const InferContext& context, int input);

// OK where the dtype is int32 or int64.
absl::Status WantIndexDType(const InferContext& context, int input);

// Dimension `axis`, unknown where the rank is.
int64_t DimOrUnknown(const PartialShape& shape, int axis);
// OK where the shape's rank is unknown or at least `rank`.
absl::Status WantRankAtLeast(const InferContext& context, int input, int rank);
// Two dimensions that must be one.
absl::StatusOr<int64_t> MergeDim(int64_t a, int64_t b);

}  // namespace floe

#endif  // FLOE_OPS_ARGUMENTS_H_
