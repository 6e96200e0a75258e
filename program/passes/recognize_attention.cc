// Attention spelled out becomes one op: softmax(scores) * v, where scores are a product q * k and what is done to it:
//   scaled by constants, in front of the product too, or after a mask
//   + mask, - mask; selected by a mask, or something far below zero in its place; times a mask of zeros and ones
// in any order. Transposes around the products become the layout that the op reads and writes. Only where nobody else
// reads what lies between; who asks for the scores' shape gets it from q and k. float32 only.
#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/attention.h"
#include "ops/registry.h"
#include "program/insert.h"
#include "program/match.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr ValueId kNone = -1;
// Ops between the products; keeps each match short.
constexpr int kMostSteps = 16;
// Less than this added to every score changes nothing: some exporters keep a sum's compiler busy with 1e-9.
constexpr double kNothing = 1e-6;

// Whether a mask is to be made of another op's result, and how. Made only once everything is known to match.
struct MaskStep {
  enum Kind { kAdd, kSubtract, kShiftWhere, kShiftUnless, kKeep, kDrop, kTimes };
  Kind kind;
  ValueId mask;
  double number = 0;  // kKeep, kDrop: what stands where the score does not; kShift...: what is added there
  double scale = 1;   // of the scores behind it
};

bool Keeps(const MaskStep& step) {
  return step.kind == MaskStep::kKeep || step.kind == MaskStep::kDrop || step.kind == MaskStep::kTimes;
}

// An operand of a product, as it lies before transposes and scales.
struct Source {
  ValueId value = kNone;
  Dims perm;
  double scale = 1;
};

class Recognition {
 public:
  explicit Recognition(Program& program)
      : program_(program),
        uses_(program),
        matcher_(program, uses_),
        insertions_(program),
        erase_(program.ops.size(), false) {}

  absl::StatusOr<bool> Run() {
    bool changed = false;
    const size_t count = program_.ops.size();
    for (size_t i = 0; i < count; ++i) {
      if (!IsProduct(program_.ops[i])) continue;
      FLOE_ASSIGN_OR_RETURN(const bool recognized, Recognize(static_cast<int>(i)));
      changed = changed || recognized;
    }
    if (changed) insertions_.Apply(erase_);
    return changed;
  }

 private:
  bool IsProduct(const Op& op) const {
    const absl::string_view name = op.info->name;
    return (name == "MatMul" || name == "BatchMatMul" || name == "BatchMatMulV2" || name == "BatchMatMulV3") &&
           program_.values[op.outputs[0]].dtype == DType::kFloat &&
           program_.values[op.inputs[0]].dtype == DType::kFloat && program_.values[op.outputs[0]].shape.has_rank();
  }
  int Maker(ValueId id, std::initializer_list<absl::string_view> names) const {
    const int maker = matcher_.Maker(id, names);
    return maker >= 0 && !erase_[maker] ? maker : -1;
  }
  const PartialShape& ShapeOf(ValueId id) const { return program_.values[id].shape; }
  ValueId ResultOf(int op) const { return program_.ops[op].outputs[0]; }

  // What is found of one attention.
  struct Match {
    MatchedOps ops;
    std::vector<ValueId> plain;   // values of the shape that the product has
    int product = -1;             // q * k
    double scale = 1;             // of the scores
    std::vector<MaskStep> masks;  // the last one first
  };

  absl::StatusOr<bool> Recognize(int root) {
    const Op& op = program_.ops[root];
    if (Turned(op, 0)) return false;
    const int softmax = Maker(op.inputs[0], {"Softmax"});
    if (softmax < 0 || op.inputs[1] == op.inputs[0]) return false;
    Match match;
    match.ops = {root, softmax};
    if (!WalkScores(program_.ops[softmax].inputs[0], 0, &match) || !IsEnclosed(match, root)) return false;
    const std::optional<Source> q = SourceOf(match.product, 0, false), k = SourceOf(match.product, 1, true),
                                v = SourceOf(root, 1, false);
    if (!q || !k || !v) return false;
    for (const ValueId id : {q->value, k->value, v->value}) {
      if (IsMadeBy(id, match.ops)) return false;
    }
    // Columns that are constant are weights: a layer with a softmax behind it.
    if (program_.ConstantOf(k->value) != nullptr) return false;
    if (program_.values[op.outputs[0]].shape.rank() > kMostAttentionBatchDims + 2) return false;
    for (const MaskStep& step : match.masks) {
      if (!ShapeOf(step.mask).has_rank() || IsMadeBy(step.mask, match.ops)) return false;
    }
    if (std::count_if(match.masks.begin(), match.masks.end(), Keeps) > 1) return false;
    FLOE_ASSIGN_OR_RETURN(const Masks masks, MakeMasks(root, match));
    FLOE_RETURN_IF_ERROR(Replace(root, match, *q, *k, *v, masks));
    return true;
  }

