// The steps of the fused forms, as attribute fused_ops names them. Apart from the ops themselves, for backends that
// need no more than this.
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/fused.h"

namespace floe {
namespace {

constexpr int kMainInputs = 2;

struct StepRow {
  FusedKind kind;
  const char* name;
  int num_args;
};
constexpr StepRow kSteps[] = {
    {FusedKind::kBiasAdd, "BiasAdd", 1},
    {FusedKind::kAdd, "Add", 1},
    {FusedKind::kMul, "Mul", 1},
    {FusedKind::kBatchNorm, "FusedBatchNorm", 4},
    {FusedKind::kPrelu, "Prelu", 1},
    {FusedKind::kRelu, "Relu", 0},
    {FusedKind::kRelu6, "Relu6", 0},
    {FusedKind::kElu, "Elu", 0},
    {FusedKind::kLeakyRelu, "LeakyRelu", 0},
    {FusedKind::kTanh, "Tanh", 0},
    {FusedKind::kSigmoid, "Sigmoid", 0},
    {FusedKind::kSwish, "Swish", 0},
    {FusedKind::kHardSwish, "HardSwish", 0},
    {FusedKind::kGelu, "Gelu", 0},
    {FusedKind::kGelu, "GeluExact", 0},
    {FusedKind::kGeluTanh, "GeluApproximate", 0},
};

}  // namespace

absl::StatusOr<std::vector<FusedStep>> ParseFusedSteps(const AttrMap& attrs, int num_inputs) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> names, attrs.Strings("fused_ops", std::vector<std::string>()));
  std::vector<FusedStep> steps;
  int next = kMainInputs;
  for (const std::string& name : names) {
    const StepRow* found = nullptr;
    for (const StepRow& row : kSteps) {
      if (name == row.name) found = &row;
    }
    if (found == nullptr)
      return absl::InvalidArgumentError(absl::StrCat("attribute 'fused_ops': nobody knows '", name, "'"));
    steps.push_back({found->kind, next, found->num_args});
    next += found->num_args;
  }
  if (next != num_inputs) {
    return absl::InvalidArgumentError(
        absl::StrCat("attribute 'fused_ops': its steps want ", next, " inputs, got ", num_inputs));
  }
  return steps;
}

absl::string_view FusedStepName(FusedKind kind) {
  for (const StepRow& row : kSteps) {
    if (row.kind == kind) return row.name;
  }
  return "";
}

}  // namespace floe
