// NonMaxSuppression and its versions, but for the soft one: the best box is chosen, and those that overlap it too much
// go.
#include <algorithm>
#include <limits>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/stream.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kThreads = 512;
constexpr int kWarps = kThreads / kWarpThreads;

// ---- Kernel

struct NmsArgs {
  const void* boxes;    // [count, 4]: two opposite corners each
  const void* scores;   // [count]
  uint64_t* keys;       // [count]: of boxes that may still be chosen; 0 of others
  int32_t* indices;     // [length]: the chosen ones, then zeros
  void* chosen_scores;  // [length]; may be null
  int32_t* found;
  int64_t count, most, length;
  float overlap_threshold, score_threshold;
};

struct NmsShared {
  uint64_t best[kWarps];
};

// A score in the upper half, and which box it is of, in the lower: the largest key is chosen next, the lower index
// among equals.
__device__ inline uint64_t KeyOf(float score, int64_t index) {
  constexpr uint32_t kSign = 0x80000000u;
  const uint32_t bits = score == 0 ? 0 : BitsOf(score);
  const uint32_t order = (bits & kSign) != 0 ? ~bits : bits | kSign;
  return static_cast<uint64_t>(order) << 32 | (0xffffffffu - static_cast<uint32_t>(index));
}
__device__ inline int64_t IndexOf(uint64_t key) {
  return static_cast<int64_t>(0xffffffffu - static_cast<uint32_t>(key));
}

__device__ inline float ScoreOf(uint64_t key) {
  constexpr uint32_t kSign = 0x80000000u;
  const auto order = static_cast<uint32_t>(key >> 32);
  return FloatOf((order & kSign) != 0 ? order & ~kSign : ~order);
}

// Every thread of the block calls, and gets the largest.
__device__ inline uint64_t BlockMax(uint64_t key, NmsShared& shared) {
  for (int lanes = kWarpThreads / 2; lanes > 0; lanes /= 2) {
    const uint64_t other = __shfl_xor_sync(kWholeWarp, key, lanes);
    key = key < other ? other : key;
  }
  if (threadIdx.x % kWarpThreads == 0) shared.best[threadIdx.x / kWarpThreads] = key;
  __syncthreads();
  uint64_t best = 0;
  for (int i = 0; i < kWarps; ++i) best = best < shared.best[i] ? shared.best[i] : best;
  __syncthreads();
  return best;
}

template <typename T>
__device__ float Rounded(float x) {
  return ToFloat(FromFloat<T>(x));
}

template <typename T>
struct Box {
  float low[2], high[2], area;

  __device__ static Box Of(const T* corners) {
    Box box;
    for (int k = 0; k < 2; ++k) {
      const float a = ToFloat(corners[k]), b = ToFloat(corners[k + 2]);
      box.low[k] = b < a ? b : a;  // of NaNs the same one as on the host
      box.high[k] = a < b ? b : a;
    }
    box.area = Rounded<T>(Times(Rounded<T>(box.high[0] - box.low[0]), Rounded<T>(box.high[1] - box.low[1])));
    return box;
  }
  // Intersection over union, rounded to T at each step as on the host; 0 where one has no area.
  __device__ float Overlap(const Box& other) const {
    if (area <= 0 || other.area <= 0) return 0;
    float sides[2];
    for (int k = 0; k < 2; ++k) {
      const float least_high = other.high[k] < high[k] ? other.high[k] : high[k];
      const float most_low = low[k] < other.low[k] ? other.low[k] : low[k];
      const float length = Rounded<T>(least_high - most_low);
      sides[k] = length < 0 ? 0 : length;
    }
    const float shared = Rounded<T>(Times(sides[0], sides[1]));
    return Rounded<T>(shared / Rounded<T>(Rounded<T>(area + other.area) - shared));
  }
};

