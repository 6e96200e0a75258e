#include "ops/shape_ops.h"

#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::StatusOr<DType> OutType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("out_type", DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "attribute 'out_type'", dtype));
  return dtype;
}

absl::Status WriteInts(absl::Span<const int64_t> values, Tensor* output) {
  if (output->dtype() == DType::kInt64) {
    std::copy(values.begin(), values.end(), output->mutable_data<int64_t>());
    return absl::OkStatus();
  }
  int32_t* const to = output->mutable_data<int32_t>();
  for (size_t i = 0; i < values.size(); ++i) {
    if (values[i] > std::numeric_limits<int32_t>::max()) {
      return absl::InvalidArgumentError(absl::StrCat("size ", values[i], " does not fit int32"));
    }
    to[i] = static_cast<int32_t>(values[i]);
  }
  return absl::OkStatus();
}

// One vector an input: Shape, which has one, and ShapeN.
template <bool kOne>
absl::Status InferShape(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, OutType(context.attrs()));
  FLOE_RETURN_IF_ERROR(kOne ? context.WantInputs(1) : context.WantAtLeast(1));
  for (int i = 0; i < context.num_inputs(); ++i) {
    const PartialShape& shape = context.shape(i);
    context.AddOutput(dtype, PartialShape({shape.has_rank() ? shape.rank() : PartialShape::kUnknownDim}));
  }
  return absl::OkStatus();
}

absl::Status EvalShape(EvalContext& context) {
  for (int i = 0; i < context.num_inputs(); ++i) {
    const Shape& shape = context.input(i).shape();
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(i, Shape({shape.rank()})));
    FLOE_RETURN_IF_ERROR(WriteInts(shape.dims(), output));
  }
  return absl::OkStatus();
}

absl::Status InferSize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, OutType(context.attrs()));
  context.AddOutput(dtype, Shape());
  return absl::OkStatus();
}
absl::Status EvalSize(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
  return WriteInts({context.input(0).num_elements()}, output);
}

absl::Status InferRank(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}
absl::Status EvalRank(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
  return WriteInts({context.input(0).rank()}, output);
}

// Fills in a -1 among the wanted sizes from the number of elements, where that is known.
absl::StatusOr<PartialShape> ReshapedShape(const PartialShape& input, PartialShape wanted) {
  int unknown_axis = -1;
  int64_t known = 1;
  for (int axis = 0; axis < wanted.rank(); ++axis) {
    if (wanted.dim(axis) >= 0) {
      if (!CheckedMul(known, wanted.dim(axis), &known))
        return absl::InvalidArgumentError("a shape of too many elements");
    } else if (unknown_axis >= 0) {
      return absl::InvalidArgumentError(absl::StrCat("only one size may be -1, got ", wanted.ToString()));
    } else {
      unknown_axis = axis;
    }
  }
  if (!input.IsFullyDefined()) return wanted;
  FLOE_ASSIGN_OR_RETURN(const Shape from, Shape::Checked(input.dims()));
  const int64_t elements = from.num_elements();
  const auto misfit = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("a tensor of shape ", input.ToString(), " does not reshape to ", wanted.ToString()));
  };
  if (unknown_axis < 0) {
    if (elements != known) return misfit();
  } else {
    if (known == 0 || elements % known != 0) return misfit();
    wanted.set_dim(unknown_axis, elements / known);
  }
  // A 0 among the sizes hides from the product what the others come to.
  FLOE_RETURN_IF_ERROR(Shape::Checked(wanted.dims()).status());
  return wanted;
}

absl::Status InferReshape(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(PartialShape wanted, KnownShape(context, 1));
  if (context.input(1).value != nullptr) {
    FLOE_ASSIGN_OR_RETURN(wanted, ReshapedShape(context.shape(0), std::move(wanted)));
  }
  context.AddOutput(context.dtype(0), std::move(wanted));
  return absl::OkStatus();
}

absl::Status EvalReshape(EvalContext& context) {
  const Tensor& input = context.input(0);
  if (context.input(1).rank() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted a vector, got shape ", context.input(1).shape().ToString()));
  }
  FLOE_ASSIGN_OR_RETURN(Dims sizes, ToInt64s(context.input(1)));
  for (const int64_t size : sizes) {
    if (size < -1) return absl::InvalidArgumentError(absl::StrCat("input 1: ", size, " is no size"));
  }
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, ReshapedShape(input.shape(), PartialShape(std::move(sizes))));
  return context.SetOutput(0, input.Reshaped(shape.ToShape()));
}

absl::Status InferExpandDims(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, 1));
  const PartialShape& shape = context.shape(0);
  if (!shape.has_rank()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  if (!axis.has_value()) {
    context.AddOutput(context.dtype(0), PartialShape::UnknownDims(shape.rank() + 1));
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, shape.rank() + 1));
  Dims dims(shape.dims().begin(), shape.dims().end());
  dims.insert(dims.begin() + at, 1);
  context.AddOutput(context.dtype(0), PartialShape(std::move(dims)));
  return absl::OkStatus();
}

absl::Status EvalExpandDims(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank() + 1));
  Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  dims.insert(dims.begin() + at, 1);
  return context.SetOutput(0, input.Reshaped(Shape(std::move(dims))));
}

// Without axes every dimension of size 1 goes, so that an unknown one leaves the rank unknown.
absl::StatusOr<PartialShape> SqueezedShape(const AttrMap& attrs, const PartialShape& shape) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> axes, attrs.Ints("squeeze_dims", std::vector<int64_t>()));
  if (!shape.has_rank()) return shape;
  std::vector<bool> squeezed(shape.rank(), false);
  for (const int64_t axis : axes) {
    FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, shape.rank()));
    if (shape.dim(at) >= 0 && shape.dim(at) != 1) {
      return absl::InvalidArgumentError(absl::StrCat("cannot squeeze dimension ", at, ": wanted size 1, got ",
                                                     shape.dim(at), " in shape ", shape.ToString()));
    }
    squeezed[at] = true;
  }
  Dims dims;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    if (axes.empty() && shape.dim(axis) < 0) return PartialShape::UnknownRank();
    if (axes.empty() ? shape.dim(axis) != 1 : !squeezed[axis]) dims.push_back(shape.dim(axis));
  }
  return PartialShape(std::move(dims));
}

absl::Status InferSqueeze(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, SqueezedShape(context.attrs(), context.shape(0)));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSqueeze(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, SqueezedShape(context.attrs(), context.input(0).shape()));
  return context.SetOutput(0, context.input(0).Reshaped(shape.ToShape()));
}

constexpr OpInfo kOps[] = {
    {"Shape", InferShape<true>, EvalShape, kFromShape}, {"ShapeN", InferShape<false>, EvalShape, kFromShape},
    {"Size", InferSize, EvalSize, kFromShape},          {"Rank", InferRank, EvalRank, kFromShape},
    {"Reshape", InferReshape, EvalReshape, kView},      {"ExpandDims", InferExpandDims, EvalExpandDims, kView},
    {"Squeeze", InferSqueeze, EvalSqueeze, kView},
};

}  // namespace

absl::Span<const OpInfo> ShapeOps() { return kOps; }

}  // namespace floe
