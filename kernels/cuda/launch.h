// Launch: the one way in which a kernel starts, and what kernels call instead of CUDA's own built-ins where those have
// no form for the host (kernels/cuda/intrinsics.h has the rest).
//
// Kernels take shared memory through SharedMemory<T>() alone, as one struct, of which Launch is told the size.
#ifndef FLOE_KERNELS_CUDA_LAUNCH_H_
#define FLOE_KERNELS_CUDA_LAUNCH_H_

#include <cuda_runtime.h>

#include <cstddef>
#include <cstdint>

#include "absl/status/status.h"
#include "kernels/cuda/stream.h"

#ifndef __CUDACC__
#include "simt/launch.h"
#endif

namespace floe {

// Most blocks along y and z; x has 2^31 - 1.
inline constexpr int64_t kMostBlocksY = 65535;

// Starts `kernel` with `args`, each converted to the kernel's parameter. What the launch itself found wrong comes back;
// what the kernel does wrong comes out of a later call.
template <typename... Params, typename... Args>
absl::Status Launch(void (*kernel)(Params...), dim3 grid, dim3 block, size_t shared_bytes, CudaStream& stream,
                    Args... args) {
#ifdef __CUDACC__
  kernel<<<grid, block, shared_bytes, stream.get()>>>(static_cast<Params>(args)...);
  const cudaError_t code = cudaGetLastError();
#else
  const cudaError_t code = simt::Launch(reinterpret_cast<const void*>(kernel), grid, block, shared_bytes, stream.get(),
                                        [=] { kernel(static_cast<Params>(args)...); });
#endif
  return stream.runtime()->Check(code, "kernel launch");
}

// What a kernel may take beyond 48 KiB of shared memory must be said once before its first launch.
template <typename... Params>
absl::Status AllowSharedBytes(void (*kernel)(Params...), size_t shared_bytes, CudaRuntime* runtime) {
  constexpr size_t kAlwaysAllowed = 48 << 10;
  if (shared_bytes <= kAlwaysAllowed || !runtime->has_device()) return absl::OkStatus();
  return runtime->Check(
      cudaFuncSetAttribute(reinterpret_cast<const void*>(kernel), cudaFuncAttributeMaxDynamicSharedMemorySize,
                           static_cast<int>(shared_bytes)),
      "cudaFuncSetAttribute");
}

#ifdef __CUDACC__
extern __shared__ __align__(16) unsigned char floe_shared_memory[];
#endif

// The block's shared memory, uninitialised, 16-byte aligned.
template <typename T>
__device__ __forceinline__ T& SharedMemory() {
#ifdef __CUDACC__
  return *reinterpret_cast<T*>(floe_shared_memory);
#else
  return *static_cast<T*>(simt::SharedMemory(sizeof(T)));
#endif
}

inline int64_t CeilDiv(int64_t a, int64_t b) { return (a + b - 1) / b; }

// Loops over any number of items by a grid that fills the device: each thread walks on by the whole grid's size.
//   for (int64_t i = LoopFirst(); i < items; i += LoopStride())
inline constexpr int kLoopThreads = 256;

inline dim3 LoopGrid(int64_t items) {
  constexpr int64_t kMostLoopBlocks = 1 << 16;
  const int64_t blocks = CeilDiv(items, kLoopThreads);
  return dim3(static_cast<unsigned>(blocks < kMostLoopBlocks ? blocks : kMostLoopBlocks));
}
__device__ __forceinline__ int64_t LoopFirst() { return static_cast<int64_t>(blockIdx.x) * kLoopThreads + threadIdx.x; }
__device__ __forceinline__ int64_t LoopStride() { return static_cast<int64_t>(gridDim.x) * kLoopThreads; }

// a / b of numbers of 0 or more; quick where both fit 32 bits, which devices divide much faster.
__device__ __forceinline__ int64_t Quotient(int64_t a, int64_t b) {
  if (((a | b) >> 32) != 0) return a / b;
  return static_cast<int64_t>(static_cast<uint32_t>(a) / static_cast<uint32_t>(b));
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_LAUNCH_H_
