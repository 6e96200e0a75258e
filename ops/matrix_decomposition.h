// Lu, Qr, Svd and eigenvectors, over any number of matrices.
#ifndef FLOE_OPS_MATRIX_DECOMPOSITION_H_
#define FLOE_OPS_MATRIX_DECOMPOSITION_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MatrixDecompositionOps();

}  // namespace floe

#endif  // FLOE_OPS_MATRIX_DECOMPOSITION_H_
