#include "plan/memory_layout.h"

#include <algorithm>
#include <map>
#include <numeric>
#include <set>

#include "base/checked_math.h"
#include "tensor/tensor.h"

namespace floe {
namespace {

// Pairs of buffers that live at once, up to which each buffer is looked at with all its neighbours: all models that
// people train, and 100,000 ops in any row. Past that (100,000 results that are all kept, say) the cost would be
// quadratic.
constexpr int64_t kMaxPairs = int64_t{4} << 20;
constexpr int64_t kMaxPairsPerBuffer = 16;

absl::Status TooLarge() { return absl::ResourceExhaustedError("the arena would be larger than any memory"); }

absl::StatusOr<std::vector<int64_t>> PaddedSizes(absl::Span<const BufferLifetime> buffers) {
  constexpr int64_t kAlignment = kTensorAlignmentBytes;
  std::vector<int64_t> sizes;
  sizes.reserve(buffers.size());
  for (const BufferLifetime& buffer : buffers) {
    int64_t padded;
    if (!CheckedAdd(buffer.bytes, kAlignment - 1, &padded)) return TooLarge();
    sizes.push_back(padded / kAlignment * kAlignment);
  }
  return sizes;
}

// The buffers that have bytes, by `before`; equal ones stay in their order.
template <typename Before>
std::vector<int> Sorted(absl::Span<const int64_t> sizes, Before before) {
  std::vector<int> order(sizes.size());
  std::iota(order.begin(), order.end(), 0);
  order.erase(std::remove_if(order.begin(), order.end(), [&](int i) { return sizes[i] == 0; }), order.end());
  std::stable_sort(order.begin(), order.end(), before);
  return order;
}

// For each buffer those that live at some time with it. Nothing where there are too many.
bool FindNeighbours(absl::Span<const BufferLifetime> buffers, absl::Span<const int> by_first,
                    std::vector<std::vector<int>>* neighbours) {
  const int64_t allowed = kMaxPairs + kMaxPairsPerBuffer * static_cast<int64_t>(buffers.size());
  int64_t pairs = 0;
  std::multimap<int, int> living;  // by their last step
  neighbours->resize(buffers.size());
  for (const int i : by_first) {
    living.erase(living.begin(), living.lower_bound(buffers[i].first));
    pairs += static_cast<int64_t>(living.size());
    if (pairs > allowed) return false;
    for (const auto& [last, other] : living) {
      (*neighbours)[i].push_back(other);
      (*neighbours)[other].push_back(i);
    }
    living.emplace(buffers[i].last, i);
  }
  return true;
}

// Largest first, each into the tightest gap between those placed that live with it.
absl::StatusOr<MemoryLayout> BySize(absl::Span<const int64_t> sizes, const std::vector<std::vector<int>>& neighbours) {
  MemoryLayout layout;
  layout.offsets.assign(sizes.size(), 0);
  std::vector<bool> is_placed(sizes.size(), false);
  std::vector<int> placed;
  for (const int i : Sorted(sizes, [&](int a, int b) { return sizes[a] > sizes[b]; })) {
    placed.clear();
    for (const int other : neighbours[i]) {
      if (is_placed[other]) placed.push_back(other);
    }
    std::sort(placed.begin(), placed.end(), [&](int a, int b) { return layout.offsets[a] < layout.offsets[b]; });
    int64_t free_from = 0, best = -1, best_gap = INT64_MAX;
    for (const int other : placed) {
      const int64_t gap = layout.offsets[other] - free_from;
      if (gap >= sizes[i] && gap < best_gap) {
        best = free_from;
        best_gap = gap;
      }
      free_from = std::max(free_from, layout.offsets[other] + sizes[other]);
    }
    layout.offsets[i] = best >= 0 ? best : free_from;
    is_placed[i] = true;
    int64_t end;
    if (!CheckedAdd(layout.offsets[i], sizes[i], &end)) return TooLarge();
    layout.arena_bytes = std::max(layout.arena_bytes, end);
  }
  return layout;
}

// What is free below the end of the arena. Neighbouring pieces are one.
class FreeList {
 public:
  // From the smallest piece that is large enough, else from the end, which moves.
  absl::StatusOr<int64_t> Take(int64_t bytes) {
    const auto fit = by_size_.lower_bound({bytes, 0});
    if (fit != by_size_.end()) {
      const auto [size, offset] = *fit;
      Erase(offset, size);
      if (size > bytes) Insert(offset + bytes, size - bytes);
      return offset;
    }
    int64_t offset = end_;
    if (!by_offset_.empty() && by_offset_.rbegin()->first + by_offset_.rbegin()->second == end_) {
      offset = by_offset_.rbegin()->first;
      Erase(offset, end_ - offset);
    }
    if (!CheckedAdd(offset, bytes, &end_)) return TooLarge();
    return offset;
  }

  void Give(int64_t offset, int64_t bytes) {
    const auto after = by_offset_.lower_bound(offset);
    if (after != by_offset_.begin()) {
      const auto [before, size] = *std::prev(after);
      if (before + size == offset) {
        Erase(before, size);
        offset = before;
        bytes += size;
      }
    }
    if (after != by_offset_.end() && after->first == offset + bytes) {
      const int64_t size = after->second;
      Erase(offset + bytes, size);
      bytes += size;
    }
    Insert(offset, bytes);
  }

  int64_t end() const { return end_; }

 private:
  void Insert(int64_t offset, int64_t bytes) {
    by_offset_.emplace(offset, bytes);
    by_size_.emplace(bytes, offset);
  }
  void Erase(int64_t offset, int64_t bytes) {
    by_offset_.erase(offset);
    by_size_.erase({bytes, offset});
  }

  std::map<int64_t, int64_t> by_offset_;           // offset, bytes
  std::set<std::pair<int64_t, int64_t>> by_size_;  // bytes, offset
  int64_t end_ = 0;
};

// In the order of time, as an allocator at run time would: n log n, and seldom much more memory.
absl::StatusOr<MemoryLayout> ByTime(absl::Span<const BufferLifetime> buffers, absl::Span<const int64_t> sizes,
                                    absl::Span<const int> by_first) {
  MemoryLayout layout;
  layout.offsets.assign(sizes.size(), 0);
  FreeList free;
  std::multimap<int, int> living;  // by their last step
  for (const int i : by_first) {
    const auto alive = living.lower_bound(buffers[i].first);
    for (auto dead = living.begin(); dead != alive; ++dead)
      free.Give(layout.offsets[dead->second], sizes[dead->second]);
    living.erase(living.begin(), alive);
    absl::StatusOr<int64_t> offset = free.Take(sizes[i]);
    if (!offset.ok()) return offset.status();
    layout.offsets[i] = *offset;
    living.emplace(buffers[i].last, i);
  }
  layout.arena_bytes = free.end();
  return layout;
}

}  // namespace

absl::StatusOr<MemoryLayout> LayOutMemory(absl::Span<const BufferLifetime> buffers) {
  absl::StatusOr<std::vector<int64_t>> sizes = PaddedSizes(buffers);
  if (!sizes.ok()) return sizes.status();
  const std::vector<int> by_first = Sorted(*sizes, [&](int a, int b) { return buffers[a].first < buffers[b].first; });
  std::vector<std::vector<int>> neighbours;
  return FindNeighbours(buffers, by_first, &neighbours) ? BySize(*sizes, neighbours)
                                                        : ByTime(buffers, *sizes, by_first);
}

}  // namespace floe
