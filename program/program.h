// Program: what a model computes, ready to be planned: ops in an order that can be run, over numbered values.
//
// Made once a model by Lower (program/lower.h), rewritten by passes (program/pass.h), then immutable. A value type; not
// synchronised.
#ifndef FLOE_PROGRAM_PROGRAM_H_
#define FLOE_PROGRAM_PROGRAM_H_

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "graph/attr_value.h"
#include "ops/op.h"
#include "tensor/tensor.h"

namespace floe {

using ValueId = int;

struct Value {
  std::string name;  // the tensor's in the graph: "conv", "split:1"
  DType dtype = DType::kInvalid;
  PartialShape shape;
  std::optional<Tensor> constant;
  // Of a list, where anything is known of it.
  std::shared_ptr<const ListInfo> list = nullptr;

  TensorInfo info() const { return {dtype, shape, constant ? &*constant : nullptr, list}; }
};

struct Program;

struct Op {
  const OpInfo* info = nullptr;
  std::string name;  // the node's
  AttrMap attrs;
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;
  // What If, Case and While compute, each a program of its own that sees nothing of what is around it: all that it
  // uses comes in by its inputs.
  //   If:    then, else. Inputs: the condition, then those of both branches; outputs: those of the branch.
  //   Case:  one a branch; as If, with an index.
  //   While: condition, body. Inputs: first values of the loop variables, then what stays the same in every iteration
  //          (both are inputs of condition and body); outputs of the body: the variables' next values, and of the op:
  //          their last.
  std::vector<Program> regions;

  int num_variables() const { return static_cast<int>(outputs.size()); }  // of While
};

struct Program {
  std::vector<Value> values;
  std::vector<Op> ops;  // every op after those that make its inputs
  std::vector<ValueId> inputs;
  std::vector<ValueId> outputs;

  ValueId AddValue(Value value) {
    values.push_back(std::move(value));
    return static_cast<ValueId>(values.size()) - 1;
  }
  ValueId AddConstant(std::string name, Tensor tensor);
  const Tensor* ConstantOf(ValueId id) const { return values[id].constant ? &*values[id].constant : nullptr; }
  std::vector<TensorInfo> Infos(const std::vector<ValueId>& ids) const;

  // Whether ops come in order, values have one producer at most, and every id exists. INTERNAL naming the op otherwise.
  absl::Status Verify() const;
  // One op a line, for people and tests; regions are indented below theirs.
  std::string ToString() const;
};

bool IsIf(const Op& op);
bool IsCase(const Op& op);
bool IsWhile(const Op& op);
// Whether the op or one inside its regions has effects: it is never folded, merged or dropped.
bool HasEffects(const Op& op);
bool HasEffects(const Program& program);
// The number of ops, those inside regions too.
int64_t CountAllOps(const Program& program);

// Who makes and who uses each value. Holds while the program is not changed.
struct UseDef {
  explicit UseDef(const Program& program);
  std::vector<int> producer;            // op index, or -1
  std::vector<std::vector<int>> users;  // op indices, one for each use
  std::vector<bool> is_output;

  // The only op that uses the value, where it is used once and is no output of the program; else -1.
  int OnlyUser(ValueId id) const { return users[id].size() == 1 && !is_output[id] ? users[id][0] : -1; }
};

}  // namespace floe

#endif  // FLOE_PROGRAM_PROGRAM_H_
