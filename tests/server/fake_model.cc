#include "tests/server/fake_model.h"

#include <thread>
#include <utility>

#include "absl/time/clock.h"

namespace floe::testing {
namespace {

class FakeInstance final : public ModelInstance {
 public:
  FakeInstance(const FakeModel* model, std::shared_ptr<Gate> gate)
      : model_(model), gate_(std::move(gate)), thread_(std::this_thread::get_id()) {}

  absl::StatusOr<std::vector<Tensor>> Run(absl::Span<const NamedTensor> inputs, absl::Span<const std::string> fetches,
                                          const RunControl& control) override {
    if (std::this_thread::get_id() != thread_) return absl::InternalError("an instance ran on another thread");
    if (gate_ != nullptr) {
      if (const absl::Status status = gate_->Pass(control); !status.ok()) return status;
    }
    ++model_->runs;
    if (!model_->run_error.ok()) return model_->run_error;
    std::vector<std::string> wanted(fetches.begin(), fetches.end());
    if (wanted.empty()) {
      for (const TensorSpec& spec : model_->outputs()) wanted.push_back(spec.name);
    }
    std::vector<Tensor> outputs;
    for (const std::string& name : wanted) {
      for (const auto& [input, tensor] : inputs) {
        if (name == input + "_out") outputs.push_back(*tensor.Clone());
      }
    }
    return outputs;
  }

 private:
  const FakeModel* const model_;
  const std::shared_ptr<Gate> gate_;
  const std::thread::id thread_;
};

}  // namespace

void Gate::Open() {
  const std::lock_guard lock(mutex_);
  open_ = true;
  changed_.notify_all();
}

void Gate::Close() {
  const std::lock_guard lock(mutex_);
  open_ = false;
}

absl::Status Gate::Pass(const RunControl& control) {
  std::unique_lock lock(mutex_);
  ++arrivals_;
  changed_.notify_all();
  while (!open_) {
    if (control.cancelled != nullptr && *control.cancelled) return absl::CancelledError("the run was cancelled");
    if (absl::Now() >= control.deadline) return absl::DeadlineExceededError("the run took too long");
    changed_.wait_for(lock, std::chrono::milliseconds(2));
  }
  return absl::OkStatus();
}

void Gate::WaitForArrivals(int count) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return arrivals_ >= count; });
}

int Gate::arrivals() {
  const std::lock_guard lock(mutex_);
  return arrivals_;
}

FakeModel::FakeModel(std::vector<TensorSpec> inputs, std::shared_ptr<Gate> gate)
    : inputs_(std::move(inputs)), gate_(std::move(gate)) {
  for (TensorSpec spec : inputs_) {
    spec.name += "_out";
    spec.tensor_name = spec.name + ":0";
    outputs_.push_back(spec);
  }
}

absl::StatusOr<std::unique_ptr<ModelInstance>> FakeModel::CreateInstance() const {
  if (!instance_error.ok()) return instance_error;
  return std::make_unique<FakeInstance>(this, gate_);
}

std::shared_ptr<FakeModel> MakeFakeModel(DType dtype, std::shared_ptr<Gate> gate) {
  return std::make_shared<FakeModel>(
      std::vector<TensorSpec>{{"x", "x:0", dtype, PartialShape({PartialShape::kUnknownDim, 2})}}, std::move(gate));
}

}  // namespace floe::testing
