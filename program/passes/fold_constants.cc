// Ops over constants are evaluated once, by their reference evaluation; what that tells of the shapes behind them is
// inferred anew.
#include <algorithm>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/control_flow.h"
#include "ops/matmul.h"
#include "ops/string_budget.h"
#include "program/infer.h"
#include "program/insert.h"
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
  // A list is made anew in every run, which changes it.
  for (const ValueId id : op.outputs) {
    if (program.values[id].dtype == DType::kVariant) return false;
  }
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
absl::Status InferAgain(Program& program, Op& op, std::vector<bool>* better_known) {
  const absl::StatusOr<std::vector<TensorInfo>> infos = InferOp(op, program.Infos(op.inputs));
  absl::Status status = infos.status();
  for (size_t k = 0; status.ok() && k < op.outputs.size(); ++k) {
    Value& value = program.values[op.outputs[k]];
    const bool knows_list = value.list == nullptr && (*infos)[k].list != nullptr;
    if (knows_list) value.list = (*infos)[k].list;
    absl::StatusOr<PartialShape> shape = MergeShapes(value.shape, (*infos)[k].shape);
    status = shape.status();
    if (!status.ok() || (*shape == value.shape && !knows_list)) continue;
    value.shape = *std::move(shape);
    (*better_known)[op.outputs[k]] = true;
  }
  return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
}

// What a region takes in that is constant becomes its own.
bool SinkConstants(const Program& program, Op& op) {
  const size_t first = IsWhile(op) ? op.outputs.size() : 1;  // of the op's inputs
  const size_t inside = IsWhile(op) ? 0 : 1;                 // how far a region's inputs are behind the op's
  bool any = false;
  for (size_t k = op.inputs.size(); k-- > first;) {
    const Tensor* const constant = program.ConstantOf(op.inputs[k]);
    if (constant == nullptr) continue;
    for (Program& region : op.regions) {
      region.values[region.inputs[k - inside]].constant = *constant;
      region.inputs.erase(region.inputs.begin() + static_cast<std::ptrdiff_t>(k - inside));
    }
    op.inputs.erase(op.inputs.begin() + static_cast<std::ptrdiff_t>(k));
    any = true;
  }
  return any;
}

// The branch that an If or Case always takes, or null.
absl::StatusOr<Program*> OnlyBranch(const Program& program, Op& op) {
  if (!IsIf(op) && !IsCase(op)) return nullptr;
  const Tensor* const chooser = program.ConstantOf(op.inputs[0]);
  if (chooser == nullptr) return nullptr;
  if (IsCase(op)) {
    FLOE_ASSIGN_OR_RETURN(const int branch, ChooseBranch(*chooser, static_cast<int>(op.regions.size())));
    return &op.regions[static_cast<size_t>(branch)];
  }
  FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(*chooser));
  return &op.regions[truth ? 0 : 1];
}

class Folding {
 public:
  // `room`: bytes that constants may still add to the model.
  Folding(Program& program, int64_t* room)
      : program_(program), room_(*room), better_known_(program.values.size(), false), replacements_(program) {}

  absl::StatusOr<bool> Run() {
    // Last first: a branch that is always taken puts its ops in the op's place.
    std::vector<Op> todo(std::make_move_iterator(program_.ops.rbegin()), std::make_move_iterator(program_.ops.rend()));
    program_.ops.clear();
    while (!todo.empty()) {
      Op op = std::move(todo.back());
      todo.pop_back();
      replacements_.ResolveInputs(op);
      if (!op.regions.empty()) {
        FLOE_RETURN_IF_ERROR(FoldRegions(op, &todo));
        continue;
      }
      if (IsAnyBetterKnown(op)) FLOE_RETURN_IF_ERROR(InferAgain(program_, op, &better_known_));
      if (!Fold(op) && !FoldSizes(op)) program_.ops.push_back(std::move(op));
    }
    replacements_.ResolveOutputs(program_);
    return changed_;
  }

