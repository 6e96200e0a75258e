// An Einsum of two operands becomes what it is made of, transposes, reshapes and one product of matrices, which kernels
// and the other passes know. Left alone: labels twice in an operand, labels that are summed in one operand only, and
// equations that sum nothing.
#include <algorithm>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/einsum.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "program/insert.h"
#include "program/pass.h"

namespace floe {
namespace {

using Labels = std::vector<EinsumLabel>;

bool Has(const Labels& labels, EinsumLabel label) {
  return std::find(labels.begin(), labels.end(), label) != labels.end();
}

bool HasTwice(Labels labels) {
  std::sort(labels.begin(), labels.end());
  return std::adjacent_find(labels.begin(), labels.end()) != labels.end();
}

Labels Joined(std::initializer_list<const Labels*> groups) {
  Labels all;
  for (const Labels* group : groups) all.insert(all.end(), group->begin(), group->end());
  return all;
}

// The labels of a product of matrices: each is of one kind.
struct Kinds {
  Labels batch, rows, summed, columns;  // rows: of the first operand only; columns: of the second
};

std::optional<Kinds> KindsOf(const Labels& a, const Labels& b, const Labels& result) {
  Kinds kinds;
  if (HasTwice(a) || HasTwice(b) || HasTwice(result)) return std::nullopt;
  for (const EinsumLabel label : result) {
    (!Has(b, label) ? kinds.rows : !Has(a, label) ? kinds.columns : kinds.batch).push_back(label);
  }
  for (const EinsumLabel label : a) {
    if (Has(result, label)) continue;
    if (!Has(b, label)) return std::nullopt;
    kinds.summed.push_back(label);
  }
  const bool all_of_b =
      std::all_of(b.begin(), b.end(), [&](EinsumLabel label) { return Has(a, label) || Has(result, label); });
  if (kinds.summed.empty() || !all_of_b) return std::nullopt;
  return kinds;
}

class Expansion {
 public:
  explicit Expansion(Program& program) : program_(program), insertions_(program) {}

  absl::StatusOr<bool> Run() {
    bool changed = false;
    for (size_t i = 0; i < program_.ops.size(); ++i) {
      if (absl::string_view(program_.ops[i].info->name) != "Einsum") continue;
      at_ = static_cast<int>(i);
      FLOE_ASSIGN_OR_RETURN(const bool expanded, Expand());
      changed = changed || expanded;
    }
    if (changed) insertions_.Apply({});
    return changed;
  }

 private:
  // An operand of the product, its dimensions by their labels.
  struct Operand {
    ValueId value;
    Labels labels;
  };

  const Op& op() const { return program_.ops[at_]; }
  std::string Name(absl::string_view what) const { return absl::StrCat(op().name, "/", what); }

  AttrMap Types() const {
    AttrMap attrs;
    attrs.Set("T", AttrValue::Type(program_.values[op().outputs[0]].dtype));
    return attrs;
  }

  absl::StatusOr<bool> Expand() {
    const std::vector<ValueId> inputs = op().inputs;
    if (inputs.size() != 2 || !Contains(FloatTypes(), program_.values[inputs[0]].dtype)) return false;
    std::vector<PartialShape> shapes;
    for (const ValueId id : inputs) shapes.push_back(program_.values[id].shape);
    if (!shapes[0].has_rank() || !shapes[1].has_rank()) return false;
    FLOE_ASSIGN_OR_RETURN(geometry_, ComputeEinsumGeometry(op().attrs, shapes));
    const bool has_empty =
        std::any_of(geometry_.sizes.begin(), geometry_.sizes.end(), [](const auto& size) { return size.second == 0; });
    if (has_empty) return false;
    Operand a{inputs[0], geometry_.inputs[0]}, b{inputs[1], geometry_.inputs[1]};
    // The operand whose own labels come first in the result is the first of the product.
    for (const EinsumLabel label : geometry_.output) {
      if (Has(a.labels, label) && Has(b.labels, label)) continue;
      if (Has(b.labels, label)) std::swap(a, b);
      break;
    }
    const std::optional<Kinds> kinds = KindsOf(a.labels, b.labels, geometry_.output);
    if (!kinds) return false;
    // Which operand a broadcast dimension has its size from is known only when it runs.
    const bool broadcasts = std::any_of(kinds->batch.begin(), kinds->batch.end(), [](EinsumLabel l) { return l < 0; });
    if (broadcasts && (kinds->rows.size() != 1 || kinds->columns.size() != 1)) return false;
    FLOE_RETURN_IF_ERROR(Multiply(*kinds, std::move(a), std::move(b)));
    return true;
  }