  // ---- The products

  // Whether operand `side` of a product is transposed.
  static bool Turned(const Op& op, int side) {
    const char* const names[2][2] = {{"transpose_a", "adj_x"}, {"transpose_b", "adj_y"}};
    const auto is_set = [&](const char* name) { return op.attrs.Bool(name, false).value_or(false); };
    return is_set(names[side][0]) || is_set(names[side][1]);
  }

  // Where operand `side` of the product comes from. `as_columns`: its last two dimensions the other way round.
  std::optional<Source> SourceOf(int product, int side, bool as_columns) const {
    const Op& op = program_.ops[product];
    Source source{op.inputs[side], {}, 1};
    if (!ShapeOf(source.value).has_rank() || ShapeOf(source.value).rank() < 2) return std::nullopt;
    const int rank = ShapeOf(source.value).rank();
    for (int axis = 0; axis < rank; ++axis) source.perm.push_back(axis);
    if (Turned(op, side) != as_columns) std::swap(source.perm[rank - 2], source.perm[rank - 1]);
    for (int step = 0; step < kMostSteps; ++step) {
      const int maker = Maker(source.value, {"Transpose", "Mul", "RealDiv", "Div"});
      if (maker < 0) break;
      const Op& above = program_.ops[maker];
      if (absl::string_view(above.info->name) == "Transpose") {
        const std::optional<Dims> perm = Permutation(above);
        if (!perm) break;
        for (int64_t& axis : source.perm) axis = (*perm)[axis];
        source.value = above.inputs[0];
        continue;
      }
      const std::optional<Matcher::WithScalar> scaled = matcher_.SplitScalar(maker);
      if (!scaled || (side == 1 && !as_columns)) break;  // v's scale is not the scores'
      const std::optional<double> factor = Factor(above, *scaled);
      if (!factor) break;
      source.scale *= *factor;
      source.value = scaled->value;
    }
    return source;
  }

  // What a product or quotient with a scalar multiplies by.
  static std::optional<double> Factor(const Op& op, const Matcher::WithScalar& scaled) {
    if (absl::string_view(op.info->name) == "Mul") return scaled.scalar;
    if (scaled.scalar_first || scaled.scalar == 0) return std::nullopt;
    return 1 / scaled.scalar;
  }

  std::optional<Dims> Permutation(const Op& transpose) const {
    const Tensor* const constant = program_.ConstantOf(transpose.inputs[1]);
    const PartialShape& shape = ShapeOf(transpose.inputs[0]);
    if (constant == nullptr || !shape.has_rank()) return std::nullopt;
    const absl::StatusOr<Dims> perm = ToInt64s(*constant);
    if (!perm.ok() || static_cast<int>(perm->size()) != shape.rank()) return std::nullopt;
    Dims axes = *perm;
    for (int64_t& axis : axes) axis = axis < 0 ? axis + shape.rank() : axis;
    return axes;
  }

  // ---- The scores

