// The factor of a product that may be adjoint.
#ifndef FLOE_OPS_CONJUGATE_H_
#define FLOE_OPS_CONJUGATE_H_

#include <complex>

#include "ops/types.h"

namespace floe {

// The complex conjugate where it is wanted; numbers that are not complex are their own.
template <typename T>
T MaybeConj(T value, bool conjugate) {
  if constexpr (kIsComplex<T>) {
    return conjugate ? std::conj(value) : value;
  } else {
    return value;
  }
}

}  // namespace floe

#endif  // FLOE_OPS_CONJUGATE_H_
