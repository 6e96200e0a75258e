#include "plan/resolve_shapes.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/control_flow.h"
#include "ops/tensor_list.h"

namespace floe {
namespace {

// What is computed here is for shapes and indices; anything larger is work for a kernel.
constexpr int64_t kMaxElements = 4096;

bool IsSmall(const PartialShape& shape) {
  if (!shape.IsFullyDefined()) return false;
  const absl::StatusOr<Shape> checked = Shape::Checked(shape.dims());
  return checked.ok() && checked->num_elements() <= kMaxElements;
}

// What a region's value has in common with another.
ResolvedValue Relax(const ResolvedValue& a, const ResolvedValue& b) {
  return {RelaxShape(a.shape, b.shape), std::nullopt, RelaxList(a.list, b.list)};
}
bool IsSame(const ResolvedValue& a, const ResolvedValue& b) {
  const bool same_list = a.list == b.list || (a.list != nullptr && b.list != nullptr && *a.list == *b.list);
  return a.shape == b.shape && same_list;
}
ResolvedValue WithoutValue(const ResolvedValue& value) { return {value.shape, std::nullopt, value.list}; }

absl::Status ResolveRegion(const CompiledProgram& compiled, absl::Span<const ResolvedValue> inputs, bool again,
                           Resolution* resolution);

class Resolver {
 public:
  // `again`: what the resolution says of loops still holds in part (see InferOp in program/infer.h).
  Resolver(const CompiledProgram& compiled, bool again, Resolution& resolution)
      : compiled_(compiled),
        program_(compiled.program()),
        again_(again),
        resolution_(resolution),
        values_(resolution.values) {}

  absl::Status Resolve(int index) {
    const Op& op = program_.ops[index];
    if (!compiled_.regions(index).empty()) {
      return absl::string_view(op.info->name) == "While" ? ResolveLoop(index) : ResolveBranches(index);
    }
    infos_.clear();
    for (const ValueId id : op.inputs) {
      const ResolvedValue& value = values_[id];
      infos_.push_back({program_.values[id].dtype, value.shape, value.value ? &*value.value : nullptr, value.list});
    }
    InferContext context(op.name, op.attrs, infos_);
    FLOE_RETURN_IF_ERROR(op.info->infer(context));
    if (context.outputs().size() != op.outputs.size()) return absl::InternalError("inference found other results");
    bool small = !op.info->is_stateful() && op.info->evaluate != nullptr;
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      ResolvedValue& value = values_[op.outputs[k]];
      value.value = std::nullopt;
      value.list = context.outputs()[k].list;
      PartialShape& shape = value.shape;
      shape = context.outputs()[k].shape;
      if (shape.IsFullyDefined()) {
        FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
      } else if (absl::StatusOr<PartialShape> merged = MergeShapes(shape, program_.values[op.outputs[k]].shape);
                 merged.ok()) {
        shape = *std::move(merged);
      }
      const DType dtype = program_.values[op.outputs[k]].dtype;
      small = small && IsSmall(shape) && dtype != DType::kVariant;
    }
    if (small && InputsAreKnown(op)) EvaluateNow(op);
    return absl::OkStatus();
  }

 private:
  std::vector<ResolvedValue> ValuesOf(absl::Span<const ValueId> ids) const {
    std::vector<ResolvedValue> values;
    for (const ValueId id : ids) values.push_back(values_[id]);
    return values;
  }
  static std::vector<ResolvedValue> OutputsOf(const CompiledProgram& region, const Resolution& resolution) {
    std::vector<ResolvedValue> values;
    for (const ValueId id : region.program().outputs) values.push_back(resolution.values[id]);
    return values;
  }

  absl::Status ResolveBranches(int index) {
    const Op& op = program_.ops[index];
    const auto regions = compiled_.regions(index);
    std::vector<Resolution>& inside = resolution_.regions[index];
    inside.resize(regions.size());
    const std::vector<ResolvedValue> inputs = ValuesOf(absl::MakeConstSpan(op.inputs).subspan(1));
    FLOE_ASSIGN_OR_RETURN(const std::optional<int> chosen,
                          KnownBranch(op, values_[op.inputs[0]].value, regions.size()));
    std::optional<std::vector<ResolvedValue>> results;
    for (size_t i = 0; i < regions.size(); ++i) {
      if (chosen.has_value() && *chosen != static_cast<int>(i)) continue;
      inside[i].status = ResolveRegion(*regions[i], inputs, again_, &inside[i]);
      if (!inside[i].status.ok()) continue;
      const std::vector<ResolvedValue> own = OutputsOf(*regions[i], inside[i]);
      if (!results.has_value()) {
        results = own;
        continue;
      }
      for (size_t k = 0; k < own.size(); ++k) (*results)[k] = Relax((*results)[k], own[k]);
    }
    if (!results.has_value()) {
      for (const Resolution& branch : inside) FLOE_RETURN_IF_ERROR(branch.status);
    }
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      values_[op.outputs[k]] = chosen.has_value() ? (*results)[k] : WithoutValue((*results)[k]);
    }
    return absl::OkStatus();
  }

