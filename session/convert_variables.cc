#include "session/convert_variables.h"

#include <deque>
#include <map>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "base/suggest.h"
#include "session/function_body.h"
#include "session/proto_attr.h"
#include "session/subgraph.h"
#include "session/variable_keys.h"
#include "tensorflow/core/framework/attr_value.pb.h"

namespace floe {
namespace {

// Ops on references of variables, and the same on values.
const std::map<std::string, std::string>& ValueOps() {
  static const auto* const ops = new std::map<std::string, std::string>{{"RefEnter", "Enter"},
                                                                        {"RefExit", "Exit"},
                                                                        {"RefIdentity", "Identity"},
                                                                        {"RefMerge", "Merge"},
                                                                        {"RefNextIteration", "NextIteration"},
                                                                        {"RefSwitch", "Switch"}};
  return *ops;
}

// Ops that give on what they get, of one type.
bool PassesOn(const std::string& op) {
  return op == "Enter" || op == "Exit" || op == "Identity" || op == "NextIteration" || op == "Switch" ||
         op == "_SwitchN" || op == "Merge" || op == "StopGradient";
}

// Ops that call functions with their inputs from `first_input` on, whose types are listed in `types`.
struct Caller {
  int first_input;
  const char* types;
  std::vector<const char*> functions;
};
const Caller* AsCaller(const std::string& op) {
  static const auto* const callers =
      new std::map<std::string, Caller>{{"If", {1, "Tin", {"then_branch", "else_branch"}}},
                                        {"StatelessIf", {1, "Tin", {"then_branch", "else_branch"}}},
                                        {"Case", {1, "Tin", {"branches"}}},
                                        {"StatelessCase", {1, "Tin", {"branches"}}},
                                        {"PartitionedCall", {0, "Tin", {"f"}}},
                                        {"StatefulPartitionedCall", {0, "Tin", {"f"}}},
                                        {"While", {0, "T", {"body", "cond"}}},
                                        {"StatelessWhile", {0, "T", {"body", "cond"}}}};
  const auto found = callers->find(op);
  return found == callers->end() ? nullptr : &found->second;
}
bool IsWhile(const std::string& op) { return op == "While" || op == "StatelessWhile"; }

struct VariableType {
  DType dtype = DType::kInvalid;
  Shape shape;
};

// An output that carried a variable or its handle and now carries its value. Output -1: all that the node has. In a
// function, "node:output:1" is output 1 of "node", and an argument is a node of its own.
struct Source {
  std::string node;
  int output = -1;
};

struct Consumer {
  int node = 0;
  int input = 0;
  int output = 0;  // of the source
};

// A graph, or the body of a function, whose nodes are being changed.
class Body {
 public:
  Body(Graph* graph, FunctionBody* function) : graph_(graph), function_(function) {
    for (int i = 0; i < graph->num_nodes(); ++i) {
      const std::vector<std::string>& inputs = graph->node(i).inputs;
      for (size_t k = 0; k < inputs.size(); ++k) {
        if (absl::StartsWith(inputs[k], "^")) continue;
        const std::vector<std::string> parts = absl::StrSplit(inputs[k], ':');
        Consumer consumer{i, static_cast<int>(k), 0};
        if (parts.size() > 1 && !absl::SimpleAtoi(parts.back(), &consumer.output)) consumer.output = 0;
        consumers_[parts[0]].push_back(consumer);
      }
    }
  }

  Graph& graph() { return *graph_; }
  FunctionBody* function() { return function_; }
  const std::vector<Consumer>& ConsumersOf(const std::string& node) const {
    static const auto* const none = new std::vector<Consumer>;
    const auto found = consumers_.find(node);
    return found == consumers_.end() ? *none : found->second;
  }

  // In a function, consumers say which output they mean by its name, and that changes with the op.
  void RenameOutput(const std::string& node, absl::string_view from, absl::string_view to) {
    if (function_ == nullptr) return;
    const std::string old_prefix = absl::StrCat(node, ":", from, ":"), new_prefix = absl::StrCat(node, ":", to, ":");
    const auto rename = [&](std::string* text) {
      if (absl::StartsWith(*text, old_prefix)) *text = absl::StrCat(new_prefix, text->substr(old_prefix.size()));
    };
    for (const Consumer& consumer : ConsumersOf(node)) {
      rename(&graph_->mutable_node(consumer.node)->inputs[static_cast<size_t>(consumer.input)]);
    }
    for (auto& [name, value] : *function_->definition.mutable_ret()) rename(&value);
  }

