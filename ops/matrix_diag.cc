#include "ops/matrix_diag.h"

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Which diagonals: 0 is the main one, positive ones lie above it. Shorter ones are padded at their start or end.
struct Band {
  int64_t lower = 0, upper = 0;
  bool super_left = true, sub_left = true;  // where they stand in their row of diagonals

  int64_t count() const { return upper - lower + 1; }
  // Not positive for diagonals outside the matrix.
  static int64_t Length(int64_t d, int64_t rows, int64_t columns) {
    return std::min(rows + std::min<int64_t>(d, 0), columns - std::max<int64_t>(d, 0));
  }
  int64_t Longest(int64_t rows, int64_t columns) const {
    return std::min(rows + std::min<int64_t>(upper, 0), columns - std::max<int64_t>(lower, 0));
  }
  // How far diagonal d's first element is from its row's start.
  int64_t Offset(int64_t d, int64_t rows, int64_t columns) const {
    const bool left = (d >= 0 && super_left) || (d <= 0 && sub_left);
    return left ? 0 : Longest(rows, columns) - Length(d, rows, columns);
  }
};

enum class Version { kV1, kV2, kV3 };

template <Version kVersion>
absl::Status ParseAlign(const AttrMap& attrs, Band* band) {
  if (kVersion != Version::kV3) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const std::string align, attrs.String("align", "RIGHT_LEFT"));
  if (align != "LEFT_RIGHT" && align != "RIGHT_LEFT" && align != "LEFT_LEFT" && align != "RIGHT_RIGHT") {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'align': wanted LEFT_RIGHT, RIGHT_LEFT, LEFT_LEFT or RIGHT_RIGHT, got '", align, "'"));
  }
  band->super_left = absl::string_view(align).substr(0, 4) == "LEFT";
  band->sub_left = absl::string_view(align).substr(align.size() - 4) == "LEFT";
  return absl::OkStatus();
}

absl::Status ParseDiagonals(absl::Span<const int64_t> k, int input, Band* band) {
  if (k.empty() || k.size() > 2) {
    return absl::InvalidArgumentError(absl::StrCat("input ", input, ": wanted one diagonal or two, got ", k.size()));
  }
  band->lower = k.front();
  band->upper = k.back();
  if (band->lower > band->upper) {
    return absl::InvalidArgumentError(
        absl::StrCat("input ", input, ": diagonal ", band->lower, " is above diagonal ", band->upper));
  }
  return absl::OkStatus();
}

absl::Status CheckInside(const Band& band, int64_t rows, int64_t columns) {
  for (const int64_t d : {band.lower, band.upper}) {
    if (d == 0 || (-rows < d && d < columns)) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("there is no diagonal ", d, " in matrices of ", rows, " rows and ", columns, " columns"));
  }
  return absl::OkStatus();
}

// Leading dimensions of a shape but for its last `cut`.
Dims Leading(absl::Span<const int64_t> dims, int cut) { return Dims(dims.begin(), dims.end() - cut); }

// ---- MatrixDiagPart: matrices to diagonals

template <Version kVersion>
absl::StatusOr<PartialShape> PartShape(const Band& band, const PartialShape& input) {
  Dims dims = Leading(input.dims(), 2);
  const int64_t rows = input.dim(input.rank() - 2), columns = input.dim(input.rank() - 1);
  if (band.count() > 1) dims.push_back(band.count());
  if (rows < 0 || columns < 0) {
    dims.push_back(kUnknown);
  } else {
    FLOE_RETURN_IF_ERROR(CheckInside(band, rows, columns));
    dims.push_back(band.Longest(rows, columns));
  }
  return PartialShape(std::move(dims));
}

// Diagonals known in inference, or nothing.
template <Version kVersion>
absl::StatusOr<std::optional<Band>> KnownBand(const InferContext& context, int input) {
  Band band;
  FLOE_RETURN_IF_ERROR(ParseAlign<kVersion>(context.attrs(), &band));
  if (kVersion == Version::kV1) return band;
  FLOE_RETURN_IF_ERROR(context.WantDType(input, DType::kInt32));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> k, context.KnownInts(input));
  if (!k.has_value()) return std::nullopt;
  FLOE_RETURN_IF_ERROR(ParseDiagonals(*k, input, &band));
  return band;
}

