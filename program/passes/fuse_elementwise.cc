// Elementwise ops that follow each other become one _FusedElementwise: what lies between them is computed where it is
// used, block by block, and never goes through memory.
//
// Ops are visited from the last to the first. One becomes the root of a group that takes in, latest first, what makes
// its operands: ops whose results are read in the group only and have the root's own shape, so that nothing is computed
// more often than before. Smaller operands (scalars, channels) are broadcast as they were. The fused op takes the
// root's place. Comes after whatever else has a use for single elementwise ops.
//
// Dimensions that are unknown in both are taken for equal, as a batch is in the body of a loop. Where they are not, the
// fused op still means the same, its shape included; some steps are then computed once for each place they are spread
// to.
#include <algorithm>
#include <set>
#include <vector>

#include "absl/strings/string_view.h"
#include "ops/elementwise_program.h"
#include "ops/registry.h"
#include "program/affine.h"
#include "program/dim_ids.h"
#include "program/pass.h"

namespace floe {
namespace {

struct Member {
  int op;
  const ElementwiseFunction* function;
  std::vector<ValueId> operands;
  float parameter = 0;
};

class Fusion {
 public:
  explicit Fusion(Program& program)
      : program_(program), uses_(program), dims_(program), erase_(program.ops.size(), false) {}

  bool Run() {
    for (size_t i = program_.ops.size(); i-- > 0;) {
      if (!erase_[i]) FuseUpTo(static_cast<int>(i));
    }
    EraseOps(program_, erase_);
    return changed_;
  }

 private:
  struct Group {
    DType dtype;
    ValueId result;
    std::vector<Member> members;  // the root first, each before those that make its operands
    std::set<ValueId> of_its_shape;
    std::set<int> candidates;  // ops that make operands

    bool Has(int op) const {
      return std::any_of(members.begin(), members.end(), [&](const Member& member) { return member.op == op; });
    }
  };

  void FuseUpTo(int root) {
    if (program_.ops[root].outputs.size() != 1) return;
    Group group;
    group.result = program_.ops[root].outputs[0];
    group.dtype = program_.values[group.result].dtype;
    if (group.dtype != DType::kFloat && group.dtype != DType::kHalf && group.dtype != DType::kBfloat16) return;
    group.of_its_shape.insert(group.result);
    if (!Take(root, &group)) return;
    while (!group.candidates.empty()) {
      const int latest = *group.candidates.rbegin();
      group.candidates.erase(latest);
      Take(latest, &group);
    }
    if (group.members.size() > 1) Rewrite(root, group);
  }

  // Takes the op into the group, with what makes its condition where it is a choice.
  bool Take(int index, Group* group) {
    if (erase_[index] || group->Has(index)) return false;
    std::optional<Member> member = AsMember(index, group->dtype);
    if (!member || !BelongsTo(index, *group)) return false;
    Group larger = *group;
    // A function of one operand keeps its shape, whatever that is.
    if (member->operands.size() == 1) larger.of_its_shape.insert(member->operands[0]);
    for (const ValueId operand : member->operands) {
      if (uses_.producer[operand] >= 0) larger.candidates.insert(uses_.producer[operand]);
    }
    larger.members.push_back(*member);
    // The inputs of a fused op are of its own dtype: truth values have to be made inside it.
    for (const ValueId operand : member->operands) {
      const int maker = uses_.producer[operand];
      if (program_.values[operand].dtype == group->dtype || larger.Has(maker)) continue;
      if (maker < 0 || !Take(maker, &larger)) return false;
    }
    ElementwiseProgram program = AsProgram(larger, nullptr);
    if (!Complete(&program).ok()) return false;
    *group = std::move(larger);
    return true;
  }

  // Whether the op's result is read by the group only, and has the group's shape.
  bool BelongsTo(int index, const Group& group) const {
    const ValueId result = program_.ops[index].outputs[0];
    if (result == group.result) return true;
    if (uses_.is_output[result] || !(HasShapeOf(result, group.result) || group.of_its_shape.count(result) > 0))
      return false;
    return std::all_of(uses_.users[result].begin(), uses_.users[result].end(),
                       [&](int user) { return group.Has(user); });
  }

  bool HasShapeOf(ValueId a, ValueId b) const {
    const PartialShape &from = program_.values[a].shape, &to = program_.values[b].shape;
    return from.has_rank() && from == to;
  }
  bool SurelyHasShapeOf(ValueId a, ValueId b) const { return HasShapeOf(a, b) && dims_.Of(a) == dims_.Of(b); }

