#include "ops/attention.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int kQ = 0, kK = 1, kV = 2;
constexpr int kMainInputs = 3;
constexpr int kMostInputs = 5;

// ---- Shapes

absl::StatusOr<Dims> Permutation(const AttrMap& attrs, absl::string_view name, int rank) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> perm, attrs.Ints(name, {}));
  Dims axes(rank);
  for (int i = 0; i < rank; ++i) axes[i] = i;
  if (perm.empty()) return axes;
  if (!std::is_permutation(axes.begin(), axes.end(), perm.begin(), perm.end())) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute '", name, "': [", absl::StrJoin(perm, ","), "] is no permutation of ", rank, " axes"));
  }
  return Dims(perm.begin(), perm.end());
}

template <typename Dimensions>
Dims Permuted(const Dimensions& dims, const Dims& perm) {
  Dims result;
  for (const int64_t axis : perm) result.push_back(dims[static_cast<size_t>(axis)]);
  return result;
}

constexpr const char* kPerms[] = {"q_perm", "k_perm", "v_perm"};

// The masks among the inputs, by number; -1 where there is none.
struct Masks {
  int keep = -1, added = -1;
};

absl::StatusOr<Masks> FindMasks(absl::Span<const TensorInfo> inputs) {
  Masks masks;
  for (int i = kMainInputs; i < static_cast<int>(inputs.size()); ++i) {
    int& mask = inputs[i].dtype == DType::kBool ? masks.keep : masks.added;
    if (mask >= 0 || (inputs[i].dtype == DType::kBool && masks.added >= 0))
      return absl::InvalidArgumentError(absl::StrCat("input ", i, ": wanted a bool mask, then one to add, each once"));
    mask = i;
  }
  return masks;
}

// What the scores' shape and the result's are, of operands in their own order.
struct AttentionShapes {
  PartialShape scores, result;
};

absl::StatusOr<AttentionShapes> ComputeShapes(absl::Span<const TensorInfo> inputs, absl::Span<const Dims> operands) {
  Dims dims[2] = {operands[kQ], operands[kK]};
  const int64_t rows = dims[0][dims[0].size() - 2], columns = dims[1][dims[1].size() - 2];
  for (Dims& batch : dims) batch.resize(batch.size() - 2);
  FLOE_ASSIGN_OR_RETURN(PartialShape scores, BroadcastShapes(PartialShape(dims[0]), PartialShape(dims[1])));
  scores.Append(rows);
  scores.Append(columns);
  for (size_t i = kMainInputs; i < inputs.size(); ++i) {
    absl::StatusOr<PartialShape> masked = BroadcastShapes(scores, inputs[i].shape);
    if (!masked.ok()) return Annotate(masked.status(), absl::StrCat("input ", i, " and the scores"));
    scores = *std::move(masked);
  }
  const int rank = scores.rank();
  absl::Span<const int64_t> front = scores.dims();
  Dims v = operands[kV];
  const int64_t width = v.back();
  const absl::StatusOr<int64_t> met = MergeDim(scores.dim(rank - 1), v[v.size() - 2]);
  if (!met.ok()) return Annotate(met.status(), "the scores' columns and input 2's");
  v.resize(v.size() - 2);
  front.remove_suffix(2);
  FLOE_ASSIGN_OR_RETURN(PartialShape result,
                        BroadcastShapes(PartialShape(Dims(front.begin(), front.end())), PartialShape(v)));
  result.Append(scores.dim(rank - 2));
  result.Append(width);
  scores.set_dim(rank - 1, *met);
  return AttentionShapes{std::move(scores), std::move(result)};
}

// The operands' dimensions in their own order. Ranks are known.
absl::StatusOr<std::vector<Dims>> OperandDims(const AttrMap& attrs, absl::Span<const TensorInfo> inputs) {
  std::vector<Dims> operands;
  for (int i = 0; i < kMainInputs; ++i) {
    FLOE_ASSIGN_OR_RETURN(const Dims perm, Permutation(attrs, kPerms[i], inputs[i].shape.rank()));
    operands.push_back(Permuted(inputs[i].shape.dims(), perm));
  }
  const absl::StatusOr<int64_t> depth = MergeDim(operands[kQ].back(), operands[kK].back());
  if (!depth.ok()) return Annotate(depth.status(), "the last dimensions of inputs 0 and 1");
  operands[kQ].back() = *depth;
  return operands;
}

