#include "checkpoint/checkpoint_diff.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

std::string TypeOf(const CheckpointTensor& tensor) {
  return absl::StrCat(tensor.dtype_name, " ", tensor.shape.ToString());
}

template <typename T>
concept HasDistance = !std::is_same_v<T, bool> && !std::is_same_v<T, std::string>;

// Wide enough that no difference of integers overflows or is rounded to nothing.
template <typename T>
double Distance(const T& a, const T& b) {
  if constexpr (std::is_integral_v<T>) {
    return a > b ? static_cast<double>(static_cast<uint64_t>(a) - static_cast<uint64_t>(b))
                 : static_cast<double>(static_cast<uint64_t>(b) - static_cast<uint64_t>(a));
  } else if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>) {
    return std::abs(std::complex<double>(a) - std::complex<double>(b));
  } else {
    return std::fabs(static_cast<double>(a) - static_cast<double>(b));
  }
}

template <typename T>
bool IsNan(const T& value) {
  if constexpr (std::is_same_v<T, std::complex<float>> || std::is_same_v<T, std::complex<double>>) {
    return std::isnan(value.real()) || std::isnan(value.imag());
  } else if constexpr (std::is_integral_v<T> || std::is_same_v<T, std::string>) {
    return false;
  } else {
    return std::isnan(static_cast<double>(value));
  }
}

template <typename T>
bool Equal(const T& a, const T& b) {
  if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>) {
    return static_cast<float>(a) == static_cast<float>(b);
  } else {
    return a == b;
  }
}

template <typename T>
void CompareAs(const T* a, const T* b, TensorDifference* difference) {
  difference->has_largest = HasDistance<T>;
  for (int64_t i = 0; i < difference->elements; ++i) {
    if (Equal(a[i], b[i]) || (IsNan(a[i]) && IsNan(b[i]))) continue;
    ++difference->differing;
    if constexpr (HasDistance<T>) {
      const double distance = Distance(a[i], b[i]);
      // A NaN stays the largest.
      if (!std::isnan(difference->largest) && !(distance <= difference->largest)) difference->largest = distance;
    }
  }
}

void Compare(const Tensor& a, const Tensor& b, TensorDifference* difference) {
  difference->elements = a.num_elements();
  if (a.dtype() != DType::kString && a.bytes() == b.bytes()) return;
  const bool compared =
      DispatchDType<float, double, int32_t, uint8_t, int16_t, int8_t, std::string, std::complex<float>, int64_t, bool,
                    Bfloat16, uint16_t, std::complex<double>, Half, uint32_t, uint64_t>(
          a.dtype(), [&]<typename T>() { CompareAs(a.data<T>(), b.data<T>(), difference); });
  if (compared) return;
  // Quantized elements and 8-bit floats: by their bytes.
  const int64_t bytes = ElementBytes(a.dtype());
  for (int64_t i = 0; i < difference->elements; ++i) {
    const auto at = static_cast<size_t>(i * bytes), size = static_cast<size_t>(bytes);
    if (a.bytes().substr(at, size) != b.bytes().substr(at, size)) ++difference->differing;
  }
}

}  // namespace

absl::StatusOr<CheckpointDifference> DiffCheckpoints(const CheckpointReader& a, const CheckpointReader& b) {
  CheckpointDifference difference;
  for (const CheckpointTensor& tensor : b.tensors()) {
    if (a.Find(tensor.name) == nullptr) difference.only_b.push_back(tensor.name);
  }
  for (const CheckpointTensor& tensor : a.tensors()) {
    const CheckpointTensor* const other = b.Find(tensor.name);
    if (other == nullptr) {
      difference.only_a.push_back(tensor.name);
      continue;
    }
    TensorDifference both;
    both.name = tensor.name;
    both.type_a = TypeOf(tensor);
    both.type_b = TypeOf(*other);
    both.same_type = both.type_a == both.type_b;
    if (both.same_type) {
      FLOE_ASSIGN_OR_RETURN(const Tensor mine, a.Read(tensor.name));
      FLOE_ASSIGN_OR_RETURN(const Tensor theirs, b.Read(tensor.name));
      Compare(mine, theirs, &both);
      if (both.differing == 0) {
        ++difference.same;
        continue;
      }
    }
    difference.tensors.push_back(std::move(both));
  }
  return difference;
}

}  // namespace floe
