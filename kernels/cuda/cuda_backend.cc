#include "kernels/cuda/cuda_backend.h"

#include <algorithm>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cublas.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/runtime.h"
#include "kernels/cuda/stream.h"
#include "kernels/cuda/target.h"

namespace floe {
namespace {

class Cuda final : public Backend, public CudaContext {
 public:
  Cuda(int device, CudaTarget target, int64_t memory_limit_bytes, bool library_products)
      : target_(target), library_products_(library_products), runtime_(device, memory_limit_bytes) {
    for (const absl::Span<const CudaOp> family : {ArgExtremeKernels(),
                                                  AttentionKernels(),
                                                  BatchNormKernels(),
                                                  CombinedNmsKernels(),
                                                  ConvolutionKernels(),
                                                  CropAndResizeKernels(),
                                                  EinsumKernels(),
                                                  ElementwiseKernels(),
                                                  FakeQuantKernels(),
                                                  GatherKernels(),
                                                  InvertPermutationKernels(),
                                                  LayerNormKernels(),
                                                  ListKernels(),
                                                  LrnKernels(),
                                                  MatMulKernels(),
                                                  MatrixBandKernels(),
                                                  MirrorPadKernels(),
                                                  MoveKernels(),
                                                  NmsKernels(),
                                                  OneHotKernels(),
                                                  Pool3DKernels(),
                                                  PoolKernels(),
                                                  ReduceKernels(),
                                                  ResizeKernels(),
                                                  ReverseSequenceKernels(),
                                                  RollKernels(),
                                                  ScanKernels(),
                                                  ScatterKernels(),
                                                  SegmentKernels(),
                                                  SeriesKernels(),
                                                  SoftmaxKernels(),
                                                  SpaceBatchKernels(),
                                                  TopKKernels(),
                                                  TransposedConvolutionKernels(),
                                                  UniqueKernels(),
                                                  VolumeConvolutionKernels(),
                                                  WhereKernels()}) {
      for (const CudaOp& op : family) ops_.emplace(op.name, &op);
    }
  }

  absl::string_view name() const override { return "cuda"; }
  bool on_host() const override { return false; }
  bool records() const override { return true; }
  absl::Status Health() const override { return runtime_.Health(); }

  absl::Status Supports(const OpSignature& op) const override {
    const auto found = ops_.find(op.op.name);
    if (found == ops_.end()) return absl::UnimplementedError(absl::StrCat("no CUDA kernel for ", op.op.name));
    return found->second->supports(*this, op);
  }

  absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) const override {
    FLOE_RETURN_IF_ERROR(Supports(op));
    return ops_.find(op.op.name)->second->create(*this, op);
  }

  std::vector<std::string> OpNames() const override {
    std::vector<std::string> names;
    for (const auto& [name, op] : ops_) names.emplace_back(name);
    return names;
  }

  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(int64_t bytes) const override {
    return runtime_.Allocate(bytes);
  }
  absl::StatusOr<std::unique_ptr<Stream>> CreateStream() const override { return CudaStream::Create(&runtime_); }
  absl::Status CopyToDevice(Stream* stream, const void* host, void* device, int64_t bytes) const override {
    return static_cast<CudaStream*>(stream)->CopyToDevice(host, device, bytes);
  }
  absl::Status CopyToHost(Stream* stream, const void* device, void* host, int64_t bytes) const override {
    return static_cast<CudaStream*>(stream)->CopyToHost(device, host, bytes);
  }
  absl::Status CopyOnDevice(Stream* stream, const void* from, void* to, int64_t bytes) const override {
    return static_cast<CudaStream*>(stream)->CopyOnDevice(from, to, bytes);
  }

  const CudaTarget& target() const override { return target_; }
  bool has_device() const override { return runtime_.has_device(); }
  absl::StatusOr<std::shared_ptr<DeviceMemory>> Upload(const void* host, int64_t bytes) const override;
  absl::StatusOr<const Cublas*> cublas() const override;

 private:
  const CudaTarget target_;
  const bool library_products_;
  absl::flat_hash_map<absl::string_view, const CudaOp*> ops_;
  mutable CudaRuntime runtime_;  // guards itself

  // For uploads: its chunks of pinned memory are worth keeping.
  mutable std::mutex upload_mutex_;
  mutable std::unique_ptr<CudaStream> upload_stream_;  // guarded by upload_mutex_

