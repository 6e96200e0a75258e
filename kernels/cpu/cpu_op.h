// One row of the CPU's table, and the families' parts of it. Each family's file holds, in this order, the kernel, its
// launcher, and Supports, Create, Prepare and Launch. Rows live for the whole process; any thread.
#ifndef FLOE_KERNELS_CPU_CPU_OP_H_
#define FLOE_KERNELS_CPU_CPU_OP_H_

#include <memory>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/kernel.h"

namespace floe {

struct CpuOp {
  const char* name;
  absl::Status (*supports)(const OpSignature& op);
  // Called with what `supports` has taken.
  absl::StatusOr<std::unique_ptr<Kernel>> (*create)(const OpSignature& op);
};

absl::Span<const CpuOp> ConvolutionKernels();
absl::Span<const CpuOp> ElementwiseKernels();
absl::Span<const CpuOp> LayerNormKernels();
absl::Span<const CpuOp> MatMulKernels();
absl::Span<const CpuOp> PadKernels();
absl::Span<const CpuOp> PoolKernels();
absl::Span<const CpuOp> ReduceKernels();
absl::Span<const CpuOp> SoftmaxKernels();
absl::Span<const CpuOp> VolumeConvolutionKernels();

// UNIMPLEMENTED unless inputs [0, count) and the first output are float32.
absl::Status WantFloat(const OpSignature& op, int count);
// UNIMPLEMENTED for data_format NCHW and the like.
absl::Status WantChannelsLast(const OpSignature& op);

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_CPU_OP_H_
