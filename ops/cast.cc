#include "ops/cast.h"

#include <bit>
#include <cstring>
#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using CastTypes = Join<NumberTypes, TypeList<bool>>;

// Truncated toward zero; what int64 cannot hold, NaN included, becomes its least number, as x86 converts.
template <typename F>
int64_t TruncateTo64(F value) {
  if (value >= F(-0x1p63) && value < F(0x1p63)) return static_cast<int64_t>(value);
  return std::numeric_limits<int64_t>::min();
}

// What TensorFlow gives on x86 where C++ leaves the conversion undefined. `saturate` is true of the source types for
// which it clamps to small integers; float wraps through int32 there.
template <typename To, typename F>
To FloatToInt(F value, bool saturate) {
  constexpr double kLeast = static_cast<double>(std::numeric_limits<To>::min());
  constexpr double kMost = static_cast<double>(std::numeric_limits<To>::max());
  if constexpr (sizeof(To) < 4) {
    if (saturate) {
      if (!(value > F(kLeast))) return std::numeric_limits<To>::min();
      return value >= F(kMost) ? std::numeric_limits<To>::max() : static_cast<To>(value);
    }
    const int64_t wide = TruncateTo64(value);
    const bool fits = wide >= std::numeric_limits<int32_t>::min() && wide <= std::numeric_limits<int32_t>::max();
    return fits ? static_cast<To>(wide) : To(0);
  } else if constexpr (std::is_same_v<To, int32_t>) {
    const int64_t wide = TruncateTo64(value);
    const bool fits = wide >= std::numeric_limits<int32_t>::min() && wide <= std::numeric_limits<int32_t>::max();
    return fits ? static_cast<int32_t>(wide) : std::numeric_limits<int32_t>::min();
  } else if constexpr (std::is_same_v<To, uint32_t>) {
    const int64_t wide = TruncateTo64(value);
    const bool fits = wide >= std::numeric_limits<int32_t>::min() && wide <= std::numeric_limits<uint32_t>::max();
    return fits ? static_cast<uint32_t>(wide) : 0x80000000u;
  } else if constexpr (std::is_same_v<To, int64_t>) {
    return TruncateTo64(value);
  } else {
    if (value >= F(0x1p63) && value < F(0x1p64)) return static_cast<uint64_t>(value);
    return static_cast<uint64_t>(TruncateTo64(value));
  }
}

template <typename From, typename To>
To Convert(From value) {
  if constexpr (std::is_same_v<From, To>) {
    return value;
  } else if constexpr (kIsComplex<From> && kIsComplex<To>) {
    return To(static_cast<typename To::value_type>(value.real()), static_cast<typename To::value_type>(value.imag()));
  } else if constexpr (std::is_same_v<To, bool>) {
    return value != From(0);
  } else if constexpr (kIsComplex<From>) {
    return Convert<typename From::value_type, To>(value.real());
  } else if constexpr (kIsComplex<To>) {
    return To(Convert<From, typename To::value_type>(value));
  } else if constexpr (kIsInteger<To> && kIsFloat<From>) {
    return FloatToInt<To>(Wide<From>(value), !std::is_same_v<From, float>);
  } else if constexpr (kIsHalf<To> || kIsHalf<From>) {
    // Through float, where a double or a large integer is rounded once on its way.
    return static_cast<To>(static_cast<float>(value));
  } else {
    return static_cast<To>(value);
  }
}

// Explicit digits of the mantissa.
template <typename T>
constexpr int MantissaBits() {
  if constexpr (std::is_same_v<T, Half>) {
    return 10;
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return 7;
  } else {
    return std::numeric_limits<T>::digits - 1;
  }
}

