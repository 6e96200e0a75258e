// Client: talks to one Floe, TensorFlow Serving or Triton server over gRPC.
//
//   absl::StatusOr<Client> client = Client::Connect("host:8500", {.deadline = absl::Seconds(5), .retries = 3});
//   absl::StatusOr<std::vector<NamedTensor>> outputs = client->Infer("model", {{"x", tensor}});
//
// A Client is one connection, made at the first call and again when it is lost. Copies share it; any thread may call
// any copy. Nothing that a server answers is trusted: names, datatypes, shapes and sizes are checked, and an answer
// that contradicts itself is an INTERNAL error.
#ifndef FLOE_CLIENT_CLIENT_H_
#define FLOE_CLIENT_CLIENT_H_

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tensor/tensor.h"

namespace floe {
namespace client_internal {
class Connection;
}  // namespace client_internal

using NamedTensor = std::pair<std::string, Tensor>;

enum class ClientApi {
  kKServe,     // inference.GRPCInferenceService: KServe v2 and Triton
  kTfServing,  // tensorflow.serving.PredictionService and ModelService, grpc.health.v1.Health
};

// PEM files. Empty `root`: the system's certificate authorities; `certificate` and `key` (both or none) where the
// server asks for the client's own.
struct TlsFiles {
  std::string root = "";
  std::string certificate = "";
  std::string key = "";
};

struct ClientOptions {
  // For a call as a whole, retries included.
  absl::Duration deadline = absl::Seconds(30);
  // How often a call that ended UNAVAILABLE is tried again, after waits that double from 50 ms to 2 s and end within
  // the deadline.
  int retries = 0;
  ClientApi api = ClientApi::kKServe;
  // Without: plain text.
  std::optional<TlsFiles> tls = std::nullopt;
  // A longer answer, or an output that unpacks to more, is RESOURCE_EXHAUSTED.
  int64_t max_response_bytes = int64_t{1} << 30;
};

// Which of a model's versions and signatures, and what to answer.
struct InferOptions {
  std::optional<int64_t> version = std::nullopt;  // without: the newest
  std::string signature = "";                     // kTfServing only; empty: serving_default
  std::vector<std::string> outputs = {};          // empty: all
};

struct TensorMetadata {
  std::string name;
  DType dtype = DType::kInvalid;
  PartialShape shape;
};

struct ModelMetadata {
  std::string name;
  std::vector<std::string> versions;
  std::string platform;  // empty for kTfServing, which has no such field
  std::vector<TensorMetadata> inputs;
  std::vector<TensorMetadata> outputs;
};

struct ModelStatus {
  std::string name;
  std::string version;
  std::string state;   // "READY", "LOADING", ...: the server's own word
  std::string reason;  // why it is not ready
};

struct ServerStatus {
  bool live = false;
  bool ready = false;
  std::string name;     // as the two below: empty where the server has no such service
  std::string version;  //
  std::vector<ModelStatus> models;
};

class Client {
 public:
  using InferCallback = std::function<void(absl::StatusOr<std::vector<NamedTensor>>)>;

  // Checks the address (HOST:PORT, or unix:PATH) and reads the TLS files; does not wait for the server.
  static absl::StatusOr<Client> Connect(std::string server, const ClientOptions& options = {});

  // The outputs in the order of `options.outputs`; without those in the server's order (kTfServing, whose answers have
  // none: by name). A server's error comes back with its own code and message.
  absl::StatusOr<std::vector<NamedTensor>> Infer(const std::string& model, absl::Span<const NamedTensor> inputs,
                                                 const InferOptions& options = {}) const;
  // The same without waiting. `done` is called once: on a thread of gRPC, where it must not block, or before InferAsync
  // returns where the request cannot be sent. Inputs may go once InferAsync has returned, the Client too.
  void InferAsync(const std::string& model, absl::Span<const NamedTensor> inputs, const InferOptions& options,
                  InferCallback done) const;

  absl::StatusOr<ModelMetadata> Metadata(const std::string& model, const InferOptions& options = {}) const;
  absl::StatusOr<bool> ModelReady(const std::string& model, std::optional<int64_t> version = std::nullopt) const;
  // The error is that of the first call: a server that cannot be reached is no status.
  absl::StatusOr<ServerStatus> Status() const;

 private:
  explicit Client(std::shared_ptr<const client_internal::Connection> connection);
  std::shared_ptr<const client_internal::Connection> connection_;
};

}  // namespace floe

#endif  // FLOE_CLIENT_CLIENT_H_
