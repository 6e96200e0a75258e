// TopK and TopKV2: the larger first, a NaN before all numbers, among equals the lower index.
#include <algorithm>
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

constexpr int kThreads = 256;
// What is sorted at a time in shared memory, and how many winners may stay there while the rest of the row comes by.
constexpr int64_t kWindow = 2048;
constexpr int64_t kMostKept = kWindow / 2;
constexpr int64_t kMostBlocks = 1 << 20;

// ---- Kernels

struct TopKArgs {
  const void* from;
  void* values;
  void* indices;
  void* scratch;  // `sorted` keys a row, where they do not fit the window
  int64_t rows, columns, k;
  int64_t sorted;  // a power of two
};

// A number in the order of the results, and which element it is of: keys are all different, and the largest comes
// first. One of zeros is no element's. Of numbers of 32 bits both fit one word, the number in its upper half.
struct LongKey {
  uint64_t order;
  uint64_t place;

  __device__ bool operator<(const LongKey& other) const {
    return order < other.order || (order == other.order && place < other.place);
  }
};
template <typename T>
using KeyFor = std::conditional_t<sizeof(T) == sizeof(uint64_t), LongKey, uint64_t>;

template <typename T>
__device__ uint64_t KeyOf(const T& x, int64_t index) {
  constexpr uint32_t kSign = 0x80000000u;
  uint32_t order;
  if constexpr (std::is_integral_v<T>) {
    order = static_cast<uint32_t>(static_cast<int32_t>(x)) ^ kSign;
  } else {
    const float value = ToFloat(x);
    const uint32_t bits = value == 0 ? 0 : BitsOf(value);  // both zeros are one
    order = value != value ? 0xffffffffu : (bits & kSign) != 0 ? ~bits : bits | kSign;
  }
  return static_cast<uint64_t>(order) << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}
__device__ inline int64_t IndexOf(uint64_t key) {
  return static_cast<int64_t>(0xffffffffu - static_cast<uint32_t>(key));
}
__device__ inline LongKey KeyOf(const int64_t& x, int64_t index) {
  return {static_cast<uint64_t>(x) ^ (uint64_t{1} << 63), ~static_cast<uint64_t>(index)};
}
__device__ inline int64_t IndexOf(const LongKey& key) { return static_cast<int64_t>(~key.place); }

// Every thread of the block calls. Bitonic: what is compared does not hang on what is found.
template <typename Key>
__device__ void SortDescending(Key* keys, int64_t size) {
  for (int64_t width = 2; width <= size; width *= 2) {
    for (int64_t step = width / 2; step > 0; step /= 2) {
      for (int64_t i = threadIdx.x; i < size / 2; i += kThreads) {
        const int64_t low = i / step * step * 2 + i % step, high = low + step;
        const Key a = keys[low], b = keys[high];
        const bool descending = (low & width) == 0;
        if ((a < b) == descending) {
          keys[low] = b;
          keys[high] = a;
        }
      }
      __syncthreads();
    }
  }
}

template <typename T, typename Index>
__device__ void WriteBest(const TopKArgs& args, int64_t row, const KeyFor<T>* keys) {
  const T* const from = static_cast<const T*>(args.from) + row * args.columns;
  for (int64_t i = threadIdx.x; i < args.k; i += kThreads) {
    const int64_t index = IndexOf(keys[i]);
    static_cast<T*>(args.values)[row * args.k + i] = from[index];
    static_cast<Index*>(args.indices)[row * args.k + i] = static_cast<Index>(index);
  }
}

template <typename Key>
struct TopKShared {
  Key keys[kWindow];
};

// A block a row, which comes by in windows: the best k stay, and the rest of the window is filled anew.
template <typename T, typename Index>
__global__ void __launch_bounds__(kThreads, 2) TopKInWindows(TopKArgs args) {
  auto& shared = SharedMemory<TopKShared<KeyFor<T>>>();
  for (int64_t row = blockIdx.x; row < args.rows; row += gridDim.x) {
    const T* const from = static_cast<const T*>(args.from) + row * args.columns;
    for (int64_t next = 0, kept = 0; next < args.columns;) {
      for (int64_t i = kept + threadIdx.x; i < args.sorted; i += kThreads) {
        const int64_t index = next + i - kept;
        shared.keys[i] = index < args.columns ? KeyOf(from[index], index) : KeyFor<T>{};
      }
      __syncthreads();
      SortDescending(shared.keys, args.sorted);
      next += args.sorted - kept;
      kept = args.k;
    }
    WriteBest<T, Index>(args, row, shared.keys);
    __syncthreads();
  }
}

