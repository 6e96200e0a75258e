#include "kernels/cpu/cpu_backend.h"

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"

namespace floe {
namespace {

class Cpu final : public Backend {
 public:
  Cpu() {
    for (const absl::Span<const CpuOp> family :
         {ConvolutionKernels(), ElementwiseKernels(), LayerNormKernels(), MatMulKernels(), PadKernels(), PoolKernels(),
          ReduceKernels(), SoftmaxKernels(), VolumeConvolutionKernels()}) {
      for (const CpuOp& op : family) ops_.emplace(op.name, &op);
    }
  }

  absl::string_view name() const override { return "cpu"; }

  absl::Status Supports(const OpSignature& op) const override {
    const auto found = ops_.find(op.op.name);
    if (found == ops_.end()) return absl::UnimplementedError(absl::StrCat("no CPU kernel for ", op.op.name));
    return found->second->supports(op);
  }

  absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) const override {
    FLOE_RETURN_IF_ERROR(Supports(op));
    return ops_.find(op.op.name)->second->create(op);
  }

  std::vector<std::string> OpNames() const override {
    std::vector<std::string> names;
    for (const auto& [name, op] : ops_) names.emplace_back(name);
    return names;
  }

 private:
  absl::flat_hash_map<absl::string_view, const CpuOp*> ops_;
};

}  // namespace

absl::Status WantFloat(const OpSignature& op, int count) {
  for (int i = 0; i < count && i < static_cast<int>(op.inputs.size()); ++i) {
    if (op.inputs[i].dtype != DType::kFloat)
      return absl::UnimplementedError(absl::StrCat(op.op.name, " of ", DTypeName(op.inputs[i].dtype)));
  }
  if (!op.outputs.empty() && op.outputs[0].dtype != DType::kFloat)
    return absl::UnimplementedError(absl::StrCat(op.op.name, " to ", DTypeName(op.outputs[0].dtype)));
  return absl::OkStatus();
}

absl::Status WantChannelsLast(const OpSignature& op) {
  FLOE_ASSIGN_OR_RETURN(const std::string format, op.attrs.String("data_format", "NHWC"));
  if (absl::StartsWith(format, "NC"))
    return absl::UnimplementedError(absl::StrCat(op.op.name, " with data_format ", format));
  return absl::OkStatus();
}

const Backend& CpuBackend() {
  static const Cpu* const backend = new Cpu();
  return *backend;
}

}  // namespace floe