 private:
  bool IsAnyBetterKnown(const Op& op) const {
    return std::any_of(op.inputs.begin(), op.inputs.end(), [&](ValueId id) { return better_known_[id]; });
  }

  bool Fold(const Op& op) {
    if (!CanFold(program_, op)) return false;
    std::vector<Tensor> inputs;
    for (const ValueId id : op.inputs) {
      const Value& value = program_.values[id];
      inputs.push_back(value.constant ? *value.constant
                                      : Tensor::View(value.dtype, value.shape.ToShape(), nullptr, nullptr));
    }
    if (!FitsWhenFolded(op, inputs, room_) || !IsCheap(op, inputs)) return false;
    absl::StatusOr<std::vector<Tensor>> results = Evaluate(*op.info, op.name, op.attrs, inputs);
    // What fails here (a division by zero, say) fails when it is run.
    if (!results.ok()) return false;
    // Of strings it shows only now.
    if (BytesOf(*results) - BytesOf(inputs) > room_) return false;
    room_ = std::max<int64_t>(0, room_ - std::max<int64_t>(0, BytesOf(*results) - BytesOf(inputs)));
    for (size_t k = 0; k < op.outputs.size(); ++k) SetConstant(op.outputs[k], std::move((*results)[k]));
    return true;
  }

  void SetConstant(ValueId id, Tensor tensor) {
    Value& value = program_.values[id];
    value.shape = tensor.shape();
    value.constant = std::move(tensor);
    better_known_[id] = true;
    changed_ = true;
  }

  // Sizes of which some are known: a shape, what is taken out of it and put together again. True where all that the op
  // gives is known, so that it is folded.
  bool FoldSizes(const Op& op) {
    const absl::string_view name = op.info->name;
    std::vector<Tensor> results;
    if (name == "Shape" || name == "ShapeN") {
      results = SizesOfShapes(op);
    } else if (name == "StridedSlice" || name == "GatherV2" || name == "Unpack") {
      if (sizes_.count(op.inputs[0]) != 0) results = SizesOfOp(op, 1);
    } else if (name == "Pack" || name == "ConcatV2") {
      results = SizesOfOp(op, name == "Pack" ? op.inputs.size() : op.inputs.size() - 1);
    } else if (const auto known = name == "Reshape" ? sizes_.find(op.inputs[1]) : sizes_.end(); known != sizes_.end()) {
      LearnShape(op.outputs[0], known->second);
    }
    const auto is_known = [](const Tensor& result) {
      const absl::StatusOr<Dims> sizes = ToInt64s(result);  // not of what is not valid()
      return sizes.ok() && std::all_of(sizes->begin(), sizes->end(), [](int64_t size) { return size >= 0; });
    };
    const bool all_known = !results.empty() && std::all_of(results.begin(), results.end(), is_known);
    for (size_t k = 0; k < results.size(); ++k) {
      if (all_known) {
        SetConstant(op.outputs[k], std::move(results[k]));
      } else if (results[k].valid()) {
        sizes_[op.outputs[k]] = std::move(results[k]);
      }
    }
    return all_known;
  }

