#include "plan/resolve_shapes.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

// What is computed here is for shapes and indices; anything larger is work for a kernel.
constexpr int64_t kMaxElements = 4096;

bool IsSmall(const PartialShape& shape) {
  if (!shape.IsFullyDefined()) return false;
  const absl::StatusOr<Shape> checked = Shape::Checked(shape.dims());
  return checked.ok() && checked->num_elements() <= kMaxElements;
}

class Resolver {
 public:
  Resolver(const CompiledProgram& compiled, std::vector<ResolvedValue>& values)
      : program_(compiled.program()), values_(values) {}

  absl::Status Resolve(const Op& op) {
    infos_.clear();
    for (const ValueId id : op.inputs) {
      const ResolvedValue& value = values_[id];
      infos_.push_back({program_.values[id].dtype, value.shape, value.value ? &*value.value : nullptr});
    }
    InferContext context(op.name, op.attrs, infos_);
    FLOE_RETURN_IF_ERROR(op.info->infer(context));
    if (context.outputs().size() != op.outputs.size()) return absl::InternalError("inference found other results");
    bool small = !op.info->is_stateful() && op.info->evaluate != nullptr;
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      PartialShape& shape = values_[op.outputs[k]].shape;
      shape = context.outputs()[k].shape;
      if (shape.IsFullyDefined()) {
        FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
      } else if (absl::StatusOr<PartialShape> merged = MergeShapes(shape, program_.values[op.outputs[k]].shape);
                 merged.ok()) {
        shape = *std::move(merged);
      }
      small = small && IsSmall(shape);
    }
    if (small && InputsAreKnown(op)) EvaluateNow(op);
    return absl::OkStatus();
  }

 private:
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

  const Program& program_;
  std::vector<ResolvedValue>& values_;
  std::vector<TensorInfo> infos_;
};

}  // namespace

absl::StatusOr<std::vector<ResolvedValue>> ResolveShapes(const CompiledProgram& compiled,
                                                         absl::Span<const Shape> input_shapes) {
  const Program& program = compiled.program();
  std::vector<ResolvedValue> values(program.values.size());
  for (size_t id = 0; id < values.size(); ++id) {
    values[id].shape = program.values[id].shape;
    values[id].value = program.values[id].constant;
  }
  for (size_t i = 0; i < program.inputs.size(); ++i) values[program.inputs[i]].shape = input_shapes[i];
  Resolver resolver(compiled, values);
  for (const Op& op : program.ops) {
    if (absl::Status status = resolver.Resolve(op); !status.ok()) {
      return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
    }
  }
  return values;
}

}  // namespace floe