  // From what the softmax reads to the product.
  bool WalkScores(ValueId id, int depth, Match* match) const {
    const int maker = Maker(id, {"MatMul", "BatchMatMul", "BatchMatMulV2", "BatchMatMulV3", "Mul", "RealDiv", "Div",
                                 "Add", "AddV2", "Sub", "SelectV2", "Select"});
    if (maker < 0 || depth > kMostSteps) return false;
    const Op& op = program_.ops[maker];
    if (program_.values[id].dtype != DType::kFloat || !ShapeOf(id).has_rank()) return false;
    match->ops.push_back(maker);
    match->plain.push_back(id);
    if (IsProduct(op)) {
      match->product = maker;
      return true;
    }
    const absl::string_view name = op.info->name;
    if (name == "Select" || name == "SelectV2") return WalkSelection(op, depth, match);
    if (const std::optional<Matcher::WithScalar> scalar = matcher_.SplitScalar(maker)) {
      if (name == "Mul" || name == "RealDiv" || name == "Div") {
        const std::optional<double> factor = Factor(op, *scalar);
        if (!factor) return false;
        match->scale *= *factor;
        return WalkScores(scalar->value, depth + 1, match);
      }
      if (std::abs(scalar->scalar) <= kNothing && !(name == "Sub" && scalar->scalar_first))
        return WalkScores(scalar->value, depth + 1, match);
    }
    if (name == "RealDiv" || name == "Div") return false;
    for (const int side : {0, 1}) {
      if (name == "Sub" && side == 1) break;  // of a mask
      Match tried = *match;
      const ValueId mask = op.inputs[1 - side];
      if (name == "Mul" && !IsZerosAndOnes(mask)) continue;
      const MaskStep::Kind kind = name == "Mul"   ? MaskStep::kTimes
                                  : name == "Sub" ? MaskStep::kSubtract
                                                  : MaskStep::kAdd;
      AddMask({kind, mask}, &tried);
      if (!WalkScores(op.inputs[side], depth + 1, &tried)) continue;
      *match = std::move(tried);
      return true;
    }
    return false;
  }

  // What comes behind is scaled already by what comes before the mask; the mask is not.
  static void AddMask(MaskStep step, Match* match) {
    step.scale = match->scale;
    match->masks.push_back(step);
    match->plain.clear();
  }

  bool WalkSelection(const Op& op, int depth, Match* match) const {
    const ValueId condition = op.inputs[0];
    // Of another rank, Select chooses among rows.
    if (absl::string_view(op.info->name) == "Select" &&
        (!ShapeOf(condition).has_rank() || ShapeOf(condition).rank() != ShapeOf(op.outputs[0]).rank()))
      return false;
    for (const int side : {1, 2}) {
      const ValueId scores = op.inputs[side], other = op.inputs[3 - side];
      std::optional<MaskStep> step;
      MatchedOps shifted;
      if (const std::optional<double> number = SameEverywhere(other, scores)) {
        step = MaskStep{side == 1 ? MaskStep::kKeep : MaskStep::kDrop, condition, *number};
      } else if (const std::optional<double> shift = ShiftFrom(other, scores, &shifted)) {
        step = MaskStep{side == 1 ? MaskStep::kShiftUnless : MaskStep::kShiftWhere, condition, *shift};
      }
      if (!step) continue;
      Match tried = *match;
      tried.ops.insert(tried.ops.end(), shifted.begin(), shifted.end());
      AddMask(*step, &tried);
      if (!WalkScores(scores, depth + 1, &tried)) continue;
      *match = std::move(tried);
      return true;
    }
    return false;
  }

  // Whether the value spreads to the scores' shape, as far as shapes are known.
  bool Spreads(ValueId id, ValueId scores) const {
    const PartialShape &own = ShapeOf(id), &whole = ShapeOf(scores);
    if (!own.has_rank() || own.rank() > whole.rank()) return false;
    for (int axis = 0; axis < own.rank(); ++axis) {
      const int64_t dim = own.dim(axis), size = whole.dim(whole.rank() - own.rank() + axis);
      if (dim != 1 && (dim < 0 || dim != size)) return false;
    }
    return true;
  }

