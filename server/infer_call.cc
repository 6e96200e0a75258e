#include "server/infer_call.h"

#include <utility>

#include "absl/time/clock.h"
#include "base/status.h"

namespace floe {

InferCall::InferCall(ServerCore* core, Api api) : core_(core), api_(api), begun_(absl::Now()) {}

InferCall::~InferCall() {
  if (entered_) core_->Leave();
}

absl::Status InferCall::Begin(const std::string& model_name, std::optional<int64_t> version) {
  if (!core_->Enter()) {
    core_->metrics().CountRefused();
    return absl::UnavailableError("the server is shutting down");
  }
  entered_ = true;
  if (model_name.empty()) return absl::InvalidArgumentError("the request names no model");
  FLOE_ASSIGN_OR_RETURN(model_, core_->models().Find(model_name, version));
  model_->metrics().AddInFlight(1);
  return absl::OkStatus();
}

absl::Status InferCall::SelectSignature(const std::string& signature) {
  FLOE_ASSIGN_OR_RETURN(const ServedModel* const selected, model_->ForSignature(signature));
  model_ = std::shared_ptr<const ServedModel>(model_, selected);
  return absl::OkStatus();
}

absl::Status InferCall::Run(std::function<void()> done) {
  const absl::Time decoded = absl::Now();
  model_->metrics().Observe(Phase::kInput, decoded - begun_);
  job_.done = [this, done = std::move(done)] {
    computed_ = absl::Now();
    done();
  };
  return model_->Submit(&job_);
}

void InferCall::Finish(const absl::Status& status) {
  if (model_ == nullptr) {
    core_->metrics().CountUnknown(api_, status.code());
    return;
  }
  ModelMetrics& metrics = model_->metrics();
  const absl::Time now = absl::Now();
  if (job_.compute_time > absl::ZeroDuration()) {
    metrics.Observe(Phase::kQueue, job_.queue_time);
    metrics.Observe(Phase::kCompute, job_.compute_time);
    metrics.Observe(Phase::kOutput, now - computed_);
  }
  metrics.Observe(Phase::kTotal, now - begun_);
  metrics.CountRequest(api_, status.code());
  metrics.AddInFlight(-1);
  if (!status.ok()) core_->models().CheckHealth(model_->name());
}

}  // namespace floe
