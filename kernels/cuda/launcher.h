// For families that pack nothing: what Prepare finds out is a function that launches.
#ifndef FLOE_KERNELS_CUDA_LAUNCHER_H_
#define FLOE_KERNELS_CUDA_LAUNCHER_H_

#include <functional>
#include <memory>
#include <string>
#include <utility>

#include "base/status.h"
#include "kernels/cuda/cuda_op.h"

namespace floe {

struct Launcher {
  std::string description;
  std::function<absl::Status(const LaunchArgs& args)> launch;
  int64_t scratch_bytes = 0;
  bool recordable = true;
};

// Called with full shapes, and with the values of the inputs that are constant.
using PrepareFunction = absl::StatusOr<Launcher> (*)(const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                                                     absl::Span<const TensorInfo> outputs);

class LauncherPrepared final : public PreparedKernel {
 public:
  explicit LauncherPrepared(Launcher launcher) : launcher_(std::move(launcher)) {}
  int64_t scratch_bytes() const override { return launcher_.scratch_bytes; }
  std::string description() const override { return launcher_.description; }
  bool recordable() const override { return launcher_.recordable; }
  absl::Status Launch(const LaunchArgs& args) const override { return launcher_.launch(args); }

 private:
  const Launcher launcher_;
};

template <PrepareFunction kPrepare>
class LauncherKernel final : public Kernel {
 public:
  explicit LauncherKernel(const AttrMap& attrs) : attrs_(attrs) {}
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    FLOE_ASSIGN_OR_RETURN(Launcher launcher, kPrepare(attrs_, inputs, outputs));
    return std::make_unique<LauncherPrepared>(std::move(launcher));
  }

 private:
  const AttrMap attrs_;
};

// For the `create` of a CudaOp.
template <PrepareFunction kPrepare>
absl::StatusOr<std::unique_ptr<Kernel>> CreateLauncher(const CudaContext&, const OpSignature& op) {
  return std::make_unique<LauncherKernel<kPrepare>>(op.attrs);
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_LAUNCHER_H_
