// Random initialisers: the numbers that TensorFlow's CPU kernels draw for the same seeds.
#include <cmath>
#include <map>
#include <numbers>
#include <random>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "session/kernel_context.h"

namespace floe {
namespace {

// How many numbers a draw that may be rejected has for itself, so that results do not depend on their order.
constexpr uint64_t kReservedSamples = 256;
constexpr double kTruncate = 2;

// In [0, 1): the low bits as the mantissa of a number in [1, 2).
float ToFloat(uint32_t bits) { return std::bit_cast<float>((uint32_t{127} << 23) | (bits & 0x7fffffu)) - 1.0F; }
double ToDouble(uint32_t high, uint32_t low) {
  const uint64_t mantissa = (uint64_t{high & 0xfffffu} << 32) | low;
  return std::bit_cast<double>((uint64_t{1023} << 52) | mantissa) - 1.0;
}
Half ToHalf(uint32_t bits) {
  Half half;
  half.bits = static_cast<uint16_t>((15u << 10) | (bits & 0x3ffu));
  return Half(static_cast<float>(half) - 1.0F);
}
Bfloat16 ToBfloat16(uint32_t bits) {
  Bfloat16 value;
  value.bits = static_cast<uint16_t>((127u << 7) | (bits & 0x7fu));
  return Bfloat16(static_cast<float>(value) - 1.0F);
}

// Two normal numbers of two uniform ones.
std::array<float, 2> BoxMuller(uint32_t x0, uint32_t x1) {
  const float u1 = std::max(ToFloat(x0), 1.0e-7F);
  const float angle = static_cast<float>(2.0F * std::numbers::pi * ToFloat(x1));
  const float radius = std::sqrt(-2.0F * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
std::array<double, 2> BoxMuller(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3) {
  const double u1 = std::max(ToDouble(x0, x1), 1.0e-7);
  const double angle = 2 * std::numbers::pi * ToDouble(x2, x3);
  const double radius = std::sqrt(-2.0 * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

// How many results one block gives.
template <typename T>
constexpr int64_t kGroup = sizeof(T) == 8 ? 2 : 4;

template <typename T>
struct Uniform {
  static std::array<T, 4> Group(Philox& random) {
    const Philox::Block x = random.Next();
    if constexpr (std::is_same_v<T, double>) {
      return {ToDouble(x[0], x[1]), ToDouble(x[2], x[3])};
    } else if constexpr (std::is_same_v<T, Half>) {
      return {ToHalf(x[0]), ToHalf(x[1]), ToHalf(x[2]), ToHalf(x[3])};
    } else if constexpr (std::is_same_v<T, Bfloat16>) {
      return {ToBfloat16(x[0]), ToBfloat16(x[1]), ToBfloat16(x[2]), ToBfloat16(x[3])};
    } else {
      return {ToFloat(x[0]), ToFloat(x[1]), ToFloat(x[2]), ToFloat(x[3])};
    }
  }
};

template <typename T>
struct Normal {
  static std::array<T, 4> Group(Philox& random) {
    const Philox::Block x = random.Next();
    if constexpr (std::is_same_v<T, double>) {
      const auto pair = BoxMuller(x[0], x[1], x[2], x[3]);
      return {pair[0], pair[1]};
    } else {
      const auto first = BoxMuller(x[0], x[1]), second = BoxMuller(x[2], x[3]);
      return {T(first[0]), T(first[1]), T(second[0]), T(second[1])};
    }
  }
};

template <typename T>
struct Truncated {
  static std::array<T, 4> Group(Philox& random) {
    std::array<T, 4> results{};
    int64_t count = 0;
    while (true) {
      const Philox::Block x = random.Next();
      if constexpr (std::is_same_v<T, double>) {
        for (const double value : BoxMuller(x[0], x[1], x[2], x[3])) {
          if (std::abs(value) < kTruncate) results[static_cast<size_t>(count++)] = value;
          if (count == kGroup<T>) return results;
        }
      } else {
        for (size_t half = 0; half < 4; half += 2) {
          for (const float value : BoxMuller(x[half], x[half + 1])) {
            if (std::abs(value) < static_cast<float>(kTruncate)) results[static_cast<size_t>(count++)] = T(value);
            if (count == kGroup<T>) return results;
          }
        }
      }
    }
  }
};

template <template <typename> typename Distribution, typename T>
void Fill(const Philox& start, bool reserved, Tensor* tensor) {
  const int64_t size = tensor->num_elements();
  T* const out = tensor->mutable_data<T>();
  Philox random = start;
  for (int64_t begin = 0; begin < size; begin += kGroup<T>) {
    if (reserved) {
      random = start;
      random.Skip(static_cast<uint64_t>(begin / kGroup<T>) * (kGroup<T> * kReservedSamples / 4));
    }
    const std::array<T, 4> group = Distribution<T>::Group(random);
    for (int64_t i = 0; i < kGroup<T> && begin + i < size; ++i) out[begin + i] = group[static_cast<size_t>(i)];
  }
}

// The node's generator, of which the numbers that `elements` results may take are used up.
absl::StatusOr<Philox> Reserve(KernelContext& context, int64_t elements) {
  FLOE_ASSIGN_OR_RETURN(const int64_t seed, context.attrs().Int("seed", 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t seed2, context.attrs().Int("seed2", 0));
  const auto [found, fresh] = context.session().random.try_emplace(context.node().name);
  if (fresh) {
    if (seed == 0 && seed2 == 0) {
      std::random_device device;
      const auto any = [&] { return uint64_t{device()} << 32 | device(); };
      found->second = Philox(any(), any());
    } else {
      found->second = Philox(static_cast<uint64_t>(seed), static_cast<uint64_t>(seed2));
    }
  }
  const Philox random = found->second;
  found->second.Skip(static_cast<uint64_t>(elements) * kReservedSamples);
  return random;
}

absl::StatusOr<Tensor> Draw(KernelContext& context, DType dtype) {
  FLOE_ASSIGN_OR_RETURN(const Tensor sizes, context.Input(0));
  FLOE_ASSIGN_OR_RETURN(const Dims dims, ToInt64s(sizes));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  return Tensor::Allocate(dtype, shape);
}

template <template <typename> typename Distribution, bool kReserved>
absl::Status Floats(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(Tensor result, Draw(context, dtype));
  FLOE_ASSIGN_OR_RETURN(const Philox random, Reserve(context, result.num_elements()));
  const bool known = DispatchDType<float, double, Half, Bfloat16>(
      dtype, [&]<typename T>() { Fill<Distribution, T>(random, kReserved, &result); });
  if (!known) return absl::InvalidArgumentError(absl::StrCat("no random numbers of type ", DTypeName(dtype)));
  context.AddOutput(std::move(result));
  return absl::OkStatus();
}

template <typename T>
absl::Status FillIntegers(const Philox& start, const Tensor& low, const Tensor& high, Tensor* result) {
  using Unsigned = std::make_unsigned_t<T>;
  const T minimum = low.scalar<T>(), maximum = high.scalar<T>();
  if (minimum >= maximum) {
    return absl::InvalidArgumentError(absl::StrCat("wanted minval below maxval, got ", minimum, " and ", maximum));
  }
  const Unsigned range = static_cast<Unsigned>(maximum) - static_cast<Unsigned>(minimum);
  Philox random = start;
  T* const out = result->mutable_data<T>();
  for (int64_t begin = 0; begin < result->num_elements(); begin += kGroup<T>) {
    const Philox::Block x = random.Next();
    for (int64_t i = 0; i < kGroup<T> && begin + i < result->num_elements(); ++i) {
      Unsigned drawn;
      if constexpr (sizeof(T) == 8) {
        drawn = x[static_cast<size_t>(2 * i)] | Unsigned{x[static_cast<size_t>(2 * i + 1)]} << 32;
      } else {
        drawn = x[static_cast<size_t>(i)];
      }
      out[begin + i] = static_cast<T>(static_cast<Unsigned>(minimum) + drawn % range);
    }
  }
  return absl::OkStatus();
}

absl::Status Integers(KernelContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("Tout"));
  FLOE_ASSIGN_OR_RETURN(Tensor result, Draw(context, dtype));
  FLOE_ASSIGN_OR_RETURN(const Tensor low, context.Input(1));
  FLOE_ASSIGN_OR_RETURN(const Tensor high, context.Input(2));
  if (low.dtype() != dtype || high.dtype() != dtype || low.num_elements() != 1 || high.num_elements() != 1) {
    return absl::InvalidArgumentError(absl::StrCat("wanted scalars minval and maxval of type ", DTypeName(dtype)));
  }
  FLOE_ASSIGN_OR_RETURN(const Philox random, Reserve(context, result.num_elements()));
  absl::Status status = absl::InvalidArgumentError(absl::StrCat("no random numbers of type ", DTypeName(dtype)));
  DispatchDType<int32_t, int64_t>(dtype, [&]<typename T>() { status = FillIntegers<T>(random, low, high, &result); });
  FLOE_RETURN_IF_ERROR(status);
  context.AddOutput(std::move(result));
  return absl::OkStatus();
}

}  // namespace

SessionKernel FindRandomKernel(const std::string& op) {
  static const auto* const table =
      new std::map<std::string, SessionKernel>{{"RandomUniform", Floats<Uniform, false>},
                                               {"RandomStandardNormal", Floats<Normal, false>},
                                               {"TruncatedNormal", Floats<Truncated, true>},
                                               {"RandomUniformInt", Integers}};
  const auto found = table->find(op);
  return found == table->end() ? nullptr : found->second;
}

}  // namespace floe
