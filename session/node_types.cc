#include "session/node_types.h"

#include <algorithm>
#include <map>
#include <optional>
#include <utility>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "checkpoint/tensor_slice.h"
#include "ops/registry.h"

namespace floe {
namespace {

using Inputs = absl::Span<const OutputType* const>;
using Outputs = std::vector<OutputType>;
using Infer = absl::Status (*)(const Node& node, Inputs inputs, Outputs* outputs);

OutputType Value(DType dtype, PartialShape shape) {
  OutputType type;
  type.dtype = dtype;
  type.shape = std::move(shape);
  return type;
}

absl::Status WantInputs(Inputs inputs, size_t count) {
  if (inputs.size() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted ", count, " inputs, got ", inputs.size()));
}

absl::StatusOr<PartialShape> ShapeAttr(const Node& node) {
  if (!node.attrs.Has("shape")) return PartialShape::UnknownRank();
  return node.attrs.OfShape("shape");
}

absl::Status Nothing(const Node& node, Inputs inputs, Outputs* outputs) { return absl::OkStatus(); }

absl::Status RefVariable(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, node.attrs.Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ShapeAttr(node));
  // In the older op a scalar meant that nothing is known.
  if (node.op == "Variable" && shape.has_rank() && shape.rank() == 0) shape = PartialShape::UnknownRank();
  outputs->push_back(Value(dtype, std::move(shape)));
  outputs->back().is_ref = true;
  return absl::OkStatus();
}

absl::Status VarHandle(const Node& node, Inputs inputs, Outputs* outputs) {
  outputs->push_back(Value(DType::kResource, Shape()));
  FLOE_ASSIGN_OR_RETURN(outputs->back().handle_dtype, node.attrs.Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(outputs->back().handle_shape, ShapeAttr(node));
  return absl::OkStatus();
}

absl::Status Assign(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 2));
  FLOE_ASSIGN_OR_RETURN(const bool validate, node.attrs.Bool("validate_shape", true));
  PartialShape shape = inputs[1]->shape;
  if (validate || node.op != "Assign") {
    FLOE_ASSIGN_OR_RETURN(shape, MergeShapes(inputs[0]->shape, inputs[1]->shape));
  }
  outputs->push_back(Value(inputs[0]->dtype, std::move(shape)));
  outputs->back().is_ref = true;
  return absl::OkStatus();
}

absl::Status ReadVariable(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, node.attrs.Type("dtype"));
  outputs->push_back(Value(dtype, inputs[0]->handle_shape));
  return absl::OkStatus();
}

absl::Status IsInitialized(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 1));
  outputs->push_back(Value(DType::kBool, Shape()));
  return absl::OkStatus();
}

absl::Status Filename(const Node& node, Inputs inputs, Outputs* outputs) {
  outputs->push_back(Value(DType::kString, Shape()));
  return absl::OkStatus();
}

// "50 8 0,17:0,8": the shape of that slice.
PartialShape ShapeOfSlice(absl::string_view text) {
  const std::vector<absl::string_view> parts = absl::StrSplit(text, ' ');
  std::vector<int64_t> whole;
  for (size_t i = 0; i + 1 < parts.size(); ++i) {
    int64_t dim;
    if (!absl::SimpleAtoi(parts[i], &dim) || dim < 0) return PartialShape::UnknownRank();
    whole.push_back(dim);
  }
  const absl::StatusOr<TensorSlice> slice = ParseSlice(parts.back());
  if (!slice.ok()) return PartialShape::UnknownRank();
  const absl::StatusOr<TensorSlice> resolved = ResolveSlice(*slice, Shape(absl::MakeConstSpan(whole)));
  return resolved.ok() ? PartialShape(SliceShape(*resolved)) : PartialShape::UnknownRank();
}

absl::Status Restore(const Node& node, Inputs inputs, Outputs* outputs) {
  if (node.op != "RestoreV2") {
    FLOE_ASSIGN_OR_RETURN(const DType dtype, node.attrs.Type("dt"));
    outputs->push_back(Value(dtype, PartialShape::UnknownRank()));
    return absl::OkStatus();
  }
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 3));
  FLOE_ASSIGN_OR_RETURN(const std::vector<DType> dtypes, node.attrs.Types("dtypes"));
  const Tensor& slices = inputs[2]->value;
  for (size_t i = 0; i < dtypes.size(); ++i) {
    PartialShape shape;
    if (slices.valid() && slices.dtype() == DType::kString && static_cast<int64_t>(i) < slices.num_elements()) {
      const std::string& text = slices.data<std::string>()[i];
      if (!text.empty()) shape = ShapeOfSlice(text);
    }
    outputs->push_back(Value(dtypes[i], std::move(shape)));
  }
  return absl::OkStatus();
}

absl::Status Switch(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 2));
  for (int i = 0; i < 2; ++i) {
    outputs->push_back(*inputs[0]);
    outputs->back().value = Tensor();
  }
  return absl::OkStatus();
}

absl::Status Merge(const Node& node, Inputs inputs, Outputs* outputs) {
  if (inputs.empty()) return absl::InvalidArgumentError("wanted inputs, got none");
  OutputType merged = *inputs[0];
  merged.value = Tensor();
  for (const OutputType* input : inputs.subspan(1)) {
    if (!merged.shape.has_rank() || !input->shape.has_rank() || merged.shape.rank() != input->shape.rank()) {
      merged.shape = PartialShape::UnknownRank();
      break;
    }
    for (int axis = 0; axis < merged.shape.rank(); ++axis) {
      if (merged.shape.dim(axis) != input->shape.dim(axis)) merged.shape.set_dim(axis, PartialShape::kUnknownDim);
    }
  }
  outputs->push_back(std::move(merged));
  outputs->push_back(Value(DType::kInt32, Shape()));
  return absl::OkStatus();
}

