// The small steps that follow a convolution or matrix product (attribute fused_ops), over its NHWC result: as oneDNN's
// post-ops where an implementation takes them, else in one own loop over the result while it is in the cache.
//
// FusedChain: the steps as the node has them, made once a program. ChainPlan: bound to shapes, made once a plan. Both
// are immutable values; any thread.
#ifndef FLOE_KERNELS_CPU_FUSED_CHAIN_H_
#define FLOE_KERNELS_CPU_FUSED_CHAIN_H_

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/cpu/onednn.h"
#include "ops/fused.h"
#include "plan/kernel.h"

namespace floe {

struct FusedChain {
  std::vector<FusedStep> steps;
  float leaky_alpha = 0.2f;
  float epsilon = 1e-4f;
};

// `fused`: whether the op has a chain at all; no steps otherwise. The result has `channels` in its last dimension.
absl::StatusOr<FusedChain> ParseFusedChain(const OpSignature& op, bool fused);

// One step of a chain over a result of at most four dimensions.
struct ChainStep {
  FusedKind kind = FusedKind::kRelu;
  int input = 0;                     // its first arg
  float parameter = 0;               // leaky_alpha or epsilon
  std::array<int64_t, 4> strides{};  // of arg along the result's dimensions, in elements; 0 where it is broadcast
};

class ChainPlan {
 public:
  // Steps [first, end) over a result of this shape.
  ChainPlan() = default;
  ChainPlan(const FusedChain& chain, size_t first, const Shape& result, absl::Span<const TensorInfo> inputs);

  bool empty() const { return steps_.empty(); }
  int64_t channels() const { return dims_[3]; }
  int64_t pixels() const { return dims_[0] * dims_[1] * dims_[2]; }

  // Applies the steps to pixels [first, first + count), which lie at `y`. On the calling thread.
  void Apply(const LaunchArgs& args, int64_t first, int64_t count, float* y) const;
  // To the whole result, on the team.
  void ApplyAll(const LaunchArgs& args, float* y) const;

 private:
  std::array<int64_t, 4> dims_{1, 1, 1, 1};
  std::vector<ChainStep> steps_;
};

// As many steps of a chain as `count` says, as oneDNN's post-ops on a result of these (oneDNN's, logical) dimensions,
// whose memory is channels last. A leading BiasAdd is not among them: it is the primitive's own bias.
struct ChainPostOps {
  dnnl::post_ops ops;
  struct Argument {
    int number;  // DNNL_ARG_ATTR_...
    dnnl::memory::desc desc;
    int input;
  };
  std::vector<Argument> arguments;
};
// False where a step has no post-op.
bool MakePostOps(const FusedChain& chain, size_t first, size_t count, const dnnl::memory::dims& result,
                 absl::Span<const TensorInfo> inputs, ChainPostOps* out);

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_FUSED_CHAIN_H_
