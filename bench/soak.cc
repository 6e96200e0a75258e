// Many clients at once for a while: is every answer the right one, and does the server's memory stay?
//
//   floe_soak --floe BIN --model MODEL [--clients 64] [--seconds 30] [-- ARGUMENTS OF floe serve]
//
// Starts `floe serve MODEL`, and as many clients as wanted, each with a connection and a thread of its own, one half of
// them on each API. All of them send the same few requests in random order: other values each, and batches of one to
// three where the model's batch is free. Right is what `floe run` gave for that input before, and beside in_<k>.npy
// and out_<k>.npy what TensorFlow gave. Exit status 1 for a wrong answer, an error, memory that grows, or a server that
// does not end well.
#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/file.h"
#include "base/status.h"
#include "client/client.h"
#include "tensor/npy.h"
#include "tests/testing/process.h"

namespace floe {
namespace {

constexpr int kCases = 8;
constexpr int kMaxBatch = 3;
constexpr int kSettledSecond = 5;          // memory is compared from here on
constexpr double kMaxGrowth = 0.1;         // of the memory then
constexpr double kTolerance = 1e-4;        // of an output's largest value, as between TensorFlow and Floe
constexpr size_t kMaxReportedErrors = 10;  // of the first
constexpr char kModelName[] = "soak";

struct Arguments {
  std::string floe;
  std::string model;
  int clients = 64;
  int seconds = 30;
  std::vector<std::string> serve;
};

struct Case {
  std::vector<NamedTensor> inputs;
  std::vector<NamedTensor> outputs;
};

// What all clients found; each adds to it once, at its end.
struct Totals {
  std::mutex mutex;
  int64_t requests = 0;
  int64_t errors = 0;
  int64_t wrong = 0;
  std::vector<double> latencies_ms;
  std::vector<std::string> failures;
};

double Mib(int64_t bytes) { return static_cast<double>(bytes) / (1 << 20); }

// Values in [0, 1), or small integers.
absl::StatusOr<Tensor> RandomTensor(const TensorMetadata& metadata, int batch, std::mt19937* random) {
  if (!metadata.shape.has_rank()) return absl::UnimplementedError(absl::StrCat(metadata.name, " has no rank"));
  Shape shape;
  for (int axis = 0; axis < metadata.shape.rank(); ++axis) {
    const int64_t size = metadata.shape.dim(axis);
    shape.Append(size != PartialShape::kUnknownDim ? size : axis == 0 ? batch : 1);
  }
  Tensor tensor(metadata.dtype, shape);
  const bool filled = DispatchDType<float, double, int32_t, int64_t, uint8_t>(metadata.dtype, [&]<typename T>() {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      const double unit = static_cast<double>((*random)()) / 4294967296.0;
      tensor.mutable_data<T>()[i] = static_cast<T>(std::is_floating_point_v<T> ? unit : 255 * unit);
    }
  });
  if (!filled)
    return absl::UnimplementedError(absl::StrCat(metadata.name, ": no values for ", DTypeName(metadata.dtype)));
  return tensor;
}

// What `floe run` answers, alone in a process of its own.
absl::Status AddReference(const Arguments& arguments, const ModelMetadata& metadata, const std::string& directory,
                          Case* made) {
  std::vector<std::string> command = {arguments.floe, "run", arguments.model, "--output-dir", directory + "/out"};
  for (const auto& [name, tensor] : made->inputs) {
    const std::string path = absl::StrCat(directory, "/in_", command.size(), ".npy");
    FLOE_RETURN_IF_ERROR(WriteNpy(path, tensor));
    command.insert(command.end(), {"--input", absl::StrCat(name, "=", path)});
  }
  for (const TensorMetadata& output : metadata.outputs) command.insert(command.end(), {"--fetch", output.name});
  const testing::Outcome outcome = testing::RunProgram(command);
  if (outcome.exit_code != 0) return absl::InternalError(outcome.err);
  for (size_t k = 0; k < metadata.outputs.size(); ++k) {
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, ReadNpy(absl::StrCat(directory, "/out/", k, ".npy")));
    made->outputs.emplace_back(metadata.outputs[k].name, std::move(tensor));
  }
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Case>> MakeCases(const Arguments& arguments, const ModelMetadata& metadata) {
  std::string pattern = (std::filesystem::temp_directory_path() / "floe_soak_XXXXXX").string();
  const std::string directory = mkdtemp(pattern.data());
  std::mt19937 random(1);
  std::vector<Case> cases(kCases);
  absl::Status status;
  for (int i = 0; i < kCases && status.ok(); ++i) {
    for (const TensorMetadata& input : metadata.inputs) {
      absl::StatusOr<Tensor> tensor = RandomTensor(input, 1 + i % kMaxBatch, &random);
      status.Update(tensor.status());
      if (tensor.ok()) cases[i].inputs.emplace_back(input.name, *std::move(tensor));
    }
    if (status.ok()) status = AddReference(arguments, metadata, directory, &cases[i]);
  }
  std::error_code ignored;
  std::filesystem::remove_all(directory, ignored);
  if (!status.ok()) return status;
  return cases;
}

// in_<k>.npy and out_<k>.npy beside the model, in the order of its case.json, where there is one input: then the names
// need no reading. Nothing where there are none.
std::optional<Case> TensorFlowCase(const Arguments& arguments, const ModelMetadata& metadata) {
  const std::string directory = DirectoryOf(arguments.model);
  const absl::StatusOr<Tensor> input = ReadNpy(directory + "/in_0.npy");
  const absl::StatusOr<Tensor> output = ReadNpy(directory + "/out_0.npy");
  if (metadata.inputs.size() != 1 || metadata.outputs.size() != 1 || !input.ok() || !output.ok()) return std::nullopt;
  return Case{{{metadata.inputs[0].name, *input}}, {{metadata.outputs[0].name, *output}}};
}

// "" where `got` is `wanted`, else why not.
std::string Difference(const Tensor& wanted, const Tensor& got) {
  if (got.dtype() != wanted.dtype() || got.shape() != wanted.shape()) {
    return absl::StrCat("is ", DTypeName(got.dtype()), " ", got.shape().ToString(), ", not ", DTypeName(wanted.dtype()),
                        " ", wanted.shape().ToString());
  }
  if (wanted.dtype() != DType::kFloat) return got.bytes() == wanted.bytes() ? "" : "differs";
  double largest = 0;
  double difference = 0;
  for (int64_t i = 0; i < wanted.num_elements(); ++i) {
    largest = std::max(largest, std::fabs(static_cast<double>(wanted.data<float>()[i])));
    const double here = std::fabs(static_cast<double>(wanted.data<float>()[i]) - got.data<float>()[i]);
    difference = std::isnan(here) ? INFINITY : std::max(difference, here);
  }
  return difference <= kTolerance * largest ? "" : absl::StrCat("differs by ", difference, " of ", largest);
}

std::string Difference(const std::vector<NamedTensor>& wanted, const std::vector<NamedTensor>& got) {
  for (size_t k = 0; k < wanted.size(); ++k) {
    const std::string difference = Difference(wanted[k].second, got[k].second);
    if (!difference.empty()) return absl::StrCat("output '", wanted[k].first, "' ", difference);
  }
  return "";
}

void RunClient(const std::string& address, int index, const std::vector<Case>& cases,
               const std::vector<std::string>& output_names, const std::atomic<bool>& stop, Totals* totals) {
  const ClientApi api = index % 2 == 0 ? ClientApi::kKServe : ClientApi::kTfServing;
  const absl::StatusOr<Client> client = Client::Connect(address, {.deadline = absl::Seconds(60), .api = api});
  std::mt19937 random(static_cast<uint32_t>(index));
  int64_t errors = 0;
  int64_t wrong = 0;
  std::vector<double> latencies_ms;
  std::vector<std::string> failures;
  while (!stop) {
    const Case& sent = cases[random() % cases.size()];
    const absl::Time begun = absl::Now();
    const auto outputs = client->Infer(kModelName, sent.inputs, {.outputs = output_names});
    latencies_ms.push_back(absl::ToDoubleMilliseconds(absl::Now() - begun));
    std::string failure;
    if (!outputs.ok()) {
      ++errors;
      failure = outputs.status().ToString();
    } else if (failure = Difference(sent.outputs, *outputs); !failure.empty()) {
      ++wrong;
    }
    if (!failure.empty() && failures.size() < kMaxReportedErrors) failures.push_back(failure);
  }
  const std::lock_guard lock(totals->mutex);
  totals->requests += static_cast<int64_t>(latencies_ms.size());
  totals->errors += errors;
  totals->wrong += wrong;
  totals->latencies_ms.insert(totals->latencies_ms.end(), latencies_ms.begin(), latencies_ms.end());
  totals->failures.insert(totals->failures.end(), failures.begin(), failures.end());
}

double Percentile(const std::vector<double>& sorted, double fraction) {
  return sorted.empty() ? 0 : sorted[static_cast<size_t>(fraction * static_cast<double>(sorted.size() - 1))];
}

absl::Status Soak(const Arguments& arguments) {
  std::vector<std::string> command = {arguments.floe, "serve", arguments.model, "--name", kModelName};
  command.insert(command.end(), arguments.serve.begin(), arguments.serve.end());
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<testing::ServerProcess> server, testing::ServerProcess::Start(command));
  FLOE_ASSIGN_OR_RETURN(const Client client, Client::Connect(server->grpc_address()));
  FLOE_ASSIGN_OR_RETURN(const ModelMetadata metadata, client.Metadata(kModelName));
  FLOE_ASSIGN_OR_RETURN(std::vector<Case> cases, MakeCases(arguments, metadata));
  if (std::optional<Case> known = TensorFlowCase(arguments, metadata); known.has_value()) cases.push_back(*known);
  std::vector<std::string> output_names;
  for (const TensorMetadata& output : metadata.outputs) output_names.push_back(output.name);