absl::Status InferAttention(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(kMainInputs));
  if (context.num_inputs() > kMostInputs) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted ", kMainInputs, " to ", kMostInputs, " inputs, got ", context.num_inputs()));
  }
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  std::vector<TensorInfo> inputs;
  bool ranks_known = true;
  for (int i = 0; i < context.num_inputs(); ++i) {
    inputs.push_back(context.input(i));
    ranks_known = ranks_known && context.shape(i).has_rank();
    if (i < kMainInputs) FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, i, 2));
    if (context.dtype(i) != DType::kBool || i < kMainInputs) FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
  }
  FLOE_ASSIGN_OR_RETURN(const Masks masks, FindMasks(inputs));
  FLOE_RETURN_IF_ERROR(context.attrs().Float("scale").status());
  if (masks.keep >= 0) FLOE_RETURN_IF_ERROR(context.attrs().Float("masked").status());
  PartialShape shape = PartialShape::UnknownRank();
  if (ranks_known) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Dims> operands, OperandDims(context.attrs(), inputs));
    FLOE_ASSIGN_OR_RETURN(const AttentionShapes shapes, ComputeShapes(inputs, operands));
    if (shapes.result.rank() > kMostAttentionBatchDims + 2) {
      return absl::InvalidArgumentError(absl::StrCat("wanted a result of ", kMostAttentionBatchDims + 2,
                                                     " dimensions at most, got ", shapes.result.ToString()));
    }
    FLOE_ASSIGN_OR_RETURN(const Dims perm, Permutation(context.attrs(), "out_perm", shapes.result.rank()));
    shape = PartialShape(Permuted(shapes.result.dims(), perm));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// ---- Geometry

// How an operand of these dimensions is walked, broadcast in front and along its rows and columns.
AttentionOperand Walk(const Dims& dims, const Dims& strides, int batch_rank) {
  const int rank = static_cast<int>(dims.size());
  const auto stride = [&](int from_last) {
    const int axis = rank - from_last;
    return axis < 0 || dims[axis] == 1 ? 0 : strides[axis];
  };
  AttentionOperand operand;
  operand.column = stride(1);
  operand.row = stride(2);
  for (int axis = 0; axis < batch_rank; ++axis) operand.batch.push_back(stride(batch_rank + 2 - axis));
  return operand;
}

// ---- Evaluation

template <typename T>
struct Operands {
  const T *q, *k, *v, *added;
  const bool* keep;
};

// One row's scores, then the softmax's terms; the factor that makes their sum 1 comes back.
template <typename T>
double RowTerms(const AttentionGeometry& g, const Operands<T>& at, int64_t row, double* terms) {
  double largest = -std::numeric_limits<double>::infinity();
  for (int64_t column = 0; column < g.columns; ++column) {
    double score = 0;
    for (int64_t i = 0; i < g.depth; ++i) {
      score += static_cast<double>(at.q[row * g.q.row + i * g.q.column]) *
               static_cast<double>(at.k[column * g.k.row + i * g.k.column]);
    }
    score *= static_cast<double>(g.scale);
    if (at.keep != nullptr && !at.keep[row * g.keep.row + column * g.keep.column])
      score = static_cast<double>(g.masked);
    if (at.added != nullptr) {
      // As a sum of T would come out: what is added may swallow the score.
      const T sum(
          static_cast<Wide<T>>(score + static_cast<double>(at.added[row * g.added.row + column * g.added.column])));
      score = static_cast<double>(sum);
    }
    terms[column] = score;
    largest = std::max(largest, score);
  }
  double sum = 0;
  for (int64_t column = 0; column < g.columns; ++column) {
    terms[column] = std::exp(terms[column] - largest);
    sum += terms[column];
  }
  return 1 / sum;
}

template <typename T>
void Attend(const AttentionGeometry& g, const Operands<T>& at, double* terms, T* out) {
  for (int64_t row = 0; row < g.rows; ++row) {
    const double factor = RowTerms(g, at, row, terms);
    for (int64_t j = 0; j < g.width; ++j) {
      double sum = 0;
      for (int64_t column = 0; column < g.columns; ++column) {
        sum += terms[column] * factor * static_cast<double>(at.v[column * g.v.row + j * g.v.column]);
      }
      out[row * g.out.row + j * g.out.column] = T(static_cast<Wide<T>>(sum));
    }
  }
}

