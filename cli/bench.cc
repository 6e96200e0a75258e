// floe bench: how long a model takes, from loading to one run after another on one instance.
#include <algorithm>
#include <chrono>
#include <cstdio>
#include <fstream>

#include "base/status.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "cli/model_args.h"
#include "cli/synthetic_inputs.h"

namespace floe::cli {
namespace {

using Clock = std::chrono::steady_clock;

// Runs before those that count: as many, but no longer than a part of the time asked for.
constexpr int kWarmUpRuns = 20;
constexpr double kWarmUpPart = 0.2;

struct BenchArgs {
  ModelArgs model;
  InputArgs inputs;
  ShapeArgs shapes;
  double seconds = 5;
  bool json = false;
};

struct BenchReport {
  double load_ms = 0;
  double first_ms = 0;
  std::vector<double> latencies_ms;  // sorted
  double throughput = 0;             // examples a second: runs times the batch
  int64_t rss_bytes = 0;
  PlanSummary plan;

  // The least latency that so many of the runs did not exceed.
  double Percentile(double part) const {
    const auto rank = static_cast<size_t>(part * static_cast<double>(latencies_ms.size()));
    return latencies_ms[std::min(rank, latencies_ms.size() - 1)];
  }
};

double MillisSince(Clock::time_point start) {
  return std::chrono::duration<double, std::milli>(Clock::now() - start).count();
}

// What the process has in memory now; 0 where the system does not say.
int64_t ResidentBytes() {
  std::ifstream status("/proc/self/status");
  std::string word;
  while (status >> word) {
    int64_t kilobytes;
    if (word == "VmRSS:" && status >> kilobytes) return kilobytes * 1024;
  }
  return 0;
}

// The shapes that are run: those of files where they are given, else as asked for.
absl::StatusOr<std::vector<NamedTensor>> MakeInputs(const BenchArgs& args, const Model& model) {
  FLOE_ASSIGN_OR_RETURN(std::vector<NamedTensor> given, args.inputs.Read(model));
  if (given.size() >= model.inputs().size()) return given;
  FLOE_ASSIGN_OR_RETURN(const std::vector<Shape> shapes, args.shapes.Shapes(model));
  return CompleteInputs(model, shapes, std::move(given));
}

absl::StatusOr<PlanSummary> PlanFor(const Model& model, const std::vector<NamedTensor>& inputs) {
  std::vector<Shape> shapes;
  for (const TensorSpec& spec : model.inputs()) {
    for (const auto& [name, tensor] : inputs) {
      if (name == spec.name || name == spec.tensor_name) shapes.push_back(tensor.shape());
    }
  }
  return model.Plan(shapes);
}

absl::StatusOr<BenchReport> Measure(const BenchArgs& args) {
  BenchReport report;
  const Clock::time_point load_start = Clock::now();
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Model> model, args.model.Load());
  report.load_ms = MillisSince(load_start);
  FLOE_ASSIGN_OR_RETURN(const std::vector<NamedTensor> inputs, MakeInputs(args, *model));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<ModelInstance> instance, model->CreateInstance());

  const Clock::time_point first_start = Clock::now();
  FLOE_RETURN_IF_ERROR(instance->Run(inputs, {}).status());
  report.first_ms = MillisSince(first_start);

  const Clock::time_point warm_up_start = Clock::now();
  for (int i = 0; i < kWarmUpRuns && MillisSince(warm_up_start) < 1000 * kWarmUpPart * args.seconds; ++i) {
    FLOE_RETURN_IF_ERROR(instance->Run(inputs, {}).status());
  }
  const Clock::time_point start = Clock::now();
  do {
    const Clock::time_point run_start = Clock::now();
    FLOE_RETURN_IF_ERROR(instance->Run(inputs, {}).status());
    report.latencies_ms.push_back(MillisSince(run_start));
  } while (MillisSince(start) < 1000 * args.seconds);
  const double took_seconds = MillisSince(start) / 1000;
  const Shape first = inputs.empty() ? Shape() : inputs[0].second.shape();
  const int64_t batch = first.rank() > 0 ? first.dim(0) : 1;
  report.throughput = static_cast<double>(report.latencies_ms.size()) * static_cast<double>(batch) / took_seconds;
  report.rss_bytes = ResidentBytes();
  std::sort(report.latencies_ms.begin(), report.latencies_ms.end());
  FLOE_ASSIGN_OR_RETURN(report.plan, PlanFor(*model, inputs));
  return report;
}

void PrintReport(const BenchReport& report) {
  const nlohmann::json json = {{"load_ms", report.load_ms},
                               {"first_ms", report.first_ms},
                               {"latency_ms",
                                {{"min", report.latencies_ms.front()},
                                 {"p50", report.Percentile(0.5)},
                                 {"p90", report.Percentile(0.9)},
                                 {"p99", report.Percentile(0.99)}}},
                               {"throughput", report.throughput},
                               {"rss_bytes", report.rss_bytes},
                               {"arena_bytes", report.plan.arena_bytes},
                               {"flops", report.plan.flops},
                               {"steps", report.plan.steps.size()},
                               {"launches", report.plan.launches}};
  PrintJson(json);
}

void PrintText(const BenchReport& report) {
  const double p50 = report.Percentile(0.5);
  std::printf("load %.1f ms, first run %.1f ms\n", report.load_ms, report.first_ms);
  std::printf("latency ms: min %.3f  p50 %.3f  p90 %.3f  p99 %.3f  over %zu runs\n", report.latencies_ms.front(), p50,
              report.Percentile(0.9), report.Percentile(0.99), report.latencies_ms.size());
  std::printf("throughput %.1f a second, %.2f GFLOP/s\n", report.throughput,
              static_cast<double>(report.plan.flops) / p50 / 1e6);
  std::printf("memory: %.1f MB resident, arena %.1f MB; %zu steps, %lld launches\n",
              static_cast<double>(report.rss_bytes) / 1e6, static_cast<double>(report.plan.arena_bytes) / 1e6,
              report.plan.steps.size(), static_cast<long long>(report.plan.launches));
}

absl::Status Bench(const BenchArgs& args) {
  FLOE_ASSIGN_OR_RETURN(const BenchReport report, Measure(args));
  args.json ? PrintReport(report) : PrintText(report);
  return absl::OkStatus();
}

}  // namespace

void AddBench(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("bench", "Measure a model, on made-up inputs where none are given");
  const auto args = std::make_shared<BenchArgs>();
  args->model.AddTo(*command);
  args->inputs.AddTo(*command);
  args->shapes.AddTo(*command);
  command->add_option("--seconds", args->seconds, "How long to run")
      ->capture_default_str()
      ->check(CLI::Range(0.001, 86400.0));
  command->add_flag("--json", args->json, "Print one JSON document");
  command->callback([args, result] { *result = Bench(*args); });
}

}  // namespace floe::cli
