#include "ops/softmax.h"

#include <algorithm>
#include <cmath>

#include "ops/elementwise.h"

namespace floe {
namespace {

absl::Status InferSoftmax(InferContext& context) {
  FLOE_RETURN_IF_ERROR(InferUnary<FloatTypes>(context));
  if (context.shape(0).has_rank() && context.shape(0).rank() < 1) {
    return absl::InvalidArgumentError("input 0: wanted a tensor of rank 1 or more, got shape []");
  }
  return absl::OkStatus();
}

// The largest logit is taken off first, so that no exponential overflows.
template <typename T, bool kLog>
void SoftmaxRow(const T* from, int64_t n, T* to) {
  using W = Wide<T>;
  W largest = from[0];
  for (int64_t i = 1; i < n; ++i) largest = std::max<W>(largest, from[i]);
  W sum = 0;
  for (int64_t i = 0; i < n; ++i) {
    const W exponential = std::exp(W(from[i]) - largest);
    sum += exponential;
    if constexpr (!kLog) to[i] = T(exponential);
  }
  if constexpr (kLog) {
    const W log_sum = std::log(sum);
    for (int64_t i = 0; i < n; ++i) to[i] = T(W(from[i]) - largest - log_sum);
  } else {
    const W scale = W(1) / sum;
    for (int64_t i = 0; i < n; ++i) to[i] = T(W(to[i]) * scale);
  }
}

template <bool kLog>
absl::Status EvalSoftmax(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  const int64_t n = input.shape().dim(input.rank() - 1);
  return OnDType(FloatTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t first = 0; first < input.num_elements(); first += n) {
      SoftmaxRow<T, kLog>(input.data<T>() + first, n, output->mutable_data<T>() + first);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Softmax", InferSoftmax, EvalSoftmax<false>},
    {"LogSoftmax", InferSoftmax, EvalSoftmax<true>},
};

}  // namespace

absl::Span<const OpInfo> SoftmaxOps() { return kOps; }

}  // namespace floe
