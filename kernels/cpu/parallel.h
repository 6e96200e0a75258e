// Loops over the OpenMP team of the calling thread, whose size the instance that owns the thread has set.
#ifndef FLOE_KERNELS_CPU_PARALLEL_H_
#define FLOE_KERNELS_CPU_PARALLEL_H_

#include <omp.h>

#include <algorithm>
#include <cstdint>

namespace floe {

// Work below this many bytes touched (or operations of that cost) is done before a team would have woken up.
inline constexpr int64_t kMinBytesPerThread = int64_t{1} << 16;

// Calls body(begin, end) on parts of [0, count), each at least `min_per_thread` long. `body` must not throw.
template <typename Body>
void ParallelFor(int64_t count, int64_t min_per_thread, const Body& body) {
  const int64_t most = std::max<int64_t>(1, count / std::max<int64_t>(1, min_per_thread));
  const int threads = static_cast<int>(std::min<int64_t>(omp_get_max_threads(), most));
  if (threads <= 1) {
    if (count > 0) body(int64_t{0}, count);
    return;
  }
#pragma omp parallel num_threads(threads)
  {
    const int64_t part = omp_get_thread_num(), parts = omp_get_num_threads();
    const int64_t size = count / parts, longer = count % parts;
    const int64_t begin = part * size + std::min(part, longer);
    const int64_t end = begin + size + (part < longer ? 1 : 0);
    if (begin < end) body(begin, end);
  }
}

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_PARALLEL_H_
