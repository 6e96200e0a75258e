#include "ops/arithmetic.h"

#include <cmath>

#include "ops/elementwise.h"
#include "ops/tensor_list.h"

namespace floe {
namespace {

struct Add {
  template <typename T>
  static T Apply(T a, T b) {
    return WrapAdd(a, b);
  }
};

struct Sub {
  template <typename T>
  static T Apply(T a, T b) {
    return WrapSub(a, b);
  }
};

struct Mul {
  template <typename T>
  static T Apply(T a, T b) {
    return WrapMul(a, b);
  }
};

// 0 * NaN and 0 * infinity are 0 where the zero is b.
struct MulNoNan {
  template <typename T>
  static T Apply(T a, T b) {
    return b == T(0) ? T(0) : WrapMul(a, b);
  }
};

// NaN wins on either side.
struct Maximum {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsFloat<T>) {
      if (b != b) return b;
      return a < b ? b : a;
    } else {
      return a < b ? b : a;
    }
  }
};

struct Minimum {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsFloat<T>) {
      if (b != b) return b;
      return b < a ? b : a;
    } else {
      return b < a ? b : a;
    }
  }
};

struct SquaredDifference {
  template <typename T>
  static T Apply(T a, T b) {
    const T difference = WrapSub(a, b);
    if constexpr (kIsComplex<T>) {
      return difference * std::conj(difference);
    } else {
      return WrapMul(difference, difference);
    }
  }
};

struct Pow {
  template <typename T>
  static T Apply(T a, T b) {
    if constexpr (kIsInteger<T>) {
      T result = 1;
      for (uint64_t exponent = static_cast<uint64_t>(b); exponent != 0; exponent >>= 1, a = WrapMul(a, a)) {
        if (exponent & 1) result = WrapMul(result, a);
      }
      return result;
    } else {
      return T(std::pow(Wide<T>(a), Wide<T>(b)));
    }
  }
};

struct Atan2 {
  template <typename T>
  static T Apply(T y, T x) {
    return T(std::atan2(Wide<T>(y), Wide<T>(x)));
  }
};

// 0 where x is 0, whatever y.
struct Xlogy {
  template <typename T>
  static T Apply(T x, T y) {
    return x == T(0) ? T(0) : T(Wide<T>(x) * std::log(Wide<T>(y)));
  }
};
struct Xlog1py {
  template <typename T>
  static T Apply(T x, T y) {
    if (x == T(0)) return T(0);
    if constexpr (kIsComplex<T>) {
      using R = typename T::value_type;
      // Small y would be lost in 1 + y.
      const R size = std::log1p(y.real() * (R(2) + y.real()) + y.imag() * y.imag()) / R(2);
      return x * T(size, std::arg(T(1) + y));
    } else {
      return T(Wide<T>(x) * std::log1p(Wide<T>(y)));
    }
  }
};
struct Xdivy {
  template <typename T>
  static T Apply(T x, T y) {
    return x == T(0) ? T(0) : T(x / y);
  }
};

struct NextAfter {
  template <typename T>
  static T Apply(T a, T b) {
    return std::nextafter(a, b);
  }
};

struct BitwiseAnd {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a & b);
  }
};
struct BitwiseOr {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a | b);
  }
};
struct BitwiseXor {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a ^ b);
  }
};

// Counts past the width behave as the width less one, below 0 as 0: TensorFlow's own choice for what C++ leaves
// undefined.
template <typename T>
int ShiftCount(T count) {
  constexpr int kLast = static_cast<int>(sizeof(T)) * 8 - 1;
  if (count < T(0)) return 0;
  return count > T(kLast) ? kLast : static_cast<int>(count);
}
struct LeftShift {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(static_cast<uint64_t>(a) << ShiftCount(b));
  }
};
struct RightShift {
  template <typename T>
  static T Apply(T a, T b) {
    return static_cast<T>(a >> ShiftCount(b));
  }
};

using PowTypes = Join<FloatTypes, SignedTypes, ComplexTypes>;

