// CombinedNonMaxSuppression: each class of each image is suppressed by itself, and the best of all classes are the
// image's. Of equal scores the lower class comes first, and within a class the lower box: TensorFlow's order is what
// its heap and its sort happen to leave (docs/decisions/equal_scores.md).
#include <algorithm>
#include <limits>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/stream.h"
#include "kernels/cuda/suppression.h"
#include "ops/arguments.h"

namespace floe {
namespace {

constexpr int kThreads = kSuppressionThreads;
constexpr int64_t kMostBlocks = 512;  // each has keys for all boxes

// ---- Kernels

struct CombinedArgs {
  const float* boxes;   // [batch, count, box_classes, 4]
  const float* scores;  // [batch, count, classes]
  uint64_t* keys;       // [blocks, count]
  // What each class of each image has chosen, the best first: [batch, classes, places]; of those `found`.
  float* chosen_scores;
  int32_t* chosen;
  int32_t* found;  // [batch, classes]
  int32_t* taken;  // [batch, classes]: how many of them are among the image's already
  float* out_boxes;
  float* out_scores;
  float* out_classes;
  int32_t* out_counts;
  int64_t batch, count, classes, box_classes, places, length;
  float overlap_threshold, score_threshold;
  bool clips;

  __device__ int64_t BoxClass(int64_t label) const { return box_classes == 1 ? 0 : label; }
};

// A block a class of an image.
__global__ void __launch_bounds__(kThreads) SuppressClasses(CombinedArgs args) {
  auto& shared = SharedMemory<BestShared>();
  for (int64_t run = blockIdx.x; run < args.batch * args.classes; run += gridDim.x) {
    const int64_t image = Quotient(run, args.classes), label = run - image * args.classes;
    Candidates<float> from{};
    from.boxes = args.boxes + (image * args.count * args.box_classes + args.BoxClass(label)) * 4;
    from.scores = args.scores + image * args.count * args.classes + label;
    from.keys = args.keys + blockIdx.x * args.count;
    from.count = args.count;
    from.box_stride = args.box_classes * 4;
    from.score_stride = args.classes;
    from.score_threshold = args.score_threshold;
    const int64_t first = run * args.places;
    const int64_t found = Suppress(from, args.places, args.overlap_threshold, false, shared,
                                   [&](int64_t place, int64_t index, float score) {
                                     args.chosen[first + place] = static_cast<int32_t>(index);
                                     args.chosen_scores[first + place] = score;
                                   });
    if (threadIdx.x == 0) args.found[run] = static_cast<int32_t>(found);
  }
}

// The best that a class has left, as a key with the class in its lower half; 0 where there is none.
__device__ inline uint64_t BestOfClass(const CombinedArgs& args, int64_t image, int64_t label) {
  const int64_t run = image * args.classes + label;
  const int32_t next = args.taken[run];
  return next < args.found[run] ? KeyOf(args.chosen_scores[run * args.places + next], label) : 0;
}

__device__ inline void WriteDetection(const CombinedArgs& args, int64_t image, int64_t label, int64_t place) {
  const int64_t run = image * args.classes + label, from = run * args.places + args.taken[run];
  const int64_t box = (image * args.count + args.chosen[from]) * args.box_classes + args.BoxClass(label);
  for (int k = 0; k < 4; ++k) {
    float x = args.boxes[box * 4 + k];
    if (args.clips) {
      x = 1.0f < x ? 1.0f : x;
      x = x < 0.0f ? 0.0f : x;
    }
    args.out_boxes[(image * args.length + place) * 4 + k] = x;
  }
  args.out_scores[image * args.length + place] = args.chosen_scores[from];
  args.out_classes[image * args.length + place] = static_cast<float>(label);
}

// A block an image. Thread t has every 512th class from the t'th on, and is the only one that looks at what they have
// taken; the best of them all is taken next.
__global__ void __launch_bounds__(kThreads) MergeClasses(CombinedArgs args) {
  auto& shared = SharedMemory<BestShared>();
  for (int64_t image = blockIdx.x; image < args.batch; image += gridDim.x) {
    uint64_t own = 0;
    for (int64_t label = threadIdx.x; label < args.classes; label += kThreads) {
      args.taken[image * args.classes + label] = 0;
      const uint64_t key = BestOfClass(args, image, label);
      own = own < key ? key : own;
    }
    uint64_t best = BlockMax(own, shared);
    int64_t place = 0;
    for (; place < args.length && best != 0; ++place) {
      const int64_t label = IndexOf(best);
      if (label % kThreads == threadIdx.x) {
        WriteDetection(args, image, label, place);
        ++args.taken[image * args.classes + label];
        own = 0;
        for (int64_t other = threadIdx.x; other < args.classes; other += kThreads) {
          const uint64_t key = BestOfClass(args, image, other);
          own = own < key ? key : own;
        }
      }
      best = BlockMax(own, shared);
    }
    if (threadIdx.x == 0) args.out_counts[image] = static_cast<int32_t>(place);
    for (int64_t i = place + threadIdx.x; i < args.length; i += kThreads) {
      const int64_t at = image * args.length + i;
      for (int k = 0; k < 4; ++k) args.out_boxes[at * 4 + k] = 0.0f;
      args.out_scores[at] = 0.0f;
      args.out_classes[at] = 0.0f;
    }
  }
}

// ---- Supports

constexpr uint32_t kNumbers = 0b111100;  // how many a class and in all, the thresholds

absl::Status Supports(const CudaContext&, const OpSignature&) { return absl::OkStatus(); }

// ---- Prepare

struct CombinedPlan {
  CombinedArgs args{};
  int64_t blocks = 0;
  int64_t chosen_offset = 0, scores_offset = 0, found_offset = 0, taken_offset = 0;  // in the scratch
};

absl::Status LaunchCombined(const CombinedPlan& plan, const LaunchArgs& launch);

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  const Shape boxes = inputs[0].shape.ToShape(), scores = inputs[1].shape.ToShape();
  CombinedPlan plan;
  CombinedArgs& args = plan.args;
  FLOE_ASSIGN_OR_RETURN(args.clips, attrs.Bool("clip_boxes", true));
  args.batch = scores.dim(0);
  args.count = scores.dim(1);
  args.classes = scores.dim(2);
  args.box_classes = boxes.dim(2);
  args.length = outputs[1].shape.ToShape().dim(1);
  if (std::max(args.count, args.classes) > std::numeric_limits<int32_t>::max())
    return absl::InvalidArgumentError("input 1: too many boxes or classes for int32 indices");
  // No class has more than these among the image's.
  args.places = std::min(args.count, args.length);
  const int64_t runs = args.batch * args.classes, lists = runs * args.places;
  plan.blocks = std::min(runs, kMostBlocks);
  plan.chosen_offset = plan.blocks * args.count * static_cast<int64_t>(sizeof(uint64_t));
  plan.scores_offset = plan.chosen_offset + lists * static_cast<int64_t>(sizeof(int32_t));
  plan.found_offset = plan.scores_offset + lists * static_cast<int64_t>(sizeof(float));
  plan.taken_offset = plan.found_offset + runs * static_cast<int64_t>(sizeof(int32_t));
  Launcher launcher;
  launcher.description = absl::StrCat("combined nms, ", plan.blocks, " blocks");
  // Numbers that come with the request would be those of the recording ever after.
  launcher.recordable =
      std::all_of(inputs.begin() + 2, inputs.end(), [](const TensorInfo& number) { return number.value != nullptr; });
  launcher.scratch_bytes = plan.taken_offset + runs * static_cast<int64_t>(sizeof(int32_t));
  launcher.launch = [plan](const LaunchArgs& launch) { return LaunchCombined(plan, launch); };
  return launcher;
}

// ---- Launch

absl::Status LaunchCombined(const CombinedPlan& plan, const LaunchArgs& launch) {
  CombinedArgs args = plan.args;
  FLOE_ASSIGN_OR_RETURN(const int64_t per_class, ScalarInt(launch.input(2), "input 2"));
  FLOE_ASSIGN_OR_RETURN(args.overlap_threshold, ScalarFloat(launch.input(4), "input 4"));
  FLOE_ASSIGN_OR_RETURN(args.score_threshold, ScalarFloat(launch.input(5), "input 5"));
  if (!(args.overlap_threshold >= 0 && args.overlap_threshold <= 1)) {
    return absl::InvalidArgumentError(absl::StrCat("input 4: wanted a number in [0, 1], got ", args.overlap_threshold));
  }
  if (args.batch == 0) return absl::OkStatus();
  args.places = std::min(args.places, per_class);
  auto* const scratch = static_cast<char*>(launch.scratch());
  args.boxes = launch.input(0).data<float>();
  args.scores = launch.input(1).data<float>();
  args.keys = reinterpret_cast<uint64_t*>(scratch);
  args.chosen = reinterpret_cast<int32_t*>(scratch + plan.chosen_offset);
  args.chosen_scores = reinterpret_cast<float*>(scratch + plan.scores_offset);
  args.found = reinterpret_cast<int32_t*>(scratch + plan.found_offset);
  args.taken = reinterpret_cast<int32_t*>(scratch + plan.taken_offset);
  args.out_boxes = launch.output(0)->mutable_data<float>();
  args.out_scores = launch.output(1)->mutable_data<float>();
  args.out_classes = launch.output(2)->mutable_data<float>();
  args.out_counts = launch.output(3)->mutable_data<int32_t>();
  if (plan.blocks > 0) {
    FLOE_RETURN_IF_ERROR(Launch(SuppressClasses, dim3(static_cast<unsigned>(plan.blocks)), dim3(kThreads),
                                sizeof(BestShared), StreamOf(launch), args));
  }
  return Launch(MergeClasses, dim3(static_cast<unsigned>(std::min(args.batch, kMostBlocks))), dim3(kThreads),
                sizeof(BestShared), StreamOf(launch), args);
}

constexpr CudaOp kOps[] = {
    {"CombinedNonMaxSuppression", Supports, CreateLauncher<Prepare, kNumbers>},
};

}  // namespace

absl::Span<const CudaOp> CombinedNmsKernels() { return kOps; }

}  // namespace floe