// A block a row, sorted as a whole in the device's memory.
template <typename T, typename Index>
__global__ void __launch_bounds__(kThreads, 2) TopKInMemory(TopKArgs args) {
  for (int64_t row = blockIdx.x; row < args.rows; row += gridDim.x) {
    const T* const from = static_cast<const T*>(args.from) + row * args.columns;
    KeyFor<T>* const keys = static_cast<KeyFor<T>*>(args.scratch) + row * args.sorted;
    for (int64_t i = threadIdx.x; i < args.sorted; i += kThreads) {
      keys[i] = i < args.columns ? KeyOf(from[i], i) : KeyFor<T>{};
    }
    __syncthreads();
    SortDescending(keys, args.sorted);
    WriteBest<T, Index>(args, row, keys);
  }
}

// ---- Launcher

template <typename T, typename Index>
absl::Status LaunchTopK(const TopKArgs& args, CudaStream& stream) {
  const dim3 grid(static_cast<unsigned>(std::min(args.rows, kMostBlocks)));
  return args.k <= kMostKept
             ? Launch(TopKInWindows<T, Index>, grid, dim3(kThreads), sizeof(TopKShared<KeyFor<T>>), stream, args)
             : Launch(TopKInMemory<T, Index>, grid, dim3(kThreads), 0, stream, args);
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                      DType::kInt32, DType::kInt64, DType::kUint8};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  const DType result = op.outputs[1].dtype;
  if (result != DType::kInt32 && result != DType::kInt64)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with indices of ", DTypeName(result)));
  FLOE_ASSIGN_OR_RETURN(const bool sorted, op.attrs.Bool("sorted", true));
  if (!sorted) return absl::UnimplementedError(absl::StrCat(op.op.name, " in TensorFlow's order of unsorted results"));
  // How many is read by inference, when the plan is made or, of these dtypes, when the step runs.
  static constexpr DType kCountDTypes[] = {DType::kInt32, DType::kInt64};
  return op.inputs.size() > 1 ? WantInputDType(op, 1, kCountDTypes) : absl::OkStatus();
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape shape = inputs[0].shape.ToShape();
  TopKArgs args{};
  args.columns = shape.dim(shape.rank() - 1);
  args.rows = args.columns == 0 ? 0 : shape.num_elements() / args.columns;
  args.k = outputs[0].shape.dim(shape.rank() - 1);
  if (args.columns > std::numeric_limits<int32_t>::max()) {
    return absl::InvalidArgumentError(absl::StrCat("rows of ", args.columns, " elements are too long"));
  }
  args.sorted = 2;
  while (args.sorted < args.columns) args.sorted *= 2;
  const bool in_windows = args.k <= kMostKept;
  if (in_windows) args.sorted = std::min(args.sorted, kWindow);
  Launcher launcher;
  launcher.description = in_windows ? "top k, in windows" : "top k, sorted as a whole";
  const size_t key_bytes = inputs[0].dtype == DType::kInt64 ? sizeof(LongKey) : sizeof(uint64_t);
  if (!in_windows) launcher.scratch_bytes = args.rows * args.sorted * static_cast<int64_t>(key_bytes);
  launcher.launch = [args, dtype = inputs[0].dtype](const LaunchArgs& launch) {
    if (args.rows == 0 || args.k == 0) return absl::OkStatus();
    TopKArgs bound = args;
    bound.from = launch.input(0).raw_data();
    bound.values = launch.output(0)->raw_mutable_data();
    bound.indices = launch.output(1)->raw_mutable_data();
    bound.scratch = launch.scratch();
    return OnIndexType(launch.output(1)->dtype(), [&]<typename Index>() {
      const auto run = [&]<typename T>() { return LaunchTopK<T, Index>(bound, StreamOf(launch)); };
      return OnNumberType(dtype, run);
    });
  };
  return launcher;
}

constexpr CudaOp kOps[] = {
    {"TopK", Supports, CreateLauncher<Prepare>},
    {"TopKV2", Supports, CreateLauncher<Prepare>},
};

}  // namespace

absl::Span<const CudaOp> TopKKernels() { return kOps; }

}  // namespace floe
