// Unique and its kin, of vectors: the elements that differ, in the order of their first occurrences.
#include <limits>
#include <type_traits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/atomics.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/ranks.h"

namespace floe {
namespace {

// ---- Kernels

constexpr int64_t kEmpty = -1;

// A table in which all elements of a kind meet: slots of indices, as many as a power of two. The one that stays in a
// slot is the first of its kind, however the threads come.
template <typename T>
struct Kinds {
  const T* elements;
  int64_t size;
  int64_t* table;
  int64_t slots;
  int64_t* slot_of;  // [size]: where each has met its kind; kEmpty where it is a kind of its own
  int64_t* kind_of;  // [size]: of the first of each kind, its rank

  // Of halves TensorFlow tells 0 from -0, since it finds them by their bits.
  __device__ bool Equal(int64_t a, int64_t b) const {
    if constexpr (std::is_arithmetic_v<T>) {
      return elements[a] == elements[b];
    } else {
      return elements[a].bits == elements[b].bits;
    }
  }
  __device__ bool IsNan(int64_t i) const {
    const float x = ToFloat(elements[i]);
    return x != x;
  }
  __device__ int64_t FirstSlot(int64_t i) const {
    uint64_t bits;
    if constexpr (std::is_integral_v<T>) {
      bits = static_cast<uint64_t>(elements[i]);
    } else {
      const float x = ToFloat(elements[i]);
      bits = x == 0 ? 0 : BitsOf(x);
    }
    bits *= 0x9e3779b97f4a7c15u;
    return static_cast<int64_t>((bits ^ (bits >> 32)) & static_cast<uint64_t>(slots - 1));
  }
  __device__ bool IsFirst(int64_t i) const { return slot_of[i] == kEmpty || table[slot_of[i]] == i; }
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) ClearKernel(Kinds<T> kinds) {
  for (int64_t i = LoopFirst(); i < kinds.slots; i += LoopStride()) kinds.table[i] = kEmpty;
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) MeetKernel(Kinds<T> kinds) {
  for (int64_t i = LoopFirst(); i < kinds.size; i += LoopStride()) {
    if (kinds.IsNan(i)) {
      kinds.slot_of[i] = kEmpty;
      continue;
    }
    for (int64_t slot = kinds.FirstSlot(i);; slot = (slot + 1) & (kinds.slots - 1)) {
      bool met = false;
      AtomicChange(&kinds.table[slot], [&](int64_t now) {
        met = now == kEmpty || kinds.Equal(now, i);
        return met && (now == kEmpty || i < now) ? i : now;
      });
      if (!met) continue;
      kinds.slot_of[i] = slot;
      break;
    }
  }
}

template <typename T>
struct IsFirst {
  Kinds<T> kinds;
  __device__ bool operator()(int64_t i) const { return kinds.IsFirst(i); }
};

template <typename T>
struct TakeFirst {
  Kinds<T> kinds;
  T* to;
  __device__ void operator()(int64_t i, int64_t rank) const {
    kinds.kind_of[i] = rank;
    to[rank] = kinds.elements[i];
  }
};

template <typename T, typename Index>
__global__ void __launch_bounds__(kLoopThreads) NameKernel(Kinds<T> kinds, Index* to, Index* counts) {
  for (int64_t i = LoopFirst(); i < kinds.size; i += LoopStride()) {
    const int64_t first = kinds.slot_of[i] == kEmpty ? i : kinds.table[kinds.slot_of[i]];
    const int64_t kind = kinds.kind_of[first];
    to[i] = static_cast<Index>(kind);
    if (counts != nullptr) AtomicChange(&counts[kind], [](Index now) { return static_cast<Index>(now + 1); });
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf,  DType::kBfloat16,
                                      DType::kInt32, DType::kInt64, DType::kUint8};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  if (!op.inputs[0].shape.has_rank() || op.inputs[0].shape.rank() != 1)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", op.inputs[0].shape.ToString()));
  return absl::OkStatus();
}

// ---- Launch

struct UniquePlan {
  int64_t size = 0, slots = 1;
  bool counts = false;
  int64_t table_offset = 0, slots_offset = 0, kinds_offset = 0;  // in the scratch, after the ranks' counts
};

template <typename T, typename Index>
absl::Status LaunchUnique(const UniquePlan& plan, const LaunchArgs& launch) {
  CudaStream& stream = StreamOf(launch);
  auto* const scratch = static_cast<char*>(launch.scratch());
  const auto at = [&](int64_t offset) { return reinterpret_cast<int64_t*>(scratch + offset); };
  const Kinds<T> kinds{.elements = launch.input(0).data<T>(),
                       .size = plan.size,
                       .table = at(plan.table_offset),
                       .slots = plan.slots,
                       .slot_of = at(plan.slots_offset),
                       .kind_of = at(plan.kinds_offset)};
  int64_t found = 0;
  const IsFirst<T> is_first{kinds};
  if (plan.size > 0) {
    FLOE_RETURN_IF_ERROR(Launch(ClearKernel<T>, LoopGrid(plan.slots), dim3(kLoopThreads), 0, stream, kinds));
    FLOE_RETURN_IF_ERROR(Launch(MeetKernel<T>, LoopGrid(plan.size), dim3(kLoopThreads), 0, stream, kinds));
    FLOE_RETURN_IF_ERROR(LaunchCounts(stream, is_first, plan.size, at(0)));
    FLOE_RETURN_IF_ERROR(stream.CopyToHost(CountOfAll(plan.size, at(0)), &found, sizeof(found)));
    FLOE_RETURN_IF_ERROR(stream.Synchronize());
  }
  const DType index_dtype = launch.output(1)->dtype();
  FLOE_ASSIGN_OR_RETURN(*launch.output(0), launch.allocator()->Allocate(launch.input(0).dtype(), Shape({found})));
  Index* counts = nullptr;
  if (plan.counts) {
    Tensor& result = *launch.output(2);
    FLOE_ASSIGN_OR_RETURN(result, launch.allocator()->Allocate(index_dtype, Shape({found})));
    FLOE_RETURN_IF_ERROR(stream.ZeroOnDevice(result.raw_mutable_data(), result.byte_size()));
    counts = result.mutable_data<Index>();
  }
  if (plan.size == 0) return absl::OkStatus();
  const TakeFirst<T> take{kinds, launch.output(0)->mutable_data<T>()};
  FLOE_RETURN_IF_ERROR(LaunchTakes(stream, is_first, take, plan.size, at(0)));
  return Launch(NameKernel<T, Index>, LoopGrid(plan.size), dim3(kLoopThreads), 0, stream, kinds,
                launch.output(1)->mutable_data<Index>(), counts);
}

// ---- Prepare

template <bool kCounts>
absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  UniquePlan plan;
  plan.size = inputs[0].shape.ToShape().num_elements();
  if (outputs[1].dtype == DType::kInt32 && plan.size > std::numeric_limits<int32_t>::max())
    return absl::InvalidArgumentError(absl::StrCat("attribute 'out_idx': int32 does not hold ", plan.size, " indices"));
  while (plan.slots < 2 * plan.size) plan.slots *= 2;
  plan.counts = kCounts;
  plan.table_offset = RankScratchBytes(plan.size);
  constexpr auto kBytes = static_cast<int64_t>(sizeof(int64_t));
  plan.slots_offset = plan.table_offset + plan.slots * kBytes;
  plan.kinds_offset = plan.slots_offset + plan.size * kBytes;
  Launcher launcher;
  launcher.description = "unique";
  launcher.scratch_bytes = plan.kinds_offset + plan.size * kBytes;
  launcher.recordable = false;
  launcher.launch = [plan, dtype = inputs[0].dtype, index_dtype = outputs[1].dtype](const LaunchArgs& launch) {
    return OnNumberType(dtype, [&]<typename T>() {
      return OnIndexType(index_dtype, [&]<typename Index>() { return LaunchUnique<T, Index>(plan, launch); });
    });
  };
  return launcher;
}

constexpr CudaOp kOps[] = {
    {"Unique", Supports, CreateLauncher<Prepare<false>>},
    {"UniqueV2", Supports, CreateLauncher<Prepare<false>>},
    {"UniqueWithCounts", Supports, CreateLauncher<Prepare<true>>},
    {"UniqueWithCountsV2", Supports, CreateLauncher<Prepare<true>>},
};

}  // namespace

absl::Span<const CudaOp> UniqueKernels() { return kOps; }

}  // namespace floe
