#include "ops/random_fill.h"

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>
#include <numbers>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "ops/types.h"

namespace floe {
namespace {

// A truncated number may take any number of draws, so every group of results has a stretch of the generator for itself.
constexpr uint64_t kReservedSamples = 256;
constexpr double kTruncate = 2;

// In [0, 1): the low bits as the mantissa of a number in [1, 2).
float ToFloat(uint32_t bits) { return std::bit_cast<float>((uint32_t{127} << 23) | (bits & 0x7fffffu)) - 1.0F; }
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

// Two normal numbers of two uniform ones, which are kept from 0 and its logarithm.
constexpr double kLeastUniform = 1.0e-7;
std::array<float, 2> BoxMuller(uint32_t x0, uint32_t x1) {
  const float u1 = std::max(ToFloat(x0), static_cast<float>(kLeastUniform));
  const float angle = static_cast<float>(2.0F * std::numbers::pi * ToFloat(x1));
  const float radius = std::sqrt(-2.0F * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}
std::array<double, 2> BoxMuller(uint32_t x0, uint32_t x1, uint32_t x2, uint32_t x3) {
  const double u1 = std::max(RandomDouble(x0, x1), kLeastUniform);
  const double angle = 2 * std::numbers::pi * RandomDouble(x2, x3);
  const double radius = std::sqrt(-2.0 * std::log(u1));
  return {std::sin(angle) * radius, std::cos(angle) * radius};
}

// How many results one block gives.
template <typename T>
constexpr int64_t kGroup = sizeof(T) == 8 ? 2 : 4;
template <typename T>
using Group = std::array<T, kGroup<T>>;

template <typename T>
Group<T> Uniform(Philox& random) {
  const Philox::Block x = random.Next();
  if constexpr (std::is_same_v<T, double>) {
    return {RandomDouble(x[0], x[1]), RandomDouble(x[2], x[3])};
  } else if constexpr (std::is_same_v<T, Half>) {
    return {ToHalf(x[0]), ToHalf(x[1]), ToHalf(x[2]), ToHalf(x[3])};
  } else if constexpr (std::is_same_v<T, Bfloat16>) {
    return {ToBfloat16(x[0]), ToBfloat16(x[1]), ToBfloat16(x[2]), ToBfloat16(x[3])};
  } else {
    return {ToFloat(x[0]), ToFloat(x[1]), ToFloat(x[2]), ToFloat(x[3])};
  }
}

template <typename T>
Group<T> Normal(Philox& random) {
  const Philox::Block x = random.Next();
  if constexpr (std::is_same_v<T, double>) {
    return BoxMuller(x[0], x[1], x[2], x[3]);
  } else {
    const auto first = BoxMuller(x[0], x[1]), second = BoxMuller(x[2], x[3]);
    return {T(first[0]), T(first[1]), T(second[0]), T(second[1])};
  }
}

template <typename T>
Group<T> TruncatedNormal(Philox& random) {
  using W = Wide<T>;
  Group<T> results{};
  size_t count = 0;
  // Whether that was the last one.
  const auto take = [&](const std::array<W, 2>& pair) {
    for (const W value : pair) {
      if (count < results.size() && std::abs(value) < W(kTruncate)) results[count++] = T(value);
    }
    return count == results.size();
  };
  while (true) {
    const Philox::Block x = random.Next();
    if constexpr (std::is_same_v<T, double>) {
      if (take(BoxMuller(x[0], x[1], x[2], x[3]))) return results;
    } else {
      if (take(BoxMuller(x[0], x[1])) || take(BoxMuller(x[2], x[3]))) return results;
    }
  }
}

template <typename T>
Group<T> Bits(Philox& random) {
  const Philox::Block x = random.Next();
  if constexpr (sizeof(T) == 8) {
    return {static_cast<T>(x[0] | uint64_t{x[1]} << 32), static_cast<T>(x[2] | uint64_t{x[3]} << 32)};
  } else {
    return {static_cast<T>(x[0]), static_cast<T>(x[1]), static_cast<T>(x[2]), static_cast<T>(x[3])};
  }
}

template <typename T, typename Draw>
void FillGroups(const Philox& start, Tensor* result, Draw&& draw) {
  Philox random = start;
  T* const out = result->mutable_data<T>();
  const int64_t size = result->num_elements();
  for (int64_t begin = 0; begin < size; begin += kGroup<T>) {
    const Group<T> group = draw(random);
    std::copy_n(group.begin(), std::min(kGroup<T>, size - begin), out + begin);
  }
}

template <typename T>
void FillTruncated(const Philox& start, Tensor* result) {
  uint64_t groups = 0;
  FillGroups<T>(start, result, [&](Philox&) {
    Philox random = start;
    random.Skip(groups++ * (kGroup<T> * kReservedSamples / 4));
    return TruncatedNormal<T>(random);
  });
}

}  // namespace

double RandomDouble(uint32_t high, uint32_t low) {
  const uint64_t mantissa = (uint64_t{high & 0xfffffu} << 32) | low;
  return std::bit_cast<double>((uint64_t{1023} << 52) | mantissa) - 1.0;
}

absl::Status FillRandom(Distribution distribution, const Philox& start, Tensor* result) {
  return OnDType(FloatTypes(), result->dtype(), [&]<typename T>() -> absl::Status {
    switch (distribution) {
      case Distribution::kUniform:
        FillGroups<T>(start, result, Uniform<T>);
        break;
      case Distribution::kNormal:
        FillGroups<T>(start, result, Normal<T>);
        break;
      case Distribution::kTruncatedNormal:
        FillTruncated<T>(start, result);
        break;
    }
    return absl::OkStatus();
  });
}

absl::Status FillRandomInts(const Philox& start, const Tensor& low, const Tensor& high, Tensor* result) {
  if (result->num_elements() == 0) return absl::OkStatus();
  return OnDType(RandomIntTypes(), result->dtype(), [&]<typename T>() -> absl::Status {
    using Unsigned = std::make_unsigned_t<T>;
    const T minimum = low.scalar<T>(), maximum = high.scalar<T>();
    if (minimum >= maximum) {
      return absl::InvalidArgumentError(absl::StrCat("wanted minval below maxval, got ", minimum, " and ", maximum));
    }
    const Unsigned range = static_cast<Unsigned>(maximum) - static_cast<Unsigned>(minimum);
    FillGroups<T>(start, result, [&](Philox& random) {
      Group<T> group = Bits<T>(random);
      for (T& drawn : group) {
        drawn = static_cast<T>(static_cast<Unsigned>(minimum) + static_cast<Unsigned>(drawn) % range);
      }
      return group;
    });
    return absl::OkStatus();
  });
}

absl::Status FillRandomBits(const Philox& start, Tensor* result) {
  return OnDType(RandomIntTypes(), result->dtype(), [&]<typename T>() -> absl::Status {
    FillGroups<T>(start, result, Bits<T>);
    return absl::OkStatus();
  });
}

}  // namespace floe
