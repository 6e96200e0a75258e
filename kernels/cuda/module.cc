#include "kernels/cuda/module.h"

#include "kernels/cuda/cuda_backend.h"

extern "C" __attribute__((visibility("default"))) const floe::CudaModule* floe_cuda_module() {
  static constexpr floe::CudaModule kModule = {floe::kCudaAbiVersion, floe::kCudaBuild, floe::CountCudaDevices,
                                               floe::CreateCudaBackend, floe::CheckCudaPrecision};
  return &kModule;
}
