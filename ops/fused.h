// The fused forms: a convolution or matrix product followed by a chain of small steps (attribute fused_ops), and
// FusedBatchNorm with an activation. TensorFlow's exporters leave some of them; Floe's own passes make them, with more
// kinds of steps.
//
// _FusedConv2D, _FusedDepthwiseConv2dNative: inputs (input, filter, args...); _FusedMatMul: (a, b, args...). Each step
// takes its args off the front of what the steps before left.
#ifndef FLOE_OPS_FUSED_H_
#define FLOE_OPS_FUSED_H_

#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"
#include "ops/op.h"

namespace floe {

enum class FusedKind {
  kBiasAdd,    // + arg [channels]
  kAdd,        // + arg, broadcast to the result
  kMul,        // * arg, broadcast to the result
  kBatchNorm,  // args scale, offset, mean, variance, each [channels]; attribute epsilon
  kPrelu,      // x below 0: * arg [channels]
  kRelu,
  kRelu6,
  kElu,
  kLeakyRelu,  // attribute leakyrelu_alpha
  kTanh,
  kSigmoid,
  kSwish,      // x * sigmoid(x)
  kHardSwish,  // x * relu6(x + 3) / 6
  kGelu,       // by the error function
  kGeluTanh,   // by its tanh approximation
};

struct FusedStep {
  FusedKind kind;
  int first_arg;  // its first arg among the node's inputs
  int num_args;
};

// The chain in attribute fused_ops. `num_inputs`: the node's; INVALID_ARGUMENT where a step is unknown or args lack or
// are left.
absl::StatusOr<std::vector<FusedStep>> ParseFusedSteps(const AttrMap& attrs, int num_inputs);
// The name of a step in fused_ops.
absl::string_view FusedStepName(FusedKind kind);

absl::Span<const OpInfo> FusedOps();

}  // namespace floe

#endif  // FLOE_OPS_FUSED_H_
