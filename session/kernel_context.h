// What an op of a Session works on: its inputs and outputs, and the state that outlives one run.
#ifndef FLOE_SESSION_KERNEL_CONTEXT_H_
#define FLOE_SESSION_KERNEL_CONTEXT_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "base/file.h"
#include "graph/graph.h"
#include "ops/op.h"
#include "session/variable_store.h"
#include "tensor/tensor.h"

namespace floe {

// What flows along an edge: a tensor, or a reference to a variable, whose value is read when it is used. Neither: there
// is nothing, since the edge is on a branch that was not taken.
struct EdgeValue {
  Tensor tensor;
  std::shared_ptr<VariableState> ref;

  bool present() const { return ref != nullptr || tensor.valid(); }
  absl::StatusOr<Tensor> Read() const {
    if (ref != nullptr) return ref->Read();
    return tensor;
  }
};

// Of one session. One thread at a time.
struct SessionState {
  VariableStore variables;
  absl::flat_hash_map<std::string, std::unique_ptr<OpState>> op_states;  // by node
  FileSystem* files = &FileSystem::Posix();
};

class KernelContext {
 public:
  KernelContext(const Node& node, std::vector<EdgeValue> inputs, SessionState& session)
      : node_(node), inputs_(std::move(inputs)), session_(session) {}

  const Node& node() const { return node_; }
  const AttrMap& attrs() const { return node_.attrs; }
  SessionState& session() { return session_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }

  // INVALID_ARGUMENT unless there are so many inputs.
  absl::Status WantInputs(int count) const;
  // The tensor, or the variable's value: FAILED_PRECONDITION where it is not initialised.
  absl::StatusOr<Tensor> Input(int i) const { return inputs_[static_cast<size_t>(i)].Read(); }
  // The variable whose reference or handle the input is.
  absl::StatusOr<std::shared_ptr<VariableState>> Variable(int i) const;
  const EdgeValue& value(int i) const { return inputs_[static_cast<size_t>(i)]; }
  // The only element of a string input.
  absl::StatusOr<std::string> StringInput(int i) const;

  void AddOutput(Tensor tensor) { outputs_.push_back({std::move(tensor), nullptr}); }
  void AddOutput(EdgeValue value) { outputs_.push_back(std::move(value)); }
  std::vector<EdgeValue>& outputs() { return outputs_; }

 private:
  const Node& node_;
  std::vector<EdgeValue> inputs_;
  SessionState& session_;
  std::vector<EdgeValue> outputs_;
};

using SessionKernel = absl::Status (*)(KernelContext& context);

// The ops that need a session's variables or files. Null where there is none of this name.
SessionKernel FindVariableKernel(const std::string& op);
SessionKernel FindCheckpointKernel(const std::string& op);

}  // namespace floe

#endif  // FLOE_SESSION_KERNEL_CONTEXT_H_
