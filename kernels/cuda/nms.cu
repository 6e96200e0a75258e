// NonMaxSuppression and its versions: the best box is chosen, and those that overlap it too much go or, in the soft
// form, score less.
#include <algorithm>
#include <limits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/stream.h"
#include "kernels/cuda/suppression.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kThreads = kSuppressionThreads;

// ---- Kernels, one block each

struct NmsArgs {
  const void* boxes;    // [count, 4]: two opposite corners each
  const void* scores;   // [count]
  uint64_t* keys;       // [count]
  int32_t* seen;        // [count]: by how many choices the key's score is lowered; of the soft form alone
  int32_t* indices;     // [length]: the chosen ones, then zeros
  void* chosen_scores;  // [length]; may be null
  int32_t* found;
  int64_t count, most, length;
  float overlap_threshold, score_threshold;
  float scale;  // of the soft form: an overlap multiplies a score by exp(scale * overlap^2)
};

template <typename T>
__device__ Candidates<T> CandidatesOf(const NmsArgs& args) {
  return {static_cast<const T*>(args.boxes),
          static_cast<const T*>(args.scores),
          args.keys,
          args.count,
          4,
          1,
          args.score_threshold};
}

template <typename T>
__device__ void WriteChoice(const NmsArgs& args, int64_t place, int64_t index, float score) {
  args.indices[place] = static_cast<int32_t>(index);
  if (args.chosen_scores != nullptr) static_cast<T*>(args.chosen_scores)[place] = FromFloat<T>(score);
}

// How many, and zeros behind them.
template <typename T>
__device__ void Finish(const NmsArgs& args, int64_t found) {
  if (threadIdx.x == 0) *args.found = static_cast<int32_t>(found);
  for (int64_t i = found + threadIdx.x; i < args.length; i += kThreads) WriteChoice<T>(args, i, 0, 0.0f);
}

template <typename T>
__global__ void __launch_bounds__(kThreads) NmsKernel(NmsArgs args) {
  auto& shared = SharedMemory<BestShared>();
  const int64_t found =
      Suppress(CandidatesOf<T>(args), args.most, args.overlap_threshold, true, shared,
               [&](int64_t place, int64_t index, float score) { WriteChoice<T>(args, place, index, score); });
  Finish<T>(args, found);
}

struct SoftNmsShared {
  BestShared best;
  float weights[kThreads];
};

// `score` of a candidate after the choices from `seen` up to `found`, the latest first. Every thread calls.
template <typename T>
__device__ float Lowered(const NmsArgs& args, const Candidates<T>& from, int64_t candidate, float score, int64_t seen,
                         int64_t found, SoftNmsShared& shared) {
  const Box<T> box = from.BoxOf(candidate);
  for (int64_t end = found; end > seen; end -= kThreads) {
    const int64_t choice = end - 1 - threadIdx.x;
    if (choice >= seen) {
      const float overlap = box.Overlap(from.BoxOf(args.indices[choice]));
      shared.weights[threadIdx.x] =
          Rounded<T>(expf(Rounded<T>(Times(Rounded<T>(Times(args.scale, overlap)), overlap))));
    }
    __syncthreads();
    const int64_t weights = end - seen < kThreads ? end - seen : kThreads;
    bool drops = false;
    for (int64_t k = 0; k < weights && !drops; ++k) {
      score = Rounded<T>(score * shared.weights[k]);
      drops = score <= args.score_threshold;
    }
    __syncthreads();
    if (drops) break;
  }
  return score;
}

// Not every score is lowered after every choice: as on the host, one is when its turn comes, by all the choices since
// it was last looked at. Another order of the products would round otherwise, and let another box win where two are
// close; and scores below 0 rise, so that it matters whose turn it is.
template <typename T>
__global__ void __launch_bounds__(kThreads) SoftNmsKernel(NmsArgs args) {
  auto& shared = SharedMemory<SoftNmsShared>();
  const Candidates<T> from = CandidatesOf<T>(args);
  uint64_t own = from.SetKeys();
  for (int64_t i = threadIdx.x; i < args.count; i += kThreads) args.seen[i] = 0;
  uint64_t best = BlockMax(own, shared.best);
  int64_t found = 0;
  while (found < args.most && best != 0) {
    const int64_t next = IndexOf(best);
    const float before = ScoreOf(best);
    const float score = Lowered(args, from, next, before, args.seen[next], found, shared);
    const bool chosen = score == before;
    if (chosen && threadIdx.x == 0) WriteChoice<T>(args, found, next, score);
    if (next % kThreads == threadIdx.x) {
      // All have read `seen` where it changes: they met in Lowered.
      if (!chosen) args.seen[next] = static_cast<int32_t>(found);
      args.keys[next] = !chosen && score > args.score_threshold ? KeyOf(score, next) : 0;
      own = 0;
      for (int64_t i = threadIdx.x; i < args.count; i += kThreads) own = own < args.keys[i] ? args.keys[i] : own;
    }
    if (chosen) ++found;
    best = BlockMax(own, shared.best);
  }
  Finish<T>(args, found);
}

// ---- Supports

constexpr int kFirstNumber = 2;  // inputs from here on: how many boxes, the thresholds, the softness
constexpr uint32_t kNumbers = 0b111100;

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf};
  return WantInputDType(op, 0, kDTypes);
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
  int numbers = 0;
  int64_t indices_offset = 0, seen_offset = 0, scores_offset = 0, found_offset = 0;  // in the scratch
};

