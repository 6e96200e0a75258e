// The ops of a GraphBuilder, with the names, attributes and constants that TensorFlow's Python gives them.
#include <algorithm>
#include <limits>
#include <memory>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"
#include "session/graph_builder.h"

namespace floe {
namespace {

constexpr int kTensorProtoShape = 2, kAttrTensor = 8;  // field numbers of tensor.proto and attr_value.proto

// As TensorFlow turns Python's numbers into tensors.
Tensor Ints(const std::vector<int64_t>& values, const Shape& shape) {
  const bool fits = std::all_of(values.begin(), values.end(), [](int64_t value) {
    return value >= std::numeric_limits<int32_t>::min() && value <= std::numeric_limits<int32_t>::max();
  });
  if (!fits) return Tensor::FromSpan<int64_t>(shape, values);
  const std::vector<int32_t> narrow(values.begin(), values.end());
  return Tensor::FromSpan<int32_t>(shape, narrow);
}
Tensor Vector(const std::vector<int64_t>& values) { return Ints(values, Shape({static_cast<int64_t>(values.size())})); }
Tensor Scalar(int64_t value) { return Ints({value}, Shape()); }
AttrValue TypeOf(const Tensor& tensor) { return AttrValue::Type(tensor.dtype()); }

}  // namespace

Output GraphBuilder::Constant(const Tensor& value, absl::string_view name) { return AddConst(*state_, value, name); }

Output GraphBuilder::Placeholder(DType dtype, const PartialShape& shape, absl::string_view name) {
  return AddOp("Placeholder", name, {}, {{"dtype", AttrValue::Type(dtype)}, {"shape", AttrValue::OfShape(shape)}})[0];
}

Output GraphBuilder::PlaceholderWithDefault(const Operand& value, const PartialShape& shape, absl::string_view name) {
  const DType dtype = FirstDType({{"input", &value}});
  return AddOp("PlaceholderWithDefault", name, {{"input", &value}},
               {{"dtype", AttrValue::Type(dtype)}, {"shape", AttrValue::OfShape(shape)}})[0];
}

Output GraphBuilder::Add(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("Add", name, x, y);
}
Output GraphBuilder::AddV2(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("AddV2", name, x, y);
}
Output GraphBuilder::Sub(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("Sub", name, x, y);
}
Output GraphBuilder::Mul(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("Mul", name, x, y);
}
Output GraphBuilder::Div(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("RealDiv", name, x, y);
}
Output GraphBuilder::FloorDiv(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("FloorDiv", name, x, y);
}
Output GraphBuilder::FloorMod(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("FloorMod", name, x, y);
}
Output GraphBuilder::Pow(const Operand& x, const Operand& y, absl::string_view name) {
  return Operator("Pow", name, x, y);
}
Output GraphBuilder::Maximum(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("Maximum", name, x, y);
}
Output GraphBuilder::Minimum(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("Minimum", name, x, y);
}
Output GraphBuilder::SquaredDifference(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("SquaredDifference", name, x, y);
}
Output GraphBuilder::AddN(const std::vector<Operand>& inputs, absl::string_view name) {
  std::vector<Argument> arguments;
  for (const Operand& input : inputs) arguments.push_back({"inputs", &input});
  return AddTyped("AddN", name, arguments, {{"N", AttrValue::Int(static_cast<int64_t>(inputs.size()))}});
}

Output GraphBuilder::Less(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("Less", name, x, y);
}
Output GraphBuilder::LessEqual(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("LessEqual", name, x, y);
}
Output GraphBuilder::Greater(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("Greater", name, x, y);
}
Output GraphBuilder::GreaterEqual(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("GreaterEqual", name, x, y);
}
Output GraphBuilder::Equal(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("Equal", name, x, y, {{"incompatible_shape_error", AttrValue::Bool(true)}});
}
Output GraphBuilder::NotEqual(const Operand& x, const Operand& y, absl::string_view name) {
  return Binary("NotEqual", name, x, y, {{"incompatible_shape_error", AttrValue::Bool(true)}});
}
Output GraphBuilder::LogicalAnd(const Operand& x, const Operand& y, absl::string_view name) {
  return AddOp("LogicalAnd", name, {{"x", &x}, {"y", &y}}, {})[0];
}
Output GraphBuilder::LogicalOr(const Operand& x, const Operand& y, absl::string_view name) {
  return AddOp("LogicalOr", name, {{"x", &x}, {"y", &y}}, {})[0];
}
Output GraphBuilder::LogicalNot(const Operand& x, absl::string_view name) {
  return AddOp("LogicalNot", name, {{"x", &x}}, {})[0];
}
Output GraphBuilder::Select(const Operand& condition, const Operand& x, const Operand& y, absl::string_view name) {
  return AddOp("SelectV2", name, {{"condition", &condition}, {"t", &x}, {"e", &y}},
               {{"T", AttrValue::Type(FirstDType({{"t", &x}, {"e", &y}}))}})[0];
}
Output GraphBuilder::Cast(const Operand& x, DType dtype, absl::string_view name) {
  return AddOp("Cast", name, {{"x", &x}},
               {{"SrcT", AttrValue::Type(FirstDType({{"x", &x}}))},
                {"DstT", AttrValue::Type(dtype)},
                {"Truncate", AttrValue::Bool(false)}})[0];
}

Output GraphBuilder::Neg(const Operand& x, absl::string_view name) { return Unary("Neg", name, x); }
Output GraphBuilder::Abs(const Operand& x, absl::string_view name) { return Unary("Abs", name, x); }
Output GraphBuilder::Exp(const Operand& x, absl::string_view name) { return Unary("Exp", name, x); }
Output GraphBuilder::Log(const Operand& x, absl::string_view name) { return Unary("Log", name, x); }
Output GraphBuilder::Sqrt(const Operand& x, absl::string_view name) { return Unary("Sqrt", name, x); }
Output GraphBuilder::Rsqrt(const Operand& x, absl::string_view name) { return Unary("Rsqrt", name, x); }
Output GraphBuilder::Square(const Operand& x, absl::string_view name) { return Unary("Square", name, x); }
Output GraphBuilder::Sign(const Operand& x, absl::string_view name) { return Unary("Sign", name, x); }
Output GraphBuilder::Floor(const Operand& x, absl::string_view name) { return Unary("Floor", name, x); }
Output GraphBuilder::Ceil(const Operand& x, absl::string_view name) { return Unary("Ceil", name, x); }
Output GraphBuilder::Round(const Operand& x, absl::string_view name) { return Unary("Round", name, x); }

Output GraphBuilder::MatMul(const Operand& a, const Operand& b, bool transpose_a, bool transpose_b,
                            absl::string_view name) {
  const auto rank_above_two = [&](const Operand& operand) {
    if (const auto* const tensor = std::get_if<Tensor>(&operand.value())) return tensor->rank() > 2;
    const auto* const output = std::get_if<Output>(&operand.value());
    if (output == nullptr) return false;
    const OutputType& type = state_->TypeOf(*output);
    const PartialShape& shape = type.handle_dtype != DType::kInvalid ? type.handle_shape : type.shape;
    return shape.has_rank() && shape.rank() > 2;
  };
  if (rank_above_two(a) || rank_above_two(b)) {
    return AddTyped("BatchMatMulV2", name, {{"x", &a}, {"y", &b}},
                    {{"adj_x", AttrValue::Bool(transpose_a)},
                     {"adj_y", AttrValue::Bool(transpose_b)},
                     {"grad_x", AttrValue::Bool(false)},
                     {"grad_y", AttrValue::Bool(false)}});
  }
  return AddTyped("MatMul", name, {{"a", &a}, {"b", &b}},
                  {{"transpose_a", AttrValue::Bool(transpose_a)},
                   {"transpose_b", AttrValue::Bool(transpose_b)},
                   {"grad_a", AttrValue::Bool(false)},
                   {"grad_b", AttrValue::Bool(false)}});
}

Output GraphBuilder::BiasAdd(const Operand& value, const Operand& bias, absl::string_view name) {
  return AddTyped("BiasAdd", name, {{"value", &value}, {"bias", &bias}}, {{"data_format", AttrValue::String("NHWC")}});
}

Output GraphBuilder::Window(const char* op, absl::string_view name, const std::vector<Argument>& arguments,
                            const WindowOptions& options, Attrs attrs) {
  attrs.emplace_back("strides", AttrValue::Ints(options.strides));
  attrs.emplace_back("padding", AttrValue::String(options.padding));
  attrs.emplace_back("data_format", AttrValue::String(options.data_format));
  return AddTyped(op, name, arguments, std::move(attrs));
}

Output GraphBuilder::Conv2D(const Operand& input, const Operand& filter, const WindowOptions& options,
                            absl::string_view name) {
  return Window("Conv2D", name, {{"input", &input}, {"filter", &filter}}, options,
                {{"dilations", AttrValue::Ints(options.dilations)},
                 {"explicit_paddings", AttrValue::Ints({})},
                 {"use_cudnn_on_gpu", AttrValue::Bool(true)}});
}
Output GraphBuilder::DepthwiseConv2d(const Operand& input, const Operand& filter, const WindowOptions& options,
                                     absl::string_view name) {
  return Window("DepthwiseConv2dNative", name, {{"input", &input}, {"filter", &filter}}, options,
                {{"dilations", AttrValue::Ints(options.dilations)}, {"explicit_paddings", AttrValue::Ints({})}});
}
Output GraphBuilder::MaxPool(const Operand& input, const std::vector<int64_t>& ksize, const WindowOptions& options,
                             absl::string_view name) {
  return Window("MaxPool", name, {{"input", &input}}, options,
                {{"ksize", AttrValue::Ints(ksize)}, {"explicit_paddings", AttrValue::Ints({})}});
}
Output GraphBuilder::AvgPool(const Operand& value, const std::vector<int64_t>& ksize, const WindowOptions& options,
                             absl::string_view name) {
  return Window("AvgPool", name, {{"value", &value}}, options, {{"ksize", AttrValue::Ints(ksize)}});
}
Output GraphBuilder::BatchNorm(const Operand& x, const Operand& scale, const Operand& offset, const Operand& mean,
                               const Operand& variance, float epsilon, absl::string_view name) {
  return AddTyped("FusedBatchNormV3", name,
                  {{"x", &x}, {"scale", &scale}, {"offset", &offset}, {"mean", &mean}, {"variance", &variance}},
                  {{"U", AttrValue::Type(FirstDType({{"scale", &scale}}))},
                   {"data_format", AttrValue::String("NHWC")},
                   {"epsilon", AttrValue::Float(epsilon)},
                   {"exponential_avg_factor", AttrValue::Float(1.0F)},
                   {"is_training", AttrValue::Bool(false)}});
}

Output GraphBuilder::Relu(const Operand& x, absl::string_view name) {
  return AddTyped("Relu", name, {{"features", &x}});
}
Output GraphBuilder::Relu6(const Operand& x, absl::string_view name) {
  return AddTyped("Relu6", name, {{"features", &x}});
}
Output GraphBuilder::Elu(const Operand& x, absl::string_view name) { return AddTyped("Elu", name, {{"features", &x}}); }
Output GraphBuilder::Selu(const Operand& x, absl::string_view name) {
  return AddTyped("Selu", name, {{"features", &x}});
}
Output GraphBuilder::LeakyRelu(const Operand& x, float alpha, absl::string_view name) {
  return AddTyped("LeakyRelu", name, {{"features", &x}}, {{"alpha", AttrValue::Float(alpha)}});
}
Output GraphBuilder::Sigmoid(const Operand& x, absl::string_view name) { return Unary("Sigmoid", name, x); }
Output GraphBuilder::Tanh(const Operand& x, absl::string_view name) { return Unary("Tanh", name, x); }
Output GraphBuilder::Softplus(const Operand& x, absl::string_view name) {
  return AddTyped("Softplus", name, {{"features", &x}});
}
Output GraphBuilder::Softsign(const Operand& x, absl::string_view name) {
  return AddTyped("Softsign", name, {{"features", &x}});
}
Output GraphBuilder::Softmax(const Operand& x, absl::string_view name) {
  return AddTyped("Softmax", name, {{"logits", &x}});
}
Output GraphBuilder::LogSoftmax(const Operand& x, absl::string_view name) {
  return AddTyped("LogSoftmax", name, {{"logits", &x}});
}

Output GraphBuilder::Reduce(const char* op, absl::string_view name, const Operand& x, const Axes& axes,
                            bool keep_dims) {
  const bool typed = absl::string_view(op) != "All" && absl::string_view(op) != "Any";
  Attrs attrs = {{"keep_dims", AttrValue::Bool(keep_dims)}, {"Tidx", AttrValue::Type(DType::kInt32)}};
  if (typed) attrs.emplace_back("T", AttrValue::Type(FirstDType({{"input_tensor", &x}})));
  if (axes.has_value()) {
    const Operand indices = Vector(*axes);
    return AddOp(op, name, {{"input_tensor", &x}, {"reduction_indices", &indices}}, std::move(attrs))[0];
  }
  // All axes: a constant of its own where the rank is known.
  const Output input = Materialize(x, "input_tensor", DType::kFloat);
  const PartialShape shape = ShapeOf(input);
  if (!shape.has_rank()) {
    NodeScope scope(*state_, "Rank");
    state_->Fail(absl::InvalidArgumentError(
        absl::StrCat("'", name, "': name the axes: the rank of '", input.name(), "' is not known")));
    return {};
  }
  std::vector<int64_t> all(static_cast<size_t>(shape.rank()));
  std::iota(all.begin(), all.end(), 0);
  const Operand indices = AddConst(*state_, Vector(all), "Const");
  const Operand materialized = input;
  return AddOp(op, name, {{"input_tensor", &materialized}, {"reduction_indices", &indices}}, std::move(attrs))[0];
}

Output GraphBuilder::ReduceSum(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Sum", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceMean(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Mean", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceMax(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Max", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceMin(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Min", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceProd(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Prod", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceAll(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("All", name, x, axes, keep_dims);
}
Output GraphBuilder::ReduceAny(const Operand& x, const Axes& axes, bool keep_dims, absl::string_view name) {
  return Reduce("Any", name, x, axes, keep_dims);
}

Output GraphBuilder::ArgExtreme(const char* op, absl::string_view name, const Operand& x, int64_t axis) {
  const Operand dimension = Scalar(axis);
  return AddTyped(op, name, {{"input", &x}, {"dimension", &dimension}},
                  {{"Tidx", AttrValue::Type(DType::kInt32)}, {"output_type", AttrValue::Type(DType::kInt64)}});
}
Output GraphBuilder::ArgMax(const Operand& x, int64_t axis, absl::string_view name) {
  return ArgExtreme("ArgMax", name, x, axis);
}
Output GraphBuilder::ArgMin(const Operand& x, int64_t axis, absl::string_view name) {
  return ArgExtreme("ArgMin", name, x, axis);
}

Output GraphBuilder::Identity(const Operand& x, absl::string_view name) {
  return AddTyped("Identity", name, {{"input", &x}});
}
Output GraphBuilder::StopGradient(const Operand& x, absl::string_view name) {
  return AddTyped("StopGradient", name, {{"input", &x}});
}
Output GraphBuilder::Shape(const Operand& x, absl::string_view name) {
  return AddTyped("Shape", name, {{"input", &x}}, {{"out_type", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::Reshape(const Operand& x, const std::vector<int64_t>& shape, absl::string_view name) {
  const Tensor sizes = Vector(shape);
  const Operand operand = sizes;
  return AddTyped("Reshape", name, {{"tensor", &x}, {"shape", &operand}}, {{"Tshape", TypeOf(sizes)}});
}
Output GraphBuilder::Transpose(const Operand& x, const std::vector<int64_t>& perm, absl::string_view name) {
  const Operand operand = Vector(perm);
  return AddTyped("Transpose", name, {{"x", &x}, {"perm", &operand}}, {{"Tperm", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::ExpandDims(const Operand& x, int64_t axis, absl::string_view name) {
  const Operand dim = Scalar(axis);
  return AddTyped("ExpandDims", name, {{"input", &x}, {"dim", &dim}}, {{"Tdim", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::Squeeze(const Operand& x, const std::vector<int64_t>& axes, absl::string_view name) {
  return AddTyped("Squeeze", name, {{"input", &x}}, {{"squeeze_dims", AttrValue::Ints(axes)}});
}
Output GraphBuilder::Concat(const std::vector<Operand>& inputs, int64_t axis, absl::string_view name) {
  const Operand operand = Scalar(axis);
  std::vector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i) names.push_back(absl::StrCat("values_", i));
  std::vector<Argument> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) arguments.push_back({names[i].c_str(), &inputs[i]});
  arguments.push_back({"axis", &operand});
  return AddTyped(
      "ConcatV2", name, arguments,
      {{"N", AttrValue::Int(static_cast<int64_t>(inputs.size()))}, {"Tidx", AttrValue::Type(DType::kInt32)}});
}
std::vector<Output> GraphBuilder::Split(const Operand& x, int64_t parts, int64_t axis, absl::string_view name) {
  const Operand dim = Scalar(axis);
  return AddOp("Split", name, {{"split_dim", &dim}, {"value", &x}},
               {{"T", AttrValue::Type(FirstDType({{"value", &x}}))}, {"num_split", AttrValue::Int(parts)}});
}
Output GraphBuilder::Stack(const std::vector<Operand>& inputs, int64_t axis, absl::string_view name) {
  std::vector<std::string> names;
  for (size_t i = 0; i < inputs.size(); ++i) names.push_back(absl::StrCat("values_", i));
  std::vector<Argument> arguments;
  for (size_t i = 0; i < inputs.size(); ++i) arguments.push_back({names[i].c_str(), &inputs[i]});
  return AddTyped("Pack", name, arguments,
                  {{"N", AttrValue::Int(static_cast<int64_t>(inputs.size()))}, {"axis", AttrValue::Int(axis)}});
}
std::vector<Output> GraphBuilder::Unstack(const Operand& x, int64_t number, int64_t axis, absl::string_view name) {
  return AddOp("Unpack", name, {{"value", &x}},
               {{"T", AttrValue::Type(FirstDType({{"value", &x}}))},
                {"num", AttrValue::Int(number)},
                {"axis", AttrValue::Int(axis)}});
}
Output GraphBuilder::Slice(const Operand& x, const std::vector<int64_t>& begin, const std::vector<int64_t>& size,
                           absl::string_view name) {
  const Operand first = Vector(begin), sizes = Vector(size);
  return AddTyped("Slice", name, {{"input", &x}, {"begin", &first}, {"size", &sizes}},
                  {{"Index", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::Pad(const Operand& x, const std::vector<std::pair<int64_t, int64_t>>& paddings,
                         absl::string_view name) {
  std::vector<int64_t> flat;
  for (const auto& [before, after] : paddings) {
    flat.push_back(before);
    flat.push_back(after);
  }
  const Operand operand = Ints(flat, floe::Shape({static_cast<int64_t>(paddings.size()), 2}));
  return AddTyped("Pad", name, {{"input", &x}, {"paddings", &operand}},
                  {{"Tpaddings", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::Tile(const Operand& x, const std::vector<int64_t>& multiples, absl::string_view name) {
  const Operand operand = Vector(multiples);
  return AddTyped("Tile", name, {{"input", &x}, {"multiples", &operand}},
                  {{"Tmultiples", AttrValue::Type(DType::kInt32)}});
}
Output GraphBuilder::Gather(const Operand& x, const Operand& indices, int64_t axis, absl::string_view name) {
  const Operand operand = Scalar(axis);
  return AddOp("GatherV2", name, {{"params", &x}, {"indices", &indices}, {"axis", &operand}},
               {{"Tparams", AttrValue::Type(FirstDType({{"params", &x}}))},
                {"Tindices", AttrValue::Type(FirstDType({{"indices", &indices}}))},
                {"Taxis", AttrValue::Type(DType::kInt32)},
                {"batch_dims", AttrValue::Int(0)}})[0];
}
Output GraphBuilder::ZerosLike(const Operand& x, absl::string_view name) { return Unary("ZerosLike", name, x); }
Output GraphBuilder::Fill(const std::vector<int64_t>& dims, const Operand& value, absl::string_view name) {
  const Operand sizes = Vector(dims);
  // The sizes come first, but a number does not take their type.
  const auto* const number = std::get_if<double>(&value.value());
  const Operand filler = number == nullptr ? value : Operand(Tensor::Scalar<float>(static_cast<float>(*number)));
  return AddOp(
      "Fill", name, {{"dims", &sizes}, {"value", &filler}},
      {{"T", AttrValue::Type(FirstDType({{"value", &filler}}))}, {"index_type", AttrValue::Type(DType::kInt32)}})[0];
}
Output GraphBuilder::Range(int64_t start, int64_t limit, int64_t delta, absl::string_view name) {
  const Operand first = Scalar(start), end = Scalar(limit), step = Scalar(delta);
  return AddOp("Range", name, {{"start", &first}, {"limit", &end}, {"delta", &step}},
               {{"Tidx", AttrValue::Type(DType::kInt32)}})[0];
}
Output GraphBuilder::OneHot(const Operand& indices, int64_t depth, absl::string_view name) {
  if (!status().ok()) return {};
  // TensorFlow makes these two first.
  NodeScope scope(*state_, name);
  const Operand on = AddConst(*state_, Tensor::Scalar<float>(1), "on_value");
  const Operand off = AddConst(*state_, Tensor::Scalar<float>(0), "off_value");
  const Operand size = Scalar(depth);
  const DType index_dtype = FirstDType({{"indices", &indices}});
  return AddOp(
      "OneHot", scope.name() + "/", {{"indices", &indices}, {"depth", &size}, {"on_value", &on}, {"off_value", &off}},
      {{"T", AttrValue::Type(DType::kFloat)}, {"TI", AttrValue::Type(index_dtype)}, {"axis", AttrValue::Int(-1)}})[0];
}

namespace {

// One number everywhere: a TensorProto says it once.
AttrValue SplatAttr(const Tensor& scalar, const floe::Shape& shape) {
  std::string encoded = EncodeTensorProto(scalar);
  AppendBytesField(kTensorProtoShape, EncodeShapeProto(shape), &encoded);  // of two shapes the later one counts
  std::string attr;
  AppendBytesField(kAttrTensor, encoded, &attr);
  auto owner = std::make_shared<const std::string>(std::move(attr));
  const absl::string_view bytes = *owner;
  return AttrValue(bytes, std::move(owner));
}

Output Splat(GraphState& graph, double number, const floe::Shape& shape, DType dtype, absl::string_view name) {
  Tensor scalar;
  const bool known = DispatchDType<float, double, int32_t, uint8_t, int16_t, int8_t, std::complex<float>, int64_t, bool,
                                   Bfloat16, uint16_t, std::complex<double>, Half, uint32_t, uint64_t>(
      dtype, [&]<typename T>() { scalar = Tensor::Scalar<T>(static_cast<T>(static_cast<float>(number))); });
  if (!known) {
    graph.Fail(absl::InvalidArgumentError(absl::StrCat("'", name, "': no numbers of type ", DTypeName(dtype))));
    return {};
  }
  GraphState::NodeSpec spec{.op = "Const", .name = graph.UniqueName(name)};
  spec.attrs = {{"dtype", AttrValue::Type(dtype)}, {"value", SplatAttr(scalar, shape)}};
  const std::string node = spec.name;
  return graph.AddNode(std::move(spec)) < 0 ? Output{} : Output{node, 0};
}

}  // namespace

Output GraphBuilder::Zeros(const floe::Shape& shape, DType dtype, absl::string_view name) {
  return Splat(*state_, 0, shape, dtype, name);
}
Output GraphBuilder::Ones(const floe::Shape& shape, DType dtype, absl::string_view name) {
  return Splat(*state_, 1, shape, dtype, name);
}

std::pair<int64_t, int64_t> GraphBuilder::Seeds(std::optional<int64_t> seed) {
  constexpr int64_t kDefaultGraphSeed = 87654321;
  constexpr int64_t kMaxSeed = std::numeric_limits<int32_t>::max();
  if (!state_->seed.has_value() && !seed.has_value()) return {0, 0};
  const int64_t graph_seed = state_->seed.value_or(kDefaultGraphSeed) % kMaxSeed;
  const int64_t op_seed = (seed.has_value() ? *seed : state_->next_seed++) % kMaxSeed;
  // Two zeros would mean that any seed will do.
  if (graph_seed == 0 && op_seed == 0) return {0, kMaxSeed};
  return {graph_seed, op_seed};
}

Output GraphBuilder::Random(const char* op, absl::string_view name, const floe::Shape& shape, double offset,
                            double scale, const char* offset_name, const char* scale_name, DType dtype,
                            std::optional<int64_t> seed) {
  if (!status().ok()) return {};
  const bool uniform = absl::string_view(op) == "RandomUniform";
  NodeScope scope(*state_, name);
  const Operand sizes = Constant(Vector({shape.dims().begin(), shape.dims().end()}), "shape");
  const bool integers = uniform && IsInteger(dtype);
  const bool plain = uniform && offset == 0 && scale == 1 && !integers;
  Operand first = offset, second = scale;
  if (!plain) {
    first = Materialize(Operand(offset), offset_name, dtype);
    second = Materialize(Operand(scale), scale_name, dtype);
  }
  const auto [graph_seed, op_seed] = Seeds(seed);
  const Attrs attrs = {{"T", AttrValue::Type(DType::kInt32)},
                       {integers ? "Tout" : "dtype", AttrValue::Type(dtype)},
                       {"seed", AttrValue::Int(graph_seed)},
                       {"seed2", AttrValue::Int(op_seed)}};
  if (integers) {
    return AddOp("RandomUniformInt", scope.name() + "/", {{"shape", &sizes}, {"minval", &first}, {"maxval", &second}},
                 attrs)[0];
  }
  const Output drawn = AddOp(op, op, {{"shape", &sizes}}, attrs)[0];
  if (plain) return drawn;
  const Output factor = uniform ? Binary("Sub", "sub", second, first) : std::get<Output>(second.value());
  const Output scaled = Binary("Mul", "mul", drawn, factor);
  return Binary("AddV2", scope.name() + "/", scaled, first);
}

Output GraphBuilder::RandomUniform(const floe::Shape& shape, double low, double high, DType dtype,
                                   std::optional<int64_t> seed, absl::string_view name) {
  return Random("RandomUniform", name, shape, low, high, "min", "max", dtype, seed);
}
Output GraphBuilder::RandomNormal(const floe::Shape& shape, double mean, double stddev, DType dtype,
                                  std::optional<int64_t> seed, absl::string_view name) {
  return Random("RandomStandardNormal", name, shape, mean, stddev, "mean", "stddev", dtype, seed);
}
Output GraphBuilder::TruncatedNormal(const floe::Shape& shape, double mean, double stddev, DType dtype,
                                     std::optional<int64_t> seed, absl::string_view name) {
  return Random("TruncatedNormal", name, shape, mean, stddev, "mean", "stddev", dtype, seed);
}

}  // namespace floe
