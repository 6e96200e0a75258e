#include "ops/elementwise.h"

#include "absl/strings/str_cat.h"

namespace floe {

absl::StatusOr<PartialShape> InferBroadcast(const InferContext& context, int a, int b) {
  absl::StatusOr<PartialShape> shape = BroadcastShapes(context.shape(a), context.shape(b));
  if (!shape.ok()) return Annotate(shape.status(), absl::StrCat("inputs ", a, " and ", b));
  return shape;
}

}  // namespace floe
