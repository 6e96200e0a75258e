// The frame of ops that map each string of a tensor to an element.
#ifndef FLOE_OPS_STRINGS_H_
#define FLOE_OPS_STRINGS_H_

#include <string>

#include "absl/status/status.h"
#include "base/status.h"
#include "ops/op.h"

namespace floe {

// Input 0 must be strings; the result has its shape.
inline absl::Status InferFromStrings(InferContext& context, int inputs, DType result) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  context.AddOutput(result, context.shape(0));
  return absl::OkStatus();
}

// `body(string, &result)` for each string, until one fails.
template <typename Result, typename Body>
absl::Status MapStrings(EvalContext& context, Body&& body) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  Result* to = output->mutable_data<Result>();
  for (const std::string& from : input.flat<std::string>()) FLOE_RETURN_IF_ERROR(body(from, to++));
  return absl::OkStatus();
}

}  // namespace floe

#endif  // FLOE_OPS_STRINGS_H_
