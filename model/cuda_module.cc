#include "model/cuda_module.h"

#include <dlfcn.h>

#include <cstdlib>
#include <map>
#include <memory>
#include <mutex>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "kernels/cuda/module.h"

namespace floe {
namespace {

constexpr char kFileName[] = "libfloe_cuda.so";

// Where an installed program has its libraries; empty where that cannot be told.
std::string BesideTheProgram() {
  FileSystem& files = FileSystem::Posix();
  Dl_info info;
  // An address of our own tells which file it was loaded from: the program, or a library that embeds Floe.
  if (dladdr(reinterpret_cast<const void*>(&BesideTheProgram), &info) == 0 || info.dli_fname == nullptr) return "";
  const std::string directory = DirectoryOf(info.dli_fname);
  for (const char* place : {"../lib", "../lib/floe", "."}) {
    std::string path = JoinPath(JoinPath(directory, place), kFileName);
    if (files.Exists(path)) return path;
  }
  return "";
}

std::string ModulePath() {
  const char* const named = std::getenv("FLOE_CUDA_MODULE");
  if (named != nullptr && *named != '\0') return named;
  std::string beside = BesideTheProgram();
  return beside.empty() ? kFileName : beside;
}

absl::StatusOr<const CudaModule*> LoadModule() {
  const std::string path = ModulePath();
  void* const library = dlopen(path.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) return absl::FailedPreconditionError(dlerror());
  using Entry = const CudaModule* (*)();
  const auto entry = reinterpret_cast<Entry>(dlsym(library, kCudaModuleEntry));
  if (entry == nullptr) {
    return absl::FailedPreconditionError(
        absl::StrCat(path, " is no CUDA module of Floe: it has no ", kCudaModuleEntry));
  }
  const CudaModule* const module = entry();
  if (module->abi_version != kCudaAbiVersion || module->build != absl::string_view(kCudaBuild)) {
    return absl::FailedPreconditionError(absl::StrCat(path, " is of another build: wanted version ", kCudaAbiVersion,
                                                      " (", kCudaBuild, "), got version ", module->abi_version, " (",
                                                      module->build, ")"));
  }
  return module;
}

const absl::StatusOr<const CudaModule*>& Module() {
  static const auto* const module = new absl::StatusOr<const CudaModule*>(LoadModule());
  return *module;
}

absl::StatusOr<const Backend*> FindBackend(const std::string& key, const CudaBackendOptions& options) {
  static std::mutex mutex;
  static auto* const backends = new std::map<std::string, std::unique_ptr<Backend>>;
  FLOE_ASSIGN_OR_RETURN(const CudaModule* const module, Module());
  const std::lock_guard<std::mutex> lock(mutex);
  if (const auto found = backends->find(key); found != backends->end()) return found->second.get();
  FLOE_ASSIGN_OR_RETURN((*backends)[key], module->create_backend(options));
  return (*backends)[key].get();
}

}  // namespace

absl::StatusOr<const Backend*> FindCudaBackend(int device) {
  CudaBackendOptions options;
  options.device = device;
  return FindBackend(absl::StrCat(device), options);
}

absl::StatusOr<const Backend*> FindCudaTarget(const std::string& target) {
  CudaBackendOptions options;
  options.target = target;
  return FindBackend(target, options);
}

absl::Status CheckCudaPrecision(const Backend& backend, Precision precision) {
  FLOE_ASSIGN_OR_RETURN(const CudaModule* const module, Module());
  return module->check_precision(backend, precision);
}

}  // namespace floe
