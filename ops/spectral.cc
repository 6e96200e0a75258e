#include "ops/spectral.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/elementwise.h"
#include "ops/fourier.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
// Transforms `count` lines of `points` values that lie `stride` apart, as many at a time as are side by side.
template <typename R>
absl::Status TransformAxis(std::complex<R>* values, const Shape& shape, int axis, bool inverse) {
  const int64_t points = shape.dim(axis);
  int64_t inner = 1;
  for (int i = axis + 1; i < shape.rank(); ++i) inner *= shape.dim(i);
  const int64_t block = points * inner, total = shape.num_elements();
  if (total == 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(FourierTransform<R> transform, FourierTransform<R>::Of(points, inverse));
  FLOE_ASSIGN_OR_RETURN(const auto line, Scratch<std::complex<R>>(points));
  const R scale = inverse ? R(1) / static_cast<R>(points) : R(1);
  for (int64_t first = 0; first < total; first += block) {
    for (int64_t i = 0; i < inner; ++i) {
      for (int64_t p = 0; p < points; ++p) line[p] = values[first + p * inner + i];
      transform.Run(line.get());
      for (int64_t p = 0; p < points; ++p) values[first + p * inner + i] = line[p] * scale;
    }
  }
  return absl::OkStatus();
}

// ---- FFT and its kin: complex to complex over the last dimensions

template <int kRank>
absl::Status InferFft(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(ComplexTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, kRank));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

template <int kRank, bool kInverse>
absl::Status EvalFft(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(ComplexTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    std::copy_n(input.data<T>(), input.num_elements(), output->mutable_data<T>());
    for (int axis = input.rank() - 1; axis >= input.rank() - kRank; --axis) {
      FLOE_RETURN_IF_ERROR(TransformAxis(output->mutable_data<T>(), input.shape(), axis, kInverse));
    }
    return absl::OkStatus();
  });
}

// ---- RFFT: real to the half of the complex result that says it all; IRFFT: back

bool IsDouble(DType dtype) { return dtype == DType::kDouble || dtype == DType::kComplex128; }

template <int kRank, bool kInverse>
absl::Status InferReal(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  const DType from = context.dtype(0);
  if (kInverse) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(ComplexTypes(), "input 0", from));
  } else {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<float, double>(), "input 0", from));
  }
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, kRank));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, KnownLength(context, 1));
  FLOE_RETURN_IF_ERROR(MergeDim(count, kRank).status());
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> lengths, context.KnownInts(1));
  PartialShape shape = context.shape(0);
  for (int i = 0; i < kRank && shape.has_rank(); ++i) {
    const bool last = i + 1 == kRank;
    int64_t length = kUnknown;
    if (lengths.has_value()) {
      length = (*lengths)[static_cast<size_t>(i)];
      if (length < 0) return absl::InvalidArgumentError(absl::StrCat("input 1: wanted 0 points or more, got ", length));
      if (last && !kInverse && length > 0) length = length / 2 + 1;
    }
    shape.set_dim(shape.rank() - kRank + i, length);
  }
  const DType result = kInverse ? (IsDouble(from) ? DType::kDouble : DType::kFloat)
                                : (IsDouble(from) ? DType::kComplex128 : DType::kComplex64);
  context.AddOutput(result, std::move(shape));
  return absl::OkStatus();
}

// The lengths must not ask for more points than the input has, unless padding with zeros makes them up.
absl::StatusOr<Dims> LengthsOf(const EvalContext& context, int rank) {
  FLOE_ASSIGN_OR_RETURN(Dims lengths, ToInt64s(context.input(1)));
  if (static_cast<int>(lengths.size()) != rank) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted ", rank, " lengths, got ", lengths.size()));
  }
  for (const int64_t length : lengths) {
    if (length < 0) return absl::InvalidArgumentError(absl::StrCat("input 1: wanted 0 points or more, got ", length));
  }
  return lengths;
}

absl::Status TooShort(int axis, int64_t points, int64_t wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("input 0: dimension ", axis, " has ", points, " points, the lengths ask for ", wanted));
}

// Calls `move(place in the input, place in the result)` for all indices below `dims` of both shapes.
template <typename Move>
void ForEachPlace(const Dims& dims, const Shape& from, const Shape& to, Move&& move) {
  const Dims a = from.Strides(), b = to.Strides();
  const int64_t total = Shape(dims).num_elements();
  for (int64_t i = 0; i < total; ++i) {
    int64_t rest = i, x = 0, y = 0;
    for (size_t axis = dims.size(); axis-- > 0;) {
      const int64_t at = rest % dims[axis];
      rest /= dims[axis];
      x += at * a[axis];
      y += at * b[axis];
    }
    move(x, y);
  }
}

