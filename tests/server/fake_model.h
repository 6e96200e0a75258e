// A Model that answers with its inputs, for tests of the server without graphs.
#ifndef FLOE_TESTS_SERVER_FAKE_MODEL_H_
#define FLOE_TESTS_SERVER_FAKE_MODEL_H_

#include <atomic>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "model/model.h"

namespace floe::testing {

// Holds runs up until it is opened, and counts those that have come.
class Gate {
 public:
  void Open();
  void Close();
  // Returns when the gate is open, or with what `control` says.
  absl::Status Pass(const RunControl& control);
  void WaitForArrivals(int count);
  int arrivals();

 private:
  std::mutex mutex_;
  std::condition_variable changed_;
  bool open_ = true;
  int arrivals_ = 0;
};

class FakeModel final : public Model {
 public:
  // Input "x" gives output "x_out", "n" gives "n_out", ...: copies. `gate` (may be null) stands before every run.
  explicit FakeModel(std::vector<TensorSpec> inputs, std::shared_ptr<Gate> gate = nullptr);

  const std::vector<TensorSpec>& inputs() const override { return inputs_; }
  const std::vector<TensorSpec>& outputs() const override { return outputs_; }
  const std::string& signature_name() const override { return signature_; }
  const std::string& device() const override { return device_; }
  int64_t weight_bytes() const override { return 4096; }
  std::vector<std::pair<std::string, int>> OpCounts() const override { return {}; }
  std::vector<ProgramNode> Nodes() const override { return {}; }
  absl::Status Check(absl::Span<const NamedTensor>, absl::Span<const std::string>) const override { return {}; }
  absl::StatusOr<std::unique_ptr<ModelInstance>> CreateInstance() const override;
  absl::StatusOr<PlanSummary> Plan(absl::Span<const Shape>) const override { return PlanSummary(); }

  void Restart() const override { restarted_after = runs.load(); }

  mutable std::atomic<int> runs = 0, restarted_after = -1;  // how many runs there were, and before it was restarted
  // What a run answers instead, where it is set.
  absl::Status run_error;
  absl::Status instance_error;

 private:
  const std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  const std::shared_ptr<Gate> gate_;
  const std::string signature_ = "serving_default";
  const std::string device_ = "cpu";
};

// An input "x" that takes `dtype` [?,2].
std::shared_ptr<FakeModel> MakeFakeModel(DType dtype = DType::kFloat, std::shared_ptr<Gate> gate = nullptr);

}  // namespace floe::testing

#endif  // FLOE_TESTS_SERVER_FAKE_MODEL_H_
