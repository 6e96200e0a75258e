// Ops over constants are evaluated once, by their reference evaluation.
#include "base/status.h"
#include "program/pass.h"

namespace floe {
namespace {

// A folded result larger than this stays computed: a Fill or Tile of a small constant must not blow up the model.
constexpr int64_t kMaxFoldedBytes = int64_t{64} << 20;

bool CanFold(const Program& program, const Op& op) {
  if (op.info->is_stateful() || op.info->evaluate == nullptr) return false;
  for (const ValueId id : op.inputs) {
    const Value& value = program.values[id];
    const bool known = value.constant || (op.info->is_from_shape() && value.shape.IsFullyDefined());
    if (!known) return false;
  }
  return true;
}

// A result whose size is known to be too large is not even computed.
bool FitsWhenFolded(const Program& program, const Op& op, absl::Span<const Tensor> inputs) {
  std::vector<TensorInfo> infos;
  int64_t input_bytes = 0;
  for (const Tensor& input : inputs) {
    infos.push_back({input.dtype(), input.shape(), &input});
    input_bytes += input.byte_size();
  }
  InferContext context(op.name, op.attrs, infos);
  if (!op.info->infer(context).ok()) return false;
  for (const TensorInfo& output : context.outputs()) {
    if (!output.shape.IsFullyDefined()) continue;
    const absl::StatusOr<Shape> shape = Shape::Checked(output.shape.dims());
    if (!shape.ok()) return false;
    if (shape->num_elements() >
        std::max(input_bytes, kMaxFoldedBytes) / std::max<int64_t>(ElementBytes(output.dtype), 1))
      return false;
  }
  return true;
}

}  // namespace

absl::StatusOr<bool> FoldConstants(Program& program) {
  std::vector<bool> erase(program.ops.size(), false);
  bool changed = false;
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const Op& op = program.ops[i];
    if (!CanFold(program, op)) continue;
    std::vector<Tensor> inputs;
    for (const ValueId id : op.inputs) {
      const Value& value = program.values[id];
      // Ops of shapes never look at the elements.
      inputs.push_back(value.constant ? *value.constant
                                      : Tensor::View(value.dtype, value.shape.ToShape(), nullptr, nullptr));
    }
    if (!FitsWhenFolded(program, op, inputs)) continue;
    absl::StatusOr<std::vector<Tensor>> results = Evaluate(*op.info, op.name, op.attrs, inputs);
    // What fails here (a division by zero, say) fails when it is run, and perhaps it never is.
    if (!results.ok()) continue;
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      Value& value = program.values[op.outputs[k]];
      value.shape = (*results)[k].shape();
      value.constant = std::move((*results)[k]);
    }
    erase[i] = changed = true;
  }
  EraseOps(program, erase);
  return changed;
}

}  // namespace floe
