// ScatterNd and its kin, and SparseToDense: updates to places that indices name. An index out of range is left out, as
// TensorFlow's kernels for GPUs have it: a launch cannot fail for what its data are.
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/reduction_ops.h"

namespace floe {
namespace {

constexpr int kMostDepth = 8;

// ---- Kernels

// Each `depth` indices name a slice of `inner` elements.
struct ScatterArgs {
  const void* base;           // what the result starts as; null for zeros
  bool one_base, one_update;  // whether one element is that of all
  const void* indices;
  const void* updates;
  void* to;
  int64_t* last;  // of each slice: the update that stays, from 1
  int64_t elements, inner, places;
  int depth;
  int64_t dims[kMostDepth];
  Meeting meeting;
};

template <typename Index>
__device__ int64_t SliceOf(const ScatterArgs& args, int64_t place) {
  const Index* const index = static_cast<const Index*>(args.indices) + place * args.depth;
  int64_t slice = 0;
  for (int k = 0; k < args.depth; ++k) {
    const auto at = static_cast<int64_t>(index[k]);
    if (at < 0 || at >= args.dims[k]) return -1;
    slice = slice * args.dims[k] + at;
  }
  return slice;
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) StartKernel(ScatterArgs args) {
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    static_cast<T*>(args.to)[i] = args.base != nullptr ? static_cast<const T*>(args.base)[args.one_base ? 0 : i] : T{};
  }
}

__global__ void __launch_bounds__(kLoopThreads) NobodyKernel(int64_t* last, int64_t slices) {
  for (int64_t i = LoopFirst(); i < slices; i += LoopStride()) last[i] = 0;
}

// Of updates to one place the last stays, as where they come one by one.
template <typename Index>
__global__ void __launch_bounds__(kLoopThreads) LastKernel(ScatterArgs args) {
  for (int64_t place = LoopFirst(); place < args.places; place += LoopStride()) {
    const int64_t slice = SliceOf<Index>(args, place);
    if (slice < 0) continue;
    AtomicChange(&args.last[slice], [&](int64_t now) { return now < place + 1 ? place + 1 : now; });
  }
}

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) AssignKernel(ScatterArgs args) {
  for (int64_t i = LoopFirst(); i < args.places * args.inner; i += LoopStride()) {
    const int64_t place = Quotient(i, args.inner), column = i - place * args.inner;
    const int64_t slice = SliceOf<Index>(args, place);
    if (slice < 0 || args.last[slice] != place + 1) continue;
    static_cast<T*>(args.to)[slice * args.inner + column] =
        static_cast<const T*>(args.updates)[args.one_update ? 0 : i];
  }
}

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) MeetKernel(ScatterArgs args) {
  for (int64_t i = LoopFirst(); i < args.places * args.inner; i += LoopStride()) {
    const int64_t place = Quotient(i, args.inner), column = i - place * args.inner;
    const int64_t slice = SliceOf<Index>(args, place);
    if (slice < 0) continue;
    AtomicMeet(args.meeting, static_cast<T*>(args.to) + slice * args.inner + column,
               static_cast<const T*>(args.updates)[i]);
  }
}

// Booleans meet in words, which devices change in one step: a place is true where any of its updates is.
template <typename Index>
__global__ void __launch_bounds__(kLoopThreads) FlagKernel(ScatterArgs args, uint32_t* flags) {
  for (int64_t i = LoopFirst(); i < args.places * args.inner; i += LoopStride()) {
    const int64_t place = Quotient(i, args.inner), column = i - place * args.inner;
    const int64_t slice = SliceOf<Index>(args, place);
    if (slice < 0 || static_cast<const uint8_t*>(args.updates)[i] == 0) continue;
    AtomicChange(&flags[slice * args.inner + column], [](uint32_t) { return 1u; });
  }
}

__global__ void __launch_bounds__(kLoopThreads) FromFlagsKernel(const uint32_t* flags, uint8_t* to, int64_t elements) {
  for (int64_t i = LoopFirst(); i < elements; i += LoopStride()) to[i] = flags[i] != 0 ? 1 : 0;
}

// ---- Launchers

absl::Status LaunchStart(const ScatterArgs& args, int64_t element_bytes, CudaStream& stream) {
  return OnBytes(element_bytes, [&]<typename T>() {
    return Launch(StartKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, stream, args);
  });
}

