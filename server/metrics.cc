#include "server/metrics.h"

#include <sstream>

#include "absl/strings/str_cat.h"
#include "prometheus/text_serializer.h"

namespace floe {
namespace {

constexpr const char* kApiNames[kNumApis] = {"tfserving", "kserve"};
constexpr const char* kPhaseNames[kNumPhases] = {"queue", "input", "compute", "output", "total"};
constexpr const char* kDropReasonNames[kNumDropReasons] = {"deadline", "cancelled", "queue_full", "draining"};

// Seconds: 100 microseconds to 30 seconds, about three a decade.
const prometheus::Histogram::BucketBoundaries kDurationBuckets = {
    0.0001, 0.00025, 0.0005, 0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30};
const prometheus::Histogram::BucketBoundaries kLoadBuckets = {0.01, 0.05, 0.1, 0.5, 1, 5, 10, 30, 60, 300};

prometheus::Labels RequestLabels(prometheus::Labels labels, Api api, absl::StatusCode code) {
  labels["api"] = kApiNames[static_cast<int>(api)];
  labels["status"] = absl::StatusCodeToString(code);
  return labels;
}

// The labels of requests for a model that is none of ours.
prometheus::Labels NoModel() { return {{"model", ""}, {"version", ""}}; }

}  // namespace

Metrics::Metrics()
    : requests_(prometheus::BuildCounter()
                    .Name("floe_requests_total")
                    .Help("Inference requests answered, by API and status; no model: one that is not here was named")
                    .Register(registry_)),
      durations_(prometheus::BuildHistogram()
                     .Name("floe_request_duration_seconds")
                     .Help("Time in each phase of an inference request")
                     .Register(registry_)),
      in_flight_(prometheus::BuildGauge()
                     .Name("floe_in_flight")
                     .Help("Inference requests that have come and are not answered")
                     .Register(registry_)),
      queue_depth_(prometheus::BuildGauge()
                       .Name("floe_queue_depth")
                       .Help("Inference requests waiting for an instance")
                       .Register(registry_)),
      state_(prometheus::BuildGauge()
                 .Name("floe_model_state")
                 .Help("10 start, 20 loading, 30 available, 40 unloading, 50 end, as ModelVersionStatus numbers them")
                 .Register(registry_)),
      load_durations_(prometheus::BuildHistogram()
                          .Name("floe_load_duration_seconds")
                          .Help("Time to load, compile and warm up a version, failed ones included")
                          .Register(registry_)),
      dropped_(prometheus::BuildCounter()
                   .Name("floe_dropped_total")
                   .Help("Inference requests given up, by reason")
                   .Register(registry_)),
      memory_(prometheus::BuildGauge()
                  .Name("floe_model_memory_bytes")
                  .Help("Bytes of a version's weights")
                  .Register(registry_)) {}

std::string Metrics::Text() const {
  std::ostringstream out;
  prometheus::TextSerializer().Serialize(out, registry_.Collect());
  return out.str();
}

Metrics::~Metrics() = default;

std::shared_ptr<ModelMetrics> Metrics::ForModel(const std::string& name, int64_t version) {
  const Key key(name, version);
  const std::lock_guard lock(mutex_);
  Shared& shared = models_[key];
  if (shared.users++ == 0) shared.metrics = std::make_unique<ModelMetrics>(this, name, version);
  return {shared.metrics.get(), [this, key](ModelMetrics*) { Release(key); }};
}

void Metrics::Release(const Key& key) {
  const std::lock_guard lock(mutex_);
  const auto shared = models_.find(key);
  if (--shared->second.users == 0) models_.erase(shared);
}

void Metrics::CountUnknown(Api api, absl::StatusCode code) {
  requests_.Add(RequestLabels(NoModel(), api, code)).Increment();
}

void Metrics::CountRefused() {
  prometheus::Labels labels = NoModel();
  labels["reason"] = kDropReasonNames[static_cast<int>(DropReason::kDraining)];
  dropped_.Add(labels).Increment();
}

ModelMetrics::ModelMetrics(Metrics* metrics, const std::string& name, int64_t version)
    : metrics_(metrics),
      labels_{{"model", name}, {"version", absl::StrCat(version)}},
      in_flight_(&metrics->in_flight_.Add(labels_)),
      queue_depth_(&metrics->queue_depth_.Add(labels_)),
      state_(&metrics->state_.Add(labels_)),
      memory_(&metrics->memory_.Add(labels_)),
      load_(&metrics->load_durations_.Add(labels_, kLoadBuckets)) {
  for (size_t i = 0; i < phases_.size(); ++i) {
    phases_[i] = &metrics->durations_.Add(LabelsWith("phase", kPhaseNames[i]), kDurationBuckets);
  }
  for (size_t i = 0; i < dropped_.size(); ++i) {
    dropped_[i] = &metrics->dropped_.Add(LabelsWith("reason", kDropReasonNames[i]));
  }
}

ModelMetrics::~ModelMetrics() {
  for (auto& codes : requests_) {
    for (auto& counter : codes) {
      if (counter != nullptr) metrics_->requests_.Remove(counter);
    }
  }
  for (prometheus::Histogram* phase : phases_) metrics_->durations_.Remove(phase);
  for (prometheus::Counter* dropped : dropped_) metrics_->dropped_.Remove(dropped);
  metrics_->in_flight_.Remove(in_flight_);
  metrics_->queue_depth_.Remove(queue_depth_);
  metrics_->state_.Remove(state_);
  metrics_->memory_.Remove(memory_);
  metrics_->load_durations_.Remove(load_);
}

void ModelMetrics::CountRequest(Api api, absl::StatusCode code) {
  auto& counter = requests_[static_cast<size_t>(api)][static_cast<size_t>(code) % kNumCodes];
  if (counter == nullptr) counter = &metrics_->requests_.Add(RequestLabels(labels_, api, code));
  counter.load()->Increment();
}

void ModelMetrics::Observe(Phase phase, absl::Duration duration) {
  phases_[static_cast<size_t>(phase)]->Observe(absl::ToDoubleSeconds(duration));
}

void ModelMetrics::ObserveLoad(absl::Duration duration) { load_->Observe(absl::ToDoubleSeconds(duration)); }

prometheus::Labels ModelMetrics::LabelsWith(const std::string& name, const std::string& value) const {
  prometheus::Labels labels = labels_;
  labels[name] = value;
  return labels;
}

}  // namespace floe