 private:
  Graph* graph_;
  FunctionBody* function_;
  absl::flat_hash_map<std::string, std::vector<Consumer>> consumers_;
};

absl::Status SetType(absl::string_view attr, int index, DType dtype, AttrMap* attrs) {
  return ChangeAttr(attr, attrs, [&](tensorflow::AttrValue* value) -> absl::Status {
    const auto number = static_cast<tensorflow::DataType>(dtype);
    if (value->has_list() && index < value->list().type_size()) {
      value->mutable_list()->set_type(index, number);
    } else if (value->value_case() == tensorflow::AttrValue::kType) {
      value->set_type(number);
    } else {
      return absl::InvalidArgumentError(absl::StrCat("it has no type ", index));
    }
    return absl::OkStatus();
  });
}

Node ConstNode(const std::string& name, const Tensor& value) {
  Node node;
  node.name = name;
  node.op = "Const";
  node.attrs.Set("dtype", AttrValue::Type(value.dtype()));
  node.attrs.Set("value", AttrValue::OfTensor(value));
  return node;
}

class Converter {
 public:
  Converter(Graph* graph, FunctionLibrary* library) : graph_(*graph), library_(*library) {}

  absl::Status ConvertAll(const VariableValue& value) {
    Body body(&graph_, nullptr);
    for (int i = 0; i < graph_.num_nodes(); ++i) {
      Node* const node = graph_.mutable_node(i);
      if (const auto found = ValueOps().find(node->op); found != ValueOps().end()) node->op = found->second;
    }
    for (int i = 0; i < graph_.num_nodes(); ++i) {
      if (!IsVariable(graph_.node(i).op)) continue;
      FLOE_ASSIGN_OR_RETURN(const Tensor tensor, value(graph_.node(i)));
      *graph_.mutable_node(i) = ConstNode(graph_.node(i).name, tensor);
      FLOE_RETURN_IF_ERROR(Follow(&body, {graph_.node(i).name, -1}, {tensor.dtype(), tensor.shape()}));
    }
    while (!calls_.empty()) {
      const Call call = std::move(calls_.front());
      calls_.pop_front();
      absl::Status converted = ConvertArgument(call);
      if (!converted.ok()) return Annotate(converted, absl::StrCat("function '", call.function, "'"));
    }
    return absl::OkStatus();
  }

 private:
  struct Call {
    std::string function;
    int arg = 0;
    VariableType type;
  };

  // Changes whatever a variable's value reaches from `first`, up to the ops that read it.
  absl::Status Follow(Body* body, Source first, const VariableType& type) {
    std::vector<Source> work = {std::move(first)};
    std::set<std::pair<std::string, int>> seen;
    while (!work.empty()) {
      const Source source = std::move(work.back());
      work.pop_back();
      if (!seen.emplace(source.node, source.output).second) continue;
      FLOE_RETURN_IF_ERROR(ConvertReturns(body, source, type));
      for (const Consumer& consumer : body->ConsumersOf(source.node)) {
        if (source.output >= 0 && consumer.output != source.output) continue;
        const std::string name = body->graph().node(consumer.node).name;
        FLOE_RETURN_IF_ERROR(Annotate(ConvertConsumer(body, consumer, type, &work), absl::StrCat("node '", name, "'")));
      }
    }
    return absl::OkStatus();
  }

  // A function's results that are a converted value have its type.
  static absl::Status ConvertReturns(Body* body, const Source& source, const VariableType& type) {
    if (body->function() == nullptr) return absl::OkStatus();
    tensorflow::FunctionDef& definition = body->function()->definition;
    for (tensorflow::OpDef::ArgDef& output : *definition.mutable_signature()->mutable_output_arg()) {
      const auto found = definition.ret().find(output.name());
      if (found == definition.ret().end()) continue;
      const std::vector<std::string> parts = absl::StrSplit(found->second, ':');
      int index = 0;
      if (parts.size() > 1 && !absl::SimpleAtoi(parts.back(), &index)) index = 0;
      if (parts[0] == source.node && (source.output < 0 || source.output == index)) {
        output.set_type(static_cast<tensorflow::DataType>(type.dtype));
        output.clear_handle_data();
      }
    }
    return absl::OkStatus();
  }

