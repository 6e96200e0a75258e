// SpaceToBatch and BatchToSpace: blocks of space that move into the batch, and back.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kMostBlocked = 4;

// ---- Kernel

// The spatial form is [batch, sizes..., inner]; the batched one [places * batch, counts..., inner], where a place is
// one of a block's elements. Along a blocked dimension element k of a block's place p is at k * block + p - before.
struct BlockArgs {
  const void* from;
  void* to;
  int64_t elements, batch, inner;
  int blocked;
  int64_t sizes[kMostBlocked], counts[kMostBlocked], blocks[kMostBlocked], before[kMostBlocked];
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) ToBatchKernel(BlockArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    int64_t rest = Quotient(i, args.inner);
    const int64_t column = i - rest * args.inner;
    int64_t index[kMostBlocked] = {};
    for (int d = args.blocked - 1; d >= 0; --d) {
      const int64_t above = Quotient(rest, args.counts[d]);
      index[d] = rest - above * args.counts[d];
      rest = above;
    }
    int64_t place = Quotient(rest, args.batch);
    const int64_t batch = rest - place * args.batch;
    bool inside = true;
    for (int d = args.blocked - 1; d >= 0; --d) {
      const int64_t above = Quotient(place, args.blocks[d]);
      index[d] = index[d] * args.blocks[d] + place - above * args.blocks[d] - args.before[d];
      inside = inside && index[d] >= 0 && index[d] < args.sizes[d];
      place = above;
    }
    T value{};
    if (inside) {
      int64_t from = batch;
      for (int d = 0; d < args.blocked; ++d) from = from * args.sizes[d] + index[d];
      value = static_cast<const T*>(args.from)[from * args.inner + column];
    }
    static_cast<T*>(args.to)[i] = value;
  }
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) FromBatchKernel(BlockArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    int64_t rest = Quotient(i, args.inner);
    const int64_t column = i - rest * args.inner;
    int64_t index[kMostBlocked] = {};
    for (int d = args.blocked - 1; d >= 0; --d) {
      const int64_t above = Quotient(rest, args.sizes[d]);
      index[d] = rest - above * args.sizes[d] + args.before[d];
      rest = above;
    }
    int64_t place = 0;
    for (int d = 0; d < args.blocked; ++d) {
      const int64_t k = Quotient(index[d], args.blocks[d]);
      place = place * args.blocks[d] + index[d] - k * args.blocks[d];
      index[d] = k;
    }
    int64_t from = place * args.batch + rest;
    for (int d = 0; d < args.blocked; ++d) from = from * args.counts[d] + index[d];
    static_cast<T*>(args.to)[i] = static_cast<const T*>(args.from)[from * args.inner + column];
  }
}

// ---- Supports

// Inputs: block shape and pairs; of the older forms the pairs alone.
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  if (!MovesBytes(op.inputs[0].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  for (size_t i = 1; i < op.inputs.size(); ++i) FLOE_RETURN_IF_ERROR(WantConstant(op, static_cast<int>(i)));
  if (op.inputs.size() > 2 && op.inputs[1].value->num_elements() > kMostBlocked)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of too many dimensions"));
  return absl::OkStatus();
}

// ---- Prepare

template <bool kToBatch>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape from = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  Dims blocks;
  if (inputs.size() > 2) {
    FLOE_ASSIGN_OR_RETURN(blocks, ToInt64s(*inputs[1].value));
  } else {
    FLOE_ASSIGN_OR_RETURN(const int64_t block, attrs.Int("block_size"));
    blocks = {block, block};
  }
  FLOE_ASSIGN_OR_RETURN(const Dims pairs, ToInt64s(*inputs.back().value));
  const Shape &spatial = kToBatch ? from : result, &batched = kToBatch ? result : from;
  BlockArgs args{};
  args.elements = result.num_elements();
  args.batch = spatial.dim(0);
  args.blocked = static_cast<int>(blocks.size());
  args.inner = 1;
  for (int i = args.blocked + 1; i < spatial.rank(); ++i) args.inner *= spatial.dim(i);
  for (int i = 0; i < args.blocked; ++i) {
    args.sizes[i] = spatial.dim(i + 1);
    args.counts[i] = batched.dim(i + 1);
    args.blocks[i] = blocks[i];
    args.before[i] = pairs[2 * i];
  }
  return Launcher{kToBatch ? "space to batch" : "batch to space",
                  [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    BlockArgs bound = args;
                    bound.from = launch.input(0).raw_data();
                    bound.to = launch.output(0)->raw_mutable_data();
                    return OnBytes(bytes, [&]<typename T>() {
                      return Launch(kToBatch ? ToBatchKernel<T> : FromBatchKernel<T>, LoopGrid(bound.elements),
                                    dim3(kLoopThreads), 0, StreamOf(launch), bound);
                    });
                  }};
}

constexpr CudaOp kOps[] = {
    {"BatchToSpace", Supports, CreateLauncher<Prepare<false>>},
    {"BatchToSpaceND", Supports, CreateLauncher<Prepare<false>>},
    {"SpaceToBatch", Supports, CreateLauncher<Prepare<true>>},
    {"SpaceToBatchND", Supports, CreateLauncher<Prepare<true>>},
};

}  // namespace

absl::Span<const CudaOp> SpaceBatchKernels() { return kOps; }

}  // namespace floe
