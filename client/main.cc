// floe-client: the client library on the command line. `status` is also a container's health check.
#include <CLI/CLI.hpp>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "client/client.h"
#include "tensor/json_tensor.h"
#include "tensor/npy.h"

namespace floe {
namespace {

constexpr int kUsageExitCode = 2;

// What the user typed.
struct Arguments {
  std::string server = "127.0.0.1:8500";
  bool use_tls = false;
  TlsFiles tls;
  double deadline_seconds = 30;
  int retries = 0;
  std::string api;
  std::string model;
  std::optional<int64_t> version;
  std::string signature;
  std::vector<std::string> inputs;   // NAME=FILE
  std::vector<std::string> fetches;  // NAME
  std::string output_dir;
};

absl::StatusOr<Client> Connect(const Arguments& arguments) {
  ClientOptions options;
  options.deadline = absl::Seconds(arguments.deadline_seconds);
  options.retries = arguments.retries;
  // KServe has no signatures, so whoever names one means the other.
  const bool tfserving = arguments.api.empty() ? !arguments.signature.empty() : arguments.api == "tfserving";
  options.api = tfserving ? ClientApi::kTfServing : ClientApi::kKServe;
  if (arguments.use_tls || !arguments.tls.root.empty() || !arguments.tls.certificate.empty() ||
      !arguments.tls.key.empty()) {
    options.tls = arguments.tls;
  }
  return Client::Connect(arguments.server, options);
}

InferOptions MakeInferOptions(const Arguments& arguments) {
  return {.version = arguments.version, .signature = arguments.signature, .outputs = arguments.fetches};
}

const char* YesNo(bool value) { return value ? "yes" : "no"; }

absl::Status RunStatus(const Arguments& arguments) {
  FLOE_ASSIGN_OR_RETURN(const Client client, Connect(arguments));
  FLOE_ASSIGN_OR_RETURN(const ServerStatus status, client.Status());
  if (!status.name.empty()) std::printf("server: %s %s\n", status.name.c_str(), status.version.c_str());
  std::printf("live: %s\nready: %s\n", YesNo(status.live), YesNo(status.ready));
  for (const ModelStatus& model : status.models) {
    std::printf("model: %s %s %s%s%s\n", model.name.c_str(), model.version.c_str(), model.state.c_str(),
                model.reason.empty() ? "" : ": ", model.reason.c_str());
  }
  if (status.live && status.ready) return absl::OkStatus();
  return absl::UnavailableError(
      absl::StrCat("server ", arguments.server, " is ", status.live ? "live but not ready" : "not live"));
}

void PrintTensors(const char* kind, const std::vector<TensorMetadata>& tensors) {
  for (const TensorMetadata& tensor : tensors) {
    std::printf("%s: %s %s %s\n", kind, tensor.name.c_str(), std::string(DTypeName(tensor.dtype)).c_str(),
                tensor.shape.ToString().c_str());
  }
}

absl::Status RunMetadata(const Arguments& arguments) {
  FLOE_ASSIGN_OR_RETURN(const Client client, Connect(arguments));
  FLOE_ASSIGN_OR_RETURN(const ModelMetadata metadata, client.Metadata(arguments.model, MakeInferOptions(arguments)));
  std::printf("model: %s\n", metadata.name.c_str());
  for (const std::string& version : metadata.versions) std::printf("version: %s\n", version.c_str());
  if (!metadata.platform.empty()) std::printf("platform: %s\n", metadata.platform.c_str());
  PrintTensors("input", metadata.inputs);
  PrintTensors("output", metadata.outputs);
  return absl::OkStatus();
}

// A .npy file knows no bfloat16: it holds its bits as uint16. Only the model can tell which of the two is meant.
absl::Status ReadBitsAsBfloat16(const Client& client, const Arguments& arguments, std::vector<NamedTensor>* inputs) {
  bool unsure = false;
  for (const auto& [name, tensor] : *inputs) unsure = unsure || tensor.dtype() == DType::kUint16;
  if (!unsure) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const ModelMetadata metadata, client.Metadata(arguments.model, MakeInferOptions(arguments)));
  for (auto& [name, tensor] : *inputs) {
    for (const TensorMetadata& wanted : metadata.inputs) {
      if (wanted.name != name || wanted.dtype != DType::kBfloat16 || tensor.dtype() != DType::kUint16) continue;
      const auto owner = std::make_shared<Tensor>(tensor);
      tensor = Tensor::View(DType::kBfloat16, owner->shape(), owner->raw_data(), owner);
    }
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> ReadTensor(const std::string& path) {
  if (!absl::EndsWith(path, ".json")) return ReadNpy(path);
  FLOE_ASSIGN_OR_RETURN(const std::string json, ReadFile(path));
  absl::StatusOr<Tensor> tensor = ParseJsonTensor(json);
  return tensor.ok() ? std::move(tensor) : Annotate(tensor.status(), path);
}

absl::StatusOr<NamedTensor> ReadInput(const std::string& argument) {
  // Node names hold no '=', file names may.
  const size_t equals = argument.find('=');
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(argument.substr(equals + 1)));
  return NamedTensor(argument.substr(0, equals), std::move(tensor));
}

absl::Status WriteTensor(const std::string& stem, const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) return WriteNpy(stem + ".npy", tensor);
  FLOE_ASSIGN_OR_RETURN(const std::string json, SerializeJsonTensor(tensor));
  return WriteFileAtomically(stem + ".json", json);
}

absl::Status RunInfer(const Arguments& arguments) {
  std::vector<NamedTensor> inputs;
  for (const std::string& argument : arguments.inputs) {
    FLOE_ASSIGN_OR_RETURN(NamedTensor input, ReadInput(argument));
    inputs.push_back(std::move(input));
  }
  FLOE_ASSIGN_OR_RETURN(const Client client, Connect(arguments));
  FLOE_RETURN_IF_ERROR(ReadBitsAsBfloat16(client, arguments, &inputs));
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedTensor> outputs,
                        client.Infer(arguments.model, inputs, MakeInferOptions(arguments)));
  if (!arguments.output_dir.empty()) FLOE_RETURN_IF_ERROR(FileSystem::Posix().MakeDirectories(arguments.output_dir));
  for (size_t i = 0; i < outputs.size(); ++i) {
    const auto& [name, tensor] = outputs[i];
    std::printf("%s %s\n", name.c_str(), tensor.ToString().c_str());
    if (arguments.output_dir.empty()) continue;
    FLOE_RETURN_IF_ERROR(Annotate(WriteTensor(JoinPath(arguments.output_dir, absl::StrCat(i)), tensor),
                                  absl::StrCat("output '", name, "'")));
  }
  return absl::OkStatus();
}

