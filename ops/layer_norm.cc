#include "ops/layer_norm.h"

#include <cmath>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

absl::Status InferLayerNorm(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.attrs().Float("epsilon").status());
  PartialShape shape = context.shape(0);
  int64_t n = shape.has_rank() ? shape.dim(shape.rank() - 1) : PartialShape::kUnknownDim;
  for (int i = 1; i < 3; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    FLOE_RETURN_IF_ERROR(context.WantRank(i, 1));
    absl::StatusOr<int64_t> merged = MergeDim(n, DimOrUnknown(context.shape(i), 0));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("the last dimension and input ", i));
    n = *merged;
  }
  if (shape.has_rank()) shape.set_dim(shape.rank() - 1, n);
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <typename T>
void NormalizeRow(const T* x, const T* gamma, const T* beta, int64_t n, double epsilon, T* y) {
  double sum = 0, squares = 0;
  for (int64_t i = 0; i < n; ++i) sum += static_cast<double>(x[i]);
  const double mean = sum / static_cast<double>(n);
  for (int64_t i = 0; i < n; ++i) squares += (static_cast<double>(x[i]) - mean) * (static_cast<double>(x[i]) - mean);
  const double factor = 1 / std::sqrt(squares / static_cast<double>(n) + epsilon);
  for (int64_t i = 0; i < n; ++i) {
    const double normal = (static_cast<double>(x[i]) - mean) * factor;
    y[i] = T(static_cast<Wide<T>>(normal * static_cast<double>(gamma[i]) + static_cast<double>(beta[i])));
  }
}

absl::Status EvalLayerNorm(EvalContext& context) {
  const Tensor& x = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const float epsilon, context.attrs().Float("epsilon"));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, x.shape()));
  if (x.num_elements() == 0) return absl::OkStatus();
  const int64_t n = x.shape().dim(x.rank() - 1);
  return OnDType(FloatTypes(), x.dtype(), [&]<typename T>() -> absl::Status {
    const T *const gamma = context.input(1).data<T>(), *const beta = context.input(2).data<T>();
    for (int64_t first = 0; first < x.num_elements(); first += n) {
      NormalizeRow(x.data<T>() + first, gamma, beta, n, epsilon, output->mutable_data<T>() + first);
    }
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {{"_LayerNorm", InferLayerNorm, EvalLayerNorm}};

}  // namespace

absl::Span<const OpInfo> LayerNormOps() { return kOps; }

}  // namespace floe
