#include "program/image_layout.h"

#include <string>
#include <vector>

#include "ops/registry.h"

namespace floe {
namespace {

struct ListAttribute {
  const char* name;
  int group;  // numbers an axis
};
constexpr ListAttribute kLists[] = {{"strides", 1}, {"dilations", 1}, {"ksize", 1}, {"explicit_paddings", 2}};

}  // namespace

Dims ToChannelsLast(int rank) {
  Dims permutation = {0};
  for (int axis = 2; axis < rank; ++axis) permutation.push_back(axis);
  permutation.push_back(1);
  return permutation;
}

Dims ToChannelsFirst(int rank) {
  Dims permutation = {0, rank - 1};
  for (int axis = 1; axis + 1 < rank; ++axis) permutation.push_back(axis);
  return permutation;
}

int AxisWithChannelsLast(int axis, int rank) { return axis == 0 ? 0 : axis == 1 ? rank - 1 : axis - 1; }

Dims ToChannelsLast(absl::Span<const int64_t> values, int group) {
  Dims result;
  for (const int64_t axis : ToChannelsLast(static_cast<int>(values.size()) / group)) {
    for (int k = 0; k < group; ++k) result.push_back(values[axis * group + k]);
  }
  return result;
}

PartialShape ToChannelsLast(const PartialShape& shape) {
  return shape.has_rank() ? PartialShape(ToChannelsLast(shape.dims())) : shape;
}

std::optional<Tensor> Transposed(const Tensor& tensor, const Dims& permutation) {
  Tensor axes(DType::kInt64, Shape({static_cast<int64_t>(permutation.size())}));
  std::copy(permutation.begin(), permutation.end(), axes.mutable_data<int64_t>());
  absl::StatusOr<std::vector<Tensor>> results = Evaluate(*FindOp("Transpose"), "", AttrMap(), {tensor, axes});
  if (!results.ok()) return std::nullopt;
  return std::move((*results)[0]);
}

bool SaysChannelsFirst(const AttrMap& attrs) {
  const absl::StatusOr<std::string> format = attrs.String("data_format", "");
  return format.ok() && (*format == "NCHW" || *format == "NCDHW");
}

bool TurnAttributes(AttrMap* attrs) {
  const absl::StatusOr<std::string> format = attrs->String("data_format");
  if (!format.ok()) return false;
  const size_t rank = format->size();
  attrs->Set("data_format", AttrValue::String(rank == 4 ? "NHWC" : "NDHWC"));
  for (const ListAttribute& list : kLists) {
    const absl::StatusOr<std::vector<int64_t>> values = attrs->Ints(list.name, std::vector<int64_t>());
    if (!values.ok()) return false;
    if (values->empty()) continue;
    if (values->size() != rank * list.group) return false;
    const Dims turned = ToChannelsLast(*values, list.group);
    attrs->Set(list.name, AttrValue::Ints(turned));
  }
  return true;
}

}  // namespace floe
