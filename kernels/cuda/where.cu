// Where: the places of the elements that are not zero, in order.
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"
#include "kernels/cuda/ranks.h"

namespace floe {
namespace {

constexpr int kMostDims = 8;

// ---- Kernels (ranks.h's, with these)

// Whatever the dtype, an element is zero where none of these bits is set.
template <typename T>
struct IsSet {
  const T* elements;
  T bits;
  __device__ bool operator()(int64_t i) const { return (elements[i] & bits) != 0; }
};

struct WritePlace {
  int64_t* to;  // [count, rank]
  int rank;
  int64_t dims[kMostDims];
  __device__ void operator()(int64_t i, int64_t place) const {
    int64_t* const row = to + place * rank;
    for (int axis = rank - 1; axis >= 0; --axis) {
      const int64_t above = axis == 0 ? 0 : Quotient(i, dims[axis]);
      row[axis] = i - above * dims[axis];
      i = above;
    }
  }
};

// All bits but the signs.
uint64_t BitsThatCount(DType dtype) {
  switch (dtype) {
    case DType::kHalf:
    case DType::kBfloat16:
      return 0x7fff;
    case DType::kFloat:
      return 0x7fffffff;
    case DType::kDouble:
      return 0x7fffffffffffffff;
    case DType::kComplex64:
      return 0x7fffffff7fffffff;
    default:
      return ~uint64_t{0};
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  const TensorInfo& input = op.inputs[0];
  if (!MovesBytes(input.dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(input.dtype)));
  if (!input.shape.has_rank() || input.shape.rank() > kMostDims)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of shape ", input.shape.ToString()));
  return absl::OkStatus();
}

// ---- Launch

template <typename T>
absl::Status LaunchWhere(const LaunchArgs& launch, WritePlace write) {
  const Tensor& input = launch.input(0);
  const int64_t size = input.num_elements();
  CudaStream& stream = StreamOf(launch);
  auto* const counts = static_cast<int64_t*>(launch.scratch());
  const IsSet<T> is_set{static_cast<const T*>(input.raw_data()), static_cast<T>(BitsThatCount(input.dtype()))};
  int64_t found = 0;
  if (size > 0) {
    FLOE_RETURN_IF_ERROR(LaunchCounts(stream, is_set, size, counts));
    FLOE_RETURN_IF_ERROR(stream.CopyToHost(CountOfAll(size, counts), &found, sizeof(found)));
    FLOE_RETURN_IF_ERROR(stream.Synchronize());
  }
  FLOE_ASSIGN_OR_RETURN(*launch.output(0), launch.allocator()->Allocate(DType::kInt64, Shape({found, write.rank})));
  if (found == 0) return absl::OkStatus();
  write.to = launch.output(0)->mutable_data<int64_t>();
  return LaunchTakes(stream, is_set, write, size, counts);
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs, absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  WritePlace write{};
  write.rank = shape.rank();
  for (int axis = 0; axis < shape.rank(); ++axis) write.dims[axis] = shape.dim(axis);
  return Launcher{"where",
                  [write, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) -> absl::Status {
                    return OnBytes(bytes, [&]<typename T>() { return LaunchWhere<T>(launch, write); });
                  },
                  RankScratchBytes(shape.num_elements()), /*recordable=*/false};
}

constexpr CudaOp kOps[] = {{"Where", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> WhereKernels() { return kOps; }

}  // namespace floe