// One block, whose threads each have every 512th box: one pass drops what overlaps the last choice and finds the next.
template <typename T>
__global__ void __launch_bounds__(kThreads) NmsKernel(NmsArgs args) {
  auto& shared = SharedMemory<NmsShared>();
  const T* const boxes = static_cast<const T*>(args.boxes);
  const T* const scores = static_cast<const T*>(args.scores);
  uint64_t best = 0;
  for (int64_t i = threadIdx.x; i < args.count; i += kThreads) {
    const float score = ToFloat(scores[i]);
    const uint64_t key = score > args.score_threshold ? KeyOf(score, i) : 0;
    args.keys[i] = key;
    best = best < key ? key : best;
  }
  best = BlockMax(best, shared);
  int64_t found = 0;
  while (found < args.most && best != 0) {
    const int64_t choice = IndexOf(best);
    if (threadIdx.x == 0) {
      args.indices[found] = static_cast<int32_t>(choice);
      if (args.chosen_scores != nullptr) static_cast<T*>(args.chosen_scores)[found] = FromFloat<T>(ScoreOf(best));
    }
    ++found;
    const Box<T> box = Box<T>::Of(boxes + choice * 4);
    uint64_t next = 0;
    for (int64_t i = threadIdx.x; i < args.count; i += kThreads) {
      uint64_t key = args.keys[i];
      if (key == 0) continue;
      const float overlap = Box<T>::Of(boxes + i * 4).Overlap(box);
      if (i == choice || overlap > args.overlap_threshold) {
        args.keys[i] = key = 0;
      } else if (!(overlap <= args.overlap_threshold)) {
        // Boxes without bounds: the score is gone, and what is left of it competes on, as on the host.
        const float score = ScoreOf(key) * 0.0f;
        args.keys[i] = key = score > args.score_threshold ? KeyOf(score, i) : 0;
      }
      next = next < key ? key : next;
    }
    best = BlockMax(next, shared);
  }
  if (threadIdx.x == 0) *args.found = static_cast<int32_t>(found);
  for (int64_t i = found + threadIdx.x; i < args.length; i += kThreads) {
    args.indices[i] = 0;
    if (args.chosen_scores != nullptr) static_cast<T*>(args.chosen_scores)[i] = FromFloat<T>(0.0f);
  }
}

// ---- Supports

constexpr int kFirstNumber = 2;  // inputs from here on: how many boxes, the thresholds, the softness

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  FLOE_ASSIGN_OR_RETURN(const bool pads, op.attrs.Bool("pad_to_max_output_size", false));
  for (int i = kFirstNumber; pads && i < static_cast<int>(op.inputs.size()); ++i) {
    FLOE_RETURN_IF_ERROR(WantConstant(op, i));
  }
  if (op.inputs.size() <= 5) return absl::OkStatus();
  FLOE_RETURN_IF_ERROR(WantConstant(op, 5));
  FLOE_ASSIGN_OR_RETURN(const float sigma, ScalarFloat(*op.inputs[5].value, "input 5"));
  if (sigma != 0) return absl::UnimplementedError(absl::StrCat(op.op.name, " with soft suppression"));
  return absl::OkStatus();
}

// ---- Prepare

struct NmsPlan;
absl::Status LaunchNms(const NmsPlan& plan, const LaunchArgs& launch);

struct NmsPlan {
  NmsArgs args{};
  bool has_scores = false, has_count = false;  // results after the indices
  bool pads = false;
  DType dtype = DType::kFloat;
  float overlap_threshold = 0;  // where no input says it
  std::vector<Tensor> numbers;  // of the inputs from the third on; not valid() where they are not known
  int64_t indices_offset = 0, scores_offset = 0, found_offset = 0;  // in the scratch
};

// How many boxes, and the thresholds, rounded to the boxes' dtype.
absl::Status SetNumbers(const NmsPlan& plan, absl::Span<const Tensor> numbers, NmsArgs* args) {
  FLOE_ASSIGN_OR_RETURN(const int64_t most, ScalarInt(numbers[0], "input 2"));
  if (most < 0) return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 0 boxes or more, got ", most));
  const bool halves = plan.dtype == DType::kHalf;
  args->most = std::min(most, args->count);
  args->length = plan.pads ? most : 0;
  args->overlap_threshold = plan.overlap_threshold;
  args->score_threshold = halves ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::lowest();
  if (numbers.size() > 1) {
    FLOE_ASSIGN_OR_RETURN(args->overlap_threshold, ScalarFloat(numbers[1], "input 3"));
  }
  if (numbers.size() > 2) {
    FLOE_ASSIGN_OR_RETURN(args->score_threshold, ScalarFloat(numbers[2], "input 4"));
  }
  if (!(args->overlap_threshold >= 0 && args->overlap_threshold <= 1)) {
    return absl::InvalidArgumentError(
        absl::StrCat("iou_threshold: wanted a number in [0, 1], got ", args->overlap_threshold));
  }
  if (halves) {
    args->overlap_threshold = static_cast<float>(Half(args->overlap_threshold));
    args->score_threshold = static_cast<float>(Half(args->score_threshold));
  }
  return absl::OkStatus();
}

template <bool kScores, bool kCount>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  NmsPlan plan;
  plan.has_scores = kScores;
  plan.has_count = kCount;
  plan.dtype = inputs[0].dtype;
  FLOE_ASSIGN_OR_RETURN(plan.pads, attrs.Bool("pad_to_max_output_size", false));
  FLOE_ASSIGN_OR_RETURN(plan.overlap_threshold, attrs.Float("iou_threshold", 0.5f));
  plan.args.count = inputs[1].shape.ToShape().num_elements();
  if (plan.args.count > std::numeric_limits<int32_t>::max())
    return absl::InvalidArgumentError("input 1: too many boxes for int32 indices");
  for (const TensorInfo& info : inputs.subspan(kFirstNumber)) {
    plan.numbers.push_back(info.value != nullptr ? *info.value : Tensor());
  }
  Launcher launcher;
  launcher.description = "nms, one block";
  launcher.recordable = plan.pads;
  plan.found_offset = plan.args.count * static_cast<int64_t>(sizeof(uint64_t));
  plan.indices_offset = plan.found_offset + static_cast<int64_t>(sizeof(int32_t));
  plan.scores_offset = plan.indices_offset + plan.args.count * static_cast<int64_t>(sizeof(int32_t));
  launcher.scratch_bytes = plan.scores_offset + plan.args.count * ElementBytes(plan.dtype);
  launcher.launch = [plan = std::move(plan)](const LaunchArgs& launch) { return LaunchNms(plan, launch); };
  return launcher;
}