  // The number that all elements are, where it spreads to the scores: a constant, or filled with one.
  std::optional<double> SameEverywhere(ValueId id, ValueId scores) const {
    const Tensor* constant = program_.ConstantOf(id);
    if (constant != nullptr && !Spreads(id, scores)) return std::nullopt;
    if (constant == nullptr) {
      const int fill = Maker(id, {"Fill"});
      if (fill < 0 || !IsShapeOf(matcher_.op(fill).inputs[0], scores)) return std::nullopt;
      constant = program_.ConstantOf(matcher_.op(fill).inputs[1]);
    }
    if (constant == nullptr || constant->dtype() != DType::kFloat || constant->num_elements() == 0) return std::nullopt;
    const absl::Span<const float> values = constant->flat<float>();
    if (std::any_of(values.begin(), values.end(), [&](float value) { return !(value == values[0]); }))
      return std::nullopt;
    return values[0];
  }

  // Whether the value is the shape of the scores or of what has the same.
  bool IsShapeOf(ValueId id, ValueId scores) const {
    const int shape = Maker(id, {"Shape"});
    return shape >= 0 && matcher_.op(shape).inputs[0] == scores;
  }

  // What `id` is more than the scores everywhere.
  std::optional<double> ShiftFrom(ValueId id, ValueId scores, MatchedOps* ops) const {
    const int sum = Maker(id, {"Add", "AddV2", "Sub"});
    if (sum < 0) return std::nullopt;
    const std::optional<Matcher::WithScalar> parts = matcher_.SplitScalar(sum);
    const bool subtracts = absl::string_view(matcher_.op(sum).info->name) == "Sub";
    if (!parts || parts->value != scores || (subtracts && parts->scalar_first)) return std::nullopt;
    ops->push_back(sum);
    return subtracts ? -parts->scalar : parts->scalar;
  }

  bool IsZerosAndOnes(ValueId id) const {
    if (const Tensor* const constant = program_.ConstantOf(id)) {
      if (constant->dtype() != DType::kFloat) return false;
      const absl::Span<const float> values = constant->flat<float>();
      return std::all_of(values.begin(), values.end(), [](float value) { return value == 0 || value == 1; });
    }
    int maker = Maker(id, {"Reshape", "ExpandDims", "Cast"});
    for (int step = 0; step < kMostSteps && maker >= 0; ++step) {
      const ValueId from = matcher_.op(maker).inputs[0];
      if (absl::string_view(matcher_.op(maker).info->name) == "Cast")
        return program_.values[from].dtype == DType::kBool;
      maker = Maker(from, {"Reshape", "ExpandDims", "Cast"});
    }
    return false;
  }

  // Whether what lies between is read by nobody else, but for its shape where that is the product's.
  bool IsEnclosed(const Match& match, int root) const {
    for (const int op : match.ops) {
      if (op == root) continue;
      const ValueId result = ResultOf(op);
      if (uses_.is_output[result]) return false;
      for (const int user : uses_.users[result]) {
        if (std::find(match.ops.begin(), match.ops.end(), user) != match.ops.end()) continue;
        const bool is_plain = std::find(match.plain.begin(), match.plain.end(), result) != match.plain.end();
        if (!is_plain || absl::string_view(program_.ops[user].info->name) != "Shape") return false;
      }
    }
    return true;
  }

  bool IsMadeBy(ValueId id, const MatchedOps& ops) const {
    return std::any_of(ops.begin(), ops.end(), [&](int op) { return ResultOf(op) == id; });
  }

  // ---- The masks

  struct Masks {
    ValueId keep = kNone, added = kNone;
    double masked = 0;
  };

  AttrMap Types(DType dtype = DType::kFloat) const {
    AttrMap attrs;
    attrs.Set("T", AttrValue::Type(dtype));
    return attrs;
  }
  ValueId Number(int root, double number) {
    return program_.AddConstant(absl::StrCat(program_.ops[root].name, "/number"),
                                Tensor::Scalar<float>(static_cast<float>(number)));
  }
  absl::StatusOr<ValueId> Add(int root, absl::string_view op, std::vector<ValueId> inputs,
                              DType dtype = DType::kFloat) {
    return insertions_.Add(root, op, absl::StrCat(program_.ops[root].name, "/mask"), std::move(inputs), Types(dtype));
  }

  // The mask without what is true everywhere: some exporters spread it to the scores' shape so.
  ValueId WithoutAllTrue(ValueId keep, const Match& match) const {
    const int both = Maker(keep, {"LogicalAnd"});
    if (both < 0) return keep;
    const std::vector<ValueId>& inputs = matcher_.op(both).inputs;
    for (const int side : {0, 1}) {
      if (IsAllTrue(inputs[side], match)) return inputs[1 - side];
    }
    return keep;
  }

