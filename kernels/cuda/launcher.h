// For families that pack nothing: what Prepare finds out is a function that launches.
#ifndef FLOE_KERNELS_CUDA_LAUNCHER_H_
#define FLOE_KERNELS_CUDA_LAUNCHER_H_

#include <cstdint>
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

template <PrepareFunction kPrepare, uint32_t kOnHost>
class LauncherKernel final : public Kernel {
 public:
  explicit LauncherKernel(const AttrMap& attrs) : attrs_(attrs) {}
  bool ReadsOnHost(int input) const override { return ((kOnHost >> input) & 1) != 0; }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    FLOE_ASSIGN_OR_RETURN(Launcher launcher, kPrepare(attrs_, inputs, outputs));
    return std::make_unique<LauncherPrepared>(std::move(launcher));
  }

 private:
  const AttrMap attrs_;
};

// For the `create` of a CudaOp. `kOnHost`, bit i: the launch reads input i on the host (Kernel::ReadsOnHost).
template <PrepareFunction kPrepare, uint32_t kOnHost = 0>
absl::StatusOr<std::unique_ptr<Kernel>> CreateLauncher(const CudaContext&, const OpSignature& op) {
  return std::make_unique<LauncherKernel<kPrepare, kOnHost>>(op.attrs);
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_LAUNCHER_H_
