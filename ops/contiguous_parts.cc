#include "ops/contiguous_parts.h"

#include <algorithm>

#include "ops/arguments.h"
#include "ops/slice.h"

namespace floe {
namespace {

using Parts = std::optional<ContiguousParts>;

// Whether what lies before the axis is one row, so that parts along it follow each other in memory.
bool IsOneRow(const PartialShape& whole, int axis) {
  return std::all_of(whole.dims().begin(), whole.dims().begin() + axis, [](int64_t dim) { return dim == 1; });
}

// Parts that follow each other.
Parts InARow(bool joins, int first_input, absl::Span<const TensorInfo> parts) {
  ContiguousParts result{joins, first_input, {}};
  int64_t next = 0;
  for (const TensorInfo& part : parts) {
    result.first_elements.push_back(next);
    next += part.shape.ToShape().num_elements();
  }
  return result;
}

std::optional<int64_t> KnownInt(const TensorInfo& info) {
  if (info.value == nullptr) return std::nullopt;
  const absl::StatusOr<int64_t> value = ScalarInt(*info.value, "axis");
  return value.ok() ? std::optional<int64_t>(*value) : std::nullopt;
}

Parts Along(std::optional<int64_t> axis, const PartialShape& whole, bool joins, int first_input,
            absl::Span<const TensorInfo> parts) {
  if (!axis.has_value()) return std::nullopt;
  const absl::StatusOr<int> at = NormalAxis(*axis, whole.rank());
  if (!at.ok() || !IsOneRow(whole, *at)) return std::nullopt;
  return InARow(joins, first_input, parts);
}

// `dims` elements at `from`: in one piece where each stride is what the dimensions behind it hold.
Parts OfSlice(const Dims& dims, const StridedView& from) {
  int64_t packed = 1;
  for (size_t i = dims.size(); i-- > 0;) {
    if (dims[i] != 1 && from.strides[i] != packed) return std::nullopt;
    packed *= dims[i];
  }
  return ContiguousParts{false, 0, {from.first}};
}

Parts OfStridedSlice(const AttrMap& attrs, absl::Span<const TensorInfo> inputs) {
  for (int i = 1; i < 4; ++i) {
    if (inputs[i].value == nullptr) return std::nullopt;
  }
  const auto view =
      ComputeStridedSlice(attrs, inputs[0].shape.ToShape(), *inputs[1].value, *inputs[2].value, *inputs[3].value);
  return view.ok() ? OfSlice(view->dims, view->from) : std::nullopt;
}

Parts OfPlainSlice(absl::Span<const TensorInfo> inputs, const Shape& result) {
  if (inputs[1].value == nullptr) return std::nullopt;
  const absl::StatusOr<Dims> begin = ToInt64s(*inputs[1].value);
  if (!begin.ok() || begin->size() != static_cast<size_t>(result.rank())) return std::nullopt;
  StridedView from{0, inputs[0].shape.ToShape().Strides()};
  for (int axis = 0; axis < result.rank(); ++axis) from.first += (*begin)[axis] * from.strides[axis];
  return OfSlice(Dims(result.dims().begin(), result.dims().end()), from);
}

}  // namespace

Parts FindContiguousParts(absl::string_view op, const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                          absl::Span<const TensorInfo> outputs) {
  if (inputs.empty() || outputs.empty()) return std::nullopt;
  const size_t last = inputs.size() - 1;
  const PartialShape& result = outputs[0].shape;
  if (op == "ConcatV2") return Along(KnownInt(inputs[last]), result, true, 0, inputs.first(last));
  if (op == "Concat") return Along(KnownInt(inputs[0]), result, true, 1, inputs.subspan(1));
  if (op == "Split") return Along(KnownInt(inputs[0]), inputs[last].shape, false, 1, outputs);
  if (op == "SplitV") return Along(KnownInt(inputs[last]), inputs[0].shape, false, 0, outputs);
  if (op == "Pack" || op == "Unpack") {
    const absl::StatusOr<int64_t> axis = attrs.Int("axis", 0);
    if (!axis.ok()) return std::nullopt;
    return op == "Pack" ? Along(*axis, result, true, 0, inputs) : Along(*axis, inputs[0].shape, false, 0, outputs);
  }
  if (op == "Slice") return OfPlainSlice(inputs, result.ToShape());
  if (op == "StridedSlice") return OfStridedSlice(attrs, inputs);
  return std::nullopt;
}

}  // namespace floe