std::string CheckInputArgument(const std::string& argument) {
  const size_t equals = argument.find('=');
  if (equals != std::string::npos && equals > 0 && equals + 1 < argument.size()) return "";
  return absl::StrCat("'", argument, "': wanted NAME=FILE");
}

// One line, whatever the message holds.
int Fail(std::string text, int exit_code) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  std::fprintf(stderr, "floe-client: %s\n", text.c_str());
  return exit_code;
}

int Main(int argc, char** argv) {
  // gRPC logs what it returns as an error too; an error of ours is one line.
  setenv("GRPC_VERBOSITY", "NONE", /*overwrite=*/0);
  Arguments arguments;
  absl::Status result;
  CLI::App app("Asks a Floe, TensorFlow Serving or Triton server over gRPC.", "floe-client");
  app.require_subcommand(1);
  app.fallthrough();
  app.add_option("--server", arguments.server, "HOST:PORT, or unix:PATH")->capture_default_str();
  app.add_flag("--tls", arguments.use_tls, "Encrypted, trusting the system's certificate authorities");
  app.add_option("--tls-root-cert", arguments.tls.root, "PEM file of the authorities to trust instead");
  app.add_option("--tls-cert", arguments.tls.certificate, "PEM file of the client's certificate");
  app.add_option("--tls-key", arguments.tls.key, "PEM file of its key");
  app.add_option("--deadline", arguments.deadline_seconds, "Seconds a call may take, retries included")
      ->check(CLI::PositiveNumber)
      ->capture_default_str();
  app.add_option("--retries", arguments.retries, "How often a call that ended UNAVAILABLE is tried again")
      ->check(CLI::NonNegativeNumber)
      ->capture_default_str();
  app.add_option("--api", arguments.api, "kserve (the default without --signature) or tfserving")
      ->check(CLI::IsMember({"kserve", "tfserving"}));

  CLI::App* status = app.add_subcommand("status", "Exits 0 when the server is live and ready; lists its models");
  status->callback([&] { result = RunStatus(arguments); });

  const auto add_model = [&](CLI::App* command) {
    command->add_option("MODEL", arguments.model, "The model's name")->required();
    command->add_option("--version", arguments.version, "Without: the newest");
    command->add_option("--signature", arguments.signature, "Of the TensorFlow Serving API; without: serving_default");
  };
  CLI::App* metadata = app.add_subcommand("metadata", "A model's versions, inputs and outputs");
  add_model(metadata);
  metadata->callback([&] { result = RunMetadata(arguments); });

  CLI::App* infer = app.add_subcommand("infer", "Sends tensors to a model and prints what it answers");
  add_model(infer);
  infer->add_option("--input", arguments.inputs, "NAME=FILE, once for each input: a .npy, or a .json array for strings")
      ->allow_extra_args(false)
      ->check(CheckInputArgument);
  infer->add_option("--fetch", arguments.fetches, "An output, in the order wanted; without: all")
      ->allow_extra_args(false);
  infer->add_option("--output-dir", arguments.output_dir,
                    "Writes the outputs there as 0.npy, 1.npy, ... (strings: .json)");
  infer->callback([&] { result = RunInfer(arguments); });

  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    if (app.get_subcommands().empty() && !app.remaining().empty()) {
      const std::vector<std::string> commands = {"status", "metadata", "infer"};
      const std::string wrong = app.remaining().front();
      return Fail(
          absl::StrCat("unknown command '", wrong, "'; there are ", ListNames(commands), DidYouMean(wrong, commands)),
          kUsageExitCode);
    }
    return Fail(error.what(), kUsageExitCode);
  }
  return result.ok() ? 0 : Fail(std::string(result.message()), 1);
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) { return floe::Main(argc, argv); }