absl::Status PassOn(const Node& node, Inputs inputs, Outputs* outputs) {
  FLOE_RETURN_IF_ERROR(WantInputs(inputs, 1));
  outputs->push_back(*inputs[0]);
  outputs->back().value = Tensor();
  // What a loop carries may change its shape.
  const bool of_loop = node.op == "Enter" || node.op == "RefEnter";
  FLOE_ASSIGN_OR_RETURN(const bool constant, node.attrs.Bool("is_constant", false));
  if (of_loop && !constant) outputs->back().shape = PartialShape::UnknownRank();
  return absl::OkStatus();
}

absl::Status Call(const Node& node, Inputs inputs, Outputs* outputs) {
  const char* const types = node.op == "While" || node.op == "StatelessWhile" ? "T" : "Tout";
  FLOE_ASSIGN_OR_RETURN(const std::vector<DType> dtypes, node.attrs.Types(types));
  std::vector<PartialShape> shapes;
  if (const AttrValue* const attr = node.attrs.Find("output_shapes"); attr != nullptr) {
    FLOE_ASSIGN_OR_RETURN(shapes, attr->AsShapes());
  }
  for (size_t i = 0; i < dtypes.size(); ++i) {
    outputs->push_back(Value(dtypes[i], i < shapes.size() ? shapes[i] : PartialShape::UnknownRank()));
  }
  return absl::OkStatus();
}

Infer FindInfer(const std::string& op) {
  static const auto* const table = new std::map<std::string, Infer>{{"VariableV2", RefVariable},
                                                                    {"Variable", RefVariable},
                                                                    {"VarHandleOp", VarHandle},
                                                                    {"Assign", Assign},
                                                                    {"AssignAdd", Assign},
                                                                    {"AssignSub", Assign},
                                                                    {"AssignVariableOp", Nothing},
                                                                    {"AssignAddVariableOp", Nothing},
                                                                    {"AssignSubVariableOp", Nothing},
                                                                    {"DisableCopyOnRead", Nothing},
                                                                    {"ReadVariableOp", ReadVariable},
                                                                    {"VarIsInitializedOp", IsInitialized},
                                                                    {"IsVariableInitialized", IsInitialized},
                                                                    {"NoOp", Nothing},
                                                                    {"ControlTrigger", Nothing},
                                                                    {"Save", Nothing},
                                                                    {"SaveSlices", Nothing},
                                                                    {"SaveV2", Nothing},
                                                                    {"MergeV2Checkpoints", Nothing},
                                                                    {"Restore", Restore},
                                                                    {"RestoreSlice", Restore},
                                                                    {"RestoreV2", Restore},
                                                                    {"ShardedFilename", Filename},
                                                                    {"ShardedFilespec", Filename},
                                                                    {"Switch", Switch},
                                                                    {"RefSwitch", Switch},
                                                                    {"Merge", Merge},
                                                                    {"RefMerge", Merge},
                                                                    {"Enter", PassOn},
                                                                    {"RefEnter", PassOn},
                                                                    {"Exit", PassOn},
                                                                    {"RefExit", PassOn},
                                                                    {"NextIteration", PassOn},
                                                                    {"RefNextIteration", PassOn},
                                                                    {"RefIdentity", PassOn},
                                                                    {"LoopCond", PassOn},
                                                                    {"If", Call},
                                                                    {"StatelessIf", Call},
                                                                    {"Case", Call},
                                                                    {"StatelessCase", Call},
                                                                    {"While", Call},
                                                                    {"StatelessWhile", Call},
                                                                    {"PartitionedCall", Call},
                                                                    {"StatefulPartitionedCall", Call}};
  const auto found = table->find(op);
  return found == table->end() ? nullptr : found->second;
}

}  // namespace

absl::StatusOr<NodeTypes> InferNodeTypes(const Node& node, absl::Span<const OutputType* const> inputs) {
  NodeTypes types;
  if (const Infer infer = FindInfer(node.op); infer != nullptr) {
    types.known = true;
    FLOE_RETURN_IF_ERROR(infer(node, inputs, &types.outputs));
    return types;
  }
  const OpInfo* const op = FindOp(node.op);
  if (op == nullptr) return types;
  std::vector<TensorInfo> infos;
  for (const OutputType* input : inputs) {
    if (input->dtype == DType::kInvalid) return types;
    infos.push_back({input->dtype, input->shape, input->value.valid() ? &input->value : nullptr});
  }
  InferContext context(node.name, node.attrs, infos);
  FLOE_RETURN_IF_ERROR(op->infer(context));
  types.known = true;
  for (TensorInfo& info : context.mutable_outputs()) types.outputs.push_back(Value(info.dtype, std::move(info.shape)));
  // Sizes, axes and names are small; weights need not be kept twice.
  constexpr int64_t kMaxKnownElements = 4096;
  if (node.op == "Const" && types.outputs[0].shape.ToShape().num_elements() <= kMaxKnownElements) {
    FLOE_ASSIGN_OR_RETURN(types.outputs[0].value, node.attrs.OfTensor("value"));
  }
  return types;
}

}  // namespace floe
