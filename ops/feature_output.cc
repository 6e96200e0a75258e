#include "ops/feature_output.h"

#include <algorithm>
#include <vector>

#include "base/status.h"

namespace floe {

absl::Status WriteFeatureValues(EvalContext& context, int output, const FeatureColumn& column) {
  return OnDType(FeatureTypes(), column.dtype, [&]<typename T>() -> absl::Status {
    const std::vector<T>& values = column.values<T>();
    FLOE_ASSIGN_OR_RETURN(Tensor* const to, context.Output(output, Shape({static_cast<int64_t>(values.size())})));
    std::copy(values.begin(), values.end(), to->mutable_data<T>());
    return absl::OkStatus();
  });
}

absl::Status WriteSparseFeature(EvalContext& context, const FeatureColumn& column, bool batched, int indices_output,
                                int num_sparse) {
  int64_t count = 0, longest = 0;
  for (const int64_t of_example : column.counts) {
    count += std::max<int64_t>(of_example, 0);
    longest = std::max(longest, of_example);
  }
  const int64_t columns = batched ? 2 : 1;
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(indices_output, Shape({count, columns})));
  int64_t* index = indices->mutable_data<int64_t>();
  for (size_t example = 0; example < column.counts.size(); ++example) {
    for (int64_t i = 0; i < column.counts[example]; ++i) {
      if (batched) *index++ = static_cast<int64_t>(example);
      *index++ = i;
    }
  }
  FLOE_RETURN_IF_ERROR(WriteFeatureValues(context, indices_output + num_sparse, column));
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(indices_output + 2 * num_sparse, Shape({columns})));
  if (batched) shape->mutable_data<int64_t>()[0] = static_cast<int64_t>(column.counts.size());
  shape->mutable_data<int64_t>()[columns - 1] = longest;
  return absl::OkStatus();
}

absl::Status WriteFeatureSplits(EvalContext& context, int output, absl::Span<const int64_t> counts) {
  FLOE_ASSIGN_OR_RETURN(Tensor* const splits, context.Output(output, Shape({static_cast<int64_t>(counts.size()) + 1})));
  return OnDType(IndexTypes(), splits->dtype(), [&]<typename T>() -> absl::Status {
    T* split = splits->mutable_data<T>();
    int64_t at = 0;
    *split++ = 0;
    for (const int64_t count : counts) {
      at += std::max<int64_t>(count, 0);
      *split++ = static_cast<T>(at);
    }
    return absl::OkStatus();
  });
}

}  // namespace floe
