#include "kernels/cuda/cublas.h"

#include <dlfcn.h>

#include <initializer_list>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

using cublas::Status;

// Never closed: what it has put into a device's streams may be running.
void* OpenLibrary(std::initializer_list<const char*> names) {
  for (const char* const name : names) {
    if (void* const library = dlopen(name, RTLD_NOW | RTLD_LOCAL); library != nullptr) return library;
  }
  return nullptr;
}

template <typename Function>
bool Find(void* library, const char* name, Function* function) {
  *function = reinterpret_cast<Function>(dlsym(library, name));
  return *function != nullptr;
}

}  // namespace

bool Cublas::Load() {
  void* const lt = OpenLibrary({"libcublasLt.so.13", "libcublasLt.so.12"});
  if (lt == nullptr) return false;
  void* const blas = OpenLibrary({"libcublas.so.13", "libcublas.so.12"});
  if (blas == nullptr) return false;
  return Find(lt, "cublasLtCreate", &lt_.Create) && Find(lt, "cublasLtDestroy", &lt_.Destroy) &&
         Find(lt, "cublasLtMatmulDescCreate", &lt_.MatmulDescCreate) &&
         Find(lt, "cublasLtMatmulDescDestroy", &lt_.MatmulDescDestroy) &&
         Find(lt, "cublasLtMatmulDescSetAttribute", &lt_.MatmulDescSetAttribute) &&
         Find(lt, "cublasLtMatrixLayoutCreate", &lt_.MatrixLayoutCreate) &&
         Find(lt, "cublasLtMatrixLayoutDestroy", &lt_.MatrixLayoutDestroy) &&
         Find(lt, "cublasLtMatmulPreferenceCreate", &lt_.MatmulPreferenceCreate) &&
         Find(lt, "cublasLtMatmulPreferenceDestroy", &lt_.MatmulPreferenceDestroy) &&
         Find(lt, "cublasLtMatmulPreferenceSetAttribute", &lt_.MatmulPreferenceSetAttribute) &&
         Find(lt, "cublasLtMatmulAlgoGetHeuristic", &lt_.MatmulAlgoGetHeuristic) &&
         Find(lt, "cublasLtMatmul", &lt_.Matmul) && Find(blas, "cublasCreate_v2", &functions_.Create) &&
         Find(blas, "cublasDestroy_v2", &functions_.Destroy) &&
         Find(blas, "cublasSetStream_v2", &functions_.SetStream) &&
         Find(blas, "cublasSetWorkspace_v2", &functions_.SetWorkspace) &&
         Find(blas, "cublasGemmStridedBatchedEx", &functions_.GemmStridedBatched);
}

absl::StatusOr<std::unique_ptr<Cublas>> Cublas::Open(CudaRuntime* runtime) {
  std::unique_ptr<Cublas> opened(new Cublas(runtime));
  if (!opened->Load()) return nullptr;
  FLOE_RETURN_IF_ERROR(runtime->Enter());
  for (const bool lt : {true, false}) {
    const Status status = lt ? opened->lt_.Create(&opened->lt_handle_) : opened->functions_.Create(&opened->handle_);
    // A library newer than the device.
    if (status == cublas::kArchMismatch || status == cublas::kNotSupported) return nullptr;
    FLOE_RETURN_IF_ERROR(opened->Check(status, lt ? "cublasLtCreate" : "cublasCreate"));
  }
  return opened;
}

Cublas::~Cublas() {
  if (handle_ != nullptr) functions_.Destroy(handle_);
  if (lt_handle_ != nullptr) lt_.Destroy(lt_handle_);
}

absl::Status Cublas::Check(Status status, absl::string_view call) const {
  if (status == cublas::kSuccess) return absl::OkStatus();
  // What the runtime knows of it says more, and may be for good.
  FLOE_RETURN_IF_ERROR(runtime_->Check(cudaGetLastError(), call));
  const std::string message = absl::StrCat(call, ": cuBLAS status ", status);
  return status == cublas::kAllocFailed ? absl::ResourceExhaustedError(message) : absl::InternalError(message);
}

}  // namespace floe
