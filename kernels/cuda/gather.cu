// Gather, GatherV2, GatherNd: rows that indices pick. An index that is out of range picks zeros, as TensorFlow's
// kernels for GPUs have it: a launch cannot fail for what its data are.
#include <algorithm>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kMostDepth = 8;

// ---- Kernels

// Params as [batch, outer, limit, inner], indices as [batch, picks], in elements of T.
struct GatherArgs {
  const void* params;
  const void* indices;
  void* to;
  int64_t elements, outer, limit, inner, picks;
};

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) GatherKernel(GatherArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t row = Quotient(i, args.inner), column = i - row * args.inner;
    const int64_t group = Quotient(row, args.picks), pick = row - group * args.picks;
    const int64_t batch = Quotient(group, args.outer);
    const auto index = static_cast<int64_t>(static_cast<const Index*>(args.indices)[batch * args.picks + pick]);
    T value{};
    if (index >= 0 && index < args.limit) {
      value = static_cast<const T*>(args.params)[(group * args.limit + index) * args.inner + column];
    }
    static_cast<T*>(args.to)[i] = value;
  }
}

// Each `depth` indices pick a slice of `inner` elements.
struct GatherNdArgs {
  const void* params;
  const void* indices;
  void* to;
  int64_t elements, inner;
  int depth;
  int64_t dims[kMostDepth];
};

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) GatherNdKernel(GatherNdArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t pick = Quotient(i, args.inner), column = i - pick * args.inner;
    const Index* const index = static_cast<const Index*>(args.indices) + pick * args.depth;
    int64_t slice = 0;
    bool inside = true;
    for (int k = 0; k < args.depth; ++k) {
      const auto at = static_cast<int64_t>(index[k]);
      inside = inside && at >= 0 && at < args.dims[k];
      if (inside) slice = slice * args.dims[k] + at;
    }
    static_cast<T*>(args.to)[i] = inside ? static_cast<const T*>(args.params)[slice * args.inner + column] : T{};
  }
}

// ---- Launchers

// Calls `body` with the largest type that rows of `inner` elements consist of, and how many elements it has.
template <typename Body>
absl::Status OnWidest(int64_t inner, int64_t element_bytes, const void* from, const void* to, Body&& body) {
  constexpr int64_t kWidest = 16;
  int64_t bytes = kWidest;
  const auto fits = [&] {
    return (inner * element_bytes) % bytes == 0 && IsAligned(from, bytes) && IsAligned(to, bytes);
  };
  while (bytes > element_bytes && !fits()) bytes /= 2;
  if (bytes == kWidest) return body.template operator()<uint4>(kWidest / element_bytes);
  return OnBytes(bytes, [&]<typename T>() { return body.template operator()<T>(bytes / element_bytes); });
}

absl::Status LaunchGather(GatherArgs args, int64_t element_bytes, const LaunchArgs& launch) {
  if (args.elements == 0) return absl::OkStatus();
  args.params = launch.input(0).raw_data();
  args.indices = launch.input(1).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  return OnWidest(args.inner, element_bytes, args.params, args.to, [&]<typename T>(int64_t factor) {
    args.inner /= factor;
    args.elements /= factor;
    return OnIndexType(launch.input(1).dtype(), [&]<typename Index>() {
      return Launch(GatherKernel<T, Index>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch), args);
    });
  });
}

absl::Status LaunchGatherNd(GatherNdArgs args, int64_t element_bytes, const LaunchArgs& launch) {
  if (args.elements == 0) return absl::OkStatus();
  args.params = launch.input(0).raw_data();
  args.indices = launch.input(1).raw_data();
  args.to = launch.output(0)->raw_mutable_data();
  return OnWidest(args.inner, element_bytes, args.params, args.to, [&]<typename T>(int64_t factor) {
    args.inner /= factor;
    args.elements /= factor;
    return OnIndexType(launch.input(1).dtype(), [&]<typename Index>() {
      return Launch(GatherNdKernel<T, Index>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch), args);
    });
  });
}

// ---- Supports

constexpr DType kIndexDTypes[] = {DType::kInt32, DType::kInt64};

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 1, kIndexDTypes));
  if (!MovesBytes(op.inputs[0].dtype)) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  }
  return op.inputs.size() > 2 ? WantConstant(op, 2) : absl::OkStatus();
}

absl::Status SupportsNd(const CudaContext& context, const OpSignature& op) {
  const PartialShape& indices = op.inputs[1].shape;
  if (!indices.has_rank() || indices.dim(indices.rank() - 1) < 0 || indices.dim(indices.rank() - 1) > kMostDepth) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with indices of shape ", indices.ToString()));
  }
  return Supports(context, op);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape params = inputs[0].shape.ToShape(), indices = inputs[1].shape.ToShape();
  int64_t number = 0;
  if (inputs.size() > 2) {
    FLOE_ASSIGN_OR_RETURN(number, ScalarInt(*inputs[2].value, "axis"));
  }
  FLOE_ASSIGN_OR_RETURN(const int axis, NormalAxis(number, params.rank()));
  FLOE_ASSIGN_OR_RETURN(int64_t batch_dims, attrs.Int("batch_dims", 0));
  if (batch_dims < 0) batch_dims += indices.rank();
  GatherArgs args{};
  args.elements = outputs[0].shape.ToShape().num_elements();
  args.outer = args.inner = args.picks = 1;
  for (auto i = static_cast<int>(batch_dims); i < axis; ++i) args.outer *= params.dim(i);
  args.limit = params.dim(axis);
  for (int i = axis + 1; i < params.rank(); ++i) args.inner *= params.dim(i);
  for (auto i = static_cast<int>(batch_dims); i < indices.rank(); ++i) args.picks *= indices.dim(i);
  return Launcher{"gather", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    return LaunchGather(args, bytes, launch);
                  }};
}

absl::StatusOr<Launcher> PrepareNd(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                   absl::Span<const TensorInfo> outputs) {
  const Shape params = inputs[0].shape.ToShape(), indices = inputs[1].shape.ToShape();
  GatherNdArgs args{};
  args.elements = outputs[0].shape.ToShape().num_elements();
  args.depth = static_cast<int>(indices.dim(indices.rank() - 1));
  for (int i = 0; i < args.depth; ++i) args.dims[i] = params.dim(i);
  args.inner = 1;
  for (int i = args.depth; i < params.rank(); ++i) args.inner *= params.dim(i);
  return Launcher{"gather nd", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    return LaunchGatherNd(args, bytes, launch);
                  }};
}

constexpr CudaOp kOps[] = {
    {"Gather", Supports, CreateLauncher<Prepare>},
    {"GatherNd", SupportsNd, CreateLauncher<PrepareNd>},
    {"GatherV2", Supports, CreateLauncher<Prepare>},
};

}  // namespace

absl::Span<const CudaOp> GatherKernels() { return kOps; }

}  // namespace floe
