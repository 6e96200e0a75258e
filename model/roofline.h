// What a device can do at best, for estimates of how long a step takes at least.
#ifndef FLOE_MODEL_ROOFLINE_H_
#define FLOE_MODEL_ROOFLINE_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace floe {

struct Roofline {
  double flops_per_second = 0;
  double bytes_per_second = 0;

  // The longer of the two, in microseconds: arithmetic and moving overlap at best.
  double Micros(int64_t flops, int64_t bytes) const;
};

// Of a backend on this machine with so many threads; of the processor's own clock and vector units for "cpu", of one
// plain loop for "reference". Zeros for a backend that is not known: no estimate.
Roofline RooflineOf(absl::string_view backend, int threads);

}  // namespace floe

#endif  // FLOE_MODEL_ROOFLINE_H_