absl::Status LaunchAssign(const ScatterArgs& args, int64_t element_bytes, DType index_dtype, CudaStream& stream) {
  const int64_t slices = args.inner == 0 ? 0 : args.elements / args.inner, updates = args.places * args.inner;
  if (updates == 0) return absl::OkStatus();
  FLOE_RETURN_IF_ERROR(Launch(NobodyKernel, LoopGrid(slices), dim3(kLoopThreads), 0, stream, args.last, slices));
  return OnIndexType(index_dtype, [&]<typename Index>() -> absl::Status {
    FLOE_RETURN_IF_ERROR(Launch(LastKernel<Index>, LoopGrid(args.places), dim3(kLoopThreads), 0, stream, args));
    return OnBytes(element_bytes, [&]<typename T>() {
      return Launch(AssignKernel<T, Index>, LoopGrid(updates), dim3(kLoopThreads), 0, stream, args);
    });
  });
}

absl::Status LaunchMeet(const ScatterArgs& args, DType dtype, DType index_dtype, CudaStream& stream) {
  const int64_t updates = args.places * args.inner;
  if (updates == 0) return absl::OkStatus();
  return OnIndexType(index_dtype, [&]<typename Index>() {
    const auto meet = [&]<typename T>() {
      return Launch(MeetKernel<T, Index>, LoopGrid(updates), dim3(kLoopThreads), 0, stream, args);
    };
    if (dtype == DType::kInt32) return meet.template operator()<int32_t>();
    if (dtype == DType::kInt64) return meet.template operator()<int64_t>();
    return OnFloatType(dtype, meet);
  });
}

// Into a new tensor, all of it false.
absl::Status LaunchFlags(const ScatterArgs& args, DType index_dtype, uint32_t* flags, CudaStream& stream) {
  const int64_t updates = args.places * args.inner;
  FLOE_RETURN_IF_ERROR(stream.ZeroOnDevice(flags, args.elements * static_cast<int64_t>(sizeof(uint32_t))));
  if (updates > 0) {
    FLOE_RETURN_IF_ERROR(OnIndexType(index_dtype, [&]<typename Index>() {
      return Launch(FlagKernel<Index>, LoopGrid(updates), dim3(kLoopThreads), 0, stream, args, flags);
    }));
  }
  return Launch(FromFlagsKernel, LoopGrid(args.elements), dim3(kLoopThreads), 0, stream, flags,
                static_cast<uint8_t*>(args.to), args.elements);
}

// ---- Supports

template <bool kNew, bool kAssigns>
absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kIndexDTypes[] = {DType::kInt32, DType::kInt64};
  // Those that the device changes in one step.
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16, DType::kInt32, DType::kInt64};
  // A tensor that is there already comes first.
  constexpr int kIndices = kNew ? 0 : 1;
  FLOE_RETURN_IF_ERROR(WantInputDType(op, kIndices, kIndexDTypes));
  const bool flags = kNew && op.inputs[kIndices + 1].dtype == DType::kBool;
  if (!kAssigns && !flags) {
    FLOE_RETURN_IF_ERROR(WantInputDType(op, kIndices + 1, kDTypes));
  } else if (kAssigns && !MovesBytes(op.inputs[0].dtype)) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  }
  const PartialShape& indices = op.inputs[kIndices].shape;
  if (!indices.has_rank() || indices.dim(indices.rank() - 1) < 1 || indices.dim(indices.rank() - 1) > kMostDepth) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with indices of shape ", indices.ToString()));
  }
  return absl::OkStatus();
}

// ---- Prepare

