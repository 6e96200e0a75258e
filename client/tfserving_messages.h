// What the client says and hears in TensorFlow Serving's API. Private to client/.
#ifndef FLOE_CLIENT_TFSERVING_MESSAGES_H_
#define FLOE_CLIENT_TFSERVING_MESSAGES_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/client.h"
#include "tensorflow_serving/apis/get_model_metadata.pb.h"
#include "tensorflow_serving/apis/model.pb.h"
#include "tensorflow_serving/apis/predict.pb.h"

namespace floe::client_internal {

tensorflow::serving::ModelSpec MakeModelSpec(const std::string& model, std::optional<int64_t> version,
                                             const std::string& signature);

// INVALID_ARGUMENT for an input given twice.
absl::StatusOr<tensorflow::serving::PredictRequest> MakePredictRequest(const std::string& model,
                                                                       absl::Span<const NamedTensor> inputs,
                                                                       const InferOptions& options);
// In the order of `wanted`, or by name where that is empty. INTERNAL, naming the output, for an answer that contradicts
// itself or lacks one that was asked for; RESOURCE_EXHAUSTED for an output that unpacks to more than `max_bytes`.
absl::StatusOr<std::vector<NamedTensor>> ReadPredictResponse(const tensorflow::serving::PredictResponse& response,
                                                             absl::Span<const std::string> wanted, int64_t max_bytes);
// One signature of the model (empty: serving_default); NOT_FOUND, with the nearest name, where it has no such.
absl::StatusOr<ModelMetadata> ReadSignature(const tensorflow::serving::GetModelMetadataResponse& response,
                                            std::string signature);

}  // namespace floe::client_internal

#endif  // FLOE_CLIENT_TFSERVING_MESSAGES_H_
