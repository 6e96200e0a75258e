// What follows a product or convolution in the same kernel: the steps of a fused op, on the sum while it is in a
// register. Steps that the kernel has no form for run as chains over the result after it.
//
// FusedSteps: of a node, made once a program. EpiloguePlan: bound to shapes, made once a plan. Immutable; any thread.
#ifndef FLOE_KERNELS_CUDA_EPILOGUE_H_
#define FLOE_KERNELS_CUDA_EPILOGUE_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/cuda/chain.h"
#include "kernels/cuda/cuda_op.h"
#include "kernels/cuda/element.h"
#include "kernels/cuda/launch.h"
#include "ops/fused.h"

namespace floe {

inline constexpr int kMostEpilogueSteps = 6;

// As the kernel gets it. An operand's element for row r and column c of the result, whose rows are images of
// `rows_per_image`: [r / rows_per_image * image_stride + r % rows_per_image * row_stride + c * column_stride].
struct Epilogue {
  struct Step {
    ChainOp op;
    float parameter;
    const void* a;  // null where the step takes none
    const void* b;  // float32, as `a` is then: the batch norm's scale and shift
    int64_t rows_per_image, image_stride, row_stride;
    int column_stride;
  };
  int count;
  Step steps[kMostEpilogueSteps];
};

// ChainUnary and ChainBinary of the functions that fused steps have: with every other one in it as well, a product's
// kernel would be many times as large.
template <ChainOp... kOps>
__device__ __forceinline__ float UnaryOf(ChainOp op, float x, float parameter) {
  float y = x;
  static_cast<void>(((op == kOps ? (y = ChainUnary(kOps, x, parameter), true) : false) || ...));
  return y;
}
__device__ __forceinline__ float FusedUnary(ChainOp op, float x, float parameter) {
  return UnaryOf<ChainOp::kRelu, ChainOp::kRelu6, ChainOp::kElu, ChainOp::kLeakyRelu, ChainOp::kTanh, ChainOp::kSigmoid,
                 ChainOp::kSwish, ChainOp::kHardSwish, ChainOp::kGelu, ChainOp::kGeluTanh>(op, x, parameter);
}
__device__ __forceinline__ float FusedBinary(ChainOp op, float x, float y) {
  return op == ChainOp::kAdd ? x + y : op == ChainOp::kMul ? x * y : ChainBinary(ChainOp::kPrelu, x, y);
}

template <typename T>
__device__ __forceinline__ float ApplyEpilogue(const Epilogue& epilogue, float x, int64_t row, int64_t column) {
  for (int s = 0; s < epilogue.count; ++s) {
    const Epilogue::Step& step = epilogue.steps[s];
    if (step.a == nullptr) {
      x = FusedUnary(step.op, x, step.parameter);
    } else if (step.b != nullptr) {
      x = x * static_cast<const float*>(step.a)[column] + static_cast<const float*>(step.b)[column];
    } else {
      const int64_t image = row / step.rows_per_image;
      const int64_t offset = image * step.image_stride + (row - image * step.rows_per_image) * step.row_stride +
                             column * step.column_stride;
      x = FusedBinary(step.op, x, ToFloat(static_cast<const T*>(step.a)[offset]));
    }
  }
  return x;
}

class FusedSteps {
 public:
  // OK where every step has a kernel, in one form or the other.
  static absl::Status Supports(const OpSignature& op, bool fused);
  // No steps for a plain op.
  static absl::StatusOr<FusedSteps> Create(const CudaContext& context, const OpSignature& op, bool fused);
  absl::Span<const FusedStep> steps() const { return steps_; }

 private:
  friend class EpiloguePlan;
  std::vector<FusedStep> steps_;
  float leaky_alpha_ = 0.2f;
  std::shared_ptr<DeviceMemory> batch_norm_;  // scale, then shift, of the first batch norm
  int64_t batch_norm_channels_ = 0;
};

class EpiloguePlan {
 public:
  // `inputs` are the node's.
  static absl::StatusOr<EpiloguePlan> Make(const FusedSteps& fused, const Shape& result, DType dtype,
                                           absl::Span<const TensorInfo> inputs);
  // The same for a kernel that has done so many steps at the front by itself: the others all run after it.
  static absl::StatusOr<EpiloguePlan> MakeAfter(const FusedSteps& fused, size_t done, const Shape& result, DType dtype,
                                                absl::Span<const TensorInfo> inputs);
  // For the kernel, with the launch's addresses.
  Epilogue Bind(const LaunchArgs& args) const;
  // After the kernel: the steps that it did not do, over the result.
  absl::Status LaunchRest(const LaunchArgs& args) const;

 private:
  struct Bound {
    Epilogue::Step step;
    int input;  // whose address `a` is; -1 for none, or for one that is known
  };
  static absl::StatusOr<EpiloguePlan> Build(const FusedSteps& fused, size_t done, bool has_kernel, const Shape& result,
                                            DType dtype, absl::Span<const TensorInfo> inputs);

  std::vector<Bound> in_kernel_;
  std::vector<std::pair<Chain, int>> after_;  // and the input that is its operand, or -1
  std::shared_ptr<DeviceMemory> batch_norm_;  // keeps it alive
};

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_EPILOGUE_H_
