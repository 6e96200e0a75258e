// Attention, which TensorFlow has no op for; Floe's passes make it of what exporters spell out.
//   _FusedAttention   inputs q [..., rows, depth], k [..., columns, depth], v [..., columns, width], then perhaps keep
//                     (bool) and perhaps added (of q's dtype), both spread over [..., rows, columns]:
//                       scores = q * transposed k * scale
//                       scores = keep ? scores : masked      where keep is given
//                       scores = scores + added              where added is given
//                       result = softmax(scores) * v         [..., rows, width]
//     All of it broadcasts as products, sums and selections do, rows and columns too.
//   Attributes: scale, masked; q_perm, k_perm, v_perm: operand dimension i is dimension perm[i] of the input;
//     out_perm: dimension i of the output is dimension perm[i] of the result. Empty: as it lies.
#ifndef FLOE_OPS_ATTENTION_H_
#define FLOE_OPS_ATTENTION_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> AttentionOps();

// A result has no more dimensions in front of its matrices.
inline constexpr int kMostAttentionBatchDims = 6;

// An operand's places: steps in elements along the batch dimensions, rows and columns; 0 where it is broadcast.
struct AttentionOperand {
  Dims batch;
  int64_t row = 0;
  int64_t column = 0;
};

struct AttentionGeometry {
  float scale = 1;
  float masked = 0;
  Dims batch;  // broadcast
  int64_t rows = 0, columns = 0, depth = 0, width = 0;
  // q is rows by depth, k columns by depth, v columns by width; keep and added rows by columns; out rows by width.
  AttentionOperand q, k, v, keep, added, out;
  int keep_input = -1, added_input = -1;  // where there is one

  int64_t batches() const;  // 0 where the result is empty
  // Multiplications and additions of both products; what is done to the scores between counts as nothing beside them.
  int64_t flops() const;
};

// Of inputs whose shapes are fully known. INVALID_ARGUMENT where they do not fit.
absl::StatusOr<AttentionGeometry> ComputeAttentionGeometry(const AttrMap& attrs, absl::Span<const TensorInfo> inputs);

// Where one batch's matrices begin in an operand.
int64_t AttentionOffset(const AttentionGeometry& geometry, const AttentionOperand& operand, int64_t batch);

}  // namespace floe

#endif  // FLOE_OPS_ATTENTION_H_
