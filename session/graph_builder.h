// GraphBuilder: builds a TensorFlow graph whose nodes have the names, ops and attributes that TensorFlow's own Python
// would give them.
//
// A handle: copies build the same graph, and Sessions and Savers on the graph keep it alive. One thread at a time.
// Building does not return errors one by one: the first one stays in status(), nothing is added after it, and
// Session::Run and the Saver's calls return it.
#ifndef FLOE_SESSION_GRAPH_BUILDER_H_
#define FLOE_SESSION_GRAPH_BUILDER_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "session/graph_state.h"
#include "session/output.h"
#include "tensor/tensor.h"

namespace floe {

using GraphDef = Graph;

// What an op takes: a tensor of the graph (of a variable, its value), or a value that becomes a constant beside the op.
// Numbers take the type of the op's first tensor.
class Operand {
 public:
  // NOLINTBEGIN(google-explicit-constructor): an op's argument is written as it is
  Operand(Output output) : value_(std::move(output)) {}
  Operand(Tensor tensor) : value_(std::move(tensor)) {}
  Operand(double number) : value_(number) {}
  Operand(float number) : value_(static_cast<double>(number)) {}
  Operand(int number) : value_(static_cast<double>(number)) {}
  // NOLINTEND(google-explicit-constructor)
  const std::variant<Output, Tensor, double>& value() const { return value_; }

 private:
  std::variant<Output, Tensor, double> value_;
};

struct VariableOptions {
  bool trainable = true;
  // Besides, or instead of, the graph's global variables (and the trainable ones).
  std::vector<std::string> collections = {kGlobalVariables};
};

struct WindowOptions {
  std::vector<int64_t> strides = {1, 1, 1, 1};
  std::string padding = "SAME";
  std::string data_format = "NHWC";
  std::vector<int64_t> dilations = {1, 1, 1, 1};
};

class GraphBuilder {
 public:
  GraphBuilder() : state_(std::make_shared<GraphState>()) {}
  explicit GraphBuilder(std::shared_ptr<GraphState> state) : state_(std::move(state)) {}

  const absl::Status& status() const { return state_->status(); }
  const std::shared_ptr<GraphState>& state() const { return state_; }
  // The graph as it is now. The error, where there was one.
  absl::StatusOr<GraphDef> AsGraphDef() const;
  // NOT_FOUND with the nearest name.
  absl::StatusOr<Output> FindOutput(absl::string_view name) const;        // "add:0"
  absl::StatusOr<Operation> FindOperation(absl::string_view name) const;  // "init"
  // Not known: kInvalid, and of unknown rank.
  DType DTypeOf(const Output& output) const;
  PartialShape ShapeOf(const Output& output) const;

  // Scopes: as long as the result lives. `auto scope = g.NameScope("layer");`
  [[nodiscard]] NodeScope NameScope(absl::string_view name) { return NodeScope(*state_, name); }
  [[nodiscard]] ControlsScope ControlDependencies(const std::vector<Operation>& operations);
  [[nodiscard]] DeviceScope Device(const std::string& device) { return DeviceScope(*state_, device); }
  // The seed of all random ops that have none of their own.
  void SetRandomSeed(int64_t seed) { state_->seed = seed; }

  // Sources.
  Output Constant(const Tensor& value, absl::string_view name = "Const");
  Output Placeholder(DType dtype, const PartialShape& shape, absl::string_view name = "Placeholder");
  Output PlaceholderWithDefault(const Operand& value, const PartialShape& shape,
                                absl::string_view name = "PlaceholderWithDefault");
  Output Zeros(const Shape& shape, DType dtype = DType::kFloat, absl::string_view name = "zeros");
  Output Ones(const Shape& shape, DType dtype = DType::kFloat, absl::string_view name = "ones");
  Output RandomUniform(const Shape& shape, double low = 0, double high = 1, DType dtype = DType::kFloat,
                       std::optional<int64_t> seed = {}, absl::string_view name = "random_uniform");
  Output RandomNormal(const Shape& shape, double mean = 0, double stddev = 1, DType dtype = DType::kFloat,
                      std::optional<int64_t> seed = {}, absl::string_view name = "random_normal");
  Output TruncatedNormal(const Shape& shape, double mean = 0, double stddev = 1, DType dtype = DType::kFloat,
                         std::optional<int64_t> seed = {}, absl::string_view name = "truncated_normal");

