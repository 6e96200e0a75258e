#include "ops/einsum.h"

#include <algorithm>
#include <array>
#include <map>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

using EinsumTypes = Join<FloatTypes, IndexTypes, ComplexTypes>;

// One operand's labels: a character a dimension, and kEllipsis where any number of dimensions may stand.
constexpr char kEllipsis = '.';
struct Equation {
  std::vector<std::string> inputs;
  std::string output;
};

absl::StatusOr<std::string> ParseLabels(absl::string_view text) {
  std::string labels;
  bool ellipsis = false;
  for (size_t i = 0; i < text.size(); ++i) {
    if (absl::string_view(text.substr(i, 3)) == "...") {
      if (ellipsis) return absl::InvalidArgumentError(absl::StrCat("equation: more than one '...' in '", text, "'"));
      ellipsis = true;
      i += 2;
      labels.push_back(kEllipsis);
    } else if (text[i] == '.' || text[i] == ' ') {
      return absl::InvalidArgumentError(
          absl::StrCat("equation: '", text, "' has '", text.substr(i, 1), "' for a label"));
    } else {
      labels.push_back(text[i]);
    }
  }
  return labels;
}

absl::StatusOr<Equation> ParseEquation(const AttrMap& attrs, int num_inputs) {
  FLOE_ASSIGN_OR_RETURN(const std::string text, attrs.String("equation"));
  const std::vector<std::string> sides = absl::StrSplit(text, "->");
  if (sides.size() != 2) {
    return absl::InvalidArgumentError(absl::StrCat("equation: wanted one '->', got '", text, "'"));
  }
  Equation equation;
  for (const absl::string_view input : absl::StrSplit(sides[0], ',')) {
    FLOE_ASSIGN_OR_RETURN(equation.inputs.emplace_back(), ParseLabels(input));
  }
  FLOE_ASSIGN_OR_RETURN(equation.output, ParseLabels(sides[1]));
  const int operands = static_cast<int>(equation.inputs.size());
  if (operands > 2) return absl::InvalidArgumentError(absl::StrCat("equation: '", text, "' has more than 2 operands"));
  if (operands != num_inputs) {
    return absl::InvalidArgumentError(
        absl::StrCat("equation: '", text, "' has ", operands, " operands, got ", num_inputs, " inputs"));
  }
  for (const char label : equation.output) {
    const auto has = [&](const std::string& input) { return input.find(label) != std::string::npos; };
    if (label != kEllipsis && std::none_of(equation.inputs.begin(), equation.inputs.end(), has)) {
      return absl::InvalidArgumentError(absl::StrCat(
          "equation: '", text, "' has a label in the result that no operand has: ", std::string(1, label)));
    }
  }
  return equation;
}

using Label = EinsumLabel;

// Labels with the ellipsis written out for an operand of this rank.
absl::StatusOr<std::vector<Label>> LabelsOf(absl::string_view what, const std::string& labels, int rank) {
  const size_t at = labels.find(kEllipsis);
  const int named = static_cast<int>(labels.size()) - (at == std::string::npos ? 0 : 1), broadcast = rank - named;
  if (broadcast < 0 || (at == std::string::npos && broadcast != 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat(what, ": wanted rank ", named, at == std::string::npos ? "" : " or more", ", got ", rank));
  }
  std::vector<Label> all;
  for (const char label : labels) {
    if (label == kEllipsis) {
      for (int i = broadcast; i > 0; --i) all.push_back(-i);
    } else {
      all.push_back(static_cast<unsigned char>(label));
    }
  }
  return all;
}

