// Lowering of what FlowGraph found: the Merge nodes of a condition as one If, a loop's nodes as one While.
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/registry.h"
#include "program/infer.h"
#include "program/lowering.h"

namespace floe {
namespace {

constexpr int kLast = -2;  // as in lower_graph.cc

}  // namespace

void GraphLowering::AddCapture(const Region& region, ValueId outside, absl::Span<const Edge> names,
                               absl::Span<Inside> insides, Op* op) const {
  const Value& value = region.program->values[outside];
  for (Inside& inside : insides) {
    ValueId id;
    if (value.constant) {
      id = inside.program.AddConstant(value.name, *value.constant);
    } else {
      id = inside.program.AddValue({value.name, value.dtype, value.shape, std::nullopt, value.list});
      inside.program.inputs.push_back(id);
    }
    for (const Edge& name : names) inside.region.values[name] = id;
  }
  if (!value.constant) op->inputs.push_back(outside);
}

absl::Status GraphLowering::LowerCond(Region& region, int index) {
  FLOE_RETURN_IF_ERROR(flow_.ExploreCond(index));
  const FlowCond cond = flow_.cond(index);
  Op op;
  op.info = FindOp("If");
  FLOE_ASSIGN_OR_RETURN(const ValueId predicate, Resolve(region, cond.predicate));
  op.inputs.push_back(predicate);
  Inside insides[2];  // true, false
  for (int i = 0; i < 2; ++i) {
    insides[i].region.program = &insides[i].program;
    insides[i].region.assumed = region.assumed;
    insides[i].region.assumed[cond.predicate] = i == 0;
  }
  for (const Edge& capture : cond.captures) {
    FLOE_ASSIGN_OR_RETURN(const ValueId outside, Resolve(region, capture));
    AddCapture(region, outside, {capture}, absl::MakeSpan(insides), &op);
  }
  for (int i = 0; i < 2; ++i) {
    Program& branch = insides[i].program;
    FLOE_RETURN_IF_ERROR(model_.EnterRegion());
    FLOE_ASSIGN_OR_RETURN(branch.outputs, LowerInto(insides[i].region, cond.branches[1 - i]));
    model_.LeaveRegion();
    for (const int merge : cond.merges) {
      if (!flow_.uses_index(merge)) continue;
      const int number = i == 0 ? flow_.source_index(merge) : 1 - flow_.source_index(merge);
      branch.outputs.push_back(branch.AddConstant(FormatInputRef(NameOf(merge), 1), Tensor::Scalar<int32_t>(number)));
    }
  }
  op.regions.push_back(std::move(insides[0].program));
  op.regions.push_back(std::move(insides[1].program));
  const int first = cond.merges[0];
  FLOE_RETURN_IF_ERROR(Append(region, first, std::move(op)));
  const std::vector<ValueId> outputs = region.program->ops.back().outputs;
  size_t next_index = cond.merges.size();
  for (size_t m = 0; m < cond.merges.size(); ++m) {
    region.values[{cond.merges[m], 0}] = outputs[m];
    region.program->values[outputs[m]].name = NameOf(cond.merges[m]);
    if (flow_.uses_index(cond.merges[m])) region.values[{cond.merges[m], 1}] = outputs[next_index++];
  }
  return absl::OkStatus();
}

absl::Status GraphLowering::LowerLoop(Region& region, int index) {
  FLOE_RETURN_IF_ERROR(flow_.ExploreLoop(index));
  const FlowLoop loop = flow_.loop(index);
  Program& program = *region.program;
  Op op;
  op.info = FindOp("While");
  Inside insides[2];  // condition, body
  for (Inside& inside : insides) {
    inside.region.program = &inside.program;
    inside.region.assumed = region.assumed;
  }
  const auto add_variable = [&](ValueId first, const Edge& name) {
    op.inputs.push_back(first);
    const Value& value = program.values[first];
    for (Inside& inside : insides) {
      const ValueId id = inside.program.AddValue(
          {FormatInputRef(NameOf(name.first), name.second), value.dtype, value.shape, std::nullopt, value.list});
      inside.program.inputs.push_back(id);
      inside.region.values[name] = id;
    }
  };
  std::vector<Edge> next;
  std::vector<int> with_index;
  for (const int variable : loop.variables) {
    FLOE_ASSIGN_OR_RETURN(const auto edges, flow_.VariableEdges(variable));
    FLOE_ASSIGN_OR_RETURN(const ValueId first, Resolve(region, edges.first));
    add_variable(first, {variable, 0});
    next.push_back(edges.second);
    if (flow_.uses_index(variable)) with_index.push_back(variable);
  }
  // Which input of a loop's Merge came: the Enter in the first iteration, the NextIteration in all others.
  std::vector<int32_t> comes_round;
  for (const int variable : with_index) {
    FLOE_ASSIGN_OR_RETURN(const absl::Span<const Edge> inputs, flow_.Inputs(variable));
    const absl::string_view op0 = graph_.node(inputs[0].first).op;
    const int32_t enter = op0 == "Enter" || op0 == "RefEnter" ? 0 : 1;
    const std::string name = FormatInputRef(NameOf(variable), 1);
    add_variable(program.AddConstant(name, Tensor::Scalar<int32_t>(enter)), {variable, 1});
    comes_round.push_back(1 - enter);
  }
  absl::flat_hash_map<ValueId, std::vector<Edge>> names;
  std::vector<ValueId> captured;
  for (const FlowLoop::Capture& capture : loop.captures) {
    FLOE_ASSIGN_OR_RETURN(const ValueId outside, Resolve(region, capture.outside));
    std::vector<Edge>& of_value = names[outside];
    if (of_value.empty()) captured.push_back(outside);
    of_value.push_back(capture.inside);
  }
  for (const ValueId outside : captured) AddCapture(region, outside, names[outside], absl::MakeSpan(insides), &op);
  const std::vector<Edge> condition = {flow_.source(loop.loop_cond)};
  FLOE_RETURN_IF_ERROR(model_.EnterRegion());
  FLOE_ASSIGN_OR_RETURN(insides[0].program.outputs, LowerInto(insides[0].region, condition));
  FLOE_ASSIGN_OR_RETURN(insides[1].program.outputs, LowerInto(insides[1].region, next));
  model_.LeaveRegion();
  for (const int32_t number : comes_round) {
    insides[1].program.outputs.push_back(insides[1].program.AddConstant("", Tensor::Scalar<int32_t>(number)));
  }
  op.regions.push_back(std::move(insides[0].program));
  op.regions.push_back(std::move(insides[1].program));
  FLOE_RETURN_IF_ERROR(Append(region, loop.loop_cond, std::move(op)));
  Op& added = program.ops.back();
  for (size_t i = 0; i < loop.variables.size(); ++i) {
    region.values[{loop.variables[i], kLast}] = added.outputs[i];
    program.values[added.outputs[i]].name = NameOf(loop.variables[i]);
  }
  region.values.erase({loop.loop_cond, 0});
  return absl::OkStatus();
}

}  // namespace floe
