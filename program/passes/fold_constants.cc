// Ops over constants are evaluated once, by their reference evaluation; what that tells of the shapes behind them is
// inferred anew.
#include <algorithm>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/matmul.h"
#include "ops/string_budget.h"
#include "program/pass.h"

namespace floe {
namespace {

// A folded result larger than this stays computed, and so do all when this much has been added in sum: a Fill or Tile
// of a small constant must not blow up the model.
constexpr int64_t kMaxFoldedBytes = int64_t{64} << 20;
constexpr int64_t kMaxAddedBytes = int64_t{256} << 20;
// Multiplications of matrices of constants, about a second's.
constexpr double kMaxMultiplications = 1e9;

bool IsInputKnown(const Op& op, const Value& value) {
  if (value.constant) return true;
  // Ops of shapes never look at the elements.
  return op.info->is_from_shape() && value.shape.IsFullyDefined() && ElementBytes(value.dtype) > 0;
}

// Loading must not take longer than it would take to run: what costs more than a pass over inputs and results stays.
bool IsCheap(const Op& op, absl::Span<const Tensor> inputs) {
  const absl::string_view name = op.info->name;
  if (absl::StrContains(name, "Conv") || absl::StrContains(name, "Pool")) return false;
  if (!absl::StrContains(name, "MatMul")) return true;
  const absl::StatusOr<MatMulGeometry> geometry = ComputeMatMulGeometry(op.attrs, inputs[0].shape(), inputs[1].shape());
  if (!geometry.ok()) return false;
  double multiplications = static_cast<double>(geometry->m) * static_cast<double>(geometry->k);
  multiplications *= static_cast<double>(geometry->n);
  for (const int64_t dim : geometry->batch) multiplications *= static_cast<double>(dim);
  return multiplications <= kMaxMultiplications;
}

bool CanFold(const Program& program, const Op& op) {
  if (op.info->is_stateful() || op.info->evaluate == nullptr) return false;
  for (const ValueId id : op.inputs) {
    if (!IsInputKnown(op, program.values[id])) return false;
  }
  return true;
}

int64_t BytesOf(absl::Span<const Tensor> tensors) {
  int64_t bytes = 0;
  for (const Tensor& tensor : tensors) bytes += HeldBytes(tensor);
  return bytes;
}

// A result whose size is known to be too large is not even computed.
bool FitsWhenFolded(const Op& op, absl::Span<const Tensor> inputs, int64_t room) {
  std::vector<TensorInfo> infos;
  for (const Tensor& input : inputs) infos.push_back({input.dtype(), input.shape(), &input});
  InferContext context(op.name, op.attrs, infos);
  if (!op.info->infer(context).ok()) return false;
  int64_t most = std::min(std::max(BytesOf(inputs), kMaxFoldedBytes), BytesOf(inputs) + room);
  for (const TensorInfo& output : context.outputs()) {
    if (!output.shape.IsFullyDefined()) continue;
    const absl::StatusOr<Shape> shape = Shape::Checked(output.shape.dims());
    if (!shape.ok()) return false;
    const int64_t element_bytes = std::max<int64_t>(ElementMemoryBytes(output.dtype), 1);
    if (shape->num_elements() > most / element_bytes) return false;
    most -= shape->num_elements() * element_bytes;
  }
  return true;
}

// Infers the results of an op some of whose inputs are better known than they were. What is wrong with them would be
// wrong in every run.
absl::Status InferAgain(Program& program, const Op& op, std::vector<bool>* better_known) {
  const std::vector<TensorInfo> infos = program.Infos(op.inputs);
  InferContext context(op.name, op.attrs, infos);
  absl::Status status = op.info->infer(context);
  for (size_t k = 0; status.ok() && k < op.outputs.size(); ++k) {
    Value& value = program.values[op.outputs[k]];
    absl::StatusOr<PartialShape> shape = MergeShapes(value.shape, context.outputs()[k].shape);
    status = shape.status();
    if (!status.ok() || *shape == value.shape) continue;
    value.shape = *std::move(shape);
    (*better_known)[op.outputs[k]] = true;
  }
  return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
}

}  // namespace

absl::StatusOr<bool> FoldConstants(Program& program) {
  std::vector<bool> erase(program.ops.size(), false), better_known(program.values.size(), false);
  bool changed = false;
  int64_t room = kMaxAddedBytes;
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const Op& op = program.ops[i];
    if (std::any_of(op.inputs.begin(), op.inputs.end(), [&](ValueId id) { return better_known[id]; })) {
      FLOE_RETURN_IF_ERROR(InferAgain(program, op, &better_known));
    }
    if (!CanFold(program, op)) continue;
    std::vector<Tensor> inputs;
    for (const ValueId id : op.inputs) {
      const Value& value = program.values[id];
      inputs.push_back(value.constant ? *value.constant
                                      : Tensor::View(value.dtype, value.shape.ToShape(), nullptr, nullptr));
    }
    if (!FitsWhenFolded(op, inputs, room) || !IsCheap(op, inputs)) continue;
    absl::StatusOr<std::vector<Tensor>> results = Evaluate(*op.info, op.name, op.attrs, inputs);
    // What fails here (a division by zero, say) fails when it is run.
    if (!results.ok()) continue;
    // Of strings it shows only now.
    if (BytesOf(*results) - BytesOf(inputs) > room) continue;
    room = std::max<int64_t>(0, room - std::max<int64_t>(0, BytesOf(*results) - BytesOf(inputs)));
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      Value& value = program.values[op.outputs[k]];
      value.shape = (*results)[k].shape();
      value.constant = std::move((*results)[k]);
      better_known[op.outputs[k]] = true;
    }
    erase[i] = changed = true;
  }
  EraseOps(program, erase);
  return changed;
}

}  // namespace floe
