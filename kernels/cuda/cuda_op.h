// One row of the CUDA backend's table, and the families' parts of it. Each family's file holds, in this order, the
// kernel, its launcher, and Supports, Create, Prepare and Launch. Rows live for the whole process; any thread.
#ifndef FLOE_KERNELS_CUDA_CUDA_OP_H_
#define FLOE_KERNELS_CUDA_CUDA_OP_H_

#include <cstdint>
#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/cuda/target.h"
#include "plan/kernel.h"

namespace floe {

class Cublas;

// What families ask of the device. Outlives every kernel; any thread.
class CudaContext {
 public:
  virtual ~CudaContext() = default;
  virtual const CudaTarget& target() const = 0;
  // Whether kernels will be launched; without it they are planned only.
  virtual bool has_device() const = 0;
  // A copy of host memory on the device, for as long as it is held: packed weights. Waits until it is there. Null where
  // there is no device.
  virtual absl::StatusOr<std::shared_ptr<DeviceMemory>> Upload(const void* host, int64_t bytes) const = 0;
  // NVIDIA's libraries for products. Null where there are none, or no device; lives as long as the context.
  virtual absl::StatusOr<const Cublas*> cublas() const = 0;
};

struct CudaOp {
  const char* name;
  absl::Status (*supports)(const CudaContext& context, const OpSignature& op);
  // Called with what `supports` has taken. The context outlives the kernel.
  absl::StatusOr<std::unique_ptr<Kernel>> (*create)(const CudaContext& context, const OpSignature& op);
};

absl::Span<const CudaOp> ArgExtremeKernels();
absl::Span<const CudaOp> AttentionKernels();
absl::Span<const CudaOp> BatchNormKernels();
absl::Span<const CudaOp> CombinedNmsKernels();
absl::Span<const CudaOp> ConvolutionKernels();
absl::Span<const CudaOp> CropAndResizeKernels();
absl::Span<const CudaOp> EinsumKernels();
absl::Span<const CudaOp> ElementwiseKernels();
absl::Span<const CudaOp> FakeQuantKernels();
absl::Span<const CudaOp> GatherKernels();
absl::Span<const CudaOp> InvertPermutationKernels();
absl::Span<const CudaOp> LayerNormKernels();
absl::Span<const CudaOp> ListKernels();
absl::Span<const CudaOp> LrnKernels();
absl::Span<const CudaOp> MatMulKernels();
absl::Span<const CudaOp> MatrixBandKernels();
absl::Span<const CudaOp> MirrorPadKernels();
absl::Span<const CudaOp> MoveKernels();
absl::Span<const CudaOp> NmsKernels();
absl::Span<const CudaOp> OneHotKernels();
absl::Span<const CudaOp> Pool3DKernels();
absl::Span<const CudaOp> PoolKernels();
absl::Span<const CudaOp> ReduceKernels();
absl::Span<const CudaOp> ResizeKernels();
absl::Span<const CudaOp> ReverseSequenceKernels();
absl::Span<const CudaOp> RollKernels();
absl::Span<const CudaOp> ScanKernels();
absl::Span<const CudaOp> ScatterKernels();
absl::Span<const CudaOp> SegmentKernels();
absl::Span<const CudaOp> SeriesKernels();
absl::Span<const CudaOp> SoftmaxKernels();
absl::Span<const CudaOp> SpaceBatchKernels();
absl::Span<const CudaOp> TopKKernels();
absl::Span<const CudaOp> TransposedConvolutionKernels();
absl::Span<const CudaOp> UniqueKernels();
absl::Span<const CudaOp> VolumeConvolutionKernels();
absl::Span<const CudaOp> WhereKernels();

// UNIMPLEMENTED unless the op's data_format has the channels last.
absl::Status WantChannelsLast(const OpSignature& op);
// UNIMPLEMENTED naming op, input and dtype, unless input `i` has one of these dtypes.
absl::Status WantInputDType(const OpSignature& op, int i, absl::Span<const DType> dtypes);
// UNIMPLEMENTED unless input `i` is a constant: what Prepare or Create must read on the host.
absl::Status WantConstant(const OpSignature& op, int i);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_CUDA_OP_H_
