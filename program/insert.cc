#include "program/insert.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "base/status.h"
#include "ops/registry.h"
#include "program/infer.h"

namespace floe {

Tensor IntVector(absl::Span<const int64_t> values, DType dtype) {
  Tensor tensor(dtype, Shape({static_cast<int64_t>(values.size())}));
  for (size_t i = 0; i < values.size(); ++i) {
    if (dtype == DType::kInt64) {
      tensor.mutable_data<int64_t>()[i] = values[i];
    } else {
      tensor.mutable_data<int32_t>()[i] = static_cast<int32_t>(values[i]);
    }
  }
  return tensor;
}

absl::StatusOr<ValueId> Insertions::Add(int index, absl::string_view op, std::string name, std::vector<ValueId> inputs,
                                        AttrMap attrs) {
  Op made{FindOp(std::string(op)), std::move(name), std::move(attrs), std::move(inputs), {}, {}};
  const auto is_constant = [&](ValueId id) { return program_.ConstantOf(id) != nullptr; };
  if (std::all_of(made.inputs.begin(), made.inputs.end(), is_constant)) {
    std::vector<Tensor> constants;
    for (const ValueId id : made.inputs) constants.push_back(*program_.ConstantOf(id));
    FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> results, Evaluate(*made.info, made.name, made.attrs, constants));
    return program_.AddConstant(std::move(made.name), std::move(results[0]));
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<TensorInfo> infos, InferOp(made, program_.Infos(made.inputs)));
  for (const TensorInfo& info : infos)
    made.outputs.push_back(program_.AddValue({made.name, info.dtype, info.shape, std::nullopt, info.list}));
  const ValueId result = made.outputs[0];
  before_[index].push_back(std::move(made));
  return result;
}

ValueId Insertions::Ints(std::string name, const Dims& numbers) {
  return program_.AddConstant(std::move(name), IntVector(numbers, DType::kInt32));
}

void Insertions::Apply(const std::vector<bool>& erase) {
  std::vector<Op> ops;
  for (size_t i = 0; i < program_.ops.size(); ++i) {
    if (const auto found = before_.find(static_cast<int>(i)); found != before_.end())
      std::move(found->second.begin(), found->second.end(), std::back_inserter(ops));
    if (i >= erase.size() || !erase[i]) ops.push_back(std::move(program_.ops[i]));
  }
  before_.clear();
  program_.ops = std::move(ops);
}

}  // namespace floe
