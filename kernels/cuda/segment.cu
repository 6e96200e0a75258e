// UnsortedSegmentSum and its kin, and those of sorted numbers. A row of a segment that is not there is left out, as
// TensorFlow's kernels for GPUs have it: a launch cannot fail for what its data are.
#include <limits>

#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/reduction_ops.h"

namespace floe {
namespace {

// ---- Kernels

struct SegmentArgs {
  const void* data;  // [rows, inner]
  const void* ids;   // [rows]
  void* to;          // [segments, inner]
  int64_t rows, inner, segments;
  Meeting meeting;
  bool is_mean;
  bool is_sorted;
};

// What a segment without rows gives: the largest and smallest are those of finite numbers.
template <typename T>
__device__ T StartOf(Meeting meeting) {
  if constexpr (std::is_integral_v<T>) {
    return meeting == Meeting::kMultiply ? T(1)
           : meeting == Meeting::kMax    ? std::numeric_limits<T>::lowest()
           : meeting == Meeting::kMin    ? std::numeric_limits<T>::max()
                                         : T(0);
  } else {
    constexpr float kMost = std::is_same_v<T, float>        ? 3.402823466e38f
                            : std::is_same_v<T, DeviceHalf> ? 65504.0f
                                                            : 3.3895313892515355e38f;
    return FromFloat<T>(meeting == Meeting::kMultiply ? 1.0f
                        : meeting == Meeting::kMax    ? -kMost
                        : meeting == Meeting::kMin    ? kMost
                                                      : 0.0f);
  }
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) StartKernel(SegmentArgs args) {
  for (int64_t i = LoopFirst(); i < args.segments * args.inner; i += LoopStride()) {
    static_cast<T*>(args.to)[i] = StartOf<T>(args.meeting);
  }
}

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) MeetKernel(SegmentArgs args) {
  for (int64_t i = LoopFirst(); i < args.rows * args.inner; i += LoopStride()) {
    const int64_t row = Quotient(i, args.inner), column = i - row * args.inner;
    const auto id = static_cast<int64_t>(static_cast<const Index*>(args.ids)[row]);
    if (id < 0 || id >= args.segments) continue;
    AtomicMeet(args.meeting, static_cast<T*>(args.to) + id * args.inner + column, static_cast<const T*>(args.data)[i]);
  }
}

// What elements meet in, where nobody looks between.
template <typename T>
using WideOf = std::conditional_t<std::is_integral_v<T>, T, float>;
template <typename T>
__device__ __forceinline__ WideOf<T> Widened(T x) {
  if constexpr (std::is_integral_v<T>) {
    return x;
  } else {
    return ToFloat(x);
  }
}

// Of sorted numbers: a thread an element, which walks the rows of its segment in their order.
template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) SortedKernel(SegmentArgs args) {
  using Wide = WideOf<T>;
  const auto* const ids = static_cast<const Index*>(args.ids);
  // The first row of a segment or a later one.
  const auto find = [&](int64_t segment) {
    int64_t first = 0, last = args.rows;
    while (first < last) {
      const int64_t middle = first + (last - first) / 2;
      if (static_cast<int64_t>(ids[middle]) < segment) {
        first = middle + 1;
      } else {
        last = middle;
      }
    }
    return first;
  };
  for (int64_t i = LoopFirst(); i < args.segments * args.inner; i += LoopStride()) {
    const int64_t segment = Quotient(i, args.inner), column = i - segment * args.inner;
    const int64_t first = find(segment), end = find(segment + 1);
    const T* from = static_cast<const T*>(args.data) + first * args.inner + column;
    // One without rows gives 0, or the product of nothing.
    Wide met = args.meeting == Meeting::kMultiply ? Wide(1) : Wide(0);
    if (first < end) met = Widened<T>(*from);
    for (int64_t row = first + 1; row < end; ++row) {
      from += args.inner;
      const Wide x = Widened<T>(*from);
      // Of the larger and the smaller a NaN is the result until the next row.
      met = args.meeting == Meeting::kMax   ? (met > x ? met : x)
            : args.meeting == Meeting::kMin ? (met < x ? met : x)
                                            : Met<Wide>(args.meeting, met, x);
    }
    if constexpr (std::is_integral_v<T>) {
      static_cast<T*>(args.to)[i] = met;
    } else {
      if (args.is_mean && first < end) met /= static_cast<float>(end - first);
      static_cast<T*>(args.to)[i] = FromFloat<T>(met);
    }
  }
}