template <Version kVersion>
absl::StatusOr<Band> BandOf(const EvalContext& context, int input) {
  Band band;
  FLOE_RETURN_IF_ERROR(ParseAlign<kVersion>(context.attrs(), &band));
  if (kVersion == Version::kV1) return band;
  FLOE_ASSIGN_OR_RETURN(const Dims k, ToInt64s(context.input(input)));
  FLOE_RETURN_IF_ERROR(ParseDiagonals(k, input, &band));
  return band;
}

template <Version kVersion>
absl::Status InferPart(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kVersion == Version::kV1 ? 1 : 3));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  if (kVersion != Version::kV1) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 2));
    FLOE_RETURN_IF_ERROR(context.WantRank(2, 0));
  }
  FLOE_ASSIGN_OR_RETURN(const std::optional<Band> band, KnownBand<kVersion>(context, 1));
  PartialShape shape;
  if (band.has_value() && context.shape(0).has_rank()) {
    FLOE_ASSIGN_OR_RETURN(shape, PartShape<kVersion>(*band, context.shape(0)));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

// Calls `move(place in the matrices, place among the diagonals)` for every element of the band, in all matrices.
template <typename Move>
void ForEachOfBand(const Band& band, int64_t matrices, int64_t rows, int64_t columns, Move&& move) {
  const int64_t longest = band.Longest(rows, columns);
  for (int64_t m = 0; m < matrices; ++m) {
    for (int64_t d = band.upper; d >= band.lower; --d) {
      const int64_t row = m * band.count() + band.upper - d, offset = band.Offset(d, rows, columns);
      const int64_t length = Band::Length(d, rows, columns);
      for (int64_t i = 0; i < length; ++i) {
        const int64_t y = i - std::min<int64_t>(d, 0), x = i + std::max<int64_t>(d, 0);
        move((m * rows + y) * columns + x, row * longest + offset + i);
      }
    }
  }
}

int64_t MatricesIn(absl::Span<const int64_t> leading) {
  int64_t count = 1;
  for (const int64_t dim : leading) count *= dim;
  return count;
}

template <Version kVersion>
absl::Status EvalPart(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Band band, BandOf<kVersion>(context, 1));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, PartShape<kVersion>(band, input.shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked(shape.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, checked));
  if (kVersion == Version::kV1) {
    FLOE_RETURN_IF_ERROR(ZeroElements(output));
  } else {
    FLOE_RETURN_IF_ERROR(FillElements(context.input(2), output));
  }
  if (output->num_elements() == 0) return absl::OkStatus();
  const int64_t rows = input.shape().dim(input.rank() - 2), columns = input.shape().dim(input.rank() - 1);
  const int64_t matrices = MatricesIn(Leading(input.shape().dims(), 2));
  ForEachOfBand(band, matrices, rows, columns, [&](int64_t matrix_place, int64_t diagonal_place) {
    CopyElements(input, matrix_place, output, diagonal_place, 1);
  });
  return absl::OkStatus();
}

// ---- MatrixSetDiag: diagonals into matrices

template <Version kVersion>
absl::Status CheckDiagonals(const Band& band, const PartialShape& input, const PartialShape& diagonal) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, PartShape<kVersion>(band, input));
  if (!MergeShapes(wanted, diagonal).ok()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted diagonals of shape ", wanted.ToString(), ", got ", diagonal.ToString()));
  }
  return absl::OkStatus();
}

