// A chain of elementwise functions over broadcast operands, as one launch of one kernel that interprets it: a single op
// is a chain of one step, and what follows a product may be one.
//
// Chain: bound to shapes and dtypes, made once a plan; an immutable value, any thread.
#ifndef FLOE_KERNELS_CUDA_CHAIN_H_
#define FLOE_KERNELS_CUDA_CHAIN_H_

#include <cstdint>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "kernels/cuda/chain_math.h"
#include "kernels/cuda/stream.h"
#include "ops/broadcast.h"
#include "ops/elementwise_program.h"
#include "ops/fused.h"
#include "plan/kernel.h"

namespace floe {

// Whatever a fused op holds.
inline constexpr int kMostChainOperands = kMostElementwiseInputs;
inline constexpr int kMostChainSteps = kMostElementwiseSteps;
inline constexpr int kChainRegisters = kMostElementwisePlaces;
static_assert(kMostChainOperands <= BroadcastWalk::kMaxOperands);
inline constexpr int kMostChainDims = 8;

// What a step reads: an operand by its number, or a register.
constexpr int8_t ChainRegister(int number) { return static_cast<int8_t>(kMostChainOperands + number); }

// One function. `a` and `b` are -1 where it takes none.
struct ElementStep {
  ChainOp op = ChainOp::kCopy;
  int8_t x = ChainRegister(0);
  int8_t a = -1;
  int8_t b = -1;
  int8_t to = 0;  // the register that has the result then
  float parameter = 0;
};

// A whole chain as the kernel gets it.
struct ChainProgram {
  struct Operand {
    const void* data;
    DType dtype;
    int64_t strides[kMostChainDims];  // in elements; 0 where it is broadcast
  };
  int64_t elements;
  int rank;
  int64_t dims[kMostChainDims];
  int num_operands;
  Operand operands[kMostChainOperands];
  int num_steps;  // the last one's result is the chain's
  ElementStep steps[kMostChainSteps];
  void* result;
  DType result_dtype;
  bool saturates;  // floats that are cut to small integers stop at their ends
};

class Chain {
 public:
  // Operands broadcast to `result`. Registers start at 0; each step's result is rounded to `result_dtype` where that is
  // a half. UNIMPLEMENTED for dtypes that it does not know and
  // for chains or shapes of more parts than it has room for.
  static absl::StatusOr<Chain> Make(const Shape& result, DType result_dtype, absl::Span<const Shape> operand_shapes,
                                    absl::Span<const DType> operand_dtypes, absl::Span<const ElementStep> steps);
  // `operands` and `result` are on the device; `result` may be operand 0.
  absl::Status Launch(CudaStream& stream, absl::Span<const void* const> operands, void* result) const;

  // Whether a dtype can be an operand or a result.
  static bool Takes(DType dtype);

 private:
  ChainProgram program_{};
  bool floating_ = false;
  bool packs_ = false;  // whether rows are whole packs of elements
};

// What operands and results are computed in: float, or int64 where all are integers or truth values.
inline bool IsFloatOnDevice(DType dtype) {
  return dtype == DType::kFloat || dtype == DType::kHalf || dtype == DType::kBfloat16;
}
inline bool IsIntegerOnDevice(DType dtype) {
  return dtype == DType::kInt32 || dtype == DType::kInt64 || dtype == DType::kInt8 || dtype == DType::kUint8;
}

// The function of a step after a product that takes at most one operand; kBatchNorm's are two, made of its four.
ElementStep ElementStepOf(FusedKind kind, float leaky_alpha);

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_CHAIN_H_
