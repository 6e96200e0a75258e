// Places for buffers in one arena, so that buffers which live at the same time never overlap.
#ifndef FLOE_PLAN_MEMORY_LAYOUT_H_
#define FLOE_PLAN_MEMORY_LAYOUT_H_

#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"

namespace floe {

// A buffer that is written in step `first` and used up to step `last`, both included.
struct BufferLifetime {
  int64_t bytes = 0;
  int first = 0;
  int last = 0;
};

struct MemoryLayout {
  std::vector<int64_t> offsets;  // one a buffer, each a multiple of kTensorAlignmentBytes
  int64_t arena_bytes = 0;
};

// Largest first, each into the tightest gap that it fits; in the order of time where so many live at once that this
// would take long. RESOURCE_EXHAUSTED where the arena would pass 63 bits.
absl::StatusOr<MemoryLayout> LayOutMemory(absl::Span<const BufferLifetime> buffers);

}  // namespace floe

#endif  // FLOE_PLAN_MEMORY_LAYOUT_H_
