// Diagonals of matrices: making matrices of them, taking them out, writing them in.
#ifndef FLOE_OPS_MATRIX_DIAG_H_
#define FLOE_OPS_MATRIX_DIAG_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MatrixDiagOps();

}  // namespace floe

#endif  // FLOE_OPS_MATRIX_DIAG_H_
