// Freezing a large model: how long beside a plain read of the same bytes, and how much memory of its own.
//
// usage: floe_freeze_bench [FOLDER]     writes a checkpoint of 1 GiB in 400 tensors there, freezes it, removes it
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "checkpoint/checkpoint_writer.h"
#include "graph/graph.h"
#include "session/freeze.h"

namespace floe {
namespace {

constexpr int kTensors = 400;
constexpr int64_t kRows = 1024, kColumns = 655;  // float32: 1 GiB in all

double Seconds(std::chrono::steady_clock::time_point since) {
  return std::chrono::duration<double>(std::chrono::steady_clock::now() - since).count();
}

// A line of /proc/self/status, in bytes.
int64_t StatusBytes(const std::string& name) {
  std::ifstream status("/proc/self/status");
  std::string line;
  while (std::getline(status, line)) {
    int64_t kilobytes = 0;
    if (line.compare(0, name.size(), name) == 0 && sscanf(line.c_str() + name.size(), ": %ld kB", &kilobytes) == 1) {
      return kilobytes << 10;
    }
  }
  return 0;
}

// The most anonymous memory that the process has while this lives.
class PeakAnonymous {
 public:
  PeakAnonymous() : thread_([this] { Watch(); }) {}
  ~PeakAnonymous() { Stop(); }
  int64_t Stop() {
    stop_ = true;
    if (thread_.joinable()) thread_.join();
    return peak_;
  }

 private:
  void Watch() {
    while (!stop_) {
      peak_ = std::max(peak_.load(), StatusBytes("RssAnon"));
      std::this_thread::sleep_for(std::chrono::milliseconds(2));
    }
  }
  std::atomic<bool> stop_ = false;
  std::atomic<int64_t> peak_ = 0;
  std::thread thread_;
};

absl::Status WriteModel(const std::string& prefix) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointWriter> writer, CheckpointWriter::Create(prefix));
  Tensor tensor(DType::kFloat, Shape({kRows, kColumns}));
  Graph graph;
  std::vector<std::string> reads;
  for (int i = 0; i < kTensors; ++i) {
    const std::string name = absl::StrCat("layer_", i, "/w");
    for (int64_t k = 0; k < tensor.num_elements(); ++k) tensor.mutable_data<float>()[k] = static_cast<float>(k ^ i);
    FLOE_RETURN_IF_ERROR(writer->Add(name, tensor));
    Node variable;
    variable.name = name;
    variable.op = "VariableV2";
    variable.attrs.Set("dtype", AttrValue::Type(DType::kFloat));
    variable.attrs.Set("shape", AttrValue::OfShape(PartialShape({kRows, kColumns})));
    FLOE_RETURN_IF_ERROR(graph.Add(std::move(variable)));
    reads.push_back(name);
  }
  FLOE_RETURN_IF_ERROR(writer->Finish());
  Node sum;
  sum.name = "sum";
  sum.op = "AddN";
  sum.inputs = std::move(reads);
  sum.attrs.Set("N", AttrValue::Int(kTensors));
  sum.attrs.Set("T", AttrValue::Type(DType::kFloat));
  FLOE_RETURN_IF_ERROR(graph.Add(std::move(sum)));
  return graph.WriteFile(prefix + ".pb").status();
}

absl::Status Run(const std::string& folder) {
  const std::string prefix = JoinPath(folder, "freeze_bench/model.ckpt");
  FLOE_RETURN_IF_ERROR(WriteModel(prefix));
  const std::string data = prefix + ".data-00000-of-00001";
  const auto bytes = static_cast<double>(std::filesystem::file_size(data));

  const auto read_start = std::chrono::steady_clock::now();
  {
    FLOE_ASSIGN_OR_RETURN(const std::string all, ReadFile(data));
    std::printf("read:   %.2f s for %.0f MiB\n", Seconds(read_start), static_cast<double>(all.size()) / 1048576);
  }
  const double read = Seconds(read_start);
  const int64_t before = StatusBytes("RssAnon");
  PeakAnonymous peak;
  const auto freeze_start = std::chrono::steady_clock::now();
  FreezeOptions options;
  options.outputs = {"sum"};
  FLOE_ASSIGN_OR_RETURN(const FrozenGraph frozen, FreezeGraphFile(prefix + ".pb", prefix, options));
  const double in_memory = Seconds(freeze_start);
  FLOE_RETURN_IF_ERROR(frozen.graph.WriteFile(prefix + ".frozen.pb").status());
  const double freeze = Seconds(freeze_start);
  const auto anonymous = static_cast<double>(peak.Stop() - before);
  std::printf("freeze: %.2f s (%.2f s until it is written), %.2f times the read\n", freeze, in_memory, freeze / read);
  std::printf("memory: %.1f MiB of its own at most, %.3f times the model\n", anonymous / 1048576, anonymous / bytes);
  std::filesystem::remove_all(JoinPath(folder, "freeze_bench"));
  return absl::OkStatus();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  const absl::Status status = floe::Run(argc > 1 ? argv[1] : std::filesystem::temp_directory_path().string());
  if (!status.ok()) std::fprintf(stderr, "floe_freeze_bench: %s\n", std::string(status.message()).c_str());
  return status.ok() ? 0 : 1;
}
