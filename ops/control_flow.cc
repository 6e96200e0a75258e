#include "ops/control_flow.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

// As many results as the attribute lists types; their shapes are their regions' to tell.
absl::Status InferTypes(InferContext& context, absl::string_view attr) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<DType> types, context.attrs().Types(attr));
  for (const DType type : types) context.AddOutput(type, PartialShape::UnknownRank());
  return absl::OkStatus();
}
absl::Status InferTout(InferContext& context) { return InferTypes(context, "Tout"); }
absl::Status InferWhile(InferContext& context) { return InferTypes(context, "T"); }

absl::Status InferSwitch(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kBool));
  context.AddOutput(context.dtype(0), context.shape(0));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

absl::Status InferMerge(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(1));
  PartialShape shape = context.shape(0);
  for (int i = 1; i < context.num_inputs(); ++i) {
    FLOE_RETURN_IF_ERROR(context.WantSameDType(0, i));
    if (!(context.shape(i) == shape)) shape = PartialShape::UnknownRank();
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}

absl::Status InferSame(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  context.AddOutput(context.dtype(0), context.shape(0));
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"PartitionedCall", InferTout, nullptr},  {"StatefulPartitionedCall", InferTout, nullptr},
    {"BatchFunction", InferTout, nullptr},    {"If", InferTout, nullptr},
    {"StatelessIf", InferTout, nullptr},      {"Case", InferTout, nullptr},
    {"StatelessCase", InferTout, nullptr},    {"While", InferWhile, nullptr},
    {"StatelessWhile", InferWhile, nullptr},  {"Switch", InferSwitch, nullptr},
    {"RefSwitch", InferSwitch, nullptr},      {"Merge", InferMerge, nullptr},
    {"RefMerge", InferMerge, nullptr},        {"Enter", InferSame, nullptr},
    {"RefEnter", InferSame, nullptr},         {"Exit", InferSame, nullptr},
    {"RefExit", InferSame, nullptr},          {"NextIteration", InferSame, nullptr},
    {"RefNextIteration", InferSame, nullptr}, {"LoopCond", InferSame, nullptr},
};

}  // namespace

absl::Span<const OpInfo> ControlFlowOps() { return kOps; }

absl::StatusOr<bool> IsTrue(const Tensor& condition) {
  if (condition.rank() > 0) return condition.num_elements() > 0;
  if (condition.dtype() == DType::kString) return !condition.data<std::string>()->empty();
  bool truth = false;
  FLOE_RETURN_IF_ERROR(OnDType(Join<RealTypes, TypeList<bool>>(), condition.dtype(), [&]<typename T>() -> absl::Status {
    truth = static_cast<Wide<T>>(*condition.data<T>()) != Wide<T>(0);
    return absl::OkStatus();
  }));
  return truth;
}

absl::StatusOr<int> ChooseBranch(const Tensor& index, int branches) {
  FLOE_ASSIGN_OR_RETURN(const int64_t branch, ScalarInt(index, "branch_index"));
  return static_cast<int>(branch >= 0 && branch < branches ? branch : branches - 1);
}

}  // namespace floe
