// How a kernel starts on the host.
#ifndef FLOE_TESTS_SIMT_INCLUDE_SIMT_LAUNCH_H_
#define FLOE_TESTS_SIMT_INCLUDE_SIMT_LAUNCH_H_

#include <functional>

#include "cuda_runtime.h"

namespace simt {

// Puts the kernel into the stream, or into the graph that the stream records. `thread` is the
// kernel with its arguments, called once for each thread of the grid; `kernel` says which it is.
cudaError_t Launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   std::function<void()> thread);

// For the libraries that stand in for others on top of the runtime.
// What a call of theirs begins with: it is counted, and may be the one that fails.
cudaError_t BeginCall();
// Whether the calling thread records a stream, when nothing may be made.
bool IsRecording();
bool IsOnDevice(const void* data, size_t bytes);
// Counts what they make and have not given back.
void CountObjects(int more);
// Whether products have algorithms (simt_set_algorithms).
bool HasAlgorithms();
void CountProduct();

}  // namespace simt

#endif  // FLOE_TESTS_SIMT_INCLUDE_SIMT_LAUNCH_H_
