// What the client says and hears in KServe v2. Private to client/.
#ifndef FLOE_CLIENT_KSERVE_MESSAGES_H_
#define FLOE_CLIENT_KSERVE_MESSAGES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "client/client.h"
#include "grpc_service.pb.h"

namespace floe::client_internal {

// INVALID_ARGUMENT for what KServe cannot carry: a dtype without a name there, a signature, an input given twice.
absl::StatusOr<inference::ModelInferRequest> MakeKServeRequest(const std::string& model,
                                                               absl::Span<const NamedTensor> inputs,
                                                               const InferOptions& options);
// Raw or typed outputs, in the order of `wanted`, or in the answer's where that is empty. INTERNAL, naming the output,
// for an answer that contradicts itself or lacks one that was asked for.
absl::StatusOr<std::vector<NamedTensor>> ReadKServeResponse(const inference::ModelInferResponse& response,
                                                            absl::Span<const std::string> wanted);
absl::StatusOr<ModelMetadata> ReadKServeMetadata(const inference::ModelMetadataResponse& response);

}  // namespace floe::client_internal

#endif  // FLOE_CLIENT_KSERVE_MESSAGES_H_
