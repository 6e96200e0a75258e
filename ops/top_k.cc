#include "ops/top_k.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using TopKIndexTypes = TypeList<int16_t, int32_t, int64_t>;

absl::StatusOr<DType> IndexType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("index_type", DType::kInt32));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(TopKIndexTypes(), "attribute 'index_type'", dtype));
  return dtype;
}

absl::Status WantCount(int64_t k) {
  return k >= 0 ? absl::OkStatus() : absl::InvalidArgumentError(absl::StrCat("k: wanted 0 or more, got ", k));
}

// The rows' last dimension becomes k.
absl::StatusOr<PartialShape> TopKShape(PartialShape shape, int64_t k) {
  if (!shape.has_rank()) return shape;
  const int last = shape.rank() - 1;
  if (k > shape.dim(last) && shape.dim(last) >= 0) {
    return absl::InvalidArgumentError(absl::StrCat("k: wanted at most ", shape.dim(last), ", got ", k));
  }
  shape.set_dim(last, k);
  return shape;
}

// The older form has k as an attribute.
template <bool kAttribute>
absl::Status InferTopK(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kAttribute ? 1 : 2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RealTypes(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("sorted", true).status());
  FLOE_ASSIGN_OR_RETURN(const DType index_type, IndexType(context.attrs()));
  std::optional<int64_t> known;
  if constexpr (kAttribute) {
    FLOE_ASSIGN_OR_RETURN(known, context.attrs().Int("k"));
  } else {
    FLOE_RETURN_IF_ERROR(WantDTypeIn(TopKIndexTypes(), "input 1", context.dtype(1)));
    FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
    FLOE_ASSIGN_OR_RETURN(known, KnownScalar(context, 1));
  }
  const int64_t k = known.value_or(kUnknown);
  if (known.has_value()) FLOE_RETURN_IF_ERROR(WantCount(k));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, TopKShape(context.shape(0), k));
  context.AddOutput(context.dtype(0), shape);
  context.AddOutput(index_type, shape);
  return absl::OkStatus();
}

// The larger first, a NaN before all numbers; among equals the lower index.
template <typename T>
struct Better {
  const T* row;
  bool operator()(int64_t a, int64_t b) const {
    const T x = row[a], y = row[b];
    const bool x_nan = x != x, y_nan = y != y;
    if (x_nan || y_nan) return x_nan && (!y_nan || a < b);
    return x > y || (x == y && a < b);
  }
};

template <bool kAttribute>
absl::Status EvalTopK(EvalContext& context) {
  const Tensor& input = context.input(0);
  int64_t k = 0;
  if constexpr (kAttribute) {
    FLOE_ASSIGN_OR_RETURN(k, context.attrs().Int("k"));
  } else {
    FLOE_ASSIGN_OR_RETURN(k, ScalarInt(context.input(1), "k"));
  }
  FLOE_RETURN_IF_ERROR(WantCount(k));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, TopKShape(input.shape(), k));
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(0, shape.ToShape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(1, shape.ToShape()));
  if (values->num_elements() == 0) return absl::OkStatus();
  const int64_t columns = input.shape().dim(input.rank() - 1), rows = input.num_elements() / columns;
  FLOE_ASSIGN_OR_RETURN(const auto order, Scratch<int64_t>(columns));
  return OnDType(TopKIndexTypes(), indices->dtype(), [&]<typename Index>() -> absl::Status {
    if (columns - 1 > std::numeric_limits<Index>::max()) {
      return absl::InvalidArgumentError(absl::StrCat("attribute 'index_type': ", DTypeName(indices->dtype()),
                                                     " does not hold the indices of ", columns, " elements"));
    }
    return OnDType(RealTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
      for (int64_t r = 0; r < rows; ++r) {
        const T* const row = input.data<T>() + r * columns;
        std::iota(order.get(), order.get() + columns, int64_t{0});
        std::partial_sort(order.get(), order.get() + k, order.get() + columns, Better<T>{row});
        for (int64_t i = 0; i < k; ++i) {
          values->mutable_data<T>()[r * k + i] = row[order[i]];
          indices->mutable_data<Index>()[r * k + i] = static_cast<Index>(order[i]);
        }
      }
      return absl::OkStatus();
    });
  });
}

constexpr OpInfo kOps[] = {
    {"TopK", InferTopK<true>, EvalTopK<true>},
    {"TopKV2", InferTopK<false>, EvalTopK<false>},
};

}  // namespace

absl::Span<const OpInfo> TopKOps() { return kOps; }

}  // namespace floe