// ---- Launcher

template <typename T>
absl::Status LaunchSegments(const SegmentArgs& args, DType index_dtype, CudaStream& stream) {
  if (args.is_sorted) {
    return OnIndexType(index_dtype, [&]<typename Index>() {
      return Launch(SortedKernel<T, Index>, LoopGrid(args.segments * args.inner), dim3(kLoopThreads), 0, stream, args);
    });
  }
  FLOE_RETURN_IF_ERROR(
      Launch(StartKernel<T>, LoopGrid(args.segments * args.inner), dim3(kLoopThreads), 0, stream, args));
  if (args.rows == 0) return absl::OkStatus();
  return OnIndexType(index_dtype, [&]<typename Index>() {
    return Launch(MeetKernel<T, Index>, LoopGrid(args.rows * args.inner), dim3(kLoopThreads), 0, stream, args);
  });
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  // Those that the device changes in one step.
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16, DType::kInt32, DType::kInt64};
  static constexpr DType kIndexDTypes[] = {DType::kInt32, DType::kInt64};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  return WantInputDType(op, 1, kIndexDTypes);
}

// ---- Prepare

template <Meeting kMeeting, bool kSorted = false, bool kMean = false>
absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape ids = inputs[1].shape.ToShape(), result = outputs[0].shape.ToShape();
  SegmentArgs args{};
  args.rows = ids.num_elements();
  args.segments = result.dim(0);
  args.inner = 1;
  for (int i = 1; i < result.rank(); ++i) args.inner *= result.dim(i);
  args.meeting = kMeeting;
  args.is_sorted = kSorted;
  args.is_mean = kMean;
  return Launcher{"segments", [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
                    if (args.segments == 0 || args.inner == 0) return absl::OkStatus();
                    SegmentArgs bound = args;
                    bound.data = launch.input(0).raw_data();
                    bound.ids = launch.input(1).raw_data();
                    bound.to = launch.output(0)->raw_mutable_data();
                    const auto run = [&]<typename T>() {
                      return LaunchSegments<T>(bound, launch.input(1).dtype(), StreamOf(launch));
                    };
                    if (dtype == DType::kInt32) return run.template operator()<int32_t>();
                    if (dtype == DType::kInt64) return run.template operator()<int64_t>();
                    return OnFloatType(dtype, run);
                  }};
}

absl::Status SupportsMean(const CudaContext& context, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  return Supports(context, op);
}

constexpr CudaOp kOps[] = {
    {"SegmentMax", Supports, CreateLauncher<Prepare<Meeting::kMax, true>>},
    {"SegmentMean", SupportsMean, CreateLauncher<Prepare<Meeting::kAdd, true, true>>},
    {"SegmentMin", Supports, CreateLauncher<Prepare<Meeting::kMin, true>>},
    {"SegmentProd", Supports, CreateLauncher<Prepare<Meeting::kMultiply, true>>},
    {"SegmentSum", Supports, CreateLauncher<Prepare<Meeting::kAdd, true>>},
    {"UnsortedSegmentMax", Supports, CreateLauncher<Prepare<Meeting::kMax>>},
    {"UnsortedSegmentMin", Supports, CreateLauncher<Prepare<Meeting::kMin>>},
    {"UnsortedSegmentProd", Supports, CreateLauncher<Prepare<Meeting::kMultiply>>},
    {"UnsortedSegmentSum", Supports, CreateLauncher<Prepare<Meeting::kAdd>>},
};

}  // namespace

absl::Span<const CudaOp> SegmentKernels() { return kOps; }

}  // namespace floe