// Clears the digits that To lacks, so that converting rounds toward zero.
template <typename From, typename To>
From ClearLowDigits(From value) {
  constexpr int kLost = MantissaBits<From>() - MantissaBits<To>();
  if constexpr (kLost <= 0) {
    return value;
  } else if constexpr (std::is_same_v<From, double>) {
    return std::bit_cast<double>(std::bit_cast<uint64_t>(value) & ~((uint64_t{1} << kLost) - 1));
  } else if constexpr (std::is_same_v<From, float>) {
    return std::bit_cast<float>(std::bit_cast<uint32_t>(value) & ~((uint32_t{1} << kLost) - 1));
  } else {
    value.bits = static_cast<uint16_t>(value.bits & ~((1u << kLost) - 1));
    return value;
  }
}

template <typename From, typename To>
void ConvertAll(const From* from, int64_t n, bool truncate, To* to) {
  if constexpr (kIsFloat<From> && kIsFloat<To>) {
    if (truncate) {
      for (int64_t i = 0; i < n; ++i) to[i] = Convert<From, To>(ClearLowDigits<From, To>(from[i]));
      return;
    }
  }
  for (int64_t i = 0; i < n; ++i) to[i] = Convert<From, To>(from[i]);
}

absl::Status InferCast(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType to, context.attrs().Type("DstT"));
  if (context.dtype(0) != to) {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(CastTypes(), "input 0", PlainDType(context.dtype(0))));
    FLOE_RETURN_IF_ERROR(WantDTypeIn(CastTypes(), "attribute 'DstT'", PlainDType(to)));
  }
  context.AddOutput(to, context.shape(0));
  return absl::OkStatus();
}

absl::Status EvalCast(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const DType to, context.attrs().Type("DstT"));
  if (to == input.dtype()) return context.SetOutput(0, input);
  FLOE_ASSIGN_OR_RETURN(const bool truncate, context.attrs().Bool("Truncate", false));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(CastTypes(), PlainDType(input.dtype()), [&]<typename From>() -> absl::Status {
    return OnDType(CastTypes(), PlainDType(to), [&]<typename To>() -> absl::Status {
      ConvertAll(input.data<From>(), input.num_elements(), truncate, output->mutable_data<To>());
      return absl::OkStatus();
    });
  });
}

// A smaller target adds a last dimension, a larger one takes it away.
absl::StatusOr<PartialShape> BitcastShape(PartialShape shape, DType from, DType to) {
  const int64_t from_bytes = ElementBytes(from), to_bytes = ElementBytes(to);
  if (from_bytes == 0 || to_bytes == 0) {
    return absl::InvalidArgumentError(absl::StrCat("cannot bitcast ", DTypeName(from), " to ", DTypeName(to)));
  }
  if (!shape.has_rank() || from_bytes == to_bytes) return shape;
  if (from_bytes > to_bytes) {
    shape.Append(from_bytes / to_bytes);
    return shape;
  }
  const int64_t ratio = to_bytes / from_bytes;
  if (shape.rank() == 0 || (shape.dim(shape.rank() - 1) >= 0 && shape.dim(shape.rank() - 1) != ratio)) {
    return absl::InvalidArgumentError(absl::StrCat("cannot bitcast ", DTypeName(from), " ", shape.ToString(), " to ",
                                                   DTypeName(to), ": wanted a last dimension of ", ratio));
  }
  return PartialShape(Dims(shape.dims().begin(), shape.dims().end() - 1));
}

absl::Status InferBitcast(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType to, context.attrs().Type("type"));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, BitcastShape(context.shape(0), context.dtype(0), to));
  context.AddOutput(to, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalBitcast(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, BitcastShape(input.shape(), input.dtype(), context.output_dtype(0)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.ToShape()));
  if (input.byte_size() > 0)
    std::memcpy(output->raw_mutable_data(), input.raw_data(), static_cast<size_t>(input.byte_size()));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"Cast", InferCast, EvalCast, kElementwise},
    {"Bitcast", InferBitcast, EvalBitcast},
};

}  // namespace

absl::Span<const OpInfo> CastOps() { return kOps; }

}  // namespace floe
