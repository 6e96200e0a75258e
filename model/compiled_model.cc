#include "model/compiled_model.h"

#include <omp.h>

#include <algorithm>
#include <map>
#include <optional>
#include <thread>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/status.h"
#include "model/bindings.h"
#include "model/describe_program.h"
#include "model/devices.h"
#include "model/plan_summary.h"
#include "plan/executor.h"
#include "plan/plan_cache.h"
#include "program/lower.h"
#include "program/pass.h"

namespace floe {
namespace {

// Plans kept a model: a server's batch sizes and some more.
constexpr size_t kMaxPlans = 64;
// What tensors whose size depends on data, lists and loop variables may take at once, an instance.
constexpr int64_t kMaxRunTimeBytes = int64_t{1} << 30;

// What the model and its instances share.
struct Core {
  std::string signature_name;
  std::vector<ModelSignature> signatures;
  std::string device;
  int threads;
  int64_t max_loop_iterations;
  Bindings bindings;
  std::shared_ptr<const CompiledProgram> compiled;
  std::unique_ptr<PlanCache> plans;
};

// The calling thread's OpenMP team has this size for as long as the object lives. Kernels are prepared for the size of
// the team that will run them.
class TeamSize {
 public:
  explicit TeamSize(int threads) : before_(omp_get_max_threads()) { omp_set_num_threads(threads); }
  ~TeamSize() { omp_set_num_threads(before_); }
  TeamSize(const TeamSize&) = delete;
  TeamSize& operator=(const TeamSize&) = delete;

 private:
  const int before_;
};

absl::Status CheckControl(const RunControl& control) {
  if (control.cancelled != nullptr && control.cancelled->load(std::memory_order_relaxed)) {
    return absl::CancelledError("the run was cancelled");
  }
  if (control.deadline != absl::InfiniteFuture() && absl::Now() >= control.deadline) {
    return absl::DeadlineExceededError("the deadline passed before the run ended");
  }
  return absl::OkStatus();
}

class Instance final : public ModelInstance {
 public:
  explicit Instance(std::shared_ptr<const Core> core)
      : core_(std::move(core)),
        executor_(RunLimits{.run_time_bytes = kMaxRunTimeBytes, .iterations = core_->max_loop_iterations}) {}

  absl::StatusOr<std::vector<Tensor>> Run(absl::Span<const NamedTensor> inputs, absl::Span<const std::string> fetches,
                                          const RunControl& control) override {
    if (!team_is_set_) {
      // OpenMP keeps a team for each thread that asks for one.
      omp_set_num_threads(core_->threads);
      team_is_set_ = true;
    }
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> bound, core_->bindings.BindInputs(inputs));
    FLOE_ASSIGN_OR_RETURN(const std::vector<int> wanted, core_->bindings.BindFetches(fetches));
    // A run that is too late already should not make a plan either.
    FLOE_RETURN_IF_ERROR(CheckControl(control));
    shapes_.clear();
    for (const Tensor& tensor : bound) shapes_.push_back(tensor.shape());
    FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, core_->plans->Get(shapes_));
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> all,
                          executor_.Run(plan, bound, [&control] { return CheckControl(control); }));
    std::vector<Tensor> results;
    results.reserve(wanted.size());
    for (const int output : wanted) results.push_back(all[output]);
    return results;
  }

 private:
  const std::shared_ptr<const Core> core_;
  Executor executor_;
  std::vector<Shape> shapes_;
  bool team_is_set_ = false;
};

class CompiledModel final : public Model {
 public:
  explicit CompiledModel(std::shared_ptr<const Core> core) : core_(std::move(core)) {}
  ~CompiledModel() override = default;

  const std::vector<TensorSpec>& inputs() const override { return core_->bindings.inputs(); }
  const std::vector<TensorSpec>& outputs() const override { return core_->bindings.outputs(); }
  const std::string& signature_name() const override { return core_->signature_name; }
  const std::vector<ModelSignature>& signatures() const override { return core_->signatures; }
  const std::string& device() const override { return core_->device; }
  absl::Status Health() const override { return core_->compiled->Health(); }
  int64_t weight_bytes() const override { return core_->compiled->weight_bytes(); }

  std::vector<std::pair<std::string, int>> OpCounts() const override {
    std::map<std::string, int> counts;
    core_->compiled->CountOps(&counts);
    return {counts.begin(), counts.end()};
  }