template <Version kVersion>
absl::Status InferSet(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kVersion == Version::kV1 ? 2 : 3));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 2));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Band> band, KnownBand<kVersion>(context, 2));
  if (band.has_value() && context.shape(0).has_rank()) {
    FLOE_RETURN_IF_ERROR(CheckDiagonals<kVersion>(*band, context.shape(0), context.shape(1)));
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

template <Version kVersion>
absl::Status EvalSet(EvalContext& context) {
  const Tensor &input = context.input(0), &diagonal = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Band band, BandOf<kVersion>(context, 2));
  FLOE_RETURN_IF_ERROR(CheckDiagonals<kVersion>(band, input.shape(), diagonal.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  CopyElements(input, 0, output, 0, input.num_elements());
  if (output->num_elements() == 0) return absl::OkStatus();
  const int64_t rows = input.shape().dim(input.rank() - 2), columns = input.shape().dim(input.rank() - 1);
  const int64_t matrices = MatricesIn(Leading(input.shape().dims(), 2));
  ForEachOfBand(band, matrices, rows, columns, [&](int64_t matrix_place, int64_t diagonal_place) {
    CopyElements(diagonal, diagonal_place, output, matrix_place, 1);
  });
  return absl::OkStatus();
}

// ---- MatrixDiag: matrices of diagonals

// The least matrix that holds the band, or what inputs 2 and 3 say.
absl::StatusOr<Shape> DiagShape(const Band& band, const Shape& diagonal, int64_t rows, int64_t columns) {
  const int cut = band.count() > 1 ? 2 : 1;
  if (diagonal.rank() < cut || (cut == 2 && diagonal.dim(diagonal.rank() - 2) != band.count())) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted ", band.count(), " diagonals a matrix, got shape ", diagonal.ToString()));
  }
  constexpr int64_t kMost = int64_t{1} << 40;  // keeps the sums below inside 64 bits
  const int64_t longest = diagonal.dim(diagonal.rank() - 1);
  if (band.lower < -kMost || band.upper > kMost) return absl::InvalidArgumentError("input 1: no matrix is so large");
  const int64_t least_rows = longest - std::min<int64_t>(band.upper, 0);
  const int64_t least_columns = longest + std::max<int64_t>(band.lower, 0);
  if (rows == -1 && columns == -1) {
    rows = columns = std::max(least_rows, least_columns);
  } else if (rows == -1) {
    rows = least_rows;
  } else if (columns == -1) {
    columns = least_columns;
  }
  const bool tight = rows == least_rows || columns == least_columns;
  if (rows < least_rows || columns < least_columns || !tight) {
    return absl::InvalidArgumentError(absl::StrCat("diagonals of shape ", diagonal.ToString(), " from ", band.lower,
                                                   " to ", band.upper, " do not make a matrix of ", rows, " rows and ",
                                                   columns, " columns"));
  }
  Dims dims = Leading(diagonal.dims(), cut);
  dims.push_back(rows);
  dims.push_back(columns);
  return Shape::Checked(dims);
}

template <Version kVersion>
absl::Status InferDiag(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kVersion == Version::kV1 ? 1 : 5));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Band> band, KnownBand<kVersion>(context, 1));
  std::optional<int64_t> rows = -1, columns = -1;
  if constexpr (kVersion != Version::kV1) {
    FLOE_ASSIGN_OR_RETURN(rows, KnownScalar(context, 2));
    FLOE_ASSIGN_OR_RETURN(columns, KnownScalar(context, 3));
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 4));
    FLOE_RETURN_IF_ERROR(context.WantRank(4, 0));
  }
  const PartialShape& diagonal = context.shape(0);
  PartialShape shape;
  if (band.has_value() && rows.has_value() && columns.has_value() && diagonal.IsFullyDefined()) {
    FLOE_ASSIGN_OR_RETURN(shape, DiagShape(*band, diagonal.ToShape(), *rows, *columns));
  } else if (band.has_value() && diagonal.has_rank()) {
    const int cut = band->count() > 1 ? 2 : 1;
    if (diagonal.rank() >= cut) {
      Dims dims = Leading(diagonal.dims(), cut);
      dims.insert(dims.end(), 2, kUnknown);
      shape = PartialShape(std::move(dims));
    }
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <Version kVersion>
absl::Status EvalDiag(EvalContext& context) {
  const Tensor& diagonal = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Band band, BandOf<kVersion>(context, 1));
  int64_t rows = -1, columns = -1;
  if constexpr (kVersion != Version::kV1) {
    FLOE_ASSIGN_OR_RETURN(rows, ScalarInt(context.input(2), "input 2"));
    FLOE_ASSIGN_OR_RETURN(columns, ScalarInt(context.input(3), "input 3"));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, DiagShape(band, diagonal.shape(), rows, columns));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (kVersion == Version::kV1) {
    FLOE_RETURN_IF_ERROR(ZeroElements(output));
  } else {
    FLOE_RETURN_IF_ERROR(FillElements(context.input(4), output));
  }
  if (diagonal.num_elements() == 0) return absl::OkStatus();
  rows = shape.dim(shape.rank() - 2);
  columns = shape.dim(shape.rank() - 1);
  const int64_t matrices = MatricesIn(Leading(shape.dims(), 2));
  ForEachOfBand(band, matrices, rows, columns, [&](int64_t matrix_place, int64_t diagonal_place) {
    CopyElements(diagonal, diagonal_place, output, matrix_place, 1);
  });
  return absl::OkStatus();
}