  // Variables. The result stands for the variable: Assign, Saver and ExponentialMovingAverage take it as such, and all
  // other ops take its value. Variable: a reference (VariableV2); ResourceVariable: a handle (VarHandleOp).
  Output Variable(absl::string_view name, const Operand& initial_value, const VariableOptions& options = {});
  Output ResourceVariable(absl::string_view name, const Operand& initial_value, const VariableOptions& options = {});
  // `parts` variables NAME/part_0, ..., cut along `axis`, that are saved as one tensor NAME.
  std::vector<Output> PartitionedVariable(absl::string_view name, const Tensor& initial_value, int parts, int axis = 0,
                                          bool resource = false, const VariableOptions& options = {});
  // The new value of the variable.
  Output Assign(const Output& variable, const Operand& value, absl::string_view name = "");
  Output AssignAdd(const Output& variable, const Operand& value, absl::string_view name = "");
  Output AssignSub(const Output& variable, const Operand& value, absl::string_view name = "");
  Output IsVariableInitialized(const Output& variable, absl::string_view name = "");
  // The op that gives a variable its initial value.
  Operation Initializer(const Output& variable);
  Operation VariablesInitializer(const std::vector<Output>& variables, absl::string_view name = "init");
  Operation GlobalVariablesInitializer() { return VariablesInitializer(GlobalVariables()); }
  std::vector<Output> GlobalVariables() { return Collection(kGlobalVariables); }
  std::vector<Output> TrainableVariables() { return Collection(kTrainableVariables); }

  // Collections, which a meta graph carries along. Variables, or what AddToCollection put there.
  std::vector<Output> Collection(const std::string& name);
  void AddToCollection(const std::string& name, const GraphElement& element);

  Operation NoOp(absl::string_view name = "NoOp");
  Operation Group(const std::vector<Operation>& operations, absl::string_view name = "group_deps");

  // Arithmetic. Add is the op Add, AddV2 the op that TensorFlow's `+` gives.
  Output Add(const Operand& x, const Operand& y, absl::string_view name = "add");
  Output AddV2(const Operand& x, const Operand& y, absl::string_view name = "add");
  Output Sub(const Operand& x, const Operand& y, absl::string_view name = "sub");
  Output Mul(const Operand& x, const Operand& y, absl::string_view name = "mul");
  Output Div(const Operand& x, const Operand& y, absl::string_view name = "truediv");
  Output FloorDiv(const Operand& x, const Operand& y, absl::string_view name = "floordiv");
  Output FloorMod(const Operand& x, const Operand& y, absl::string_view name = "mod");
  Output Pow(const Operand& x, const Operand& y, absl::string_view name = "pow");
  Output Maximum(const Operand& x, const Operand& y, absl::string_view name = "Maximum");
  Output Minimum(const Operand& x, const Operand& y, absl::string_view name = "Minimum");
  Output SquaredDifference(const Operand& x, const Operand& y, absl::string_view name = "SquaredDifference");
  Output AddN(const std::vector<Operand>& inputs, absl::string_view name = "AddN");
  Output Less(const Operand& x, const Operand& y, absl::string_view name = "Less");
  Output LessEqual(const Operand& x, const Operand& y, absl::string_view name = "LessEqual");
  Output Greater(const Operand& x, const Operand& y, absl::string_view name = "Greater");
  Output GreaterEqual(const Operand& x, const Operand& y, absl::string_view name = "GreaterEqual");
  Output Equal(const Operand& x, const Operand& y, absl::string_view name = "Equal");
  Output NotEqual(const Operand& x, const Operand& y, absl::string_view name = "NotEqual");
  Output LogicalAnd(const Operand& x, const Operand& y, absl::string_view name = "LogicalAnd");
  Output LogicalOr(const Operand& x, const Operand& y, absl::string_view name = "LogicalOr");
  Output LogicalNot(const Operand& x, absl::string_view name = "LogicalNot");
  Output Select(const Operand& condition, const Operand& x, const Operand& y, absl::string_view name = "SelectV2");
  Output Cast(const Operand& x, DType dtype, absl::string_view name = "Cast");
  Output Neg(const Operand& x, absl::string_view name = "Neg");
  Output Abs(const Operand& x, absl::string_view name = "Abs");
  Output Exp(const Operand& x, absl::string_view name = "Exp");
  Output Log(const Operand& x, absl::string_view name = "Log");
  Output Sqrt(const Operand& x, absl::string_view name = "Sqrt");
  Output Rsqrt(const Operand& x, absl::string_view name = "Rsqrt");
  Output Square(const Operand& x, absl::string_view name = "Square");
  Output Sign(const Operand& x, absl::string_view name = "Sign");
  Output Floor(const Operand& x, absl::string_view name = "Floor");
  Output Ceil(const Operand& x, absl::string_view name = "Ceil");
  Output Round(const Operand& x, absl::string_view name = "Round");

