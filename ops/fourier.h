// Discrete Fourier transforms. Not to be shared between threads: a transform has scratch of its own.
#ifndef FLOE_OPS_FOURIER_H_
#define FLOE_OPS_FOURIER_H_

#include <algorithm>
#include <cmath>
#include <complex>
#include <cstdint>
#include <memory>
#include <numbers>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/scratch.h"

namespace floe {

// A length beyond this is no signal's; it keeps the scratch of one transform small.
inline constexpr int64_t kMostFourierPoints = int64_t{1} << 28;

// A discrete Fourier transform of any length, in place: by halving for powers of two, else through a convolution of
// such a length (Bluestein).
template <typename R>
class FourierTransform {
 public:
  using C = std::complex<R>;

  // RESOURCE_EXHAUSTED where memory is refused.
  static absl::StatusOr<FourierTransform> Of(int64_t points, bool inverse) {
    if (points > kMostFourierPoints) {
      return absl::ResourceExhaustedError(absl::StrCat("a transform of ", points, " points is too long"));
    }
    FourierTransform transform;
    transform.points_ = points;
    transform.inverse_ = inverse;
    transform.size_ = 1;
    const bool power = (points & (points - 1)) == 0;
    while (transform.size_ < (power ? points : 2 * points - 1)) transform.size_ *= 2;
    FLOE_RETURN_IF_ERROR(transform.Prepare(power));
    return transform;
  }

  void Run(C* values) {
    if (points_ < 2) return;
    if (kernel_ == nullptr) {
      Halve(values, inverse_);
      return;
    }
    std::fill_n(work_.get(), size_, C(0));
    for (int64_t i = 0; i < points_; ++i) work_[i] = values[i] * chirp_[i];
    Halve(work_.get(), false);
    for (int64_t i = 0; i < size_; ++i) work_[i] *= kernel_[i];
    Halve(work_.get(), true);
    const R scale = R(1) / static_cast<R>(size_);
    for (int64_t i = 0; i < points_; ++i) values[i] = work_[i] * scale * chirp_[i];
  }

 private:
  static C Unit(double turns) {
    const double angle = 2 * std::numbers::pi * turns;
    return C(static_cast<R>(std::cos(angle)), static_cast<R>(std::sin(angle)));
  }

  absl::Status Prepare(bool power) {
    FLOE_ASSIGN_OR_RETURN(twiddles_, Scratch<C>(size_ / 2 + 1));
    for (int64_t i = 0; i < size_ / 2; ++i) twiddles_[i] = Unit(-static_cast<double>(i) / static_cast<double>(size_));
    if (power) return absl::OkStatus();
    FLOE_ASSIGN_OR_RETURN(chirp_, Scratch<C>(points_));
    FLOE_ASSIGN_OR_RETURN(kernel_, Scratch<C>(size_));
    FLOE_ASSIGN_OR_RETURN(work_, Scratch<C>(size_));
    std::fill_n(kernel_.get(), size_, C(0));
    for (int64_t i = 0; i < points_; ++i) {
      // i * i in steps of 2 * points keeps the angle exact.
      const double turns = static_cast<double>(i * i % (2 * points_)) / static_cast<double>(2 * points_);
      chirp_[i] = Unit(inverse_ ? turns : -turns);
      kernel_[i] = std::conj(chirp_[i]);
      if (i > 0) kernel_[size_ - i] = kernel_[i];
    }
    Halve(kernel_.get(), false);
    return absl::OkStatus();
  }

  // size_ values, without scaling.
  void Halve(C* values, bool inverse) const {
    for (int64_t i = 1, j = 0; i < size_; ++i) {
      int64_t bit = size_ / 2;
      for (; (j & bit) != 0; bit /= 2) j ^= bit;
      j |= bit;
      if (i < j) std::swap(values[i], values[j]);
    }
    for (int64_t length = 2; length <= size_; length *= 2) {
      const int64_t half = length / 2, step = size_ / length;
      for (int64_t first = 0; first < size_; first += length) {
        for (int64_t k = 0; k < half; ++k) {
          const C w = inverse ? std::conj(twiddles_[k * step]) : twiddles_[k * step];
          const C odd = values[first + half + k] * w, even = values[first + k];
          values[first + k] = even + odd;
          values[first + half + k] = even - odd;
        }
      }
    }
  }

  int64_t points_ = 0, size_ = 0;
  bool inverse_ = false;
  std::unique_ptr<C[]> twiddles_, chirp_, kernel_, work_;
};

}  // namespace floe

#endif  // FLOE_OPS_FOURIER_H_
