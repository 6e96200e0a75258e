// The band around the diagonal of matrices.
#ifndef FLOE_OPS_MATRIX_BAND_H_
#define FLOE_OPS_MATRIX_BAND_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MatrixBandOps();

}  // namespace floe

#endif  // FLOE_OPS_MATRIX_BAND_H_