  bool IsAllTrue(ValueId id, const Match& match) const {
    const Tensor* truth = program_.ConstantOf(id);
    if (truth == nullptr) {
      const int fill = Maker(id, {"Fill"});
      if (fill < 0) return false;
      const auto is_shape = [&](ValueId plain) { return IsShapeOf(matcher_.op(fill).inputs[0], plain); };
      if (std::none_of(match.plain.begin(), match.plain.end(), is_shape) && !Spreads(id, ResultOf(match.product)))
        return false;
      truth = program_.ConstantOf(matcher_.op(fill).inputs[1]);
    } else if (!Spreads(id, ResultOf(match.product))) {
      return false;
    }
    if (truth == nullptr || truth->dtype() != DType::kBool) return false;
    const absl::Span<const bool> values = truth->flat<bool>();
    return std::all_of(values.begin(), values.end(), [](bool value) { return value; });
  }

  // All masks as one that keeps and one that is added behind it: keep ? scores : masked, + added.
  absl::StatusOr<Masks> MakeMasks(int root, const Match& match) {
    Masks masks;
    for (const MaskStep& step : match.masks) {
      FLOE_RETURN_IF_ERROR(Keeps(step) ? KeepScores(root, match, step, &masks) : AddToScores(root, step, &masks));
    }
    return masks;
  }

  absl::Status AddToScores(int root, const MaskStep& step, Masks* masks) {
    ValueId added = step.mask;
    if (step.kind == MaskStep::kShiftWhere || step.kind == MaskStep::kShiftUnless) {
      ValueId where = Number(root, step.number), elsewhere = Number(root, 0);
      if (step.kind == MaskStep::kShiftUnless) std::swap(where, elsewhere);
      FLOE_ASSIGN_OR_RETURN(added, Add(root, "SelectV2", {step.mask, where, elsewhere}));
    }
    const double factor = step.kind == MaskStep::kSubtract ? -step.scale : step.scale;
    if (factor == -1) {
      FLOE_ASSIGN_OR_RETURN(added, Add(root, "Neg", {added}));
    } else if (factor != 1) {
      FLOE_ASSIGN_OR_RETURN(added, Add(root, "Mul", {added, Number(root, factor)}));
    }
    if (masks->keep != kNone) {
      FLOE_ASSIGN_OR_RETURN(added, Add(root, "SelectV2", {masks->keep, added, Number(root, 0)}));
    }
    if (masks->added != kNone) {
      FLOE_ASSIGN_OR_RETURN(added, Add(root, "AddV2", {added, masks->added}));
    }
    masks->added = added;
    return absl::OkStatus();
  }

  absl::Status KeepScores(int root, const Match& match, const MaskStep& step, Masks* masks) {
    masks->masked = step.scale * step.number;
    masks->keep = step.mask;
    if (step.kind == MaskStep::kDrop) {
      FLOE_ASSIGN_OR_RETURN(masks->keep, insertions_.Add(root, "LogicalNot",
                                                         absl::StrCat(program_.ops[root].name, "/keep"), {step.mask}));
    } else if (step.kind == MaskStep::kTimes) {
      AttrMap attrs;
      attrs.Set("SrcT", AttrValue::Type(DType::kFloat));
      attrs.Set("DstT", AttrValue::Type(DType::kBool));
      FLOE_ASSIGN_OR_RETURN(masks->keep, insertions_.Add(root, "Cast", absl::StrCat(program_.ops[root].name, "/keep"),
                                                         {step.mask}, std::move(attrs)));
    } else {
      masks->keep = WithoutAllTrue(step.mask, match);
    }
    return absl::OkStatus();
  }

  // ---- Rewriting

