#include "program/passes/image_values.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "ops/arguments.h"
#include "ops/registry.h"
#include "program/insert.h"

namespace floe {

int ImageValues::RankOf(ValueId id) const {
  const PartialShape& shape = program_.values[id].shape;
  return shape.has_rank() ? shape.rank() : -1;
}

std::optional<Dims> ImageValues::Ints(ValueId id) const {
  const Tensor* const constant = ConstantOf(id);
  if (constant == nullptr) return std::nullopt;
  absl::StatusOr<Dims> values = ToInt64s(*constant);
  return values.ok() ? std::make_optional(*std::move(values)) : std::nullopt;
}

std::optional<int> ImageValues::Axis(ValueId id, int rank) const {
  const std::optional<Dims> values = Ints(id);
  if (!values || values->size() != 1) return std::nullopt;
  const absl::StatusOr<int> axis = NormalAxis((*values)[0], rank);
  return axis.ok() ? std::make_optional(*axis) : std::nullopt;
}

void ImageValues::Grow() {
  last_.resize(program_.values.size(), kNone);
  absent_.resize(program_.values.size(), false);
}

ValueId ImageValues::Emit(const char* op, std::string name, AttrMap attrs, std::vector<ValueId> inputs,
                          PartialShape shape) {
  const DType dtype = program_.values[inputs[0]].dtype;
  const ValueId result = AddValue({name, dtype, std::move(shape), std::nullopt});
  program_.ops.push_back({FindOp(op), std::move(name), std::move(attrs), std::move(inputs), {result}, {}});
  changed_ = true;
  return result;
}

ValueId ImageValues::AddValue(Value value) {
  const ValueId id = program_.AddValue(std::move(value));
  Grow();
  return id;
}

ValueId ImageValues::Constant(const std::string& name, Tensor tensor) {
  const ValueId id = program_.AddConstant(name, std::move(tensor));
  Grow();
  return id;
}

ValueId ImageValues::EmitTranspose(ValueId from, const Dims& permutation, std::string name) {
  PartialShape shape = PartialShape::UnknownDims(static_cast<int>(permutation.size()));
  if (RankOf(from) >= 0) {
    for (int i = 0; i < shape.rank(); ++i)
      shape.set_dim(i, program_.values[from].shape.dim(static_cast<int>(permutation[i])));
  }
  const ValueId axes = Constant(name + "/perm", IntVector(permutation, DType::kInt32));
  AttrMap attrs;
  attrs.Set("T", AttrValue::Type(program_.values[from].dtype));
  attrs.Set("Tperm", AttrValue::Type(DType::kInt32));
  return Emit("Transpose", std::move(name), std::move(attrs), {from, axes}, std::move(shape));
}

bool ImageValues::IsSameOrder(const PartialShape& first) const {
  if (std::count_if(first.dims().begin(), first.dims().end(), [](int64_t dim) { return dim < 0; }) > 1) return false;
  if (first.dim(1) == 1) return true;
  return std::all_of(first.dims().begin() + 2, first.dims().end(), [](int64_t dim) { return dim == 1; });
}

ValueId ImageValues::EmitReshape(ValueId from, const PartialShape& shape, std::string name) {
  const Dims sizes(shape.dims().begin(), shape.dims().end());  // -1 where not known
  const ValueId to = Constant(name + "/shape", IntVector(sizes, DType::kInt64));
  AttrMap attrs;
  attrs.Set("T", AttrValue::Type(program_.values[from].dtype));
  attrs.Set("Tshape", AttrValue::Type(DType::kInt64));
  return Emit("Reshape", std::move(name), std::move(attrs), {from, to}, shape);
}

void ImageValues::Make(ValueId id) {
  if (!absent_[id]) return;
  absent_[id] = false;
  const std::string name = program_.values[id].name;
  const PartialShape shape = program_.values[id].shape;
  if (IsSameOrder(shape)) {
    EmitReshape(last_[id], shape, name);
  } else {
    EmitTranspose(last_[id], ToChannelsFirst(shape.rank()), name);
  }
  // The new op makes the value itself; the one that was added for it stays unused.
  program_.ops.back().outputs[0] = id;
}

ValueId ImageValues::MakeLast(ValueId id, int rank) {
  if (last_[id] != kNone) return last_[id];
  if (RankOf(id) >= 0 && RankOf(id) != rank) return kNone;
  const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
  if (const Tensor* const constant = ConstantOf(id); constant != nullptr) {
    std::optional<Tensor> turned = Transposed(*constant, ToChannelsLast(rank));
    if (!turned) return kNone;
    const ValueId last = Constant(name, *std::move(turned));
    return last_[id] = last;
  }
  const PartialShape shape = program_.values[id].shape;
  const ValueId last = shape.has_rank() && IsSameOrder(shape) ? EmitReshape(id, ToChannelsLast(shape), name)
                                                              : EmitTranspose(id, ToChannelsLast(rank), name);
  return last_[id] = last;
}

ValueId ImageValues::NewLast(ValueId id) {
  const Value& value = program_.values[id];
  const ValueId last =
      AddValue({absl::StrCat(value.name, "/channels_last"), value.dtype, ToChannelsLast(value.shape), std::nullopt});
  last_[id] = last;
  absent_[id] = true;
  return last;
}

ValueId ImageValues::SpreadLast(ValueId id, int rank) {
  const PartialShape shape = program_.values[id].shape;
  if (!shape.has_rank() || shape.rank() > rank) return kNone;
  if (std::all_of(shape.dims().begin(), shape.dims().end(), [](int64_t dim) { return dim == 1; })) return id;
  if (shape.rank() == rank) return MakeLast(id, rank);
  // Dimensions of 1 in front.
  Dims dims(rank - shape.rank(), 1);
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  const PartialShape full(dims);
  const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
  if (const Tensor* const constant = ConstantOf(id); constant != nullptr) {
    std::optional<Tensor> turned = Transposed(constant->Reshaped(full.ToShape()), ToChannelsLast(rank));
    return turned ? Constant(name, *std::move(turned)) : kNone;
  }
  if (!IsSameOrder(full)) return kNone;
  Make(id);
  return EmitReshape(id, ToChannelsLast(full), name);
}

ValueId ImageValues::ListLast(ValueId id, int rank) {
  const PartialShape& shape = program_.values[id].shape;
  if (!shape.has_rank() || shape.rank() != 1 || shape.dim(0) < 0) return kNone;
  if (shape.dim(0) == rank - 2) return id;  // Conv2DBackpropInput's [height, width]
  if (shape.dim(0) != rank) return kNone;
  const std::string name = absl::StrCat(program_.values[id].name, "/channels_last");
  if (const std::optional<Dims> values = Ints(id))
    return Constant(name, IntVector(ToChannelsLast(*values), program_.values[id].dtype));
  return EmitGather(id, ToChannelsLast(rank), name);
}

ValueId ImageValues::EmitGather(ValueId from, const Dims& order, std::string name) {
  const DType dtype = program_.values[from].dtype;
  AttrMap attrs;
  attrs.Set("Tparams", AttrValue::Type(dtype));
  attrs.Set("Tindices", AttrValue::Type(DType::kInt32));
  attrs.Set("Taxis", AttrValue::Type(DType::kInt32));
  const ValueId indices = Constant(name + "/order", IntVector(order, DType::kInt32));
  const ValueId axis = Constant(name + "/axis", Tensor::Scalar<int32_t>(0));
  return Emit("GatherV2", std::move(name), std::move(attrs), {from, indices, axis},
              PartialShape({static_cast<int64_t>(order.size())}));
}

bool ImageValues::CanSpread(ValueId id, int rank) const {
  const PartialShape& shape = program_.values[id].shape;
  if (shape.rank() > rank) return false;
  if (shape.rank() == 0 || ConstantOf(id) != nullptr) return true;
  Dims dims(rank - shape.rank(), 1);
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  return IsSameOrder(PartialShape(dims));
}

ValueId ImageValues::TurnedAxis(ValueId id, int axis, int rank) {
  const Value& value = program_.values[id];
  const Tensor axes = IntVector({AxisWithChannelsLast(axis, rank)}, value.dtype);
  return Constant(absl::StrCat(value.name, "/channels_last"), axes.Reshaped(value.constant->shape()));
}

}  // namespace floe