absl::StatusOr<EinsumGeometry> ComputeGeometry(const Equation& equation, absl::Span<const PartialShape> shapes) {
  EinsumGeometry geometry;
  int broadcast = 0;
  for (size_t i = 0; i < shapes.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(geometry.inputs.emplace_back(),
                          LabelsOf(absl::StrCat("input ", i), equation.inputs[i], shapes[i].rank()));
    for (int axis = 0; axis < shapes[i].rank(); ++axis) {
      const Label label = geometry.inputs[i][axis];
      const int64_t dim = shapes[i].dim(axis);
      const auto [found, fresh] = geometry.sizes.try_emplace(label, dim);
      if (fresh) continue;
      int64_t& size = found->second;
      if (label < 0 && dim == 1) continue;
      if (label < 0 && size == 1) {
        size = dim;
        continue;
      }
      absl::StatusOr<int64_t> merged = MergeDim(size, dim);
      if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i, ", dimension ", axis));
      size = *merged;
    }
    for (const Label label : geometry.inputs[i]) broadcast = std::max(broadcast, -label);
  }
  const bool has_ellipsis = equation.output.find(kEllipsis) != std::string::npos;
  if (broadcast > 0 && !has_ellipsis) {
    return absl::InvalidArgumentError(
        absl::StrCat("equation: ", broadcast, " dimensions of '...' are missing in the result"));
  }
  const int named = static_cast<int>(equation.output.size()) - (has_ellipsis ? 1 : 0);
  FLOE_ASSIGN_OR_RETURN(geometry.output, LabelsOf("result", equation.output, named + broadcast));
  return geometry;
}

absl::Status InferEinsum(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(EinsumTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const Equation equation, ParseEquation(context.attrs(), context.num_inputs()));
  std::vector<PartialShape> shapes;
  bool ranks_known = true;
  for (int i = 0; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    shapes.push_back(context.shape(i));
    // Without an ellipsis the equation itself tells the rank.
    const std::string& labels = equation.inputs[i];
    if (!shapes.back().has_rank() && labels.find(kEllipsis) == std::string::npos) {
      shapes.back() = PartialShape::UnknownDims(static_cast<int>(labels.size()));
    }
    ranks_known = ranks_known && shapes.back().has_rank();
  }
  PartialShape shape = PartialShape::UnknownRank();
  if (ranks_known) {
    FLOE_ASSIGN_OR_RETURN(const EinsumGeometry geometry, ComputeGeometry(equation, shapes));
    shape = geometry.OutputShape();
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

EinsumLoop LoopOf(const EinsumGeometry& geometry, Label label, absl::Span<const Shape* const> shapes) {
  EinsumLoop loop;
  loop.size = geometry.sizes.at(label);
  for (size_t operand = 0; operand < shapes.size(); ++operand) {
    const std::vector<Label>& labels = operand == 0 ? geometry.output : geometry.inputs[operand - 1];
    const Dims strides = shapes[operand]->Strides();
    for (size_t axis = 0; axis < labels.size(); ++axis) {
      const bool broadcast = label < 0 && shapes[operand]->dim(static_cast<int>(axis)) == 1;
      if (labels[axis] == label && !broadcast) loop.strides[operand] += strides[axis];
    }
  }
  return loop;
}

// Calls body(offsets) once for each index of the loops, the last moving fastest.
template <typename Body>
void ForEachIndex(const std::vector<EinsumLoop>& loops, std::array<int64_t, 3> offsets, Body&& body) {
  for (const EinsumLoop& loop : loops) {
    if (loop.size == 0) return;
  }
  std::vector<int64_t> index(loops.size(), 0);
  while (true) {
    body(offsets);
    int at = static_cast<int>(loops.size()) - 1;
    for (; at >= 0; --at) {
      const EinsumLoop& loop = loops[at];
      for (int k = 0; k < 3; ++k) offsets[k] += loop.strides[k];
      if (++index[at] < loop.size) break;
      for (int k = 0; k < 3; ++k) offsets[k] -= loop.strides[k] * loop.size;
      index[at] = 0;
    }
    if (at < 0) return;
  }
}

// Sums over the labels that the result lacks, a row of the result's last label at a time, as a product of matrices
// would.
template <bool kTwoOperands, typename T>
void Compute(const std::vector<EinsumLoop>& outer, const std::vector<EinsumLoop>& summed, const EinsumLoop& row,
             const T* a, const T* b, Wide<T>* sums, T* out) {
  ForEachIndex(outer, {}, [&](const std::array<int64_t, 3>& first) {
    std::fill_n(sums, row.size, Wide<T>(0));
    ForEachIndex(summed, first, [&](const std::array<int64_t, 3>& at) {
      for (int64_t i = 0; i < row.size; ++i) {
        Wide<T> term = a[at[1] + i * row.strides[1]];
        if constexpr (kTwoOperands) term = WrapMul<Wide<T>>(term, b[at[2] + i * row.strides[2]]);
        sums[i] = WrapAdd<Wide<T>>(sums[i], term);
      }
    });
    for (int64_t i = 0; i < row.size; ++i) out[first[0] + i * row.strides[0]] = T(sums[i]);
  });
}

absl::Status EvalEinsum(EvalContext& context) {
  std::vector<Shape> shapes;
  for (int i = 0; i < context.num_inputs(); ++i) shapes.push_back(context.input(i).shape());
  FLOE_ASSIGN_OR_RETURN(const EinsumLoops loops, ComputeEinsumLoops(context.attrs(), shapes));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, loops.result));
  if (loops.result.num_elements() == 0) return absl::OkStatus();
  std::vector<EinsumLoop> outer = loops.outer;
  const std::vector<EinsumLoop>& summed = loops.summed;
  EinsumLoop row;
  if (!outer.empty()) {
    row = outer.back();
    outer.pop_back();
  }
  if (loops.leaves_holes) FLOE_RETURN_IF_ERROR(ZeroElements(output));
  return OnDType(EinsumTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const auto sums, Scratch<Wide<T>>(row.size));
    const T* const a = context.input(0).data<T>();
    T* const to = output->mutable_data<T>();
    if (context.num_inputs() == 1) {
      Compute<false, T>(outer, summed, row, a, nullptr, sums.get(), to);
    } else {
      Compute<true, T>(outer, summed, row, a, context.input(1).data<T>(), sums.get(), to);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Einsum", InferEinsum, EvalEinsum},
};

}  // namespace

