#include "ops/bucketize.h"

#include <algorithm>
#include <vector>

#include "base/status.h"
#include "ops/types.h"

namespace floe {
namespace {

using BucketTypes = TypeList<int32_t, int64_t, float, double>;

absl::StatusOr<std::vector<float>> Boundaries(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(std::vector<float> boundaries, attrs.Floats("boundaries"));
  if (std::is_sorted(boundaries.begin(), boundaries.end())) return boundaries;
  return absl::InvalidArgumentError("attribute 'boundaries': they must not fall");
}

absl::Status InferBucketize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(BucketTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(Boundaries(context.attrs()).status());
  context.AddOutput(DType::kInt32, context.shape(0));
  return absl::OkStatus();
}

// How many boundaries are not above the number.
absl::Status EvalBucketize(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const std::vector<float> boundaries, Boundaries(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  return OnDType(BucketTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
    int32_t* to = output->mutable_data<int32_t>();
    for (const T value : input.flat<T>()) {
      const auto above = std::upper_bound(boundaries.begin(), boundaries.end(), value);
      *to++ = static_cast<int32_t>(above - boundaries.begin());
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Bucketize", InferBucketize, EvalBucketize, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> BucketizeOps() { return kOps; }

}  // namespace floe
