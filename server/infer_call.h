// InferCall: one inference request, of whichever API, from its arrival to its answer. ServerCore: what all of them
// share.
//
// An RPC makes an InferCall, finds its model with Begin, decodes the inputs into it, calls Run, encodes the outputs in
// `done`, and ends with Finish. In between the call keeps the model alive and is counted as in flight.
#ifndef FLOE_SERVER_INFER_CALL_H_
#define FLOE_SERVER_INFER_CALL_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "absl/time/time.h"
#include "server/batching/job.h"
#include "server/metrics.h"
#include "server/repository/served_model.h"
#include "server/server_core.h"

namespace floe {

// One thread at a time, except for Cancel.
class InferCall {
 public:
  InferCall(ServerCore* core, Api api);
  InferCall(const InferCall&) = delete;
  InferCall& operator=(const InferCall&) = delete;
  ~InferCall();

  // As ModelManager::Find; UNAVAILABLE while the server drains.
  absl::Status Begin(const std::string& model_name, std::optional<int64_t> version);
  // After Begin: the call is for that signature of the model. As ServedModel::ForSignature.
  absl::Status SelectSignature(const std::string& signature);
  // Computes job().fetches of job().inputs. On OK `done` is called once, on another thread, and the result is in
  // job().outputs; otherwise never.
  absl::Status Run(std::function<void()> done);
  // Any thread; stops the run at its next step.
  void Cancel() { job_.cancelled = true; }
  // Once, with what is answered.
  void Finish(const absl::Status& status);

  const ServerCore& core() const { return *core_; }
  const ServedModel& model() const { return *model_; }
  Job& job() { return job_; }

 private:
  ServerCore* const core_;
  const Api api_;
  const absl::Time begun_;
  absl::Time computed_;
  bool entered_ = false;
  std::shared_ptr<const ServedModel> model_;
  Job job_;
};

}  // namespace floe

#endif  // FLOE_SERVER_INFER_CALL_H_