template <bool kNew, bool kAssigns, Meeting kMeeting>
absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  constexpr int kIndices = kNew ? 0 : 1;
  const Shape indices = inputs[kIndices].shape.ToShape(), result = outputs[0].shape.ToShape();
  ScatterArgs args{};
  args.elements = result.num_elements();
  args.depth = static_cast<int>(indices.dim(indices.rank() - 1));
  args.places = indices.num_elements() / args.depth;
  args.inner = 1;
  for (int i = 0; i < args.depth; ++i) args.dims[i] = result.dim(i);
  for (int i = args.depth; i < result.rank(); ++i) args.inner *= result.dim(i);
  args.meeting = kMeeting;
  Launcher launcher;
  launcher.description = "scatter";
  const bool flags = kNew && outputs[0].dtype == DType::kBool;
  if (flags) {
    launcher.scratch_bytes = args.elements * static_cast<int64_t>(sizeof(uint32_t));
  } else if (kAssigns && args.inner > 0) {
    launcher.scratch_bytes = args.elements / args.inner * static_cast<int64_t>(sizeof(int64_t));
  }
  launcher.launch = [args, flags, dtype = outputs[0].dtype](const LaunchArgs& launch) -> absl::Status {
    if (args.elements == 0) return absl::OkStatus();
    ScatterArgs bound = args;
    bound.base = kNew ? nullptr : launch.input(0).raw_data();
    bound.indices = launch.input(kIndices).raw_data();
    bound.updates = launch.input(kNew ? 1 : 2).raw_data();
    bound.to = launch.output(0)->raw_mutable_data();
    bound.last = static_cast<int64_t*>(launch.scratch());
    CudaStream& stream = StreamOf(launch);
    const DType index_dtype = launch.input(kIndices).dtype();
    if (flags) return LaunchFlags(bound, index_dtype, static_cast<uint32_t*>(launch.scratch()), stream);
    FLOE_RETURN_IF_ERROR(LaunchStart(bound, ElementBytes(dtype), stream));
    return kAssigns ? LaunchAssign(bound, ElementBytes(dtype), index_dtype, stream)
                    : LaunchMeet(bound, dtype, index_dtype, stream);
  };
  return launcher;
}

// ---- SparseToDense: inputs are the indices, the result's sizes, one value or a value each, and that of other places

absl::Status SupportsSparse(const CudaContext&, const OpSignature& op) {
  const DType dtype = op.inputs[2].dtype;
  if (!MovesBytes(dtype)) return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(dtype)));
  const PartialShape& indices = op.inputs[0].shape;
  const int64_t depth = !indices.has_rank() ? -1 : indices.rank() < 2 ? 1 : indices.dim(1);
  if (depth < 1 || depth > kMostDepth) {
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with indices of shape ", indices.ToString()));
  }
  return absl::OkStatus();
}

absl::StatusOr<Launcher> PrepareSparse(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                       absl::Span<const TensorInfo> outputs) {
  const Shape indices = inputs[0].shape.ToShape(), result = outputs[0].shape.ToShape();
  ScatterArgs args{};
  args.elements = result.num_elements();
  args.depth = result.rank();
  args.places = indices.rank() == 0 ? 1 : indices.dim(0);
  args.inner = 1;
  for (int i = 0; i < args.depth; ++i) args.dims[i] = result.dim(i);
  args.one_base = true;
  args.one_update = inputs[2].shape.rank() == 0;
  Launcher launcher;
  launcher.description = "scatter";
  launcher.scratch_bytes = args.elements * static_cast<int64_t>(sizeof(int64_t));
  launcher.launch = [args, bytes = ElementBytes(outputs[0].dtype)](const LaunchArgs& launch) -> absl::Status {
    if (args.elements == 0) return absl::OkStatus();
    ScatterArgs bound = args;
    bound.base = launch.input(3).raw_data();
    bound.indices = launch.input(0).raw_data();
    bound.updates = launch.input(2).raw_data();
    bound.to = launch.output(0)->raw_mutable_data();
    bound.last = static_cast<int64_t*>(launch.scratch());
    FLOE_RETURN_IF_ERROR(LaunchStart(bound, bytes, StreamOf(launch)));
    return LaunchAssign(bound, bytes, launch.input(0).dtype(), StreamOf(launch));
  };
  return launcher;
}

template <bool kNew, bool kAssigns, Meeting kMeeting>
constexpr CudaOp RowOf(const char* name) {
  return {name, Supports<kNew, kAssigns>, CreateLauncher<Prepare<kNew, kAssigns, kMeeting>>};
}

constexpr CudaOp kOps[] = {
    RowOf<true, false, Meeting::kAdd>("ScatterNd"),
    RowOf<false, false, Meeting::kAdd>("ScatterNdNonAliasingAdd"),
    {"SparseToDense", SupportsSparse, CreateLauncher<PrepareSparse>},
    RowOf<false, false, Meeting::kAdd>("TensorScatterAdd"),
    RowOf<false, false, Meeting::kMax>("TensorScatterMax"),
    RowOf<false, false, Meeting::kMin>("TensorScatterMin"),
    RowOf<false, false, Meeting::kSubtract>("TensorScatterSub"),
    RowOf<false, true, Meeting::kAdd>("TensorScatterUpdate"),
};

}  // namespace

absl::Span<const CudaOp> ScatterKernels() { return kOps; }

}  // namespace floe
