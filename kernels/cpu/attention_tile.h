// What the loops of attention.cc take of one row of scores. Not owned.
#ifndef FLOE_KERNELS_CPU_ATTENTION_TILE_H_
#define FLOE_KERNELS_CPU_ATTENTION_TILE_H_

#include <cstdint>

namespace floe {

struct AttentionRow {
  int64_t columns;
  float scale;
  const bool* keep;  // null: all
  int64_t keep_step;
  float masked;        // the score of what is not kept
  const float* added;  // null: nothing
  int64_t added_step;  // 0 or 1
};

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_ATTENTION_TILE_H_
