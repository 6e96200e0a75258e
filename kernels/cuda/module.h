// What libfloe_cuda.so and the program that loads it agree on: one C entry, a version, a table of functions.
//
// The table's functions speak C++ (absl::Status, floe::Backend), so both sides must come from one build: `abi_version`
// and `build` are compared before anything else is touched. The table and what it hands out live for the whole process.
#ifndef FLOE_KERNELS_CUDA_MODULE_H_
#define FLOE_KERNELS_CUDA_MODULE_H_

#include <cstdint>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "plan/kernel.h"

namespace floe {

// Raised with every change of this table or of a class that crosses it.
inline constexpr uint32_t kCudaAbiVersion = 4;

// Compiler, standard library and Abseil, as far as they decide how objects lie in memory.
#define FLOE_STRINGIZE_INNER(x) #x
#define FLOE_STRINGIZE(x) FLOE_STRINGIZE_INNER(x)
inline constexpr char kCudaBuild[] = "C++ " FLOE_STRINGIZE(__GNUC__) ", libstdc++ " FLOE_STRINGIZE(
    _GLIBCXX_RELEASE) ", abi " FLOE_STRINGIZE(__GXX_ABI_VERSION) ", abseil " FLOE_STRINGIZE(ABSL_LTS_RELEASE_VERSION);

struct CudaBackendOptions {
  int device = 0;
  // "sm_80": a backend that plans for such a device and needs none. Empty: for the device itself.
  std::string target;
  // What device memory may be taken in all; 0: as much as the device has.
  int64_t memory_limit_bytes = 0;
  // Products by cuBLAS and cuBLASLt, where this machine has them; else by Floe's own kernels.
  bool library_products = true;
};

struct CudaModule {
  uint32_t abi_version;
  const char* build;
  // How many devices there are. FAILED_PRECONDITION and why where there is none.
  absl::StatusOr<int> (*count_devices)();
  absl::StatusOr<std::unique_ptr<Backend>> (*create_backend)(const CudaBackendOptions& options);
  // INVALID_ARGUMENT where the backend's device has no such products.
  absl::Status (*check_precision)(const Backend& backend, Precision precision);
};

inline constexpr char kCudaModuleEntry[] = "floe_cuda_module";

}  // namespace floe

extern "C" {
// The module's only visible symbol.
const floe::CudaModule* floe_cuda_module();
}

#endif  // FLOE_KERNELS_CUDA_MODULE_H_