  absl::Status ConvertConsumer(Body* body, const Consumer& consumer, const VariableType& type,
                               std::vector<Source>* work) {
    Node* const node = body->graph().mutable_node(consumer.node);
    if (PassesOn(node->op)) {
      FLOE_RETURN_IF_ERROR(SetType("T", 0, type.dtype, &node->attrs));
      node->attrs.Erase("_output_shapes");
      work->push_back({node->name, -1});
    } else if (node->op == "ReadVariableOp") {
      node->op = "Identity";
      node->inputs.resize(1);
      KeepAttrs(node, {{"T", AttrValue::Type(type.dtype)}});
      body->RenameOutput(node->name, "value", "output");
    } else if (node->op == "ResourceGather") {
      FLOE_RETURN_IF_ERROR(ConvertGather(body, consumer.node, type.dtype));
    } else if (node->op == "ResourceGatherNd") {
      FLOE_ASSIGN_OR_RETURN(const DType indices, node->attrs.Type("Tindices"));
      node->op = "GatherNd";
      node->inputs.resize(2);
      KeepAttrs(node, {{"Tparams", AttrValue::Type(type.dtype)}, {"Tindices", AttrValue::Type(indices)}});
    } else if (node->op == "VariableShape") {
      FLOE_ASSIGN_OR_RETURN(const DType out_type, node->attrs.Type("out_type", DType::kInt32));
      node->op = "Shape";
      KeepAttrs(node, {{"T", AttrValue::Type(type.dtype)}, {"out_type", AttrValue::Type(out_type)}});
    } else if (node->op == "VarIsInitializedOp" || node->op == "IsVariableInitialized") {
      body->RenameOutput(node->name, "is_initialized", "output");
      *node = ConstNode(node->name, Tensor::Scalar<bool>(true));
    } else if (const Caller* const caller = AsCaller(node->op)) {
      FLOE_RETURN_IF_ERROR(ConvertCall(*caller, node, consumer.input, type));
      if (IsWhile(node->op)) work->push_back({node->name, consumer.input});
    }
    return absl::OkStatus();
  }

  // The node's new attributes, besides where it is placed.
  static void KeepAttrs(Node* node, const std::vector<std::pair<const char*, AttrValue>>& fresh) {
    AttrMap attrs;
    for (const auto& [name, value] : fresh) attrs.Set(name, value);
    if (const AttrValue* const placement = node->attrs.Find("_class")) attrs.Set("_class", *placement);
    node->attrs = std::move(attrs);
    node->device.clear();
    node->other_fields.clear();
  }

  absl::Status ConvertGather(Body* body, int index, DType dtype) {
    Graph& graph = body->graph();
    Node* const node = graph.mutable_node(index);
    FLOE_ASSIGN_OR_RETURN(const DType indices, node->attrs.Type("Tindices"));
    FLOE_ASSIGN_OR_RETURN(const int64_t batch_dims, node->attrs.Int("batch_dims", 0));
    if (indices != DType::kInt32 && indices != DType::kInt64) {
      return absl::InvalidArgumentError(absl::StrCat("indices of ", DTypeName(indices)));
    }
    std::string axis = absl::StrCat(node->name, "/axis");
    for (int i = 1; graph.Find(axis) >= 0; ++i) axis = absl::StrCat(node->name, "/axis_", i);
    const Tensor value = indices == DType::kInt64 ? Tensor::Scalar<int64_t>(batch_dims)
                                                  : Tensor::Scalar<int32_t>(static_cast<int32_t>(batch_dims));
    node->op = "GatherV2";
    node->inputs.resize(2);
    node->inputs.push_back(body->function() == nullptr ? axis : absl::StrCat(axis, ":output:0"));
    KeepAttrs(node, {{"Tparams", AttrValue::Type(dtype)},
                     {"Tindices", AttrValue::Type(indices)},
                     {"Taxis", AttrValue::Type(indices)}});
    if (batch_dims != 0) node->attrs.Set("batch_dims", AttrValue::Int(batch_dims));
    return graph.Add(ConstNode(axis, value));
  }

  absl::Status ConvertCall(const Caller& caller, Node* node, int input, const VariableType& type) {
    const int arg = input - caller.first_input;
    if (arg < 0) return absl::OkStatus();
    FLOE_RETURN_IF_ERROR(SetType(caller.types, arg, type.dtype, &node->attrs));
    node->attrs.Erase("_output_shapes");  // those of the handle
    if (IsWhile(node->op) && node->attrs.Has("output_shapes")) {
      FLOE_RETURN_IF_ERROR(ChangeAttr("output_shapes", &node->attrs, [&](tensorflow::AttrValue* value) {
        if (arg < value->list().shape_size()) {
          tensorflow::TensorShapeProto* const shape = value->mutable_list()->mutable_shape(arg);
          shape->Clear();
          for (const int64_t dim : type.shape.dims()) shape->add_dim()->set_size(dim);
        }
        return absl::OkStatus();
      }));
    }
    for (const char* attr : caller.functions) {
      const AttrValue* const value = node->attrs.Find(attr);
      if (value == nullptr) return absl::InvalidArgumentError(absl::StrCat("attribute '", attr, "' is missing"));
      if (const absl::StatusOr<std::string> one = value->AsFunctionName(); one.ok()) {
        calls_.push_back({*one, arg, type});
      } else {
        FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> several, value->AsFunctionNames());
        for (const std::string& name : several) calls_.push_back({name, arg, type});
      }
    }
    return absl::OkStatus();
  }

