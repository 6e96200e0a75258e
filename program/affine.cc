#include "program/affine.h"

#include <algorithm>
#include <cmath>
#include <string>

#include "absl/strings/string_view.h"
#include "ops/types.h"

namespace floe {
namespace {

// result[c] = f(a[c], b[c]).
template <typename F>
std::vector<double> Combine(const std::vector<double>& a, const std::vector<double>& b, F f) {
  std::vector<double> result(std::max(a.size(), b.size()));
  for (size_t c = 0; c < result.size(); ++c) result[c] = f(AtChannel(a, c), AtChannel(b, c));
  return result;
}

bool AllFinite(const std::vector<double>& values) {
  return std::all_of(values.begin(), values.end(), [](double value) { return std::isfinite(value); });
}

bool Any(const std::vector<double>& values, double other_than) {
  return std::any_of(values.begin(), values.end(), [&](double value) { return value != other_than; });
}

// Whether `x` itself has the layout's shape: a constant must not spread it.
bool HasLayout(const PartialShape& x, const ChannelLayout& layout) {
  return layout.channels >= 0 && x.has_rank() && x.rank() == layout.rank && x.dim(layout.axis) == layout.channels;
}

bool IsBatchNorm(absl::string_view name) {
  return name == "FusedBatchNorm" || name == "FusedBatchNormV2" || name == "FusedBatchNormV3";
}

std::optional<ChannelAffine> BatchNorm(const Program& program, const UseDef& uses, const Op& op, ValueId x,
                                       const ChannelLayout& layout) {
  if (op.inputs[0] != x || op.attrs.Bool("is_training", true).value_or(true)) return std::nullopt;
  const absl::StatusOr<std::string> format = op.attrs.String("data_format", "NHWC");
  const absl::StatusOr<float> epsilon = op.attrs.Float("epsilon", 1e-4f);
  if (!format.ok() || !epsilon.ok()) return std::nullopt;
  if ((format->substr(0, 2) == "NC" ? 1 : layout.rank - 1) != layout.axis) return std::nullopt;
  for (size_t i = 1; i < op.outputs.size(); ++i) {
    if (!uses.users[op.outputs[i]].empty() || uses.is_output[op.outputs[i]]) return std::nullopt;
  }
  const Tensor* parameters[4];
  for (int i = 0; i < 4; ++i) {
    parameters[i] = program.ConstantOf(op.inputs[i + 1]);
    if (parameters[i] == nullptr) return std::nullopt;
  }
  return BatchNormAffine(*parameters[0], *parameters[1], *parameters[2], *parameters[3], *epsilon, layout.channels);
}

}  // namespace

bool ChannelAffine::scales() const { return Any(scale, 1); }
bool ChannelAffine::shifts() const { return Any(shift, 0); }

ChannelAffine ChannelAffine::Then(const ChannelAffine& next) const {
  const auto multiply = [](double a, double b) { return a * b; };
  const auto add = [](double a, double b) { return a + b; };
  return {Combine(scale, next.scale, multiply), Combine(Combine(shift, next.scale, multiply), next.shift, add)};
}

std::optional<ChannelAffine> AsAffine(const Program& program, const UseDef& uses, const Op& op, ValueId x,
                                      const ChannelLayout& layout) {
  if (!HasLayout(program.values[x].shape, layout) || !IsFloating(program.values[x].dtype)) return std::nullopt;
  const absl::string_view name = op.info->name;
  if (IsBatchNorm(name)) return BatchNorm(program, uses, op, x, layout);
  if (name == "Neg") return ChannelAffine{{-1}, {0}};
  if (op.inputs.size() != 2) return std::nullopt;
  const int at = op.inputs[0] == x ? 0 : 1;
  const Tensor* const constant = program.ConstantOf(op.inputs[1 - at]);
  if (op.inputs[at] != x || constant == nullptr) return std::nullopt;
  if (name == "BiasAdd" || name == "BiasAddV1") {
    if (at != 0 || BiasAxis(op.attrs, layout.rank) != layout.axis) return std::nullopt;
    const std::optional<std::vector<double>> values = VectorValues(*constant, layout.channels);
    return values ? std::make_optional(ChannelAffine{{1}, *values}) : std::nullopt;
  }
  const bool adds = name == "Add" || name == "AddV2", subtracts = name == "Sub", multiplies = name == "Mul";
  const bool divides = (name == "RealDiv" || name == "Div") && at == 0;
  if (!adds && !subtracts && !multiplies && !divides) return std::nullopt;
  std::optional<std::vector<double>> values = ChannelValues(*constant, layout);
  if (!values) return std::nullopt;
  if (adds) return ChannelAffine{{1}, *std::move(values)};
  if (multiplies) return ChannelAffine{*std::move(values), {0}};
  if (subtracts && at == 1) return ChannelAffine{{-1}, *std::move(values)};
  for (double& value : *values) value = subtracts ? -value : 1 / value;
  if (!AllFinite(*values)) return std::nullopt;
  return subtracts ? ChannelAffine{{1}, *std::move(values)} : ChannelAffine{*std::move(values), {0}};
}

std::optional<ChannelAffine> BatchNormAffine(const Tensor& scale, const Tensor& offset, const Tensor& mean,
                                             const Tensor& variance, double epsilon, int64_t channels) {
  const auto gamma = VectorValues(scale, channels), beta = VectorValues(offset, channels),
             center = VectorValues(mean, channels), spread = VectorValues(variance, channels);
  if (!gamma || !beta || !center || !spread) return std::nullopt;
  ChannelAffine affine{Combine(*gamma, *spread, [&](double g, double s) { return g / std::sqrt(s + epsilon); }), {}};
  const auto moved = Combine(*center, affine.scale, [](double c, double s) { return -c * s; });
  affine.shift = Combine(moved, *beta, [](double m, double b) { return m + b; });
  if (!AllFinite(affine.scale) || !AllFinite(affine.shift)) return std::nullopt;
  return affine;
}

std::optional<std::vector<double>> ChannelValues(const Tensor& constant, const ChannelLayout& layout) {
  if (constant.rank() > layout.rank) return std::nullopt;
  for (int axis = 0; axis < constant.rank(); ++axis) {
    const int64_t size = constant.shape().dim(axis);
    const bool at_channels = axis + layout.rank - constant.rank() == layout.axis;
    if (size != 1 && !(at_channels && size == layout.channels)) return std::nullopt;
  }
  if (constant.num_elements() == 0) return std::nullopt;
  return FiniteValues(constant);
}

std::optional<std::vector<double>> VectorValues(const Tensor& constant, int64_t channels) {
  if (constant.rank() != 1 || constant.num_elements() != channels || channels == 0) return std::nullopt;
  return FiniteValues(constant);
}

std::optional<Tensor> ChannelVector(const std::vector<double>& values, int64_t channels, DType dtype) {
  std::vector<double> all(channels);
  for (int64_t c = 0; c < channels; ++c) all[c] = AtChannel(values, c);
  return ToTensor(all, Shape({channels}), dtype);
}

std::optional<std::vector<double>> FiniteValues(const Tensor& tensor) {
  std::vector<double> values;
  values.reserve(tensor.num_elements());
  const absl::Status status = OnDType(FloatTypes(), tensor.dtype(), [&]<typename T>() -> absl::Status {
    for (const T value : tensor.flat<T>()) values.push_back(static_cast<Wide<T>>(value));
    return absl::OkStatus();
  });
  if (!status.ok() || !AllFinite(values)) return std::nullopt;
  return values;
}

std::optional<Tensor> ToTensor(const std::vector<double>& values, const Shape& shape, DType dtype) {
  absl::StatusOr<Tensor> tensor = Tensor::Allocate(dtype, shape);
  if (!tensor.ok()) return std::nullopt;
  bool finite = true;
  const absl::Status status = OnDType(FloatTypes(), dtype, [&]<typename T>() -> absl::Status {
    T* to = tensor->mutable_data<T>();
    for (const double value : values) {
      *to = T(static_cast<Wide<T>>(value));
      finite = finite && std::isfinite(static_cast<Wide<T>>(*to++));
    }
    return absl::OkStatus();
  });
  if (!status.ok() || !finite) return std::nullopt;
  return *std::move(tensor);
}

int BiasAxis(const AttrMap& attrs, int rank) {
  const absl::StatusOr<std::string> format = attrs.String("data_format", "NHWC");
  if (!format.ok() || (*format != "NHWC" && *format != "NCHW")) return -1;
  return *format == "NHWC" ? rank - 1 : 1;
}

}  // namespace floe