// ---- Diag and DiagPart: a tensor as the diagonal of one of twice its rank

absl::Status InferWholeDiag(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) {
    Dims dims(shape.dims().begin(), shape.dims().end());
    dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
    shape = PartialShape(std::move(dims));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalWholeDiag(EvalContext& context) {
  const Tensor& input = context.input(0);
  Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  dims.insert(dims.end(), input.shape().dims().begin(), input.shape().dims().end());
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(ZeroElements(output));
  const int64_t size = input.num_elements();
  for (int64_t i = 0; i < size; ++i) CopyElements(input, i, output, i * size + i, 1);
  return absl::OkStatus();
}

absl::StatusOr<PartialShape> WholePartShape(const PartialShape& input) {
  const int half = input.rank() / 2;
  if (input.rank() == 0 || input.rank() % 2 != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted a tensor of even rank, got shape ", input.ToString()));
  }
  Dims dims;
  for (int axis = 0; axis < half; ++axis) {
    absl::StatusOr<int64_t> dim = MergeDim(input.dim(axis), input.dim(half + axis));
    if (!dim.ok()) return Annotate(dim.status(), absl::StrCat("input 0: dimensions ", axis, " and ", half + axis));
    dims.push_back(*dim);
  }
  return PartialShape(std::move(dims));
}

absl::Status InferWholePart(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) {
    FLOE_ASSIGN_OR_RETURN(shape, WholePartShape(shape));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalWholePart(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, WholePartShape(input.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  const int64_t size = output->num_elements();
  for (int64_t i = 0; i < size; ++i) CopyElements(input, i * size + i, output, i, 1);
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"Diag", InferWholeDiag, EvalWholeDiag},
    {"DiagPart", InferWholePart, EvalWholePart},
    {"MatrixDiag", InferDiag<Version::kV1>, EvalDiag<Version::kV1>},
    {"MatrixDiagV2", InferDiag<Version::kV2>, EvalDiag<Version::kV2>},
    {"MatrixDiagV3", InferDiag<Version::kV3>, EvalDiag<Version::kV3>},
    {"MatrixDiagPart", InferPart<Version::kV1>, EvalPart<Version::kV1>},
    {"MatrixDiagPartV2", InferPart<Version::kV2>, EvalPart<Version::kV2>},
    {"MatrixDiagPartV3", InferPart<Version::kV3>, EvalPart<Version::kV3>},
    {"MatrixSetDiag", InferSet<Version::kV1>, EvalSet<Version::kV1>},
    {"MatrixSetDiagV2", InferSet<Version::kV2>, EvalSet<Version::kV2>},
    {"MatrixSetDiagV3", InferSet<Version::kV3>, EvalSet<Version::kV3>},
};

}  // namespace

absl::Span<const OpInfo> MatrixDiagOps() { return kOps; }

}  // namespace floe