  // One result an input; not valid() where its rank is not known.
  std::vector<Tensor> SizesOfShapes(const Op& op) const {
    std::vector<Tensor> results;
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      const PartialShape& shape = program_.values[op.inputs[k]].shape;
      const DType dtype = program_.values[op.outputs[k]].dtype;
      const auto fits = [&](int64_t dim) { return dtype == DType::kInt64 || dim <= INT32_MAX; };
      const bool known = shape.has_rank() && std::all_of(shape.dims().begin(), shape.dims().end(), fits);
      results.push_back(known ? IntVector(shape.dims(), dtype) : Tensor());
    }
    return results;
  }

  // What the op makes of its inputs where the first `sizes` of them may be known in part; nothing where they are not.
  std::vector<Tensor> SizesOfOp(const Op& op, size_t sizes) const {
    std::vector<Tensor> inputs;
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const Value& value = program_.values[op.inputs[i]];
      const bool is_index = value.dtype == DType::kInt32 || value.dtype == DType::kInt64;
      if (value.constant) {
        inputs.push_back(*value.constant);
      } else if (const auto known = sizes_.find(op.inputs[i]); i < sizes && known != sizes_.end()) {
        inputs.push_back(known->second);
      } else if (i < sizes && is_index && value.shape.IsFullyDefined() && value.shape.rank() <= 1 &&
                 value.shape.ToShape().num_elements() <= kMaxRank) {
        const Dims unknown(static_cast<size_t>(value.shape.ToShape().num_elements()), PartialShape::kUnknownDim);
        inputs.push_back(IntVector(unknown, value.dtype).Reshaped(value.shape.ToShape()));
      } else {
        return {};
      }
    }
    absl::StatusOr<std::vector<Tensor>> results = Evaluate(*op.info, op.name, op.attrs, inputs);
    return results.ok() ? *std::move(results) : std::vector<Tensor>();
  }

  // What does not fit is said when it is run.
  void LearnShape(ValueId id, const Tensor& sizes) {
    const absl::StatusOr<Dims> dims = ToInt64s(sizes);
    if (!dims.ok()) return;
    Dims known = *dims;
    for (int64_t& dim : known) dim = std::max(dim, PartialShape::kUnknownDim);
    Value& value = program_.values[id];
    const absl::StatusOr<PartialShape> shape = MergeShapes(value.shape, PartialShape(known));
    if (!shape.ok() || *shape == value.shape) return;
    value.shape = *shape;
    better_known_[id] = true;
    changed_ = true;
  }

  absl::Status FoldRegions(Op& op, std::vector<Op>* todo) {
    const bool sunk = SinkConstants(program_, op);
    changed_ = changed_ || sunk;
    FLOE_ASSIGN_OR_RETURN(Program* const branch, OnlyBranch(program_, op));
    if (branch != nullptr) {
      Splice(op, *branch, todo);
      return absl::OkStatus();
    }
    if (sunk || IsAnyBetterKnown(op)) FLOE_RETURN_IF_ERROR(InferAgain(program_, op, &better_known_));
    bool inside = false;
    for (Program& region : op.regions) {
      absl::StatusOr<bool> folded = Folding(region, &room_).Run();
      if (!folded.ok()) return Annotate(folded.status(), absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
      inside = inside || *folded;
    }
    if (inside) FLOE_RETURN_IF_ERROR(InferAgain(program_, op, &better_known_));
    changed_ = changed_ || inside;
    program_.ops.push_back(std::move(op));
    return absl::OkStatus();
  }

  // The branch's values and ops become the program's; what they make is inferred anew where they are come to.
  void Splice(const Op& op, Program& branch, std::vector<Op>* todo) {
    std::vector<ValueId> own(branch.values.size(), -1);
    for (size_t i = 0; i < branch.inputs.size(); ++i) own[branch.inputs[i]] = op.inputs[i + 1];
    for (size_t id = 0; id < own.size(); ++id) {
      if (own[id] < 0) own[id] = program_.AddValue(std::move(branch.values[id]));
    }
    better_known_.resize(program_.values.size(), false);
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      const ValueId result = own[branch.outputs[k]];
      replacements_.Replace(op.outputs[k], result);
      better_known_[result] = true;
    }
    for (size_t i = branch.ops.size(); i-- > 0;) {
      for (ValueId& id : branch.ops[i].inputs) id = own[id];
      for (ValueId& id : branch.ops[i].outputs) id = own[id];
      todo->push_back(std::move(branch.ops[i]));
    }
    changed_ = true;
  }

  Program& program_;
  int64_t& room_;
  std::vector<bool> better_known_;
  std::map<ValueId, Tensor> sizes_;  // of shapes known in part: -1 stands for what is not
  Replacements replacements_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> FoldConstants(Program& program) {
  int64_t room = kMaxAddedBytes;
  return Folding(program, &room).Run();
}

}  // namespace floe
