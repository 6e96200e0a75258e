#include "plan/memory_layout.h"

#include <algorithm>
#include <numeric>

#include "base/checked_math.h"
#include "tensor/tensor.h"

namespace floe {
namespace {

bool LiveTogether(const BufferLifetime& a, const BufferLifetime& b) { return a.first <= b.last && b.first <= a.last; }

}  // namespace

absl::StatusOr<MemoryLayout> LayOutMemory(absl::Span<const BufferLifetime> buffers) {
  constexpr int64_t kAlignment = kTensorAlignmentBytes;
  const auto too_large = [] { return absl::ResourceExhaustedError("the arena would be larger than any memory"); };
  MemoryLayout layout;
  layout.offsets.assign(buffers.size(), 0);
  std::vector<int64_t> sizes;
  for (const BufferLifetime& buffer : buffers) {
    int64_t padded;
    if (!CheckedAdd(buffer.bytes, kAlignment - 1, &padded)) return too_large();
    sizes.push_back(padded / kAlignment * kAlignment);
  }
  std::vector<size_t> order(buffers.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(), [&](size_t a, size_t b) { return sizes[a] > sizes[b]; });

  std::vector<size_t> placed;  // by offset
  for (const size_t i : order) {
    if (sizes[i] == 0) break;
    int64_t free_from = 0, best = -1, best_gap = INT64_MAX;
    for (const size_t other : placed) {
      if (!LiveTogether(buffers[i], buffers[other])) continue;
      const int64_t gap = layout.offsets[other] - free_from;
      if (gap >= sizes[i] && gap < best_gap) {
        best = free_from;
        best_gap = gap;
      }
      free_from = std::max(free_from, layout.offsets[other] + sizes[other]);
    }
    layout.offsets[i] = best >= 0 ? best : free_from;
    int64_t end;
    if (!CheckedAdd(layout.offsets[i], sizes[i], &end)) return too_large();
    layout.arena_bytes = std::max(layout.arena_bytes, end);
    const auto at = std::upper_bound(placed.begin(), placed.end(), layout.offsets[i],
                                     [&](int64_t offset, size_t other) { return offset < layout.offsets[other]; });
    placed.insert(at, i);
  }
  return layout;
}

}  // namespace floe