// ---- Launch

absl::Status RunNms(const NmsArgs& args, DType dtype, CudaStream& stream) {
  const auto run = [&]<typename T>() {
    return Launch(NmsKernel<T>, dim3(1), dim3(kThreads), sizeof(NmsShared), stream, args);
  };
  return dtype == DType::kHalf ? run.template operator()<DeviceHalf>() : run.template operator()<float>();
}

// The numbers that only the device knows, brought to the host.
absl::StatusOr<std::vector<Tensor>> ReadNumbers(const NmsPlan& plan, const LaunchArgs& launch) {
  std::vector<Tensor> numbers = plan.numbers;
  bool waits = false;
  for (size_t k = 0; k < numbers.size(); ++k) {
    if (numbers[k].valid()) continue;
    const Tensor& input = launch.input(kFirstNumber + static_cast<int>(k));
    FLOE_ASSIGN_OR_RETURN(numbers[k], Tensor::Allocate(input.dtype(), input.shape()));
    FLOE_RETURN_IF_ERROR(
        StreamOf(launch).CopyToHost(input.raw_data(), numbers[k].raw_mutable_data(), input.byte_size()));
    waits = true;
  }
  if (waits) FLOE_RETURN_IF_ERROR(StreamOf(launch).Synchronize());
  return numbers;
}

// A result of `length` elements out of what the kernel has left at `from`.
absl::Status MakeResult(const LaunchArgs& launch, int output, DType dtype, int64_t length, const void* from) {
  FLOE_ASSIGN_OR_RETURN(*launch.output(output), launch.allocator()->Allocate(dtype, Shape({length})));
  return StreamOf(launch).CopyOnDevice(from, launch.output(output)->raw_mutable_data(), length * ElementBytes(dtype));
}

absl::Status LaunchNms(const NmsPlan& plan, const LaunchArgs& launch) {
  CudaStream& stream = StreamOf(launch);
  auto* const scratch = static_cast<char*>(launch.scratch());
  NmsArgs args = plan.args;
  FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> numbers, ReadNumbers(plan, launch));
  FLOE_RETURN_IF_ERROR(SetNumbers(plan, numbers, &args));
  args.boxes = launch.input(0).raw_data();
  args.scores = launch.input(1).raw_data();
  args.keys = reinterpret_cast<uint64_t*>(scratch);
  args.found = reinterpret_cast<int32_t*>(scratch + plan.found_offset);
  if (plan.has_count) args.found = launch.output(plan.has_scores ? 2 : 1)->mutable_data<int32_t>();
  if (plan.pads) {
    args.indices = launch.output(0)->mutable_data<int32_t>();
    if (plan.has_scores) args.chosen_scores = launch.output(1)->raw_mutable_data();
    return RunNms(args, plan.dtype, stream);
  }
  args.indices = reinterpret_cast<int32_t*>(scratch + plan.indices_offset);
  if (plan.has_scores) args.chosen_scores = scratch + plan.scores_offset;
  FLOE_RETURN_IF_ERROR(RunNms(args, plan.dtype, stream));
  int32_t found = 0;
  FLOE_RETURN_IF_ERROR(stream.CopyToHost(args.found, &found, sizeof(found)));
  FLOE_RETURN_IF_ERROR(stream.Synchronize());
  FLOE_RETURN_IF_ERROR(MakeResult(launch, 0, DType::kInt32, found, args.indices));
  return plan.has_scores ? MakeResult(launch, 1, plan.dtype, found, args.chosen_scores) : absl::OkStatus();
}

constexpr CudaOp kOps[] = {
    {"NonMaxSuppression", Supports, CreateLauncher<Prepare<false, false>>},
    {"NonMaxSuppressionV2", Supports, CreateLauncher<Prepare<false, false>>},
    {"NonMaxSuppressionV3", Supports, CreateLauncher<Prepare<false, false>>},
    {"NonMaxSuppressionV4", Supports, CreateLauncher<Prepare<false, true>>},
    {"NonMaxSuppressionV5", Supports, CreateLauncher<Prepare<true, true>>},
};

}  // namespace

absl::Span<const CudaOp> NmsKernels() { return kOps; }

}  // namespace floe
