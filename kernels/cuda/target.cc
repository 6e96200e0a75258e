#include "kernels/cuda/target.h"

#include <vector>

#include "absl/strings/str_cat.h"
#include "base/suggest.h"

namespace floe {
namespace {

constexpr int kTargets[] = {75, 80, 86, 89, 90, 100, 120};

}  // namespace

std::string CudaTarget::name() const { return absl::StrCat("sm_", sm); }

absl::StatusOr<CudaTarget> FindCudaTarget(absl::string_view name) {
  std::vector<std::string> names;
  for (const int sm : kTargets) {
    const CudaTarget target{sm};
    if (target.name() == name) return target;
    names.push_back(target.name());
  }
  return absl::InvalidArgumentError(
      absl::StrCat("unknown target '", name, "'; there are ", ListNames(names), DidYouMean(name, names)));
}

absl::StatusOr<CudaTarget> CudaTargetOf(int major, int minor) {
  const int sm = major * 10 + minor;
  if (sm < kTargets[0]) {
    return absl::UnimplementedError(
        absl::StrCat("the device has compute capability ", major, ".", minor, "; Floe's kernels need 7.5 or later"));
  }
  return CudaTarget{sm};
}

absl::string_view PrecisionName(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return "fp32";
    case Precision::kTf32:
      return "tf32";
    case Precision::kFp16:
      return "fp16";
    case Precision::kBf16:
      return "bf16";
  }
  return "?";
}

absl::Status CheckPrecision(const CudaTarget& target, Precision precision) {
  const bool lacks = (precision == Precision::kTf32 && !target.has_tf32()) ||
                     (precision == Precision::kBf16 && !target.has_bfloat16());
  if (!lacks) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("precision ", PrecisionName(precision), " needs sm_80 or later, and ",
                                                 target.name(), " has fp32 and fp16"));
}

}  // namespace floe
