// The reference backend: every op's own evaluation behind the seam of kernels.
#include "absl/container/inlined_vector.h"
#include "base/status.h"
#include "ops/registry.h"
#include "plan/flops.h"
#include "plan/kernel.h"

namespace floe {
namespace {

// What an evaluation needs of its node; shared by all plans.
struct Node {
  const OpInfo& op;
  std::string name;
  AttrMap attrs;
  std::unique_ptr<OpState> state;  // null where the op keeps none; synchronises itself
};

class ReferencePrepared final : public PreparedKernel {
 public:
  ReferencePrepared(std::shared_ptr<const Node> node, std::vector<DType> output_dtypes, int64_t flops)
      : node_(std::move(node)), output_dtypes_(std::move(output_dtypes)), flops_(flops) {}

  int64_t flops() const override { return flops_; }

  std::string description() const override { return "reference"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    absl::InlinedVector<const Tensor*, 8> inputs;
    absl::InlinedVector<Tensor*, 4> outputs;
    for (int i = 0; i < args.num_inputs(); ++i) inputs.push_back(&args.input(i));
    for (int i = 0; i < args.num_outputs(); ++i) outputs.push_back(args.output(i));
    EvalContext context(node_->name, node_->attrs, inputs, output_dtypes_, outputs);
    context.set_allocator(args.allocator());
    context.set_last_uses(args.last_uses());
    context.set_state(node_->state.get());
    return node_->op.evaluate(context);
  }

 private:
  std::shared_ptr<const Node> node_;
  std::vector<DType> output_dtypes_;
  const int64_t flops_;
};

class ReferenceKernel final : public Kernel {
 public:
  explicit ReferenceKernel(std::shared_ptr<const Node> node) : node_(std::move(node)) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    std::vector<DType> dtypes;
    for (const TensorInfo& output : outputs) dtypes.push_back(output.dtype);
    return std::make_unique<ReferencePrepared>(node_, std::move(dtypes),
                                               CountFlops(node_->op, node_->attrs, inputs, outputs));
  }

  void Restart() const override {
    if (node_->state != nullptr) node_->state->Restart();
  }

 private:
  std::shared_ptr<const Node> node_;
};

class Reference final : public Backend {
 public:
  absl::string_view name() const override { return "reference"; }

  absl::Status Supports(const OpSignature& op) const override {
    if (op.op.evaluate != nullptr) return absl::OkStatus();
    return absl::UnimplementedError("it has no evaluation of its own");
  }

  std::vector<std::string> OpNames() const override {
    std::vector<std::string> names;
    for (const OpInfo* op : AllOps()) {
      if (op->evaluate != nullptr) names.emplace_back(op->name);
    }
    return names;
  }

  absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) const override {
    std::unique_ptr<OpState> state;
    if (op.op.make_state != nullptr) {
      FLOE_ASSIGN_OR_RETURN(state, op.op.make_state(op.attrs));
    }
    return std::make_unique<ReferenceKernel>(
        std::make_shared<const Node>(Node{op.op, std::string(op.name), op.attrs, std::move(state)}));
  }
};

}  // namespace

const Backend& ReferenceBackend() {
  static const Reference* const backend = new Reference;
  return *backend;
}

}  // namespace floe