  absl::Status Multiply(const Kinds& kinds, Operand a, Operand b) {
    const Labels& batch = kinds.batch;
    const bool turn_a = a.labels == Joined({&batch, &kinds.summed, &kinds.rows}) && kinds.rows.size() == 1;
    const bool turn_b = b.labels == Joined({&batch, &kinds.columns, &kinds.summed});
    const Operand first = a, second = b;
    FLOE_RETURN_IF_ERROR(Arrange(batch, turn_a ? kinds.summed : kinds.rows, turn_a ? kinds.rows : kinds.summed, &a));
    FLOE_RETURN_IF_ERROR(
        Arrange(batch, turn_b ? kinds.columns : kinds.summed, turn_b ? kinds.summed : kinds.columns, &b));
    AttrMap attrs = Types();
    attrs.Set(batch.empty() ? "transpose_a" : "adj_x", AttrValue::Bool(turn_a));
    attrs.Set(batch.empty() ? "transpose_b" : "adj_y", AttrValue::Bool(turn_b));
    FLOE_ASSIGN_OR_RETURN(ValueId product, insertions_.Add(at_, batch.empty() ? "MatMul" : "BatchMatMulV2",
                                                           Name("product"), {a.value, b.value}, std::move(attrs)));
    const Labels order = Joined({&batch, &kinds.rows, &kinds.columns});
    if (kinds.rows.size() != 1 || kinds.columns.size() != 1) {
      std::vector<Labels> groups;
      for (const EinsumLabel label : order) groups.push_back({label});
      FLOE_ASSIGN_OR_RETURN(product, Reshape(product, Name("result"), groups, {first, second}));
    }
    Operand result{product, order};
    FLOE_RETURN_IF_ERROR(Transpose(geometry_.output, &result));
    Op& einsum = program_.ops[at_];
    einsum.info = FindOp("Identity");
    einsum.attrs = Types();
    einsum.inputs = {result.value};
    return absl::OkStatus();
  }

  // The operand as matrices: each group one dimension.
  absl::Status Arrange(const Labels& batch, const Labels& rows, const Labels& columns, Operand* operand) {
    const Operand from = *operand;
    FLOE_RETURN_IF_ERROR(Transpose(Joined({&batch, &rows, &columns}), operand));
    if (rows.size() == 1 && columns.size() == 1) return absl::OkStatus();
    std::vector<Labels> groups;
    for (const EinsumLabel label : batch) groups.push_back({label});
    groups.push_back(rows);
    groups.push_back(columns);
    FLOE_ASSIGN_OR_RETURN(operand->value, Reshape(operand->value, Name("matrices"), groups, {from}));
    return absl::OkStatus();
  }

  absl::Status Transpose(const Labels& order, Operand* operand) {
    if (operand->labels == order) return absl::OkStatus();
    Dims perm;
    for (const EinsumLabel label : order) {
      perm.push_back(std::find(operand->labels.begin(), operand->labels.end(), label) - operand->labels.begin());
    }
    AttrMap attrs = Types();
    attrs.Set("Tperm", AttrValue::Type(DType::kInt32));
    FLOE_ASSIGN_OR_RETURN(operand->value,
                          insertions_.Add(at_, "Transpose", Name("transposed"),
                                          {operand->value, insertions_.Ints(Name("perm"), perm)}, std::move(attrs)));
    operand->labels = order;
    return absl::OkStatus();
  }

  int64_t SizeOf(EinsumLabel label, const Operand& operand) const {
    const auto at = std::find(operand.labels.begin(), operand.labels.end(), label) - operand.labels.begin();
    return program_.values[operand.value].shape.dim(static_cast<int>(at));
  }

