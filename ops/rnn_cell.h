// The recurrent blocks that TensorFlow 1 exporters leave: LSTMBlockCell, BlockLSTM, BlockLSTMV2 (a cell over a
// sequence) and GRUBlockCell.
#ifndef FLOE_OPS_RNN_CELL_H_
#define FLOE_OPS_RNN_CELL_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> RnnCellOps();

}  // namespace floe

#endif  // FLOE_OPS_RNN_CELL_H_
