#include "model/devices.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "kernels/cpu/cpu_backend.h"

namespace floe {

absl::StatusOr<Device> FindDevice(const std::string& name) {
  if (name == "reference") return Device{"reference", {&ReferenceBackend()}};
  if (name == "auto" || name == "cpu") return Device{"cpu", AllBackends()};
  if (name == "cuda" || absl::StartsWith(name, "cuda:")) {
    return absl::FailedPreconditionError(
        absl::StrCat("no CUDA device: this build has no CUDA module (wanted '", name, "')"));
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown device '", name, "'; there are 'auto', 'cpu', 'cuda[:N]' and 'reference'"));
}

std::vector<const Backend*> AllBackends() { return {&CpuBackend(), &ReferenceBackend()}; }

}  // namespace floe
