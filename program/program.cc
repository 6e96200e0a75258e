#include "program/program.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace floe {

ValueId Program::AddConstant(std::string name, Tensor tensor) {
  const DType dtype = tensor.dtype();
  const PartialShape shape = tensor.shape();
  return AddValue({std::move(name), dtype, shape, std::move(tensor)});
}

std::vector<TensorInfo> Program::Infos(const std::vector<ValueId>& ids) const {
  std::vector<TensorInfo> infos;
  infos.reserve(ids.size());
  for (const ValueId id : ids) infos.push_back(values[id].info());
  return infos;
}

absl::Status Program::Verify() const {
  enum State : uint8_t { kUnmade, kMade };
  std::vector<State> state(values.size(), kUnmade);
  const auto exists = [&](ValueId id) { return id >= 0 && id < static_cast<ValueId>(values.size()); };
  for (const ValueId id : inputs) {
    if (!exists(id)) return absl::InternalError("an input of the program does not exist");
    state[id] = kMade;
  }
  for (size_t id = 0; id < values.size(); ++id) {
    if (values[id].constant) state[id] = kMade;
  }
  for (const Op& op : ops) {
    for (const ValueId id : op.inputs) {
      if (!exists(id) || state[id] != kMade) {
        return absl::InternalError(absl::StrCat("op '", op.name, "' uses value ", id, " before it is made"));
      }
    }
    for (const ValueId id : op.outputs) {
      if (!exists(id) || state[id] == kMade)
        return absl::InternalError(absl::StrCat("op '", op.name, "' makes value ", id, " again"));
      state[id] = kMade;
    }
  }
  for (const ValueId id : outputs) {
    if (!exists(id) || state[id] != kMade)
      return absl::InternalError(absl::StrCat("output ", id, " of the program is never made"));
  }
  return absl::OkStatus();
}

std::string Program::ToString() const {
  std::string text;
  const auto describe = [&](std::string* out, ValueId id) {
    const Value& value = values[id];
    absl::StrAppend(out, "%", id, value.constant ? "(const " : "(", DTypeName(value.dtype), value.shape.ToString(),
                    ")");
  };
  for (const Op& op : ops) {
    absl::StrAppend(&text, absl::StrJoin(op.outputs, ", ", describe), " = ", op.info->name, "(",
                    absl::StrJoin(op.inputs, ", ", describe), ")  '", op.name, "'\n");
  }
  absl::StrAppend(&text, "return ", absl::StrJoin(outputs, ", ", describe), "\n");
  return text;
}

UseDef::UseDef(const Program& program)
    : producer(program.values.size(), -1), users(program.values.size()), is_output(program.values.size(), false) {
  for (size_t i = 0; i < program.ops.size(); ++i) {
    for (const ValueId id : program.ops[i].outputs) producer[id] = static_cast<int>(i);
    for (const ValueId id : program.ops[i].inputs) users[id].push_back(static_cast<int>(i));
  }
  for (const ValueId id : program.outputs) is_output[id] = true;
}

}  // namespace floe
