// Ops that give their inputs back are dropped, and their users take the inputs themselves: identities by name, and ops
// whose constants or shapes make them one (a Transpose by [0,1,2], a Pad with nothing, a Cast to the same dtype, a
// product with 1).
#include <algorithm>
#include <optional>

#include "absl/strings/string_view.h"
#include "ops/types.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr absl::string_view kIdentities[] = {"Identity", "StopGradient", "PreventGradient", "Snapshot",
                                             "PlaceholderWithDefault"};

bool IsOneOf(absl::string_view name, std::initializer_list<absl::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

std::optional<Dims> Ints(const Program& program, ValueId id) {
  const Tensor* const constant = program.ConstantOf(id);
  if (constant == nullptr) return std::nullopt;
  absl::StatusOr<Dims> values = ToInt64s(*constant);
  return values.ok() ? std::make_optional(*std::move(values)) : std::nullopt;
}

bool All(const std::optional<Dims>& values, int64_t wanted) {
  return values && std::all_of(values->begin(), values->end(), [&](int64_t value) { return value == wanted; });
}

// Whether a constant is one number, this one, and spreads nothing that is spread over it.
bool IsNeutral(const Program& program, ValueId id, ValueId beside, int number) {
  const Tensor* const constant = program.ConstantOf(id);
  const PartialShape& shape = program.values[beside].shape;
  if (constant == nullptr || constant->num_elements() != 1) return false;
  if (constant->rank() > 0 && (!shape.has_rank() || constant->rank() > shape.rank())) return false;
  bool equal = false;
  const absl::Status status = OnDType(RealTypes(), constant->dtype(), [&]<typename T>() -> absl::Status {
    equal = *constant->data<T>() == T(static_cast<Wide<T>>(number));
    return absl::OkStatus();
  });
  return status.ok() && equal;
}

// Which input is what the op gives, where it is one.
std::optional<int> SameAsInput(const Program& program, const Op& op) {
  if (op.outputs.size() != 1 || op.inputs.empty()) return std::nullopt;
  const absl::string_view name = op.info->name;
  const bool first_of_two = op.inputs.size() >= 2;
  bool same = false;
  if (std::find(std::begin(kIdentities), std::end(kIdentities), name) != std::end(kIdentities)) {
    same = op.inputs.size() == 1;
  } else if (name == "Cast") {
    same = program.values[op.inputs[0]].dtype == program.values[op.outputs[0]].dtype;
  } else if (name == "AddN") {
    same = op.inputs.size() == 1;
  } else if (name == "ConcatV2") {
    same = op.inputs.size() == 2;
  } else if (name == "Transpose" && first_of_two) {
    const std::optional<Dims> permutation = Ints(program, op.inputs[1]);
    same = permutation.has_value();
    for (size_t i = 0; same && i < permutation->size(); ++i) {
      const int64_t axis = (*permutation)[i];
      same = (axis < 0 ? axis + static_cast<int64_t>(permutation->size()) : axis) == static_cast<int64_t>(i);
    }
  } else if (first_of_two && IsOneOf(name, {"Pad", "PadV2", "MirrorPad"})) {
    same = All(Ints(program, op.inputs[1]), 0);
  } else if (first_of_two && name == "Tile") {
    same = All(Ints(program, op.inputs[1]), 1);
  } else if (op.inputs.size() == 2 && IsOneOf(name, {"Mul", "RealDiv", "Div"})) {
    if (IsNeutral(program, op.inputs[1], op.inputs[0], 1)) return 0;
    if (name == "Mul" && IsNeutral(program, op.inputs[0], op.inputs[1], 1)) return 1;
  } else if (op.inputs.size() == 2 && name == "Sub") {
    same = IsNeutral(program, op.inputs[1], op.inputs[0], 0);
  }
  return same ? std::make_optional(0) : std::nullopt;
}

}  // namespace

absl::StatusOr<bool> DropIdentities(Program& program) {
  Replacements replacements(program);
  std::vector<bool> erase(program.ops.size(), false);
  const auto replace = [&](ValueId result, ValueId input) {
    // What the identity knew of the shape and its input did not (PlaceholderWithDefault) is not lost.
    Value& value = program.values[input];
    if (absl::StatusOr<PartialShape> merged = MergeShapes(value.shape, program.values[result].shape); merged.ok()) {
      value.shape = *std::move(merged);
    }
    replacements.Replace(result, input);
  };
  for (size_t i = 0; i < program.ops.size(); ++i) {
    Op& op = program.ops[i];
    replacements.ResolveInputs(op);
    if (absl::string_view(op.info->name) == "IdentityN" && op.inputs.size() == op.outputs.size()) {
      for (size_t k = 0; k < op.inputs.size(); ++k) replace(op.outputs[k], op.inputs[k]);
    } else if (const std::optional<int> input = SameAsInput(program, op)) {
      replace(op.outputs[0], op.inputs[*input]);
    } else {
      continue;
    }
    erase[i] = true;
  }
  replacements.ResolveOutputs(program);
  EraseOps(program, erase);
  return replacements.any();
}

}  // namespace floe
