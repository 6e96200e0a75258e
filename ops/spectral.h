// Fourier transforms, and complex numbers made of two real ones.
#ifndef FLOE_OPS_SPECTRAL_H_
#define FLOE_OPS_SPECTRAL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> SpectralOps();

}  // namespace floe

#endif  // FLOE_OPS_SPECTRAL_H_
