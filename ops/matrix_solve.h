// Systems of linear equations, over any number of matrices: right hand sides to solutions.
#ifndef FLOE_OPS_MATRIX_SOLVE_H_
#define FLOE_OPS_MATRIX_SOLVE_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> MatrixSolveOps();

}  // namespace floe

#endif  // FLOE_OPS_MATRIX_SOLVE_H_
