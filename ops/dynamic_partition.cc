#include "ops/dynamic_partition.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
// Of outputs; TensorFlow's own limit is the node's size.
constexpr int64_t kMaxPartitions = 1 << 16;

absl::StatusOr<int64_t> Partitions(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t partitions, attrs.Int("num_partitions"));
  if (partitions >= 1 && partitions <= kMaxPartitions) return partitions;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'num_partitions': wanted 1 to ", kMaxPartitions, ", got ", partitions));
}

// `whole` must begin with the dimensions of `prefix`.
absl::Status WantPrefix(const PartialShape& whole, const PartialShape& prefix, const char* what) {
  if (!whole.has_rank() || !prefix.has_rank()) return absl::OkStatus();
  bool fits = prefix.rank() <= whole.rank();
  for (int axis = 0; fits && axis < prefix.rank(); ++axis) {
    fits = whole.dim(axis) < 0 || prefix.dim(axis) < 0 || whole.dim(axis) == prefix.dim(axis);
  }
  if (fits) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat(what, ": shape ", whole.ToString(), " does not begin with ",
                                                 prefix.ToString(), ", that of its indices"));
}

int64_t ElementsFrom(const Shape& shape, int axis) {
  int64_t elements = 1;
  for (; axis < shape.rank(); ++axis) elements *= shape.dim(axis);
  return elements;
}

absl::Status InferPartition(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_ASSIGN_OR_RETURN(const int64_t partitions, Partitions(context.attrs()));
  const PartialShape &data = context.shape(0), &chosen = context.shape(1);
  FLOE_RETURN_IF_ERROR(WantPrefix(data, chosen, "input 0"));
  PartialShape shape;
  if (data.has_rank() && chosen.has_rank()) {
    Dims dims = {kUnknown};
    for (int axis = chosen.rank(); axis < data.rank(); ++axis) dims.push_back(data.dim(axis));
    shape = PartialShape(std::move(dims));
  }
  for (int64_t i = 0; i < partitions; ++i) context.AddOutput(context.dtype(0), shape);
  return absl::OkStatus();
}

absl::Status EvalPartition(EvalContext& context) {
  const Tensor &data = context.input(0), &chosen = context.input(1);
  FLOE_RETURN_IF_ERROR(WantPrefix(data.shape(), chosen.shape(), "input 0"));
  FLOE_ASSIGN_OR_RETURN(const int64_t partitions, Partitions(context.attrs()));
  std::vector<int64_t> counts(static_cast<size_t>(partitions), 0);
  for (const int32_t index : chosen.flat<int32_t>()) {
    if (index < 0 || index >= partitions) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: partition ", index, " is not one of ", partitions));
    }
    ++counts[static_cast<size_t>(index)];
  }
  Dims dims = {0};
  for (int axis = chosen.rank(); axis < data.rank(); ++axis) dims.push_back(data.shape().dim(axis));
  std::vector<Tensor*> outputs;
  for (int64_t i = 0; i < partitions; ++i) {
    dims[0] = counts[static_cast<size_t>(i)];
    FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
    FLOE_ASSIGN_OR_RETURN(outputs.emplace_back(), context.Output(static_cast<int>(i), shape));
  }
  const int64_t row = ElementsFrom(data.shape(), chosen.rank());
  return OnElementSize(data.dtype(), [&]<typename T>() -> absl::Status {
    std::vector<T*> to;
    for (Tensor* const output : outputs) to.push_back(output->template mutable_data<T>());
    const T* from = data.data<T>();
    for (const int32_t index : chosen.flat<int32_t>()) {
      std::copy_n(from, row, to[static_cast<size_t>(index)]);
      to[static_cast<size_t>(index)] += row;
      from += row;
    }
    return absl::OkStatus();
  });
}

// Inputs: N tensors of indices, then N of data.
absl::StatusOr<int> StitchedPairs(const AttrMap& attrs, int num_inputs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t pairs, attrs.Int("N", num_inputs / 2));
  if (pairs >= 1 && pairs * 2 == num_inputs) return static_cast<int>(pairs);
  return absl::InvalidArgumentError(
      absl::StrCat("wanted ", pairs, " indices and as many data, got ", num_inputs, " inputs"));
}

absl::Status InferStitch(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int pairs, StitchedPairs(context.attrs(), context.num_inputs()));
  PartialShape row;
  bool all_known = true;
  int64_t rows = 0;
  for (int i = 0; i < pairs; ++i) {
    const PartialShape &indices = context.shape(i), &data = context.shape(pairs + i);
    FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kInt32));
    FLOE_RETURN_IF_ERROR(context.WantSameDType(pairs, pairs + i));
    FLOE_RETURN_IF_ERROR(WantPrefix(data, indices, "data"));
    if (const Tensor* const value = context.input(i).value; value != nullptr) {
      for (const int32_t index : value->flat<int32_t>()) rows = std::max(rows, int64_t{index} + 1);
    } else {
      all_known = false;
    }
    if (!indices.has_rank() || !data.has_rank()) continue;
    absl::StatusOr<PartialShape> merged =
        MergeShapes(row, PartialShape(Dims(data.dims().begin() + indices.rank(), data.dims().end())));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("data ", i));
    row = *std::move(merged);
  }
  if (!row.has_rank()) {
    context.AddOutput(context.dtype(pairs), PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  Dims dims = {all_known ? rows : kUnknown};
  dims.insert(dims.end(), row.dims().begin(), row.dims().end());
  context.AddOutput(context.dtype(pairs), PartialShape(std::move(dims)));
  return absl::OkStatus();
}

// Of two data for one index the later one stays. Rows that no index names are empty.
absl::Status EvalStitch(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int pairs, StitchedPairs(context.attrs(), context.num_inputs()));
  int64_t rows = 0;
  for (int i = 0; i < pairs; ++i) {
    FLOE_RETURN_IF_ERROR(WantPrefix(context.input(pairs + i).shape(), context.input(i).shape(), "data"));
    for (const int32_t index : context.input(i).flat<int32_t>()) {
      if (index < 0) return absl::InvalidArgumentError(absl::StrCat("input ", i, ": index ", index, " is negative"));
      rows = std::max(rows, int64_t{index} + 1);
    }
  }
  Dims dims = {rows};
  const Shape& first = context.input(pairs).shape();
  for (int axis = context.input(0).rank(); axis < first.rank(); ++axis) dims.push_back(first.dim(axis));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, context.Output(0, shape));
  const int64_t row = ElementsFrom(shape, 1);
  return OnElementSize(result->dtype(), [&]<typename T>() -> absl::Status {
    T* const to = result->mutable_data<T>();
    std::fill_n(to, shape.num_elements(), T());
    for (int i = 0; i < pairs; ++i) {
      const T* from = context.input(pairs + i).data<T>();
      for (const int32_t index : context.input(i).flat<int32_t>()) {
        std::copy_n(from, row, to + index * row);
        from += row;
      }
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"DynamicPartition", InferPartition, EvalPartition},
    {"DynamicStitch", InferStitch, EvalStitch},
    {"ParallelDynamicStitch", InferStitch, EvalStitch},
};

}  // namespace

absl::Span<const OpInfo> DynamicPartitionOps() { return kOps; }

}  // namespace floe