absl::Span<const OpInfo> EinsumOps() { return kOps; }

PartialShape EinsumGeometry::OutputShape() const {
  Dims dims;
  for (const Label label : output) dims.push_back(sizes.at(label));
  return PartialShape(std::move(dims));
}

absl::StatusOr<EinsumGeometry> ComputeEinsumGeometry(const AttrMap& attrs, absl::Span<const PartialShape> shapes) {
  FLOE_ASSIGN_OR_RETURN(const Equation equation, ParseEquation(attrs, static_cast<int>(shapes.size())));
  return ComputeGeometry(equation, shapes);
}

absl::StatusOr<EinsumLoops> ComputeEinsumLoops(const AttrMap& attrs, absl::Span<const Shape> inputs) {
  const std::vector<PartialShape> shapes(inputs.begin(), inputs.end());
  FLOE_ASSIGN_OR_RETURN(const EinsumGeometry geometry, ComputeEinsumGeometry(attrs, shapes));
  EinsumLoops loops;
  FLOE_ASSIGN_OR_RETURN(loops.result, Shape::Checked(geometry.OutputShape().dims()));
  std::vector<const Shape*> operands = {&loops.result};
  for (const Shape& input : inputs) operands.push_back(&input);
  std::vector<Label> distinct;
  for (const Label label : geometry.output) {
    if (std::find(distinct.begin(), distinct.end(), label) == distinct.end()) distinct.push_back(label);
  }
  for (const Label label : distinct) loops.outer.push_back(LoopOf(geometry, label, operands));
  for (const auto& [label, size] : geometry.sizes) {
    if (std::find(distinct.begin(), distinct.end(), label) == distinct.end()) {
      loops.summed.push_back(LoopOf(geometry, label, operands));
    }
  }
  loops.leaves_holes = distinct.size() != geometry.output.size();
  return loops;
}

}  // namespace floe
