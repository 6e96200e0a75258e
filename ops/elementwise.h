// The frames of elementwise ops: inference and evaluation from one function of an element and a list of dtypes.
//
// A function is a struct with `template <typename T> static R Apply(T a)` or `Apply(T a, T b)`.
#ifndef FLOE_OPS_ELEMENTWISE_H_
#define FLOE_OPS_ELEMENTWISE_H_

#include <type_traits>

#include "absl/status/status.h"
#include "base/status.h"
#include "ops/broadcast.h"
#include "ops/op.h"
#include "ops/types.h"

namespace floe {

// One input; the result has its shape and dtype.
template <typename Types>
absl::Status InferUnary(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

template <typename F, typename Types>
absl::Status EvalUnary(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(Types(), input.dtype(), [&]<typename T>() -> absl::Status {
    using R = decltype(F::template Apply<T>(T()));
    const T* const from = input.data<T>();
    R* const to = output->mutable_data<R>();
    for (int64_t i = 0, n = input.num_elements(); i < n; ++i) to[i] = F::template Apply<T>(from[i]);
    return absl::OkStatus();
  });
}

// The broadcast shape of inputs a and b, for the error to name them.
absl::StatusOr<PartialShape> InferBroadcast(const InferContext& context, int a, int b);

// Two inputs of one dtype, broadcast; the result has their dtype, or bool.
template <typename Types>
absl::Status InferBinary(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, InferBroadcast(context, 0, 1));
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <typename F, typename Types>
absl::Status EvalBinary(EvalContext& context) {
  const Tensor& a = context.input(0);
  const Tensor& b = context.input(1);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(a.shape(), b.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  const BroadcastWalk walk = BroadcastWalk::Of(shape, {&a.shape(), &b.shape()});
  return OnDType(Types(), PlainDType(a.dtype()), [&]<typename T>() -> absl::Status {
    using R = decltype(F::template Apply<T>(T(), T()));
    BroadcastBinary(walk, a.data<T>(), b.data<T>(), output->mutable_data<R>(),
                    [](const T& x, const T& y) { return F::template Apply<T>(x, y); });
    return absl::OkStatus();
  });
}

// A row of a family's table.
template <typename F, typename Types>
constexpr OpInfo UnaryOp(const char* name) {
  return {name, InferUnary<Types>, EvalUnary<F, Types>, kElementwise};
}
template <typename F, typename Types>
constexpr OpInfo BinaryOp(const char* name) {
  return {name, InferBinary<Types>, EvalBinary<F, Types>, kElementwise};
}

}  // namespace floe

#endif  // FLOE_OPS_ELEMENTWISE_H_