  absl::Status ResolveLoop(int index) {
    const Op& op = program_.ops[index];
    const CompiledProgram &condition = *compiled_.regions(index)[0], &body = *compiled_.regions(index)[1];
    std::vector<Resolution>& inside = resolution_.regions[index];
    bool again = again_ && !inside.empty();
    inside.resize(2);
    std::vector<ResolvedValue> inputs = ValuesOf(op.inputs);
    const size_t variables = op.outputs.size();
    for (size_t i = 0; i < variables; ++i) {
      inputs[i] = WithoutValue(inputs[i]);
      if (again) inputs[i] = Relax(inputs[i], inside[1].values[body.program().inputs[i]]);
    }
    for (bool changed = true; changed;) {
      changed = false;
      FLOE_RETURN_IF_ERROR(ResolveRegion(body, inputs, again, &inside[1]));
      const std::vector<ResolvedValue> next = OutputsOf(body, inside[1]);
      for (size_t i = 0; i < variables; ++i) {
        const ResolvedValue common = Relax(inputs[i], next[i]);
        if (IsSame(common, inputs[i])) continue;
        inputs[i] = common;
        changed = true;
      }
      again = true;
    }
    FLOE_RETURN_IF_ERROR(ResolveRegion(condition, inputs, again_, &inside[0]));
    for (size_t i = 0; i < variables; ++i) values_[op.outputs[i]] = inputs[i];
    return absl::OkStatus();
  }

  bool InputsAreKnown(const Op& op) const {
    for (const ValueId id : op.inputs) {
      const bool known = values_[id].value || (op.info->is_from_shape() && values_[id].shape.IsFullyDefined());
      if (!known) return false;
    }
    return true;
  }

  void EvaluateNow(const Op& op) {
    std::vector<Tensor> inputs;
    for (const ValueId id : op.inputs) {
      const ResolvedValue& value = values_[id];
      // Ops of shapes never look at the elements.
      inputs.push_back(value.value ? *value.value
                                   : Tensor::View(program_.values[id].dtype, value.shape.ToShape(), nullptr, nullptr));
    }
    absl::StatusOr<std::vector<Tensor>> results = Evaluate(*op.info, op.name, op.attrs, inputs);
    // What fails here (a division by zero, say) fails again when it is run, and says so then.
    if (!results.ok()) return;
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      values_[op.outputs[k]].shape = (*results)[k].shape();
      values_[op.outputs[k]].value = std::move((*results)[k]);
    }
  }

  const CompiledProgram& compiled_;
  const Program& program_;
  const bool again_;
  Resolution& resolution_;
  std::vector<ResolvedValue>& values_;
  std::vector<TensorInfo> infos_;
};

absl::Status ResolveRegion(const CompiledProgram& compiled, absl::Span<const ResolvedValue> inputs, bool again,
                           Resolution* resolution) {
  const Program& program = compiled.program();
  std::vector<ResolvedValue>& values = resolution->values;
  values.resize(program.values.size());
  for (size_t id = 0; id < values.size(); ++id) {
    values[id] = {program.values[id].shape, program.values[id].constant, program.values[id].list};
  }
  resolution->regions.resize(program.ops.size());
  for (size_t i = 0; i < program.inputs.size(); ++i) values[program.inputs[i]] = inputs[i];
  Resolver resolver(compiled, again, *resolution);
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const Op& op = program.ops[i];
    if (absl::Status status = resolver.Resolve(static_cast<int>(i)); !status.ok()) {
      return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::optional<int>> KnownBranch(const Op& op, const std::optional<Tensor>& chooser, size_t branches) {
  if (!chooser.has_value()) return std::nullopt;
  if (absl::string_view(op.info->name) == "Case") {
    FLOE_ASSIGN_OR_RETURN(const int branch, ChooseBranch(*chooser, static_cast<int>(branches)));
    return branch;
  }
  FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(*chooser));
  return truth ? 0 : 1;
}

absl::StatusOr<Resolution> ResolveShapes(const CompiledProgram& compiled, absl::Span<const Shape> input_shapes) {
  std::vector<ResolvedValue> inputs;
  for (const Shape& shape : input_shapes) inputs.push_back({shape, std::nullopt, nullptr});
  Resolution resolution;
  FLOE_RETURN_IF_ERROR(ResolveRegion(compiled, inputs, false, &resolution));
  return resolution;
}

}  // namespace floe