  // Products and windows. MatMul of more than two dimensions is BatchMatMulV2.
  Output MatMul(const Operand& a, const Operand& b, bool transpose_a = false, bool transpose_b = false,
                absl::string_view name = "MatMul");
  Output BiasAdd(const Operand& value, const Operand& bias, absl::string_view name = "BiasAdd");
  Output Conv2D(const Operand& input, const Operand& filter, const WindowOptions& options = {},
                absl::string_view name = "Conv2D");
  Output DepthwiseConv2d(const Operand& input, const Operand& filter, const WindowOptions& options = {},
                         absl::string_view name = "DepthwiseConv2dNative");
  Output MaxPool(const Operand& input, const std::vector<int64_t>& ksize, const WindowOptions& options = {},
                 absl::string_view name = "MaxPool");
  Output AvgPool(const Operand& value, const std::vector<int64_t>& ksize, const WindowOptions& options = {},
                 absl::string_view name = "AvgPool");
  // With the given mean and variance.
  Output BatchNorm(const Operand& x, const Operand& scale, const Operand& offset, const Operand& mean,
                   const Operand& variance, float epsilon = 0.001F, absl::string_view name = "FusedBatchNormV3");

  // Activations.
  Output Relu(const Operand& x, absl::string_view name = "Relu");
  Output Relu6(const Operand& x, absl::string_view name = "Relu6");
  Output Elu(const Operand& x, absl::string_view name = "Elu");
  Output Selu(const Operand& x, absl::string_view name = "Selu");
  Output LeakyRelu(const Operand& x, float alpha = 0.2F, absl::string_view name = "LeakyRelu");
  Output Sigmoid(const Operand& x, absl::string_view name = "Sigmoid");
  Output Tanh(const Operand& x, absl::string_view name = "Tanh");
  Output Softplus(const Operand& x, absl::string_view name = "Softplus");
  Output Softsign(const Operand& x, absl::string_view name = "Softsign");
  Output Softmax(const Operand& x, absl::string_view name = "Softmax");
  Output LogSoftmax(const Operand& x, absl::string_view name = "LogSoftmax");