  absl::Status ConvertArgument(const Call& call) {
    FunctionBody* const function = library_.Find(call.function);
    if (function == nullptr) return absl::InvalidArgumentError("it is not in the graph's library");
    tensorflow::FunctionDef& definition = function->definition;
    if (call.arg >= definition.signature().input_arg_size()) {
      return absl::InvalidArgumentError(absl::StrCat("it has ", definition.signature().input_arg_size(),
                                                     " arguments, but is called with more than ", call.arg));
    }
    if (!function->converted_args.insert(call.arg).second) return absl::OkStatus();
    tensorflow::OpDef::ArgDef* const arg = definition.mutable_signature()->mutable_input_arg(call.arg);
    arg->set_type(static_cast<tensorflow::DataType>(call.type.dtype));
    arg->clear_handle_data();
    // Recorded shapes were those of the handle.
    if (const auto shapes = definition.mutable_attr()->find("_input_shapes");
        shapes != definition.mutable_attr()->end()) {
      if (call.arg < shapes->second.list().shape_size())
        SetUnknown(shapes->second.mutable_list()->mutable_shape(call.arg));
    }
    if (const auto attrs = definition.mutable_arg_attr()->find(static_cast<uint32_t>(call.arg));
        attrs != definition.mutable_arg_attr()->end()) {
      const auto shapes = attrs->second.mutable_attr()->find("_output_shapes");
      if (shapes != attrs->second.mutable_attr()->end() && shapes->second.list().shape_size() > 0) {
        SetUnknown(shapes->second.mutable_list()->mutable_shape(0));
      }
    }
    Body body(&function->nodes, function);
    return Follow(&body, {arg->name(), -1}, call.type);
  }

  static void SetUnknown(tensorflow::TensorShapeProto* shape) {
    shape->clear_dim();
    shape->set_unknown_rank(true);
  }

  Graph& graph_;
  FunctionLibrary& library_;
  std::deque<Call> calls_;
};

// What a frozen graph cannot have.
std::string WhyLeft(const Node& node) {
  if (WritesVariable(node.op)) return "changes a variable";
  if (IsVariable(node.op)) return "is a variable of a function";
  for (const char* op : {"ReadVariableOp", "ResourceGather", "ResourceGatherNd", "VariableShape", "DestroyResourceOp",
                         "TemporaryVariable", "_VarHandlesOp"}) {
    if (node.op == op) return "needs a variable that the graph does not have";
  }
  for (const char* prefix :
       {"Queue", "FIFOQueue", "PaddingFIFOQueue", "RandomShuffleQueue", "PriorityQueue", "Iterator", "OneShotIterator",
        "MakeIterator", "ReaderRead", "Barrier", "Stage", "Unstage"}) {
    if (absl::StartsWith(node.op, prefix)) return "is a part of an input pipeline, which a frozen graph does not run";
  }
  return "";
}

absl::Status CheckNothingLeft(const Graph& graph, FunctionLibrary& library) {
  std::vector<std::string> left;
  const auto collect = [&](const Graph& nodes, const std::string& function) {
    for (const Node& node : nodes.nodes()) {
      const std::string why = WhyLeft(node);
      if (why.empty()) continue;
      left.push_back(
          absl::StrCat(node.name, function.empty() ? "" : " of function " + function, " (", node.op, ") ", why));
    }
  };
  collect(graph, "");
  for (const FunctionBody& body : library.functions()) collect(body.nodes, body.definition.signature().name());
  if (left.empty()) return absl::OkStatus();
  return absl::FailedPreconditionError(
      absl::StrCat("the outputs need what cannot be frozen: ", ListNames(left), "; choose other outputs"));
}

}  // namespace

absl::StatusOr<Graph> ConvertVariables(const Graph& graph, const VariableValue& value) {
  Graph converted = graph;
  FLOE_ASSIGN_OR_RETURN(FunctionLibrary library, FunctionLibrary::Parse(graph.library()));
  FLOE_RETURN_IF_ERROR(Converter(&converted, &library).ConvertAll(value));
  library.KeepReachable(converted);
  FLOE_RETURN_IF_ERROR(CheckNothingLeft(converted, library));
  FLOE_RETURN_IF_ERROR(library.RenameConverted(&converted));
  FLOE_ASSIGN_OR_RETURN(std::string encoded, library.Serialize());
  converted.set_library(std::move(encoded));  // TensorFlow writes an empty one, too
  return converted;
}

}  // namespace floe