  std::printf("%d clients, %d s, %zu different requests, %s\n", arguments.clients, arguments.seconds, cases.size(),
              arguments.model.c_str());
  Totals totals;
  std::atomic<bool> stop = false;
  std::vector<std::thread> threads;
  for (int i = 0; i < arguments.clients; ++i) {
    threads.emplace_back(RunClient, server->grpc_address(), i, std::cref(cases), std::cref(output_names),
                         std::cref(stop), &totals);
  }
  const absl::Time begun = absl::Now();
  int64_t settled_bytes = 0;
  int64_t last_bytes = 0;
  for (int second = 1; second <= arguments.seconds; ++second) {
    absl::SleepFor(begun + absl::Seconds(second) - absl::Now());
    last_bytes = server->RssBytes();
    if (second <= kSettledSecond) settled_bytes = last_bytes;
    std::printf("second %d: server's memory %.1f MiB\n", second, Mib(last_bytes));
    std::fflush(stdout);
  }
  stop = true;
  for (std::thread& thread : threads) thread.join();
  const double seconds = absl::ToDoubleSeconds(absl::Now() - begun);
  const int exit_code = server->Stop();

  std::sort(totals.latencies_ms.begin(), totals.latencies_ms.end());
  const double growth = static_cast<double>(last_bytes - settled_bytes) / static_cast<double>(settled_bytes);
  for (size_t i = 0; i < std::min(totals.failures.size(), kMaxReportedErrors); ++i) {
    std::printf("failure: %s\n", totals.failures[i].c_str());
  }
  std::printf("requests %lld (%.0f/s), errors %lld, wrong answers %lld\n", static_cast<long long>(totals.requests),
              static_cast<double>(totals.requests) / seconds, static_cast<long long>(totals.errors),
              static_cast<long long>(totals.wrong));
  std::printf("latency p50 %.2f ms, p99 %.2f ms\n", Percentile(totals.latencies_ms, 0.5),
              Percentile(totals.latencies_ms, 0.99));
  std::printf("memory after %d s %.1f MiB, at the end %.1f MiB: %+.1f %%\n",
              std::min(kSettledSecond, arguments.seconds), Mib(settled_bytes), Mib(last_bytes), 100 * growth);
  if (totals.requests == 0) return absl::InternalError("not one request was answered");
  if (totals.wrong > 0 || totals.errors > 0) return absl::InternalError("there were wrong answers or errors");
  if (growth > kMaxGrowth) return absl::InternalError("the server's memory grew");
  if (exit_code != 0) return absl::InternalError(absl::StrCat("the server ended with ", exit_code));
  return absl::OkStatus();
}

int Main(int argc, char** argv) {
  Arguments arguments;
  CLI::App app("Many clients at once: every answer right, no growth in memory", "floe_soak");
  app.add_option("--floe", arguments.floe, "The built floe")->required();
  app.add_option("--model", arguments.model, "What floe serve takes")->required();
  app.add_option("--clients", arguments.clients)->check(CLI::Range(1, 1024))->capture_default_str();
  app.add_option("--seconds", arguments.seconds)->check(CLI::Range(1, 86400))->capture_default_str();
  app.add_option("serve", arguments.serve, "After --: more arguments of floe serve");
  CLI11_PARSE(app, argc, argv);
  const absl::Status status = Soak(arguments);
  if (status.ok()) return 0;
  std::fprintf(stderr, "floe_soak: %s\n", std::string(status.message()).c_str());
  return 1;
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) { return floe::Main(argc, argv); }
