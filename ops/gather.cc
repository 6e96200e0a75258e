#include "ops/gather.h"

#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

using GatherIndexTypes = TypeList<int16_t, int32_t, int64_t>;

absl::Status WantGatherIndex(const InferContext& context, int input) {
  return WantDTypeIn(GatherIndexTypes(), absl::StrCat("input ", input), context.dtype(input));
}

// Where element `flat` of a tensor stands: "[1,2]".
std::string PlaceIn(const Shape& shape, int64_t flat) {
  Dims place(shape.rank());
  for (int axis = shape.rank() - 1; axis >= 0; --axis) {
    place[axis] = flat % shape.dim(axis);
    flat /= shape.dim(axis);
  }
  return absl::StrCat("[", absl::StrJoin(place, ","), "]");
}

absl::StatusOr<int> BatchDims(const AttrMap& attrs, int indices_rank) {
  FLOE_ASSIGN_OR_RETURN(const int64_t batch_dims, attrs.Int("batch_dims", 0));
  if (batch_dims < -indices_rank || batch_dims > indices_rank) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'batch_dims': ", batch_dims, " is out of range for indices of rank ", indices_rank));
  }
  return static_cast<int>(batch_dims < 0 ? batch_dims + indices_rank : batch_dims);
}

// params[:axis] + indices[batch_dims:] + params[axis + 1:].
absl::StatusOr<PartialShape> GatheredShape(const PartialShape& params, const PartialShape& indices, int axis,
                                           int batch_dims) {
  if (batch_dims > axis) {
    return absl::InvalidArgumentError(absl::StrCat("batch_dims ", batch_dims, " is past axis ", axis));
  }
  Dims dims(params.dims().begin(), params.dims().begin() + axis);
  for (int i = 0; i < batch_dims; ++i) {
    absl::StatusOr<int64_t> merged = MergeDim(params.dim(i), indices.dim(i));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("batch dimension ", i));
    dims[i] = *merged;
  }
  dims.insert(dims.end(), indices.dims().begin() + batch_dims, indices.dims().end());
  dims.insert(dims.end(), params.dims().begin() + axis + 1, params.dims().end());
  return PartialShape(std::move(dims));
}

// Gather takes slices along axis 0; GatherV2 along its third input.
absl::Status InferGather(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(2));
  FLOE_RETURN_IF_ERROR(WantGatherIndex(context, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  std::optional<int64_t> axis = 0;
  if (context.num_inputs() > 2) {
    FLOE_RETURN_IF_ERROR(WantIndexDType(context, 2));
    FLOE_ASSIGN_OR_RETURN(axis, KnownScalar(context, 2));
  }
  const PartialShape &params = context.shape(0), &indices = context.shape(1);
  PartialShape result = PartialShape::UnknownRank();
  if (params.has_rank() && indices.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(const int batch_dims, BatchDims(context.attrs(), indices.rank()));
    if (axis.has_value()) {
      FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(*axis, params.rank()));
      FLOE_ASSIGN_OR_RETURN(result, GatheredShape(params, indices, at, batch_dims));
    } else {
      result = PartialShape::UnknownDims(params.rank() + indices.rank() - 1 - batch_dims);
    }
  }
  context.AddOutput(context.dtype(0), std::move(result));
  return absl::OkStatus();
}

absl::Status TakeStrings(const Tensor& tensor, int64_t first, int64_t count, StringBudget* budget) {
  if (tensor.dtype() != DType::kString) return absl::OkStatus();
  for (int64_t i = first; i < first + count; ++i) {
    FLOE_RETURN_IF_ERROR(budget->Take(static_cast<int64_t>(tensor.data<std::string>()[i].size())));
  }
  return absl::OkStatus();
}

