// MatrixBandPart: what lies outside of a band around the diagonal becomes zero. More diagonals than there are mean all:
// a launch cannot fail for what its data are.
#include "absl/strings/str_cat.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "kernels/cuda/launcher.h"

namespace floe {
namespace {

// ---- Kernel

struct BandArgs {
  int64_t elements, rows, columns;
  // How many diagonals are kept below and above; a negative number means all.
  const void *lower, *upper;
  bool lower_is_wide, upper_is_wide;
};

__device__ inline int64_t CountAt(const void* count, bool is_wide) {
  return is_wide ? *static_cast<const int64_t*>(count) : *static_cast<const int32_t*>(count);
}

template <typename T>
__global__ void __launch_bounds__(kLoopThreads) BandKernel(const T* from, T* to, BandArgs args) {
  const int64_t lower = CountAt(args.lower, args.lower_is_wide), upper = CountAt(args.upper, args.upper_is_wide);
  for (int64_t i = LoopFirst(); i < args.elements; i += LoopStride()) {
    const int64_t line = Quotient(i, args.columns), column = i - line * args.columns;
    const int64_t row = line - Quotient(line, args.rows) * args.rows;
    const bool inside = (lower < 0 || row - column <= lower) && (upper < 0 || column - row <= upper);
    to[i] = inside ? from[i] : T{};
  }
}

// ---- Supports

absl::Status Supports(const CudaContext&, const OpSignature& op) {
  if (!MovesBytes(op.inputs[0].dtype))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[0].dtype)));
  return absl::OkStatus();
}

// ---- Prepare

absl::StatusOr<Launcher> Prepare(const AttrMap&, absl::Span<const TensorInfo> inputs, absl::Span<const TensorInfo>) {
  const Shape shape = inputs[0].shape.ToShape();
  BandArgs args{};
  args.elements = shape.num_elements();
  args.rows = shape.dim(shape.rank() - 2);
  args.columns = shape.dim(shape.rank() - 1);
  args.lower_is_wide = inputs[1].dtype == DType::kInt64;
  args.upper_is_wide = inputs[2].dtype == DType::kInt64;
  return Launcher{"matrix band", [args, bytes = ElementBytes(inputs[0].dtype)](const LaunchArgs& launch) {
                    if (args.elements == 0) return absl::OkStatus();
                    BandArgs bound = args;
                    bound.lower = launch.input(1).raw_data();
                    bound.upper = launch.input(2).raw_data();
                    return OnBytes(bytes, [&]<typename T>() {
                      return Launch(BandKernel<T>, LoopGrid(args.elements), dim3(kLoopThreads), 0, StreamOf(launch),
                                    static_cast<const T*>(launch.input(0).raw_data()),
                                    static_cast<T*>(launch.output(0)->raw_mutable_data()), bound);
                    });
                  }};
}

constexpr CudaOp kOps[] = {{"MatrixBandPart", Supports, CreateLauncher<Prepare>}};

}  // namespace

absl::Span<const CudaOp> MatrixBandKernels() { return kOps; }

}  // namespace floe