  // Reductions. Without axes: over all of them.
  using Axes = std::optional<std::vector<int64_t>>;
  Output ReduceSum(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Sum");
  Output ReduceMean(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Mean");
  Output ReduceMax(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Max");
  Output ReduceMin(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Min");
  Output ReduceProd(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Prod");
  Output ReduceAll(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "All");
  Output ReduceAny(const Operand& x, const Axes& axes = {}, bool keep_dims = false, absl::string_view name = "Any");
  Output ArgMax(const Operand& x, int64_t axis, absl::string_view name = "ArgMax");
  Output ArgMin(const Operand& x, int64_t axis, absl::string_view name = "ArgMin");

  // Shapes.
  Output Identity(const Operand& x, absl::string_view name = "Identity");
  Output StopGradient(const Operand& x, absl::string_view name = "StopGradient");
  Output Shape(const Operand& x, absl::string_view name = "Shape");
  Output Reshape(const Operand& x, const std::vector<int64_t>& shape, absl::string_view name = "Reshape");
  Output Transpose(const Operand& x, const std::vector<int64_t>& perm, absl::string_view name = "transpose");
  Output ExpandDims(const Operand& x, int64_t axis, absl::string_view name = "ExpandDims");
  Output Squeeze(const Operand& x, const std::vector<int64_t>& axes = {}, absl::string_view name = "Squeeze");
  Output Concat(const std::vector<Operand>& inputs, int64_t axis, absl::string_view name = "concat");
  std::vector<Output> Split(const Operand& x, int64_t parts, int64_t axis, absl::string_view name = "split");
  Output Stack(const std::vector<Operand>& inputs, int64_t axis = 0, absl::string_view name = "stack");
  std::vector<Output> Unstack(const Operand& x, int64_t number, int64_t axis = 0, absl::string_view name = "unstack");
  Output Slice(const Operand& x, const std::vector<int64_t>& begin, const std::vector<int64_t>& size,
               absl::string_view name = "Slice");
  Output Pad(const Operand& x, const std::vector<std::pair<int64_t, int64_t>>& paddings,
             absl::string_view name = "Pad");
  Output Tile(const Operand& x, const std::vector<int64_t>& multiples, absl::string_view name = "Tile");
  Output Gather(const Operand& x, const Operand& indices, int64_t axis = 0, absl::string_view name = "GatherV2");
  Output ZerosLike(const Operand& x, absl::string_view name = "zeros_like");
  Output Fill(const std::vector<int64_t>& dims, const Operand& value, absl::string_view name = "Fill");
  Output Range(int64_t start, int64_t limit, int64_t delta = 1, absl::string_view name = "range");
  Output OneHot(const Operand& indices, int64_t depth, absl::string_view name = "one_hot");

  // Any op at all: its inputs, all its attributes, and how it is called (the op's name if not said). Constants beside
  // it are called input_0, ...
  std::vector<Output> Op(absl::string_view op, const std::vector<Operand>& inputs,
                         std::vector<std::pair<std::string, AttrValue>> attrs, absl::string_view name = "");

 private:
  struct Argument {
    const char* name;  // what a constant in its place is called
    const Operand* operand;
  };
  using Attrs = std::vector<std::pair<std::string, AttrValue>>;

  // The node `op`, in a scope of its name; how many outputs it has is known from its types.
  std::vector<Output> AddOp(const char* op, absl::string_view name, const std::vector<Argument>& arguments,
                            Attrs attrs);
  // The same with attribute T, the type of the first argument.
  Output AddTyped(const char* op, absl::string_view name, const std::vector<Argument>& arguments, Attrs attrs = {});
  Output Binary(const char* op, absl::string_view name, const Operand& x, const Operand& y, Attrs attrs = {});
  // As TensorFlow's operators (x + y), which read a variable on the left before they open their scope.
  Output Operator(const char* op, absl::string_view name, const Operand& x, const Operand& y);
  Output Unary(const char* op, absl::string_view name, const Operand& x, Attrs attrs = {});
  Output Window(const char* op, absl::string_view name, const std::vector<Argument>& arguments,
                const WindowOptions& options, Attrs attrs);
  Output Reduce(const char* op, absl::string_view name, const Operand& x, const Axes& axes, bool keep_dims);
  Output ArgExtreme(const char* op, absl::string_view name, const Operand& x, int64_t axis);
  Output Random(const char* op, absl::string_view name, const floe::Shape& shape, double offset, double scale,
                const char* offset_name, const char* scale_name, DType dtype, std::optional<int64_t> seed);
  Output Update(const char* ref_op, const char* resource_op, const Output& variable, const Operand& value,
                absl::string_view name, Attrs attrs);
  std::pair<int64_t, int64_t> Seeds(std::optional<int64_t> seed);
  Output MakeVariable(absl::string_view name, const Operand& initial_value, bool resource,
                      const VariableOptions& options, std::optional<SliceInfo> slice);

  Output Materialize(const Operand& operand, const char* name, DType number_dtype);
  // The value of a variable, or the tensor itself.
  Output ValueOf(const Output& output);
  DType FirstDType(const std::vector<Argument>& arguments) const;

  std::shared_ptr<GraphState> state_;
};

}  // namespace floe

#endif  // FLOE_SESSION_GRAPH_BUILDER_H_