  std::vector<ProgramNode> Nodes() const override { return DescribeProgram(*core_->compiled); }

  absl::Status Check(absl::Span<const NamedTensor> inputs, absl::Span<const std::string> fetches) const override {
    FLOE_RETURN_IF_ERROR(core_->bindings.BindInputs(inputs).status());
    return core_->bindings.BindFetches(fetches).status();
  }

  absl::StatusOr<std::unique_ptr<ModelInstance>> CreateInstance() const override {
    return std::make_unique<Instance>(core_);
  }

  void Restart() const override { core_->compiled->Restart(); }

  absl::StatusOr<PlanSummary> Plan(absl::Span<const Shape> input_shapes) const override {
    FLOE_RETURN_IF_ERROR(core_->bindings.CheckShapes(input_shapes));
    const TeamSize team(core_->threads);
    FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const floe::Plan> plan, core_->plans->Get(input_shapes));
    return Summarize(*plan, core_->threads);
  }

 private:
  const std::shared_ptr<const Core> core_;
};

std::vector<std::string> TensorsOf(const std::vector<std::pair<std::string, std::string>>& named) {
  std::vector<std::string> tensors;
  for (const auto& [name, tensor] : named) tensors.push_back(tensor);
  return tensors;
}

absl::StatusOr<std::vector<TensorSpec>> SpecsOf(const std::vector<std::pair<std::string, std::string>>& named,
                                                const std::vector<ValueId>& ids, const Program& program) {
  std::vector<TensorSpec> specs;
  for (size_t i = 0; i < named.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(named[i].second));
    const Value& value = program.values[ids[i]];
    specs.push_back({named[i].first, absl::StrCat(ref.node, ":", ref.output), value.dtype, value.shape});
  }
  return specs;
}

PassOptions PassOptionsOf(const ModelOptions& options) {
  PassOptions passes;
  for (const std::string& name : options.disabled_passes) {
    if (name != "all") {
      passes.disabled.push_back(name);
      continue;
    }
    for (const Pass& pass : StandardPasses()) passes.disabled.emplace_back(pass.name);
  }
  if (options.after_pass) {
    passes.dump = [&options](const Pass& pass, const Program& program) {
      options.after_pass(pass.name, program.ToString());
    };
  }
  return passes;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const Model>> CompileModel(const Graph& graph, const ModelBoundary& boundary,
                                                          const ModelOptions& options) {
  if (options.threads < 0) {
    return absl::InvalidArgumentError(absl::StrCat("threads: wanted 0 or more, got ", options.threads));
  }
  FLOE_ASSIGN_OR_RETURN(const Device device, FindDevice(options.device, options.target, options.precision));
  FLOE_ASSIGN_OR_RETURN(Program program, Lower(graph, {TensorsOf(boundary.inputs), TensorsOf(boundary.outputs)}));
  // Names and dtypes as the graph has them, before passes replace values.
  FLOE_ASSIGN_OR_RETURN(std::vector<TensorSpec> inputs, SpecsOf(boundary.inputs, program.inputs, program));
  FLOE_RETURN_IF_ERROR(RunPasses(StandardPasses(), PassOptionsOf(options), program));
  FLOE_ASSIGN_OR_RETURN(std::vector<TensorSpec> outputs, SpecsOf(boundary.outputs, program.outputs, program));
  for (const TensorSpec& output : outputs) {
    if (output.dtype != DType::kVariant && output.dtype != DType::kResource) continue;
    return absl::InvalidArgumentError(absl::StrCat("output '", output.name,
                                                   "' is a list or a handle, not a tensor; "
                                                   "choose outputs that are made of it"));
  }
  FLOE_ASSIGN_OR_RETURN(Bindings bindings, Bindings::Create(std::move(inputs), std::move(outputs)));
  const int processors = std::max(1, static_cast<int>(std::thread::hardware_concurrency()));
  const int threads = options.threads > 0 ? options.threads : processors;
  const TeamSize team(threads);
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const CompiledProgram> compiled,
                        CompiledProgram::Compile(std::move(program), device.backends, device.precision));
  auto plans = std::make_unique<PlanCache>(compiled, kMaxPlans);
  auto core = std::make_shared<const Core>(Core{boundary.signature_name, boundary.signatures, device.name, threads,
                                                options.max_loop_iterations, std::move(bindings), std::move(compiled),
                                                std::move(plans)});
  return std::make_shared<const CompiledModel>(std::move(core));
}

}  // namespace floe
