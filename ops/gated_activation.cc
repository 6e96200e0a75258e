#include "ops/gated_activation.h"

#include "base/status.h"
#include "ops/activate.h"
#include "ops/elementwise.h"

namespace floe {
namespace {

template <FusedKind kKind>
struct Activation {
  template <typename T>
  static T Apply(T x) {
    return T(Activate<Wide<T>>(kKind, x, 0));
  }
};

struct Prelu {
  template <typename T>
  static T Apply(T x, T alpha) {
    return x < T(0) ? T(x * alpha) : x;
  }
};

absl::Status InferPrelu(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(0, 1));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(FloatTypes(), "input 0", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape spread, InferBroadcast(context, 0, 1));
  absl::StatusOr<PartialShape> shape = MergeShapes(context.shape(0), spread);
  if (!shape.ok()) return Annotate(shape.status(), "input 1 is not spread over input 0");
  context.AddOutput(context.dtype(0), *std::move(shape));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    UnaryOp<Activation<FusedKind::kSwish>, FloatTypes>("_Swish"),
    UnaryOp<Activation<FusedKind::kHardSwish>, FloatTypes>("_HardSwish"),
    UnaryOp<Activation<FusedKind::kGelu>, FloatTypes>("_Gelu"),
    UnaryOp<Activation<FusedKind::kGeluTanh>, FloatTypes>("_GeluTanh"),
    {"_Prelu", InferPrelu, EvalBinary<Prelu, FloatTypes>, kElementwise},
};

}  // namespace

absl::Span<const OpInfo> GatedActivationOps() { return kOps; }

}  // namespace floe
