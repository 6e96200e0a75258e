#include "kernels/cuda/runtime.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/status.h"

namespace floe {
namespace {

// Sizes are rounded up, so that what one plan gives back fits the next.
constexpr int64_t kSmallestBytes = 256;
constexpr int64_t kLargeBytes = int64_t{1} << 20;

int64_t RoundedSize(int64_t bytes) {
  const int64_t unit = bytes < kLargeBytes ? kSmallestBytes : kLargeBytes;
  return (std::max<int64_t>(bytes, 1) + unit - 1) / unit * unit;
}

// Errors that leave the process without this device.
bool IsSticky(cudaError_t code) {
  switch (code) {
    case cudaErrorECCUncorrectable:
    case cudaErrorNvlinkUncorrectable:
    case cudaErrorIllegalAddress:
    case cudaErrorLaunchTimeout:
    case cudaErrorAssert:
    case cudaErrorHardwareStackError:
    case cudaErrorIllegalInstruction:
    case cudaErrorMisalignedAddress:
    case cudaErrorInvalidAddressSpace:
    case cudaErrorInvalidPc:
    case cudaErrorLaunchFailure:
    case cudaErrorUnknown:
      return true;
    default:
      return false;
  }
}

}  // namespace

// Goes back into the pool.
class PooledMemory final : public DeviceMemory {
 public:
  PooledMemory(CudaRuntime* runtime, void* data, int64_t size_bytes)
      : runtime_(runtime), data_(data), size_bytes_(size_bytes) {}
  ~PooledMemory() override { runtime_->GiveBack(data_, size_bytes_); }
  void* data() const override { return data_; }

 private:
  CudaRuntime* const runtime_;  // not owned
  void* const data_;
  const int64_t size_bytes_;
};

CudaRuntime::~CudaRuntime() { Trim(); }

absl::Status CudaRuntime::Check(cudaError_t code, absl::string_view call) {
  if (code == cudaSuccess) return absl::OkStatus();
  cudaGetLastError();  // what is reported here is not found again by the next launch
  // The call's name is what people know; its arguments are this source's business.
  const absl::string_view name = call.substr(0, call.find('('));
  const std::string message = absl::StrCat(name, ": ", cudaGetErrorString(code), " (", cudaGetErrorName(code), ")");
  if (code == cudaErrorMemoryAllocation) return absl::ResourceExhaustedError(message);
  if (IsSticky(code)) lost_ = code;
  return absl::InternalError(message);
}

absl::Status CudaRuntime::Health() const {
  const auto code = static_cast<cudaError_t>(lost_.load());
  if (code == cudaSuccess) return absl::OkStatus();
  return absl::UnavailableError(absl::StrCat("CUDA device ", device_, " was lost: ", cudaGetErrorString(code),
                                             "; the process must be started anew"));
}

absl::Status CudaRuntime::Enter() {
  FLOE_RETURN_IF_ERROR(Health());
  if (!has_device()) return absl::FailedPreconditionError("this was planned for a target; there is no device");
  FLOE_CUDA_RETURN_IF_ERROR(this, cudaSetDevice(device_));
  return absl::OkStatus();
}

bool CudaRuntime::Trim() {
  const std::lock_guard<std::mutex> lock(mutex_);
  const bool any = !free_.empty();
  for (const auto& [size_bytes, data] : free_) {
    cudaFree(data);
    reserved_bytes_ -= size_bytes;
  }
  free_.clear();
  return any;
}

absl::StatusOr<void*> CudaRuntime::Take(int64_t size_bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  // A block much larger than what is wanted is worth more to somebody else.
  const auto found = free_.lower_bound(size_bytes);
  if (found != free_.end() && found->first == size_bytes) {
    void* const data = found->second;
    free_.erase(found);
    return data;
  }
  if (limit_bytes_ > 0 && size_bytes > limit_bytes_ - reserved_bytes_) {
    return absl::ResourceExhaustedError(absl::StrCat("wanted ", size_bytes, " bytes of device memory beside ",
                                                     reserved_bytes_, " taken, past the limit of ", limit_bytes_));
  }
  void* data = nullptr;
  const cudaError_t code = cudaMalloc(&data, static_cast<size_t>(size_bytes));
  if (code == cudaSuccess) {
    reserved_bytes_ += size_bytes;
    return data;
  }
  const absl::Status status = Check(code, "cudaMalloc");
  return Annotate(status, absl::StrCat("wanted ", size_bytes, " bytes of device memory beside ", reserved_bytes_));
}

void CudaRuntime::GiveBack(void* data, int64_t size_bytes) {
  const std::lock_guard<std::mutex> lock(mutex_);
  free_.emplace(size_bytes, data);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> CudaRuntime::Allocate(int64_t bytes) {
  if (bytes < 0 || bytes > INT64_MAX - kLargeBytes) return absl::InvalidArgumentError("bytes of device memory");
  FLOE_RETURN_IF_ERROR(Enter());
  const int64_t size_bytes = RoundedSize(bytes);
  absl::StatusOr<void*> data = Take(size_bytes);
  if (absl::IsResourceExhausted(data.status()) && Trim()) data = Take(size_bytes);
  if (!data.ok()) return data.status();
  return std::make_unique<PooledMemory>(this, *data, size_bytes);
}

int64_t CudaRuntime::reserved_bytes() const {
  const std::lock_guard<std::mutex> lock(mutex_);
  return reserved_bytes_;
}

}  // namespace floe