  // `value` with one dimension a group of labels, whose sizes are those of the first of `sources` that has the label.
  absl::StatusOr<ValueId> Reshape(ValueId value, const std::string& name, const std::vector<Labels>& groups,
                                  const std::vector<Operand>& sources) {
    const auto source_of = [&](EinsumLabel label) -> const Operand& {
      return *std::find_if(sources.begin(), sources.end(), [&](const Operand& o) { return Has(o.labels, label); });
    };
    Dims dims;
    for (const Labels& group : groups) {
      int64_t size = 1;
      for (const EinsumLabel label : group) {
        // A batch's dimension of the ellipsis may be 1 in this operand and more in the other.
        const int64_t own = label < 0 && sources.size() == 1 ? SizeOf(label, sources[0]) : geometry_.sizes.at(label);
        size = size < 0 || own < 0 ? PartialShape::kUnknownDim : size * own;
      }
      dims.push_back(size);
    }
    ValueId sizes = -1;
    if (std::count(dims.begin(), dims.end(), PartialShape::kUnknownDim) <= 1) {
      sizes = insertions_.Ints(absl::StrCat(name, "/shape"), dims);  // -1 means the rest
    } else {
      FLOE_ASSIGN_OR_RETURN(sizes, SizesAtRun(name, groups, dims, source_of));
    }
    AttrMap attrs = Types();
    attrs.Set("Tshape", AttrValue::Type(DType::kInt32));
    FLOE_ASSIGN_OR_RETURN(const ValueId reshaped,
                          insertions_.Add(at_, "Reshape", name, {value, sizes}, std::move(attrs)));
    if (program_.ConstantOf(reshaped) == nullptr) program_.values[reshaped].shape = PartialShape(dims);
    return reshaped;
  }

  template <typename SourceOf>
  absl::StatusOr<ValueId> SizesAtRun(const std::string& name, const std::vector<Labels>& groups, const Dims& dims,
                                     const SourceOf& source_of) {
    AttrMap ints;
    ints.Set("T", AttrValue::Type(DType::kInt32));
    std::vector<ValueId> pieces;
    for (size_t i = 0; i < groups.size(); ++i) {
      if (dims[i] >= 0) {
        pieces.push_back(insertions_.Ints(absl::StrCat(name, "/size"), {dims[i]}));
        continue;
      }
      std::vector<ValueId> factors;
      for (const EinsumLabel label : groups[i]) {
        FLOE_ASSIGN_OR_RETURN(factors.emplace_back(), SizeAtRun(name, label, source_of(label)));
      }
      ValueId size = factors[0];
      for (size_t k = 1; k < factors.size(); ++k) {
        FLOE_ASSIGN_OR_RETURN(size, insertions_.Add(at_, "Mul", absl::StrCat(name, "/size"), {size, factors[k]}, ints));
      }
      pieces.push_back(size);
    }
    AttrMap attrs = ints;
    attrs.Set("N", AttrValue::Int(static_cast<int64_t>(pieces.size())));
    pieces.push_back(program_.AddConstant(absl::StrCat(name, "/axis"), Tensor::Scalar<int32_t>(0)));
    return insertions_.Add(at_, "ConcatV2", absl::StrCat(name, "/shape"), std::move(pieces), std::move(attrs));
  }

  // A vector of the one size.
  absl::StatusOr<ValueId> SizeAtRun(const std::string& name, EinsumLabel label, const Operand& operand) {
    const auto axis = std::find(operand.labels.begin(), operand.labels.end(), label) - operand.labels.begin();
    FLOE_ASSIGN_OR_RETURN(const ValueId shape,
                          insertions_.Add(at_, "Shape", absl::StrCat(name, "/sizes"), {operand.value}, Types()));
    AttrMap attrs;
    attrs.Set("T", AttrValue::Type(DType::kInt32));
    attrs.Set("Index", AttrValue::Type(DType::kInt32));
    return insertions_.Add(
        at_, "StridedSlice", absl::StrCat(name, "/size"),
        {shape, insertions_.Ints(absl::StrCat(name, "/begin"), {axis}),
         insertions_.Ints(absl::StrCat(name, "/end"), {axis + 1}), insertions_.Ints(absl::StrCat(name, "/step"), {1})},
        std::move(attrs));
  }

  Program& program_;
  Insertions insertions_;
  int at_ = 0;  // the Einsum
  EinsumGeometry geometry_;
};

}  // namespace

absl::StatusOr<bool> ExpandEinsum(Program& program) { return Expansion(program).Run(); }

}  // namespace floe
