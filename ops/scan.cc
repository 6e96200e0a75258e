#include "ops/scan.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/status.h"
#include "ops/arguments.h"
#include "ops/axis_view.h"
#include "ops/types.h"

namespace floe {
namespace {

struct Sum {
  template <typename T>
  static T Start() {
    return T(0);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return WrapAdd(a, b);
  }
};

struct Product {
  template <typename T>
  static T Start() {
    return T(1);
  }
  template <typename T>
  static T Apply(T a, T b) {
    return WrapMul(a, b);
  }
};

// log(exp(a) + exp(b)), without the exponentials overflowing.
struct LogSumExp {
  template <typename T>
  static T Start() {
    return T(-std::numeric_limits<Wide<T>>::infinity());
  }
  template <typename T>
  static T Apply(T a, T b) {
    const Wide<T> x = a, y = b, least = std::min(x, y), most = std::max(x, y);
    if (most == -std::numeric_limits<Wide<T>>::infinity()) return T(most);
    return T(std::log1p(std::exp(least - most)) + most);
  }
};

template <typename Types>
absl::Status InferScan(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(Types(), "input 0", context.dtype(0)));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  for (const char* attr : {"exclusive", "reverse"}) FLOE_RETURN_IF_ERROR(context.attrs().Bool(attr, false).status());
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> axis, KnownScalar(context, 1));
  if (context.shape(0).has_rank() && axis.has_value()) {
    FLOE_RETURN_IF_ERROR(NormalAxis(*axis, context.shape(0).rank()).status());
  }
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

// Each result is the one before it with one more element; an exclusive scan gives what came before the element. The
// running value is rounded to the dtype at every step, as TensorFlow's is.
template <typename F, typename T>
void Scan(const T* from, T* to, const AxisView& view, bool exclusive, bool reverse) {
  const int64_t step = reverse ? -view.inner : view.inner;
  for (int64_t o = 0; o < view.outer; ++o) {
    const int64_t first = o * view.size * view.inner + (reverse ? (view.size - 1) * view.inner : 0);
    for (int64_t i = 0; i < view.inner; ++i) {
      T running = F::template Start<T>();
      for (int64_t k = 0, at = first + i; k < view.size; ++k, at += step) {
        const T next = F::template Apply<T>(running, from[at]);
        to[at] = exclusive ? running : next;
        running = next;
      }
    }
  }
}

template <typename F, typename Types>
absl::Status EvalScan(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool exclusive, context.attrs().Bool("exclusive", false));
  FLOE_ASSIGN_OR_RETURN(const bool reverse, context.attrs().Bool("reverse", false));
  FLOE_ASSIGN_OR_RETURN(const int64_t axis, ScalarInt(context.input(1), "input 1"));
  FLOE_ASSIGN_OR_RETURN(const int at, NormalAxis(axis, input.rank()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, input.shape()));
  if (input.num_elements() == 0) return absl::OkStatus();
  return OnDType(Types(), input.dtype(), [&]<typename T>() -> absl::Status {
    Scan<F>(input.data<T>(), output->mutable_data<T>(), AxisView::Of(input.shape(), at), exclusive, reverse);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"Cumsum", InferScan<NumberTypes>, EvalScan<Sum, NumberTypes>},
    {"Cumprod", InferScan<NumberTypes>, EvalScan<Product, NumberTypes>},
    {"CumulativeLogsumexp", InferScan<FloatTypes>, EvalScan<LogSumExp, FloatTypes>},
};

}  // namespace

absl::Span<const OpInfo> ScanOps() { return kOps; }

}  // namespace floe