absl::Status EvalPow(EvalContext& context) {
  const Tensor& exponent = context.input(1);
  if (IsInteger(exponent.dtype()) && context.input(0).num_elements() > 0) {
    FLOE_RETURN_IF_ERROR(OnDType(SignedTypes(), exponent.dtype(), [&]<typename T>() -> absl::Status {
      for (const T value : exponent.flat<T>()) {
        if (value < 0) return absl::InvalidArgumentError("Integers to negative integer powers are not allowed");
      }
      return absl::OkStatus();
    }));
  }
  return EvalBinary<Pow, PowTypes>(context);
}

// Add also concatenates strings.
using AddTypes = Join<NumberTypes, TypeList<std::string>>;

absl::Status InferAddN(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  if (context.dtype(0) == DType::kVariant) {
    std::shared_ptr<const ListInfo> list = context.input(0).list;
    for (int i = 1; i < context.num_inputs(); ++i) {
      FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
      list = RelaxList(list, context.input(i).list);
    }
    context.AddList(std::move(list));
    return absl::OkStatus();
  }
  FLOE_RETURN_IF_ERROR(WantDTypeIn(NumberTypes(), "input 0", context.dtype(0)));
  PartialShape shape = context.shape(0);
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    absl::StatusOr<PartialShape> merged = MergeShapes(shape, context.shape(i));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", i));
    shape = *std::move(merged);
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalAddN(EvalContext& context) {
  const Tensor& first = context.input(0);
  if (first.dtype() == DType::kVariant) return ListAddN(context);
  for (int k = 1; k < context.num_inputs(); ++k) {
    if (context.input(k).shape() != first.shape()) {
      return absl::InvalidArgumentError(absl::StrCat("input ", k, ": wanted shape ", first.shape().ToString(), ", got ",
                                                     context.input(k).shape().ToString()));
    }
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, first.shape()));
  return OnDType(NumberTypes(), first.dtype(), [&]<typename T>() -> absl::Status {
    T* const to = output->mutable_data<T>();
    const int64_t n = first.num_elements();
    if (to != first.data<T>()) std::copy_n(first.data<T>(), n, to);
    for (int k = 1; k < context.num_inputs(); ++k) {
      const T* const from = context.input(k).data<T>();
      for (int64_t i = 0; i < n; ++i) to[i] = WrapAdd(to[i], from[i]);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    BinaryOp<Add, AddTypes>("Add"),
    BinaryOp<Add, NumberTypes>("AddV2"),
    {"AddN", InferAddN, EvalAddN, kElementwise},
    {"AccumulateNV2", InferAddN, EvalAddN, kElementwise},
    BinaryOp<Sub, NumberTypes>("Sub"),
    BinaryOp<Mul, NumberTypes>("Mul"),
    BinaryOp<MulNoNan, Join<FloatTypes, ComplexTypes>>("MulNoNan"),
    BinaryOp<Maximum, RealTypes>("Maximum"),
    BinaryOp<Minimum, RealTypes>("Minimum"),
    BinaryOp<SquaredDifference, Join<FloatTypes, IndexTypes, ComplexTypes>>("SquaredDifference"),
    {"Pow", InferBinary<PowTypes>, EvalPow, kElementwise},
    BinaryOp<Atan2, FloatTypes>("Atan2"),
    BinaryOp<Xlogy, Join<FloatTypes, ComplexTypes>>("Xlogy"),
    BinaryOp<Xlog1py, Join<FloatTypes, ComplexTypes>>("Xlog1py"),
    BinaryOp<Xdivy, Join<FloatTypes, ComplexTypes>>("Xdivy"),
    BinaryOp<NextAfter, TypeList<float, double>>("NextAfter"),
    BinaryOp<BitwiseAnd, IntegerTypes>("BitwiseAnd"),
    BinaryOp<BitwiseOr, IntegerTypes>("BitwiseOr"),
    BinaryOp<BitwiseXor, IntegerTypes>("BitwiseXor"),
    BinaryOp<LeftShift, IntegerTypes>("LeftShift"),
    BinaryOp<RightShift, IntegerTypes>("RightShift"),
};

}  // namespace

absl::Span<const OpInfo> ArithmeticOps() { return kOps; }

}  // namespace floe
