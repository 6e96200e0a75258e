// What a thread of a kernel may ask of the executor (tests/simt/executor.cc) that runs it on the host.
//
// Threads of a block take turns on one thread of the host: each runs until it waits for others. In which order they
// come is not told, and differs from block to block.
#ifndef FLOE_TESTS_SIMT_INCLUDE_SIMT_DEVICE_H_
#define FLOE_TESTS_SIMT_INCLUDE_SIMT_DEVICE_H_

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>

namespace simt {

struct Index3 {
  unsigned x, y, z;
};
struct Current {
  Index3 thread, block, block_dim, grid_dim;
};
extern thread_local Current current __attribute__((tls_model("initial-exec")));

// __syncthreads: every thread of the block must come.
void BlockBarrier();

// The block's shared memory. Dies where the launch asked for less than `bytes`.
void* SharedMemory(size_t bytes);

// A call that the lanes in `mask` make together, as __shfl_sync and mma are. The last to come calls `compute` once with
// what each lane handed in (null for lanes that are not in the mask); `kind` must be the same for all.
using Compute = void (*)(const void* const* inputs, void* const* outputs, uint32_t mask);
void WarpCollective(uint32_t mask, const char* kind, const void* input, void* output, Compute compute);

// cp.async: the bytes arrive when the thread waits for their group, not before. `bytes` - `source_bytes` become zero.
void CopyAsync(void* shared, const void* global, size_t bytes, size_t source_bytes);
void CommitCopies();
// Until at most `pending` of the groups committed last are under way.
void WaitForCopies(int pending);

// The lane of the calling thread.
int Lane();

// Ends the launch with an error, as a fault of the device does.
[[noreturn]] void Fault(const char* what);

}  // namespace simt

// A shuffle reads what another lane of the mask holds; one that is not there is an error, and not an old value.
template <typename T>
T SimtShuffle(uint32_t mask, T value, int source, const char* kind) {
  struct Request {
    T value;
    int source;
  };
  const Request request{value, source};
  T result;
  simt::WarpCollective(mask, kind, &request, &result, [](const void* const* in, void* const* out, uint32_t) {
    for (int lane = 0; lane < 32; ++lane) {
      if (in[lane] == nullptr) continue;
      const int from = static_cast<const Request*>(in[lane])->source;
      if (from < 0 || from >= 32 || in[from] == nullptr) simt::Fault("a shuffle reads a lane outside its mask");
      *static_cast<T*>(out[lane]) = static_cast<const Request*>(in[from])->value;
    }
  });
  return result;
}
template <typename T>
T __shfl_sync(uint32_t mask, T value, int source) {
  return SimtShuffle(mask, value, source & 31, "__shfl_sync");
}
template <typename T>
T __shfl_xor_sync(uint32_t mask, T value, int lanes) {
  return SimtShuffle(mask, value, simt::Lane() ^ lanes, "__shfl_xor_sync");
}
// Past the end a lane keeps its own value.
template <typename T>
T __shfl_down_sync(uint32_t mask, T value, int lanes) {
  const int source = simt::Lane() + lanes;
  return SimtShuffle(mask, value, source > 31 ? simt::Lane() : source, "__shfl_down_sync");
}
template <typename T>
T __shfl_up_sync(uint32_t mask, T value, int lanes) {
  const int source = simt::Lane() - lanes;
  return SimtShuffle(mask, value, source < 0 ? simt::Lane() : source, "__shfl_up_sync");
}

inline int __popc(uint32_t bits) { return std::popcount(bits); }

inline uint32_t __ballot_sync(uint32_t mask, int predicate) {
  uint32_t result = 0;
  simt::WarpCollective(mask, "__ballot_sync", &predicate, &result,
                       [](const void* const* in, void* const* out, uint32_t) {
                         uint32_t votes = 0;
                         for (int lane = 0; lane < 32; ++lane) {
                           if (in[lane] != nullptr && *static_cast<const int*>(in[lane]) != 0) votes |= 1u << lane;
                         }
                         for (int lane = 0; lane < 32; ++lane) {
                           if (out[lane] != nullptr) *static_cast<uint32_t*>(out[lane]) = votes;
                         }
                       });
  return result;
}
inline void __syncwarp(uint32_t mask = 0xffffffffu) {
  simt::WarpCollective(mask, "__syncwarp", &mask, nullptr, [](const void* const*, void* const*, uint32_t) {});
}

// Blocks and threads take turns, so that a plain read and write are one step.
template <typename T>
T atomicAdd(T* address, T value) {
  const T before = *address;
  *address = before + value;
  return before;
}
template <typename T>
T atomicMax(T* address, T value) {
  const T before = *address;
  if (value > before) *address = value;
  return before;
}
template <typename T>
T atomicMin(T* address, T value) {
  const T before = *address;
  if (value < before) *address = value;
  return before;
}
template <typename T>
T atomicCAS(T* address, T compare, T value) {
  const T before = *address;
  if (before == compare) *address = value;
  return before;
}

#endif  // FLOE_TESTS_SIMT_INCLUDE_SIMT_DEVICE_H_