// How many boxes, the thresholds and the softness, rounded to the boxes' dtype.
absl::Status SetNumbers(const NmsPlan& plan, const LaunchArgs& launch, NmsArgs* args) {
  const auto rounded = [halves = plan.dtype == DType::kHalf](float x) {
    return halves ? static_cast<float>(Half(x)) : x;
  };
  FLOE_ASSIGN_OR_RETURN(const int64_t most, ScalarInt(launch.input(kFirstNumber), "input 2"));
  if (most < 0) return absl::InvalidArgumentError(absl::StrCat("input 2: wanted 0 boxes or more, got ", most));
  args->most = std::min(most, args->count);
  args->length = plan.pads ? launch.output(0)->num_elements() : 0;
  float overlap = plan.overlap_threshold, sigma = 0;
  args->score_threshold =
      plan.dtype == DType::kHalf ? -std::numeric_limits<float>::infinity() : std::numeric_limits<float>::lowest();
  if (plan.numbers > 1) {
    FLOE_ASSIGN_OR_RETURN(overlap, ScalarFloat(launch.input(3), "input 3"));
  }
  if (plan.numbers > 2) {
    FLOE_ASSIGN_OR_RETURN(const float score, ScalarFloat(launch.input(4), "input 4"));
    args->score_threshold = rounded(score);
  }
  if (plan.numbers > 3) {
    FLOE_ASSIGN_OR_RETURN(sigma, ScalarFloat(launch.input(5), "input 5"));
  }
  if (!(overlap >= 0 && overlap <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("iou_threshold: wanted a number in [0, 1], got ", overlap));
  }
  if (!(sigma >= 0)) {
    return absl::InvalidArgumentError(absl::StrCat("soft_nms_sigma: wanted 0 or more, got ", sigma));
  }
  args->overlap_threshold = rounded(overlap);
  sigma = rounded(sigma);
  args->scale = sigma > 0 ? rounded(-0.5f / sigma) : 0.0f;
  if (!(sigma > 0)) args->seen = nullptr;
  return absl::OkStatus();
}

template <bool kScores, bool kCount>
absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo>) {
  NmsPlan plan;
  plan.has_scores = kScores;
  plan.has_count = kCount;
  plan.dtype = inputs[0].dtype;
  plan.numbers = static_cast<int>(inputs.size()) - kFirstNumber;
  FLOE_ASSIGN_OR_RETURN(plan.pads, attrs.Bool("pad_to_max_output_size", false));
  FLOE_ASSIGN_OR_RETURN(plan.overlap_threshold, attrs.Float("iou_threshold", 0.5f));
  plan.args.count = inputs[1].shape.ToShape().num_elements();
  if (plan.args.count > std::numeric_limits<int32_t>::max())
    return absl::InvalidArgumentError("input 1: too many boxes for int32 indices");
  Launcher launcher;
  launcher.description = "nms, one block";
  // Numbers that come with the request would be those of the recording ever after.
  launcher.recordable = plan.pads && std::all_of(inputs.begin() + kFirstNumber, inputs.end(),
                                                 [](const TensorInfo& number) { return number.value != nullptr; });
  const int64_t list_bytes = plan.args.count * static_cast<int64_t>(sizeof(int32_t));
  plan.found_offset = plan.args.count * static_cast<int64_t>(sizeof(uint64_t));
  plan.indices_offset = plan.found_offset + static_cast<int64_t>(sizeof(int32_t));
  plan.seen_offset = plan.indices_offset + list_bytes;
  plan.scores_offset = plan.seen_offset + (plan.numbers > 3 ? list_bytes : 0);
  launcher.scratch_bytes = plan.scores_offset + plan.args.count * ElementBytes(plan.dtype);
  launcher.launch = [plan](const LaunchArgs& launch) { return LaunchNms(plan, launch); };
  return launcher;
}

// ---- Launch

absl::Status RunNms(const NmsArgs& args, DType dtype, CudaStream& stream) {
  const auto run = [&]<typename T>() {
    return args.seen != nullptr ? Launch(SoftNmsKernel<T>, dim3(1), dim3(kThreads), sizeof(SoftNmsShared), stream, args)
                                : Launch(NmsKernel<T>, dim3(1), dim3(kThreads), sizeof(BestShared), stream, args);
  };
  return dtype == DType::kHalf ? run.template operator()<DeviceHalf>() : run.template operator()<float>();
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
  args.boxes = launch.input(0).raw_data();
  args.scores = launch.input(1).raw_data();
  args.keys = reinterpret_cast<uint64_t*>(scratch);
  args.seen = reinterpret_cast<int32_t*>(scratch + plan.seen_offset);
  args.found = reinterpret_cast<int32_t*>(scratch + plan.found_offset);
  if (plan.has_count) args.found = launch.output(plan.has_scores ? 2 : 1)->mutable_data<int32_t>();
  FLOE_RETURN_IF_ERROR(SetNumbers(plan, launch, &args));
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
    {"NonMaxSuppression", Supports, CreateLauncher<Prepare<false, false>, kNumbers>},
    {"NonMaxSuppressionV2", Supports, CreateLauncher<Prepare<false, false>, kNumbers>},
    {"NonMaxSuppressionV3", Supports, CreateLauncher<Prepare<false, false>, kNumbers>},
    {"NonMaxSuppressionV4", Supports, CreateLauncher<Prepare<false, true>, kNumbers>},
    {"NonMaxSuppressionV5", Supports, CreateLauncher<Prepare<true, true>, kNumbers>},
};

}  // namespace

absl::Span<const CudaOp> NmsKernels() { return kOps; }

}  // namespace floe
