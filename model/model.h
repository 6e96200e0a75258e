// Model: a graph on disk, loaded and compiled; ModelInstance: what runs it.
//
// A Model is immutable once loaded, owns the weights, and may be used from any thread; instances and handles keep it
// alive. A ModelInstance has its own memory and its own team of threads: one thread uses it, always the same one, from
// its first Run.
#ifndef FLOE_MODEL_MODEL_H_
#define FLOE_MODEL_MODEL_H_

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/time/time.h"
#include "absl/types/span.h"
#include "tensor/tensor.h"

namespace floe {

// An input or output as users see it.
struct TensorSpec {
  std::string name;         // "x" for x:0 of a lone .pb, "x:1" past the first; the signature's key where there is one
  std::string tensor_name;  // "x:0"
  DType dtype = DType::kInvalid;
  PartialShape shape;
};

// A signature as a model's files state it. Dtypes and shapes are unknown where they say nothing.
struct ModelSignature {
  std::string name;
  std::string method;  // "tensorflow/serving/predict"
  std::vector<TensorSpec> inputs, outputs;
};

struct ModelOptions {
  std::string device = "auto";               // auto, cpu, cuda[:N], reference
  std::string target;                        // sm_80 and the like: plan for such a CUDA device, which need not be there
  std::string precision = "fp32";            // fp32, tf32, fp16, bf16: what products are computed from, on CUDA
  int threads = 0;                           // an instance's; 0: the machine's processors
  std::string signature;                     // of a SavedModel; empty: its default
  std::vector<std::string> outputs;          // tensors to compute instead of the model's own outputs
  std::vector<std::string> disabled_passes;  // by name; "all" for every one
  // Of all loops of a run together: one that never ends is stopped there, where no deadline has stopped it.
  int64_t max_loop_iterations = 10'000'000;
  // Called after each pass that changed the program, with its name and the program as text; may be empty.
  std::function<void(absl::string_view pass, const std::string& program)> after_pass;
};

// A named tensor that goes in: by TensorSpec::name or tensor_name.
using NamedTensor = std::pair<std::string, Tensor>;

// When to stop. Checked between the steps of a plan.
struct RunControl {
  absl::Time deadline = absl::InfiniteFuture();
  const std::atomic<bool>* cancelled = nullptr;  // not owned
};

// The compiled program as people look at it: one for each input (op "Placeholder"), then one for each op, in an order
// that can be run. Constants are left out.
struct ProgramNode {
  std::string name;  // of the node in the graph
  std::string op;
  std::vector<int> inputs;           // the nodes whose results it takes, by index; once each
  std::vector<std::string> results;  // "float32[?,7,7,32]"
  bool is_output = false;            // whether a result of it is an output of the model
};

// A plan as people look at it.
struct PlanStep {
  std::string name;  // of the node
  std::string op;
  std::string backend;
  std::string kernel;
  std::vector<std::string> input_shapes;  // "float32[1,7,7,32]"
  std::vector<std::string> output_shapes;
  int64_t flops = 0;
  int64_t bytes = 0;          // read and written
  int64_t arena_offset = -1;  // of its first output; -1 where that is not in the arena
  int stretch = -1;           // which of the plan's stretches, each replayed as one, has this step; -1 for none
  int depth = 0;              // in how many regions it is
  std::string region;         // the one that it is in: "while: body"; empty outside of all
  double estimate_us = 0;     // what the device's arithmetic or memory takes at least; see model/roofline.h
};
struct PlanSummary {
  std::vector<PlanStep> steps;
  double estimate_us = 0;
  int64_t launches = 0;
  int64_t flops = 0;
  int64_t bytes = 0;
  int64_t arena_bytes = 0;
  std::string ToText() const;
};

class ModelInstance {
 public:
  virtual ~ModelInstance() = default;
  // Computes `fetches` (by TensorSpec::name or tensor_name; empty: all outputs in order). INVALID_ARGUMENT naming the
  // input for a missing, doubled or unknown one, a wrong dtype or shape; DEADLINE_EXCEEDED, CANCELLED;
  // RESOURCE_EXHAUSTED. Results share no memory with the instance.
  virtual absl::StatusOr<std::vector<Tensor>> Run(absl::Span<const NamedTensor> inputs,
                                                  absl::Span<const std::string> fetches,
                                                  const RunControl& control = {}) = 0;
};

class Model {
 public:
  // A frozen .pb or .pbtxt, a SavedModel folder, or a checkpoint prefix with its .meta beside it. Everything that is
  // not supported is found here, all of it in one UNIMPLEMENTED error.
  static absl::StatusOr<std::shared_ptr<const Model>> Load(const std::string& path, const ModelOptions& options = {});
  // The same for an encoded GraphDef in memory.
  static absl::StatusOr<std::shared_ptr<const Model>> FromGraphDef(std::string graph_def,
                                                                   const ModelOptions& options = {});

  virtual ~Model();
  virtual const std::vector<TensorSpec>& inputs() const = 0;
  virtual const std::vector<TensorSpec>& outputs() const = 0;
  // "serving_default" for a lone .pb.
  virtual const std::string& signature_name() const = 0;
  // All signatures of the model's files, sorted by name, this one among them; none for a lone graph.
  virtual const std::vector<ModelSignature>& signatures() const;
  // The device it was compiled for: "cpu", "cuda:0", "reference".
  virtual const std::string& device() const = 0;
  // OK while the device can do something for this process; then UNAVAILABLE and why, for good.
  virtual absl::Status Health() const { return absl::OkStatus(); }
  // Bytes of the weights, packed ones included.
  virtual int64_t weight_bytes() const = 0;
  // Number of ops by name in the compiled program.
  virtual std::vector<std::pair<std::string, int>> OpCounts() const = 0;
  virtual std::vector<ProgramNode> Nodes() const = 0;
  // Checks feeds and fetches as ModelInstance::Run does, without running.
  virtual absl::Status Check(absl::Span<const NamedTensor> inputs, absl::Span<const std::string> fetches) const = 0;

  virtual absl::StatusOr<std::unique_ptr<ModelInstance>> CreateInstance() const = 0;
  // What ops keep from run to run, their place among random numbers, is as it was when the model was loaded: the next
  // run is a first one, also after runs that only warmed it up.
  virtual void Restart() const {}
  // Makes (or finds) the plan for these inputs' shapes, in the order of inputs().
  virtual absl::StatusOr<PlanSummary> Plan(absl::Span<const Shape> input_shapes) const = 0;
  // One run on an instance and a thread that the model keeps for this call; from any thread, one at a time.
  absl::StatusOr<std::vector<Tensor>> Run(absl::Span<const NamedTensor> inputs,
                                          absl::Span<const std::string> fetches = {}) const;

 protected:
  Model();

 private:
  class OwnThread;
  std::unique_ptr<OwnThread> own_thread_;
};

}  // namespace floe

#endif  // FLOE_MODEL_MODEL_H_