absl::Status EvalGather(EvalContext& context) {
  const Tensor &params = context.input(0), &indices = context.input(1);
  int64_t axis = 0;
  if (context.num_inputs() > 2) {
    FLOE_ASSIGN_OR_RETURN(axis, ScalarInt(context.input(2), "axis"));
  }
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, params.rank()));
  FLOE_ASSIGN_OR_RETURN(const int batch_dims, BatchDims(context.attrs(), indices.rank()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, GatheredShape(params.shape(), indices.shape(), at, batch_dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  // params as [batch, outer, limit, inner], indices as [batch, picks].
  int64_t batch = 1, outer = 1, inner = 1;
  for (int i = 0; i < batch_dims; ++i) batch *= params.shape().dim(i);
  for (int i = batch_dims; i < at; ++i) outer *= params.shape().dim(i);
  for (int i = at + 1; i < params.rank(); ++i) inner *= params.shape().dim(i);
  const int64_t limit = params.shape().dim(at), picks = batch == 0 ? 0 : indices.num_elements() / batch;
  return OnDType(GatherIndexTypes(), indices.dtype(), [&]<typename Index>() -> absl::Status {
    const Index* const index = indices.data<Index>();
    for (int64_t i = 0; i < indices.num_elements(); ++i) {
      if (index[i] < 0 || index[i] >= limit) {
        return absl::InvalidArgumentError(
            absl::StrCat("indices", PlaceIn(indices.shape(), i), " = ", index[i], " is not in [0, ", limit, ")"));
      }
    }
    if (output->num_elements() == 0) return absl::OkStatus();
    int64_t place = 0;
    StringBudget budget;
    for (int64_t b = 0; b < batch; ++b) {
      for (int64_t o = 0; o < outer; ++o) {
        const int64_t first = (b * outer + o) * limit * inner;
        for (int64_t i = 0; i < picks; ++i, place += inner) {
          const int64_t from = first + static_cast<int64_t>(index[b * picks + i]) * inner;
          FLOE_RETURN_IF_ERROR(TakeStrings(params, from, inner, &budget));
          CopyElements(params, from, output, place, inner);
        }
      }
    }
    return absl::OkStatus();
  });
}

absl::StatusOr<PartialShape> GatherNdShape(const PartialShape& params, const PartialShape& indices) {
  if (!indices.has_rank() || !params.has_rank()) return PartialShape::UnknownRank();
  const int64_t depth = indices.dim(indices.rank() - 1);
  if (depth < 0) return PartialShape::UnknownRank();
  if (depth > params.rank()) {
    return absl::InvalidArgumentError(
        absl::StrCat("indices of ", depth, " numbers each do not fit params of rank ", params.rank()));
  }
  Dims dims(indices.dims().begin(), indices.dims().end() - 1);
  dims.insert(dims.end(), params.dims().begin() + depth, params.dims().end());
  return PartialShape(std::move(dims));
}

absl::StatusOr<bool> IgnoresBadIndices(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string policy, attrs.String("bad_indices_policy", ""));
  if (policy.empty() || policy == "DEFAULT" || policy == "ERROR") return false;
  if (policy == "IGNORE") return true;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'bad_indices_policy': wanted ERROR or IGNORE, got '", policy, "'"));
}

absl::Status InferGatherNd(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantGatherIndex(context, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 1, 1));
  FLOE_RETURN_IF_ERROR(IgnoresBadIndices(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, GatherNdShape(context.shape(0), context.shape(1)));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalGatherNd(EvalContext& context) {
  const Tensor &params = context.input(0), &indices = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const bool ignores, IgnoresBadIndices(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, GatherNdShape(params.shape(), indices.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  const int depth = static_cast<int>(indices.shape().dim(indices.rank() - 1));
  const Dims strides = params.shape().Strides();
  int64_t picks = 1, slice = 1;
  for (int i = 0; i < indices.rank() - 1; ++i) picks *= indices.shape().dim(i);
  for (int i = depth; i < params.rank(); ++i) slice *= params.shape().dim(i);
  if (output->num_elements() == 0 && indices.num_elements() == 0) return absl::OkStatus();
  if (ignores) FLOE_RETURN_IF_ERROR(ZeroElements(output));
  return OnDType(GatherIndexTypes(), indices.dtype(), [&]<typename Index>() -> absl::Status {
    const Index* index = indices.data<Index>();
    StringBudget budget;
    for (int64_t p = 0; p < picks; ++p, index += depth) {
      int64_t first = 0;
      bool inside = true;
      for (int k = 0; k < depth; ++k) {
        inside = inside && index[k] >= 0 && index[k] < params.shape().dim(k);
        if (inside) first += static_cast<int64_t>(index[k]) * strides[k];
      }
      if (inside) {
        FLOE_RETURN_IF_ERROR(TakeStrings(params, first, slice, &budget));
        CopyElements(params, first, output, p * slice, slice);
      } else if (!ignores) {
        const Shape places(indices.shape().dims().subspan(0, indices.rank() - 1));
        return absl::InvalidArgumentError(absl::StrCat("indices", PlaceIn(places, p), " = [",
                                                       absl::StrJoin(absl::MakeSpan(index, depth), ","),
                                                       "] is outside params of shape ", params.shape().ToString()));
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Gather", InferGather, EvalGather},
    {"GatherV2", InferGather, EvalGather},
    {"GatherNd", InferGatherNd, EvalGatherNd},
};

}  // namespace

absl::Span<const OpInfo> GatherOps() { return kOps; }

}  // namespace floe
