// ModelInfer's messages: into an InferCall, and out of it. Any thread, one a call.
#ifndef FLOE_SERVER_SERVICE_KSERVE_INFER_H_
#define FLOE_SERVER_SERVICE_KSERVE_INFER_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "server/infer_call.h"

namespace inference {
class ModelInferRequest;
class ModelInferResponse;
}  // namespace inference

namespace floe {

// How the answer is to look.
struct KServeAnswer {
  std::vector<std::string> output_names;  // as the request said them
  bool raw = false;                       // in raw_output_contents
};

// "": the latest. INVALID_ARGUMENT for what is no number.
absl::StatusOr<std::optional<int64_t>> ParseKServeVersion(const std::string& model_name, const std::string& version);

// Finds the model and fills in the job and how to answer.
absl::Status DecodeModelInfer(const inference::ModelInferRequest& request, InferCall* call, KServeAnswer* answer);
absl::Status EncodeModelInfer(const inference::ModelInferRequest& request, const KServeAnswer& answer, InferCall* call,
                              inference::ModelInferResponse* response);

// What KServe calls a dtype; TensorFlow's name where it has none for it.
absl::string_view KServeName(DType dtype);

}  // namespace floe

#endif  // FLOE_SERVER_SERVICE_KSERVE_INFER_H_
