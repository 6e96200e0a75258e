#include "ops/division.h"

#include <cmath>
#include <limits>

#include "ops/elementwise.h"

namespace floe {
namespace {

// Quotient toward zero. Divisors are not 0 (checked before); the least number by -1 wraps to itself instead of
// trapping.
template <typename T>
T Quotient(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == T(-1)) return WrapSub(T(0), a);
  }
  return static_cast<T>(a / b);
}
template <typename T>
T Remainder(T a, T b) {
  if constexpr (std::is_signed_v<T>) {
    if (b == T(-1)) return T(0);
  }
  return static_cast<T>(a % b);
}

struct Div {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return Quotient(a, b);
    } else {
      return T(a / b);
    }
  }
};

struct DivNoNan {
  template <typename T>
  static T Apply(T a, T b) {
    return b == T(0) ? T(0) : T(a / b);
  }
};

struct TruncateDiv {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return Quotient(a, b);
    } else {
      return T(std::trunc(Wide<T>(T(a / b))));
    }
  }
};

struct FloorDiv {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      const T quotient = Quotient(a, b);
      return Remainder(a, b) != 0 && (a < 0) != (b < 0) ? static_cast<T>(quotient - 1) : quotient;
    } else {
      return T(std::floor(Wide<T>(T(a / b))));
    }
  }
};

struct TruncateMod {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      return Remainder(a, b);
    } else {
      return T(std::fmod(Wide<T>(a), Wide<T>(b)));
    }
  }
};

// The remainder has the divisor's sign.
struct FloorMod {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      const T remainder = Remainder(a, b);
      return remainder != 0 && (remainder < 0) != (b < 0) ? static_cast<T>(remainder + b) : remainder;
    } else {
      const Wide<T> divisor = b, remainder = std::fmod(Wide<T>(a), divisor);
      return T(remainder != 0 && (remainder < 0) != (divisor < 0) ? remainder + divisor : remainder);
    }
  }
};

// Refuses a zero among integer divisors before anything is divided.
template <typename F, typename Types>
absl::Status EvalDivision(EvalContext& context) {
  const Tensor& divisor = context.input(1);
  // Where the result is empty nothing is divided, so nothing is refused.
  if (IsInteger(divisor.dtype()) && context.input(0).num_elements() != 0) {
    FLOE_RETURN_IF_ERROR(OnDType(IntegerTypes(), divisor.dtype(), [&]<typename T>() -> absl::Status {
      for (const T value : divisor.flat<T>()) {
        if (value == 0) return absl::InvalidArgumentError("Integer division by zero");
      }
      return absl::OkStatus();
    }));
  }
  return EvalBinary<F, Types>(context);
}

template <typename F, typename Types>
constexpr OpInfo DivisionOp(const char* name) {
  return {name, InferBinary<Types>, EvalDivision<F, Types>, kElementwise};
}

using ModTypes = Join<FloatTypes, IndexTypes>;

constexpr OpInfo kOps[] = {
    DivisionOp<Div, NumberTypes>("Div"),
    BinaryOp<Div, Join<FloatTypes, ComplexTypes>>("RealDiv"),
    BinaryOp<DivNoNan, Join<FloatTypes, ComplexTypes>>("DivNoNan"),
    DivisionOp<FloorDiv, RealTypes>("FloorDiv"),
    DivisionOp<FloorMod, RealTypes>("FloorMod"),
    DivisionOp<TruncateDiv, RealTypes>("TruncateDiv"),
    DivisionOp<TruncateMod, ModTypes>("Mod"),
    DivisionOp<TruncateMod, ModTypes>("TruncateMod"),
};

}  // namespace

absl::Span<const OpInfo> DivisionOps() { return kOps; }

}  // namespace floe
