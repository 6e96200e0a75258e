// Einsum of any equation: an element of the result a thread, which sums over the labels that the result lacks.
#include <type_traits>
#include <utility>

#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "ops/einsum.h"

namespace floe {
namespace {

constexpr int kMostLoops = 8;

// ---- Kernel

struct EinsumArgs {
  // One dimension of the result, or one that is summed over; strides in elements of the result, a and b.
  struct Axis {
    int64_t size, to, a, b;
  };
  const void *a, *b;  // b: null for one operand
  void* to;
  int64_t elements, terms;
  int outer_rank, summed_rank;
  Axis outer[kMostLoops], summed[kMostLoops];
};

// What is summed in; integers wrap around.
template <typename T>
struct SumOf {
  using Type = float;
};
template <>
struct SumOf<int32_t> {
  using Type = uint32_t;
};
template <>
struct SumOf<int64_t> {
  using Type = uint64_t;
};

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) EinsumKernel(EinsumArgs args) {
  using Sum = typename SumOf<T>::Type;
  const auto* const a = static_cast<const T*>(args.a);
  const auto* const b = static_cast<const T*>(args.b);
  const auto read = [](T x) {
    if constexpr (std::is_integral_v<T>) {
      return static_cast<Sum>(x);
    } else {
      return ToFloat(x);
    }
  };
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    int64_t rest = i, to = 0, a_first = 0, b_first = 0;
    for (int axis = args.outer_rank - 1; axis >= 0; --axis) {
      const EinsumArgs::Axis& outer = args.outer[axis];
      const int64_t above = Quotient(rest, outer.size), index = rest - above * outer.size;
      to += index * outer.to;
      a_first += index * outer.a;
      b_first += index * outer.b;
      rest = above;
    }
    // The last summed label goes step by step; where the others are is worked out once a row of it.
    const EinsumArgs::Axis last =
        args.summed_rank > 0 ? args.summed[args.summed_rank - 1] : EinsumArgs::Axis{1, 0, 0, 0};
    Sum sum = 0;
    for (int64_t term = 0; term < args.terms; term += last.size) {
      int64_t left = Quotient(term, last.size), a_at = a_first, b_at = b_first;
      for (int axis = args.summed_rank - 2; axis >= 0; --axis) {
        const EinsumArgs::Axis& summed = args.summed[axis];
        const int64_t above = Quotient(left, summed.size), index = left - above * summed.size;
        a_at += index * summed.a;
        b_at += index * summed.b;
        left = above;
      }
      for (int64_t k = 0; k < last.size; ++k, a_at += last.a, b_at += last.b) {
        sum += b != nullptr ? read(a[a_at]) * read(b[b_at]) : read(a[a_at]);
      }
    }
    if constexpr (std::is_integral_v<T>) {
      static_cast<T*>(args.to)[to] = static_cast<T>(sum);
    } else {
      static_cast<T*>(args.to)[to] = FromFloat<T>(sum);
    }
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  static constexpr DType kDTypes[] = {DType::kFloat, DType::kHalf, DType::kBfloat16, DType::kInt32, DType::kInt64};
  FLOE_RETURN_IF_ERROR(WantInputDType(op, 0, kDTypes));
  int dims = 0;
  for (const TensorInfo& input : op.inputs) {
    if (!input.shape.has_rank()) return absl::UnimplementedError(absl::StrCat(op.op.name, " of an unknown rank"));
    dims += input.shape.rank();
  }
  // No more labels than that.
  if (dims <= kMostLoops) return absl::OkStatus();
  std::vector<PartialShape> shapes;
  for (const TensorInfo& input : op.inputs) shapes.push_back(input.shape);
  FLOE_ASSIGN_OR_RETURN(const EinsumGeometry geometry, ComputeEinsumGeometry(op.attrs, shapes));
  const auto labels = static_cast<int>(geometry.sizes.size());
  if (labels <= kMostLoops) return absl::OkStatus();
  return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", labels, " labels"));
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                 absl::Span<const TensorInfo> outputs) {
  std::vector<Shape> shapes;
  for (const TensorInfo& input : inputs) shapes.push_back(input.shape.ToShape());
  FLOE_ASSIGN_OR_RETURN(const EinsumLoops loops, ComputeEinsumLoops(attrs, shapes));
  EinsumArgs args{};
  const auto axis_of = [](const EinsumLoop& loop) {
    return EinsumArgs::Axis{loop.size, loop.strides[0], loop.strides[1], loop.strides[2]};
  };
  args.elements = args.terms = 1;
  for (const EinsumLoop& loop : loops.outer) {
    args.outer[args.outer_rank++] = axis_of(loop);
    args.elements *= loop.size;
  }
  for (const EinsumLoop& loop : loops.summed) {
    args.summed[args.summed_rank++] = axis_of(loop);
    args.terms *= loop.size;
  }
  const bool leaves_holes = loops.leaves_holes;
  return Launcher{
      "einsum", [args, leaves_holes, dtype = inputs[0].dtype](const LaunchArgs& launch) {
        Tensor& result = *launch.output(0);
        if (leaves_holes) {
          FLOE_RETURN_IF_ERROR(StreamOf(launch).ZeroOnDevice(result.raw_mutable_data(), result.byte_size()));
        }
        if (args.elements == 0) return absl::OkStatus();
        EinsumArgs bound = args;
        bound.a = launch.input(0).raw_data();
        bound.b = launch.num_inputs() > 1 ? launch.input(1).raw_data() : nullptr;
        bound.to = result.raw_mutable_data();
        const auto run = [&]<typename T>() {
          return Launch(EinsumKernel<T>, LoopGrid(bound.elements), dim3(kLoopThreads), 0, StreamOf(launch), bound);
        };
        if (dtype == DType::kInt32) return run.template operator()<int32_t>();
        if (dtype == DType::kInt64) return run.template operator()<int64_t>();
        return OnFloatType(dtype, run);
      }};
}

constexpr CudaOp kOps[] = {{"Einsum", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> EinsumKernels() { return kOps; }

}  // namespace floe
