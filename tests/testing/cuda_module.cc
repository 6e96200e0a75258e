#include "tests/testing/cuda_module.h"

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

namespace floe::testing {

const CudaModule& TestCudaModule() {
  static const CudaModule* const module = [] {
    void* const library = dlopen(std::getenv("FLOE_CUDA_MODULE"), RTLD_NOW | RTLD_LOCAL);
    if (library == nullptr) {
      std::fprintf(stderr, "%s\n", dlerror());
      std::abort();
    }
    return reinterpret_cast<const CudaModule* (*)()>(dlsym(library, kCudaModuleEntry))();
  }();
  return *module;
}

}  // namespace floe::testing
