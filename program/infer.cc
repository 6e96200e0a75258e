#include "program/infer.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/tensor_list.h"

namespace floe {
namespace {

// A region's inputs are known by type and shape, never by their elements, which differ from run to run.
TensorInfo WithoutValue(TensorInfo info) {
  info.value = nullptr;
  return info;
}

absl::StatusOr<std::vector<TensorInfo>> InferBranches(Op& op, absl::Span<const TensorInfo> inputs, bool again) {
  std::vector<TensorInfo> results;
  for (Program& branch : op.regions) {
    FLOE_RETURN_IF_ERROR(InferProgram(branch, inputs.subspan(1), again));
    for (size_t k = 0; k < branch.outputs.size(); ++k) {
      const TensorInfo info = WithoutValue(branch.values[branch.outputs[k]].info());
      if (&branch == &op.regions[0]) {
        results.push_back(info);
        continue;
      }
      absl::StatusOr<TensorInfo> common = RelaxInfo(results[k], info);
      if (!common.ok()) return Annotate(common.status(), absl::StrCat("result ", k, " of its branches"));
      results[k] = *std::move(common);
    }
  }
  return results;
}

absl::StatusOr<std::vector<TensorInfo>> InferLoop(Op& op, absl::Span<const TensorInfo> inputs, bool again) {
  Program &condition = op.regions[0], &body = op.regions[1];
  const size_t variables = body.outputs.size();
  std::vector<TensorInfo> infos;
  for (size_t i = 0; i < inputs.size(); ++i) {
    infos.push_back(WithoutValue(inputs[i]));
    if (!again || i >= variables) continue;
    FLOE_ASSIGN_OR_RETURN(infos[i], RelaxInfo(infos[i], WithoutValue(body.values[body.inputs[i]].info())));
  }
  for (bool changed = true; changed;) {
    changed = false;
    FLOE_RETURN_IF_ERROR(InferProgram(body, infos, again));
    for (size_t i = 0; i < variables; ++i) {
      absl::StatusOr<TensorInfo> common = RelaxInfo(infos[i], WithoutValue(body.values[body.outputs[i]].info()));
      if (!common.ok()) return Annotate(common.status(), absl::StrCat("loop variable ", i));
      if (IsSameInfo(*common, infos[i])) continue;
      infos[i] = *std::move(common);
      changed = true;
    }
    again = true;
  }
  FLOE_RETURN_IF_ERROR(InferProgram(condition, infos, again));
  infos.resize(variables);
  return infos;
}

absl::StatusOr<std::vector<TensorInfo>> InferPlain(const Op& op, absl::Span<const TensorInfo> inputs) {
  InferContext context(op.name, op.attrs, inputs);
  FLOE_RETURN_IF_ERROR(op.info->infer(context));
  return std::move(context.mutable_outputs());
}

}  // namespace

absl::StatusOr<std::vector<TensorInfo>> InferOp(Op& op, absl::Span<const TensorInfo> inputs, bool again) {
  if (op.regions.empty()) return InferPlain(op, inputs);
  return IsWhile(op) ? InferLoop(op, inputs, again) : InferBranches(op, inputs, again);
}

absl::Status InferProgram(Program& program, absl::Span<const TensorInfo> inputs, bool again) {
  const auto set = [&](ValueId id, const TensorInfo& info) -> absl::Status {
    Value& value = program.values[id];
    if (value.dtype != info.dtype) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", value.name, "': wanted ", DTypeName(value.dtype), ", got ", DTypeName(info.dtype)));
    }
    value.shape = info.shape;
    value.list = info.list;
    return absl::OkStatus();
  };
  if (inputs.size() != program.inputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("wanted ", program.inputs.size(), " inputs, got ", inputs.size()));
  }
  for (size_t i = 0; i < inputs.size(); ++i) FLOE_RETURN_IF_ERROR(set(program.inputs[i], inputs[i]));
  for (Op& op : program.ops) {
    const absl::StatusOr<std::vector<TensorInfo>> results = InferOp(op, program.Infos(op.inputs), again);
    absl::Status status = results.status();
    if (status.ok() && results->size() != op.outputs.size()) status = absl::InternalError("it has other results");
    for (size_t k = 0; status.ok() && k < op.outputs.size(); ++k) status = set(op.outputs[k], (*results)[k]);
    if (!status.ok()) return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
  }
  return absl::OkStatus();
}

absl::StatusOr<TensorInfo> RelaxInfo(const TensorInfo& a, const TensorInfo& b) {
  if (a.dtype != b.dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat("has two dtypes, ", DTypeName(a.dtype), " and ", DTypeName(b.dtype)));
  }
  return TensorInfo{a.dtype, RelaxShape(a.shape, b.shape), nullptr, RelaxList(a.list, b.list)};
}

bool IsSameInfo(const TensorInfo& a, const TensorInfo& b) {
  const bool same_list = a.list == b.list || (a.list != nullptr && b.list != nullptr && *a.list == *b.list);
  return a.dtype == b.dtype && a.shape == b.shape && same_list;
}

}  // namespace floe