  mutable std::mutex cublas_mutex_;
  mutable bool cublas_opened_ = false;      // guarded by cublas_mutex_
  mutable std::unique_ptr<Cublas> cublas_;  // guarded by cublas_mutex_; set once
};

absl::StatusOr<const Cublas*> Cuda::cublas() const {
  if (!library_products_) return nullptr;
  const std::lock_guard<std::mutex> lock(cublas_mutex_);
  if (!cublas_opened_) {
    FLOE_ASSIGN_OR_RETURN(cublas_, Cublas::Open(&runtime_));
    cublas_opened_ = true;
  }
  // What is asked of the library next is about this thread's device.
  if (cublas_ != nullptr) FLOE_RETURN_IF_ERROR(runtime_.Enter());
  return cublas_.get();
}

absl::StatusOr<std::shared_ptr<DeviceMemory>> Cuda::Upload(const void* host, int64_t bytes) const {
  if (!has_device()) return std::shared_ptr<DeviceMemory>();
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceMemory> memory, runtime_.Allocate(bytes));
  const std::lock_guard<std::mutex> lock(upload_mutex_);
  if (upload_stream_ == nullptr) {
    FLOE_ASSIGN_OR_RETURN(upload_stream_, CudaStream::Create(&runtime_));
  }
  const absl::Status copied = upload_stream_->CopyToDevice(host, memory->data(), bytes);
  // Also after a copy that failed half way: the memory must not be given back with a copy into it under way.
  const absl::Status waited = upload_stream_->Synchronize();
  FLOE_RETURN_IF_ERROR(copied);
  FLOE_RETURN_IF_ERROR(waited);
  return memory;
}

// One of the device's numbers.
absl::StatusOr<int> DeviceAttribute(CudaRuntime& runtime, cudaDeviceAttr attribute, int device) {
  int value = 0;
  FLOE_CUDA_RETURN_IF_ERROR(&runtime, cudaDeviceGetAttribute(&value, attribute, device));
  return value;
}

}  // namespace

absl::Status WantChannelsLast(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const std::string format, op.attrs.String("data_format", "NHWC"));
  if (absl::StartsWith(format, "NC"))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with data_format ", format));
  return absl::OkStatus();
}

absl::Status WantInputDType(const OpSignature& op, int i, absl::Span<const DType> dtypes) {
  if (std::find(dtypes.begin(), dtypes.end(), op.inputs[i].dtype) != dtypes.end()) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(op.op.name, " with input ", i, " of ", DTypeName(op.inputs[i].dtype)));
}

absl::Status WantConstant(const OpSignature& op, int i) {
  if (op.inputs[i].value != nullptr) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(op.op.name, " whose input ", i, " is not constant"));
}

absl::StatusOr<int> CountCudaDevices() {
  int count = 0;
  const cudaError_t code = cudaGetDeviceCount(&count);
  if (code == cudaSuccess && count > 0) return count;
  cudaGetLastError();
  return absl::FailedPreconditionError(code == cudaSuccess ? "the driver knows of none" : cudaGetErrorString(code));
}

absl::StatusOr<std::unique_ptr<Backend>> CreateCudaBackend(const CudaBackendOptions& options) {
  constexpr int kNoDevice = -1;
  if (!options.target.empty()) {
    FLOE_ASSIGN_OR_RETURN(const CudaTarget target, FindCudaTarget(options.target));
    return std::make_unique<Cuda>(kNoDevice, target, 0, false);
  }
  FLOE_ASSIGN_OR_RETURN(const int count, CountCudaDevices());
  if (options.device < 0 || options.device >= count) {
    return absl::FailedPreconditionError(
        absl::StrCat("there is no device ", options.device, " among ", count, ", which count from 0"));
  }
  CudaRuntime probe(options.device, 0);
  FLOE_RETURN_IF_ERROR(probe.Enter());
  FLOE_ASSIGN_OR_RETURN(const int major, DeviceAttribute(probe, cudaDevAttrComputeCapabilityMajor, options.device));
  FLOE_ASSIGN_OR_RETURN(const int minor, DeviceAttribute(probe, cudaDevAttrComputeCapabilityMinor, options.device));
  FLOE_ASSIGN_OR_RETURN(const CudaTarget target, CudaTargetOf(major, minor));
  int64_t limit_bytes = options.memory_limit_bytes;
  if (limit_bytes == 0) {
    size_t free_bytes = 0, total_bytes = 0;
    FLOE_CUDA_RETURN_IF_ERROR(&probe, cudaMemGetInfo(&free_bytes, &total_bytes));
    limit_bytes = static_cast<int64_t>(total_bytes);
  }
  return std::make_unique<Cuda>(options.device, target, limit_bytes, options.library_products);
}

absl::Status CheckCudaPrecision(const Backend& backend, Precision precision) {
  return CheckPrecision(static_cast<const Cuda&>(backend).target(), precision);
}

}  // namespace floe