absl::Status EvalAttention(EvalContext& context) {
  std::vector<TensorInfo> inputs;
  for (int i = 0; i < context.num_inputs(); ++i)
    inputs.push_back({context.input(i).dtype(), context.input(i).shape(), nullptr});
  InferContext infer(context.name(), context.attrs(), inputs);
  FLOE_RETURN_IF_ERROR(InferAttention(infer));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(infer.outputs()[0].shape.dims()));
  FLOE_ASSIGN_OR_RETURN(const AttentionGeometry g, ComputeAttentionGeometry(context.attrs(), inputs));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (shape.num_elements() == 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const auto terms, Scratch<double>(g.columns));
  return OnDType(FloatTypes(), output->dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t batch = 0; batch < g.batches(); ++batch) {
      const auto at = [&](int input, const AttentionOperand& operand) {
        return context.input(input).data<T>() + AttentionOffset(g, operand, batch);
      };
      Operands<T> operands{at(kQ, g.q), at(kK, g.k), at(kV, g.v), nullptr, nullptr};
      if (g.added_input >= 0) operands.added = at(g.added_input, g.added);
      if (g.keep_input >= 0)
        operands.keep = context.input(g.keep_input).data<bool>() + AttentionOffset(g, g.keep, batch);
      Attend(g, operands, terms.get(), output->mutable_data<T>() + AttentionOffset(g, g.out, batch));
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {{"_FusedAttention", InferAttention, EvalAttention}};

}  // namespace

absl::Span<const OpInfo> AttentionOps() { return kOps; }

int64_t AttentionGeometry::batches() const {
  if (rows == 0 || width == 0) return 0;
  int64_t count = 1;
  for (const int64_t dim : batch) count *= dim;
  return count;
}

int64_t AttentionGeometry::flops() const {
  // The scores are never in memory, so that their number may pass what fits.
  constexpr double kMost = 9e18;
  const double scores = static_cast<double>(batches()) * static_cast<double>(rows) * static_cast<double>(columns);
  return static_cast<int64_t>(std::min(2 * scores * (static_cast<double>(depth) + static_cast<double>(width)), kMost));
}

absl::StatusOr<AttentionGeometry> ComputeAttentionGeometry(const AttrMap& attrs, absl::Span<const TensorInfo> inputs) {
  AttentionGeometry g;
  FLOE_ASSIGN_OR_RETURN(g.scale, attrs.Float("scale"));
  FLOE_ASSIGN_OR_RETURN(g.masked, attrs.Float("masked", 0.0f));
  FLOE_ASSIGN_OR_RETURN(const std::vector<Dims> operands, OperandDims(attrs, inputs));
  FLOE_ASSIGN_OR_RETURN(const AttentionShapes shapes, ComputeShapes(inputs, operands));
  const int rank = shapes.result.rank(), batch_rank = rank - 2;
  g.batch = Dims(shapes.result.dims().begin(), shapes.result.dims().end() - 2);
  g.rows = shapes.result.dim(rank - 2);
  g.width = shapes.result.dim(rank - 1);
  g.columns = shapes.scores.dim(shapes.scores.rank() - 1);
  g.depth = operands[kQ].back();
  AttentionOperand* const walks[] = {&g.q, &g.k, &g.v};
  for (int i = 0; i < kMainInputs; ++i) {
    FLOE_ASSIGN_OR_RETURN(const Dims perm, Permutation(attrs, kPerms[i], inputs[i].shape.rank()));
    *walks[i] = Walk(operands[i], Permuted(inputs[i].shape.ToShape().Strides(), perm), batch_rank);
  }
  FLOE_ASSIGN_OR_RETURN(const Masks masks, FindMasks(inputs));
  g.keep_input = masks.keep;
  g.added_input = masks.added;
  for (const int i : {masks.keep, masks.added}) {
    if (i < 0) continue;
    const Shape mask = inputs[i].shape.ToShape();
    (i == masks.keep ? g.keep : g.added) =
        Walk(Dims(mask.dims().begin(), mask.dims().end()), mask.Strides(), batch_rank);
  }
  FLOE_ASSIGN_OR_RETURN(const Dims perm, Permutation(attrs, "out_perm", rank));
  const Dims strides = Shape(Permuted(shapes.result.dims(), perm)).Strides();
  Dims own(rank);
  for (int i = 0; i < rank; ++i) own[perm[i]] = strides[i];
  g.out = Walk(Dims(shapes.result.dims().begin(), shapes.result.dims().end()), own, batch_rank);
  return g;
}

int64_t AttentionOffset(const AttentionGeometry& geometry, const AttentionOperand& operand, int64_t batch) {
  int64_t offset = 0;
  for (size_t axis = geometry.batch.size(); axis-- > 0;) {
    offset += batch % geometry.batch[axis] * operand.batch[axis];
    batch /= geometry.batch[axis];
  }
  return offset;
}

}  // namespace floe
