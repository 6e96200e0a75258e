#include "session/moving_average.h"

#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "session/add_variable.h"
#include "session/initialized_value.h"

namespace floe {
namespace {

// The name of the operation that makes a tensor, or of the variable.
const std::string& OpName(const Output& tensor) { return tensor.node; }

DType ValueDType(const GraphState& graph, const Output& tensor) {
  const OutputType& type = graph.TypeOf(tensor);
  return type.handle_dtype != DType::kInvalid ? type.handle_dtype : type.dtype;
}

// While it lives, nodes are placed with a variable.
class PlaceWith {
 public:
  PlaceWith(GraphState& graph, const std::string& variable)
      : graph_(graph), outer_(std::exchange(graph.place_with, variable)) {}
  ~PlaceWith() { graph_.place_with = outer_; }
  PlaceWith(const PlaceWith&) = delete;
  PlaceWith& operator=(const PlaceWith&) = delete;

 private:
  GraphState& graph_;
  std::string outer_;
};

// A resource variable that starts at zero, placed with `placed_with`.
Output AddZeros(GraphBuilder& graph, const std::string& name, const Shape& shape, DType dtype,
                const std::string& placed_with) {
  GraphState& state = *graph.state();
  OutsideControls outside(state);
  NodeScope scope(state, name);
  Output zeros;
  {
    NodeScope initializer(state, "Initializer");
    PlaceWith place(state, placed_with.empty() ? scope.name() : placed_with);
    zeros = graph.Zeros(shape, dtype);
  }
  VariableSpec spec;
  spec.initial_value = zeros;
  spec.resource = true;
  spec.trainable = false;
  spec.collections = {kGlobalVariables};
  spec.placed_with = placed_with.empty() ? scope.name() : placed_with;
  spec.all_placed = !placed_with.empty();
  return AddVariable(state, scope.name(), std::move(spec));
}

// average -= (average - value) * factor
Output MoveTowards(GraphBuilder& graph, const Output& average, const Output& value, const Output& factor,
                   absl::string_view name) {
  const Output difference = graph.Sub(average, value);
  return graph.AssignSub(average, graph.Mul(difference, factor), name);
}

}  // namespace

void ExponentialMovingAverage::MakeShadow(GraphBuilder& graph, const Output& tensor) {
  GraphState& state = *graph.state();
  const DType dtype = ValueDType(state, tensor);
  if (!IsFloating(dtype)) {
    state.Fail(
        absl::InvalidArgumentError(absl::StrCat("moving average of '", tensor.valid() ? tensor.name() : "",
                                                "': wanted float, double, half or bfloat16, got ", DTypeName(dtype))));
    return;
  }
  const std::string name = absl::StrCat(OpName(tensor), "/", options_.name);
  const VariableInfo* const found = state.FindVariable(tensor.node);
  // The shadow stands beside what it follows, whatever the scope of the moment.
  const std::string outer_scope = std::exchange(state.name_scope, "");
  if (found == nullptr) {
    const PartialShape shape = graph.ShapeOf(tensor);
    if (shape.IsFullyDefined()) {
      averages_[tensor.name()] = AddZeros(graph, name, shape.ToShape(), dtype, "");
    } else {
      state.Fail(absl::InvalidArgumentError(
          absl::StrCat("moving average of '", tensor.name(), "': its shape is not known: ", shape.ToString())));
    }
  } else {
    const VariableInfo variable = *found;
    OutsideControls outside(state);
    const Node* const node = state.FindNode(variable.variable.node);
    DeviceScope device(state, node == nullptr ? "" : node->device);
    const Output value = InitializedValue(graph, variable);
    NodeScope scope(state, name);
    VariableSpec spec;
    spec.initial_value = value;
    if (!variable.is_resource) {
      spec.assigned_value = [&] {
        PlaceWith place(state, variable.variable.node);
        return GuardedValue(graph, variable, value, scope.name());
      };
    }
    spec.resource = variable.is_resource;
    spec.trainable = false;
    spec.collections = {kGlobalVariables};
    spec.slice = variable.slice;
    if (spec.slice.has_value()) absl::StrAppend(&spec.slice->full_name, "/", options_.name);
    spec.placed_with = variable.variable.node;
    spec.all_placed = true;
    averages_[tensor.name()] = AddVariable(state, scope.name(), std::move(spec));
    if (state.ok()) graph.AddToCollection(kMovingAverageVariables, variable.variable);
  }
  state.name_scope = outer_scope;
}

Operation ExponentialMovingAverage::Update(GraphBuilder& graph, const Output& tensor, const Output& decay) const {
  GraphState& state = *graph.state();
  const Output average = Average(tensor);
  const DType dtype = ValueDType(state, average);
  NodeScope scope(state, "AssignMovingAvg");
  Output factor = graph.Sub(1.0, decay);
  if (dtype != DType::kFloat) factor = graph.Cast(factor, dtype);
  const VariableInfo* const info = state.FindVariable(average.node);
  if (!state.ok() || info == nullptr) return {};
  const bool is_tensor = state.FindVariable(tensor.node) == nullptr;
  if (!options_.zero_debias || !is_tensor) {
    if (!info->is_resource) return MoveTowards(graph, average, tensor, factor, scope.name() + "/").op();
    const Output updated = MoveTowards(graph, average, tensor, factor, "");
    const Node* const read = state.FindNode(updated.node);
    // The read waits for the update, which is its only control input.
    return read == nullptr ? Operation{} : Operation{read->inputs.back().substr(1)};
  }
  // Beside the average itself, one that starts at zero and the number of its updates; the average is the one divided by
  // how much of it is not that zero.
  const std::string inner_scope = std::exchange(state.name_scope, "");
  const Shape shape = graph.ShapeOf(info->initial_value).ToShape();
  const Output biased = AddZeros(graph, average.node + "/biased", shape, dtype, average.node);
  const Output step = AddZeros(graph, average.node + "/local_step", Shape(), dtype, average.node);
  state.name_scope = inner_scope;
  const Output moved = MoveTowards(graph, biased, tensor, factor, "");
  const Output counted = graph.AssignAdd(step, 1.0);
  if (!state.ok()) return {};
  const auto update_of = [&](const Output& read) { return state.FindNode(read.node)->inputs.back().substr(1); };
  const Output kept = graph.Sub(1.0, factor);
  Output power;
  {
    ControlsScope wait(state, {update_of(counted)});
    NodeScope pow(state, "Pow");
    const Output read{state.UniqueName("ReadVariableOp"), 0};
    state.AddNode(
        {.op = "ReadVariableOp", .name = read.node, .inputs = {step}, .attrs = {{"dtype", AttrValue::Type(dtype)}}});
    power = graph.Pow(kept, read, pow.name() + "/");
  }
  const Output left = graph.Sub(1.0, power);
  Output unbiased;
  {
    ControlsScope wait(state, {update_of(moved)});
    unbiased = graph.Div(biased, left);
  }
  const Output assigned = graph.Assign(average, unbiased, scope.name() + "/");
  return assigned.valid() ? Operation{scope.name()} : Operation{};
}

Operation ExponentialMovingAverage::Apply(GraphBuilder& graph, const std::vector<Output>& tensors) {
  GraphState& state = *graph.state();
  for (const Output& tensor : tensors) {
    if (state.ok() && !averages_.contains(tensor.name())) MakeShadow(graph, tensor);
  }
  if (!state.ok()) return {};
  NodeScope scope(state, options_.name);
  Output decay = graph.Constant(Tensor::Scalar<float>(static_cast<float>(decay_)), "decay");
  if (options_.num_updates.has_value()) {
    Output updates = *options_.num_updates;
    if (ValueDType(state, updates) != DType::kFloat) updates = graph.Cast(updates, DType::kFloat, "num_updates");
    const Output above = graph.AddV2(1.0, updates), below = graph.AddV2(10.0, updates);
    decay = graph.Minimum(decay, graph.Div(above, below));
  }
  std::vector<Operation> updates;
  for (const Output& tensor : tensors) updates.push_back(Update(graph, tensor, decay));
  return state.ok() ? AddGroup(state, updates, scope.name() + "/") : Operation{};
}

Output ExponentialMovingAverage::Average(const Output& tensor) const {
  const auto found = averages_.find(tensor.name());
  return found == averages_.end() ? Output{} : found->second;
}

std::string ExponentialMovingAverage::AverageName(const GraphBuilder& graph, const Output& tensor) const {
  const Output average = Average(tensor);
  if (average.valid()) return average.node;
  return graph.state()->PeekName(absl::StrCat(OpName(tensor), "/", options_.name));
}

std::map<std::string, Output> ExponentialMovingAverage::VariablesToRestore(GraphBuilder& graph) const {
  std::map<std::string, Output> restored;
  std::set<std::string> averaged;
  for (const char* collection : {kTrainableVariables, kMovingAverageVariables}) {
    for (const Output& variable : graph.Collection(collection)) {
      if (averaged.insert(variable.node).second) restored.emplace(AverageName(graph, variable), variable);
    }
  }
  for (const Output& variable : graph.GlobalVariables()) {
    if (!averaged.contains(variable.node)) restored.emplace(variable.node, variable);
  }
  return restored;
}

}  // namespace floe