  // The op as a step, where it is one for values of this dtype.
  std::optional<Member> AsMember(int index, DType dtype) const {
    const Op& op = program_.ops[index];
    if (op.outputs.size() != 1 || !op.regions.empty()) return std::nullopt;
    absl::string_view name = op.info->name;
    if (IsPlainBias(op) || (name == "AddN" && op.inputs.size() == 2 && IsOfOneShape(op))) name = "AddV2";
    if (name == "Select" && IsOfOneShape(op)) name = "SelectV2";
    Member member{index, FindElementwiseFunction(name), op.inputs};
    if (member.function == nullptr || static_cast<size_t>(member.function->operands) != op.inputs.size())
      return std::nullopt;
    for (const ValueId operand : op.inputs) {
      const DType of_operand = program_.values[operand].dtype;
      if (of_operand != dtype && of_operand != DType::kBool) return std::nullopt;
    }
    // Of shapes that do not fit, other forms of them make something else than an error.
    const absl::StatusOr<bool> refuses_shapes = op.attrs.Bool("incompatible_shape_error", true);
    if (!refuses_shapes.ok() || !*refuses_shapes) return std::nullopt;
    if (name == "LeakyRelu") {
      const absl::StatusOr<float> alpha = op.attrs.Float("alpha", 0.2f);
      if (!alpha.ok()) return std::nullopt;
      member.parameter = *alpha;
    }
    return member;
  }

  // A bias along the last dimension, of a size that is known to fit.
  bool IsPlainBias(const Op& op) const {
    const absl::string_view name = op.info->name;
    if (name != "BiasAdd" && name != "BiasAddV1") return false;
    const PartialShape &value = program_.values[op.inputs[0]].shape, &bias = program_.values[op.inputs[1]].shape;
    return value.has_rank() && bias.has_rank() && bias.rank() == 1 &&
           BiasAxis(op.attrs, value.rank()) == value.rank() - 1 &&
           dims_.Of(op.inputs[0]).back() == dims_.Of(op.inputs[1]).back();
  }

  // Whether nothing is spread, which these forms refuse or do in their own way.
  bool IsOfOneShape(const Op& op) const {
    return std::all_of(op.inputs.begin(), op.inputs.end(),
                       [&](ValueId id) { return SurelyHasShapeOf(id, op.outputs[0]); });
  }

  // The group's members in the order of the program. `inputs`: what the fused op reads; may be null.
  ElementwiseProgram AsProgram(const Group& group, std::vector<ValueId>* inputs) const {
    std::vector<const Member*> ordered;
    for (const Member& member : group.members) ordered.push_back(&member);
    std::sort(ordered.begin(), ordered.end(), [](const Member* a, const Member* b) { return a->op < b->op; });
    std::vector<ValueId> read, made;
    for (const Member* member : ordered) made.push_back(program_.ops[member->op].outputs[0]);
    const auto place_of = [](const std::vector<ValueId>& ids, ValueId id) {
      return static_cast<int>(std::find(ids.begin(), ids.end(), id) - ids.begin());
    };
    const auto is_in = [&](const std::vector<ValueId>& ids, ValueId id) {
      return place_of(ids, id) < static_cast<int>(ids.size());
    };
    for (const Member* member : ordered) {
      for (const ValueId operand : member->operands) {
        if (!is_in(made, operand) && !is_in(read, operand)) read.push_back(operand);
      }
    }
    ElementwiseProgram program;
    program.inputs = static_cast<int>(read.size());
    for (const Member* member : ordered) {
      ElementwiseStep& step = program.steps.emplace_back();
      step.function = member->function;
      step.parameter = member->parameter;
      for (size_t k = 0; k < member->operands.size(); ++k) {
        const ValueId operand = member->operands[k];
        step.operands[k] = is_in(made, operand) ? program.inputs + place_of(made, operand) : place_of(read, operand);
      }
    }
    if (inputs != nullptr) *inputs = std::move(read);
    return program;
  }

  void Rewrite(int root, const Group& group) {
    std::vector<ValueId> inputs;
    const ElementwiseProgram program = AsProgram(group, &inputs);
    for (const Member& member : group.members) erase_[member.op] = member.op != root;
    Op& op = program_.ops[root];
    op.info = FindOp("_FusedElementwise");
    op.attrs = AttrMap();
    op.attrs.Set("T", AttrValue::Type(group.dtype));
    SetElementwiseProgram(program, &op.attrs);
    op.inputs = std::move(inputs);
    changed_ = true;
  }

  Program& program_;
  const UseDef uses_;
  const DimIds dims_;
  std::vector<bool> erase_;
  bool changed_ = false;
};

}  // namespace

absl::StatusOr<bool> FuseElementwise(Program& program) { return Fusion(program).Run(); }

}  // namespace floe