template <int kRank>
absl::Status EvalRfft(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims lengths, LengthsOf(context, kRank));
  Shape full = input.shape();
  Dims taken(full.dims().begin(), full.dims().end());
  for (int i = 0; i < kRank; ++i) {
    const int axis = full.rank() - kRank + i;
    const int64_t length = lengths[static_cast<size_t>(i)];
    if (full.dim(axis) < length && input.num_elements() > 0) return TooShort(axis, full.dim(axis), length);
    full.set_dim(axis, length);
    taken[static_cast<size_t>(axis)] = std::min(taken[static_cast<size_t>(axis)], length);
  }
  Shape half = full;
  if (lengths.back() > 0) half.set_dim(half.rank() - 1, lengths.back() / 2 + 1);
  FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked(half.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, checked));
  return OnDType(TypeList<float, double>(), input.dtype(), [&]<typename R>() -> absl::Status {
    using C = std::complex<R>;
    if (input.num_elements() == 0 || output->num_elements() == 0) {
      std::fill_n(output->mutable_data<C>(), output->num_elements(), C(0));
      return absl::OkStatus();
    }
    FLOE_ASSIGN_OR_RETURN(Tensor all, Tensor::Allocate(output->dtype(), full));
    ForEachPlace(taken, input.shape(), full,
                 [&](int64_t from, int64_t to) { all.mutable_data<C>()[to] = C(input.data<R>()[from]); });
    for (int axis = full.rank() - 1; axis >= full.rank() - kRank; --axis) {
      FLOE_RETURN_IF_ERROR(TransformAxis(all.mutable_data<C>(), full, axis, false));
    }
    const Dims kept(half.dims().begin(), half.dims().end());
    ForEachPlace(kept, full, half,
                 [&](int64_t from, int64_t to) { output->mutable_data<C>()[to] = all.data<C>()[from]; });
    return absl::OkStatus();
  });
}

template <int kRank>
absl::Status EvalIrfft(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Dims lengths, LengthsOf(context, kRank));
  Shape result = input.shape(), half = input.shape();
  for (int i = 0; i < kRank; ++i) {
    const int axis = result.rank() - kRank + i;
    const int64_t length = lengths[static_cast<size_t>(i)];
    const int64_t needed = i + 1 == kRank && length > 0 ? length / 2 + 1 : length;
    if (result.dim(axis) < needed && input.num_elements() > 0) return TooShort(axis, result.dim(axis), needed);
    half.set_dim(axis, std::min(needed, result.dim(axis)));
    result.set_dim(axis, length);
  }
  FLOE_ASSIGN_OR_RETURN(const Shape checked, Shape::Checked(result.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, checked));
  return OnDType(ComplexTypes(), input.dtype(), [&]<typename C>() -> absl::Status {
    using R = typename C::value_type;
    if (input.num_elements() == 0 || output->num_elements() == 0) {
      std::fill_n(output->mutable_data<R>(), output->num_elements(), R(0));
      return absl::OkStatus();
    }
    // The outer dimensions first, of the half that is given; then the rest of the last one follows from it.
    FLOE_ASSIGN_OR_RETURN(Tensor part, Tensor::Allocate(input.dtype(), half));
    ForEachPlace(Dims(half.dims().begin(), half.dims().end()), input.shape(), half,
                 [&](int64_t from, int64_t to) { part.mutable_data<C>()[to] = input.data<C>()[from]; });
    for (int axis = half.rank() - kRank; axis < half.rank() - 1; ++axis) {
      FLOE_RETURN_IF_ERROR(TransformAxis(part.mutable_data<C>(), half, axis, true));
    }
    const int64_t points = lengths.back(), given = half.dim(half.rank() - 1);
    FLOE_ASSIGN_OR_RETURN(FourierTransform<R> transform, FourierTransform<R>::Of(points, true));
    FLOE_ASSIGN_OR_RETURN(const auto line, Scratch<C>(points));
    for (int64_t row = 0; row < part.num_elements() / given; ++row) {
      const C* const from = part.data<C>() + row * given;
      for (int64_t p = 0; p < points; ++p) line[p] = p < given ? from[p] : std::conj(from[points - p]);
      // The first and the middle number of a real signal's transform are real.
      line[0] = C(line[0].real());
      if (points % 2 == 0) line[points / 2] = C(line[points / 2].real());
      transform.Run(line.get());
      for (int64_t p = 0; p < points; ++p) {
        output->mutable_data<R>()[row * points + p] = line[p].real() / static_cast<R>(points);
      }
    }
    return absl::OkStatus();
  });
}

// ---- Complex

absl::Status InferComplex(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(TypeList<float, double>(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, InferBroadcast(context, 0, 1));
  const DType result = IsDouble(context.dtype(0)) ? DType::kComplex128 : DType::kComplex64;
  FLOE_ASSIGN_OR_RETURN(const DType stated, context.attrs().Type("Tout", result));
  if (stated != result) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'Tout': wanted ", DTypeName(result), ", got ", DTypeName(stated)));
  }
  context.AddOutput(result, std::move(shape));
  return absl::OkStatus();
}

struct MakeComplex {
  template <typename T>
  static std::complex<T> Apply(T real, T imaginary) {
    return {real, imaginary};
  }
};

constexpr OpInfo kOps[] = {
    {"FFT", InferFft<1>, EvalFft<1, false>},
    {"FFT2D", InferFft<2>, EvalFft<2, false>},
    {"FFT3D", InferFft<3>, EvalFft<3, false>},
    {"IFFT", InferFft<1>, EvalFft<1, true>},
    {"IFFT2D", InferFft<2>, EvalFft<2, true>},
    {"IFFT3D", InferFft<3>, EvalFft<3, true>},
    {"RFFT", InferReal<1, false>, EvalRfft<1>},
    {"RFFT2D", InferReal<2, false>, EvalRfft<2>},
    {"RFFT3D", InferReal<3, false>, EvalRfft<3>},
    {"IRFFT", InferReal<1, true>, EvalIrfft<1>},
    {"IRFFT2D", InferReal<2, true>, EvalIrfft<2>},
    {"IRFFT3D", InferReal<3, true>, EvalIrfft<3>},
    {"Complex", InferComplex, EvalBinary<MakeComplex, TypeList<float, double>>, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> SpectralOps() { return kOps; }

}  // namespace floe
