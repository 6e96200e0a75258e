#include "model/devices.h"

#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "kernels/cpu/cpu_backend.h"
#include "model/cuda_module.h"

namespace floe {
namespace {

// To ask a module for its ops, any target will do.
constexpr char kAnyTarget[] = "sm_80";

std::vector<const Backend*> HostBackends() { return {&CpuBackend(), &ReferenceBackend()}; }

Device CudaDevice(std::string name, const Backend* cuda) {
  Device device{std::move(name), {cuda}};
  for (const Backend* backend : HostBackends()) device.backends.push_back(backend);
  return device;
}

absl::StatusOr<Device> FindCuda(const std::string& name, const std::string& target) {
  if (!target.empty()) {
    const absl::StatusOr<const Backend*> cuda = FindCudaTarget(target);
    if (absl::IsFailedPrecondition(cuda.status())) {
      return Annotate(cuda.status(), absl::StrCat("planning for ", target, " takes the CUDA module"));
    }
    FLOE_RETURN_IF_ERROR(cuda.status());
    return CudaDevice(target, *cuda);
  }
  int index = 0;
  if (name != "cuda" && !absl::SimpleAtoi(name.substr(absl::string_view("cuda:").size()), &index)) {
    return absl::InvalidArgumentError(absl::StrCat("device '", name, "': wanted a number after the colon"));
  }
  const absl::StatusOr<const Backend*> cuda = FindCudaBackend(index);
  if (!cuda.ok()) return Annotate(cuda.status(), "no CUDA device");
  return CudaDevice(absl::StrCat("cuda:", index), *cuda);
}

absl::StatusOr<Precision> ParsePrecision(const std::string& name) {
  const std::vector<std::pair<std::string, Precision>> known = {
      {"fp32", Precision::kFp32}, {"tf32", Precision::kTf32}, {"fp16", Precision::kFp16}, {"bf16", Precision::kBf16}};
  std::vector<std::string> names;
  for (const auto& [known_name, precision] : known) {
    if (name == known_name) return precision;
    names.push_back(known_name);
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown precision '", name, "'; there are ", ListNames(names), DidYouMean(name, names)));
}

absl::StatusOr<Device> FindByName(const std::string& name, const std::string& target) {
  const bool is_cuda = name == "cuda" || absl::StartsWith(name, "cuda:");
  if (!target.empty() && !is_cuda && name != "auto") {
    return absl::InvalidArgumentError(absl::StrCat("target ", target, " is for CUDA, and device ", name, " is not"));
  }
  if (is_cuda || !target.empty()) return FindCuda(name, target);
  if (name == "reference") return Device{"reference", {&ReferenceBackend()}};
  if (name == "cpu") return Device{"cpu", HostBackends()};
  if (name == "auto") {
    absl::StatusOr<Device> cuda = FindCuda("cuda", "");
    return cuda.ok() ? std::move(cuda) : Device{"cpu", HostBackends()};
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown device '", name, "'; there are 'auto', 'cpu', 'cuda[:N]' and 'reference'"));
}

}  // namespace

absl::StatusOr<Device> FindDevice(const std::string& name, const std::string& target, const std::string& precision) {
  FLOE_ASSIGN_OR_RETURN(Device device, FindByName(name, target));
  FLOE_ASSIGN_OR_RETURN(device.precision, ParsePrecision(precision));
  const bool is_cuda = !device.backends[0]->on_host();
  if (is_cuda) {
    FLOE_RETURN_IF_ERROR(CheckCudaPrecision(*device.backends[0], device.precision));
  } else if (device.precision != Precision::kFp32) {
    return absl::InvalidArgumentError(
        absl::StrCat("precision ", precision, " needs a CUDA device; ", device.name, " has fp32"));
  }
  return device;
}

std::vector<const Backend*> AllBackends() {
  std::vector<const Backend*> backends;
  if (const absl::StatusOr<const Backend*> cuda = FindCudaTarget(kAnyTarget); cuda.ok()) backends.push_back(*cuda);
  for (const Backend* backend : HostBackends()) backends.push_back(backend);
  return backends;
}

}  // namespace floe