  absl::Status Replace(int root, const Match& match, const Source& q, const Source& k, const Source& v,
                       const Masks& masks) {
    FLOE_RETURN_IF_ERROR(ShapesOfOperands(match));
    for (const int op : match.ops) erase_[op] = op != root;
    Op& op = program_.ops[root];
    op.info = FindOp("_FusedAttention");
    op.attrs = Types();
    op.attrs.Set("scale", AttrValue::Float(static_cast<float>(match.scale * q.scale * k.scale)));
    op.inputs = {q.value, k.value, v.value};
    const std::pair<const char*, const Dims&> perms[] = {{"q_perm", q.perm}, {"k_perm", k.perm}, {"v_perm", v.perm}};
    for (const auto& [name, perm] : perms) {
      if (!std::is_sorted(perm.begin(), perm.end())) op.attrs.Set(name, AttrValue::Ints(perm));
    }
    if (masks.keep != kNone) {
      op.inputs.push_back(masks.keep);
      op.attrs.Set("masked", AttrValue::Float(static_cast<float>(masks.masked)));
    }
    if (masks.added != kNone) op.inputs.push_back(masks.added);
    const int turn = uses_.OnlyUser(op.outputs[0]);
    if (turn < 0 || absl::string_view(program_.ops[turn].info->name) != "Transpose") return absl::OkStatus();
    const std::optional<Dims> perm = Permutation(program_.ops[turn]);
    if (!perm || program_.ops[turn].inputs[0] != op.outputs[0]) return absl::OkStatus();
    op.attrs.Set("out_perm", AttrValue::Ints(*perm));
    op.outputs = program_.ops[turn].outputs;
    erase_[turn] = true;
    return absl::OkStatus();
  }

  // Who asks for the shape of scores that are no longer made gets it from the operands.
  absl::Status ShapesOfOperands(const Match& match) {
    for (const ValueId id : match.plain) {
      for (const int user : uses_.users[id]) {
        Op& op = program_.ops[user];
        if (erase_[user] || absl::string_view(op.info->name) != "Shape") continue;
        FLOE_RETURN_IF_ERROR(ShapeFromOperands(user, match.product));
      }
    }
    return absl::OkStatus();
  }

  absl::Status ShapeFromOperands(int user, int product) {
    const DType dtype = program_.values[ResultOf(user)].dtype;
    const std::string name = absl::StrCat(program_.ops[user].name, "/operands");
    AttrMap attrs = Types(dtype);
    attrs.Set("Index", AttrValue::Type(DType::kInt32));
    std::vector<ValueId> fronts, sizes;
    for (const int side : {0, 1}) {
      const ValueId operand = program_.ops[product].inputs[side];
      const int64_t rank = ShapeOf(operand).rank();
      AttrMap shape = Types();
      shape.Set("out_type", AttrValue::Type(dtype));
      FLOE_ASSIGN_OR_RETURN(const ValueId all, insertions_.Add(user, "Shape", name, {operand}, std::move(shape)));
      const auto slice = [&](int64_t from, int64_t to) {
        return insertions_.Add(
            user, "StridedSlice", name,
            {all, insertions_.Ints(name, {from}), insertions_.Ints(name, {to}), insertions_.Ints(name, {1})}, attrs);
      };
      FLOE_ASSIGN_OR_RETURN(fronts.emplace_back(), slice(0, rank - 2));
      const int64_t own = Turned(program_.ops[product], side) == (side == 0) ? rank - 1 : rank - 2;
      FLOE_ASSIGN_OR_RETURN(sizes.emplace_back(), slice(own, own + 1));
    }
    FLOE_ASSIGN_OR_RETURN(const ValueId front, insertions_.Add(user, "BroadcastArgs", name, fronts, Types(dtype)));
    Op& op = program_.ops[user];
    op.info = FindOp("ConcatV2");
    op.attrs = Types(dtype);
    op.attrs.Set("N", AttrValue::Int(3));
    op.inputs = {front, sizes[0], sizes[1], program_.AddConstant(name, Tensor::Scalar<int32_t>(0))};
    return absl::OkStatus();
  }

  Program& program_;
  const UseDef uses_;
  const Matcher matcher_;
  Insertions insertions_;
  std::vector<bool> erase_;
};

}  // namespace

absl::StatusOr<bool> RecognizeAttention(Program& program) { return Recognition(program).Run(); }

}  // namespace floe
