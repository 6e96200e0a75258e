#include "program/program.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace floe {
namespace {

absl::Status VerifyRegions(const Op& op) {
  const auto wrong = [&](absl::string_view what) {
    return absl::InternalError(absl::StrCat("op '", op.name, "' (", op.info->name, "): ", what));
  };
  const size_t inputs = IsWhile(op) ? op.inputs.size() : op.inputs.size() - 1;
  if ((IsWhile(op) || IsIf(op)) && op.regions.size() != 2) return wrong("wanted two regions");
  for (size_t i = 0; i < op.regions.size(); ++i) {
    const Program& region = op.regions[i];
    if (region.inputs.size() != inputs) return wrong("a region has other inputs than the op");
    const bool condition = IsWhile(op) && i == 0;
    if (region.outputs.size() != (condition ? 1 : op.outputs.size()))
      return wrong("a region has other outputs than the op");
    if (absl::Status status = region.Verify(); !status.ok()) return wrong(status.message());
  }
  return absl::OkStatus();
}

void Append(const Program& program, const std::string& indent, std::string* text) {
  const auto describe = [&](std::string* out, ValueId id) {
    const Value& value = program.values[id];
    absl::StrAppend(out, "%", id, value.constant ? "(const " : "(", DTypeName(value.dtype), value.shape.ToString(),
                    ")");
  };
  for (const Op& op : program.ops) {
    absl::StrAppend(text, indent, absl::StrJoin(op.outputs, ", ", describe), " = ", op.info->name, "(",
                    absl::StrJoin(op.inputs, ", ", describe), ")  '", op.name, "'\n");
    for (const Program& region : op.regions) {
      absl::StrAppend(
          text, indent, "  region (",
          absl::StrJoin(region.inputs, ", ", [](std::string* out, ValueId id) { absl::StrAppend(out, "%", id); }),
          ")\n");
      Append(region, indent + "    ", text);
    }
  }
  absl::StrAppend(text, indent, "return ", absl::StrJoin(program.outputs, ", ", describe), "\n");
}

}  // namespace

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
    if (!op.regions.empty()) FLOE_RETURN_IF_ERROR(VerifyRegions(op));
  }
  for (const ValueId id : outputs) {
    if (!exists(id) || state[id] != kMade)
      return absl::InternalError(absl::StrCat("output ", id, " of the program is never made"));
  }
  return absl::OkStatus();
}

std::string Program::ToString() const {
  std::string text;
  Append(*this, "", &text);
  return text;
}

bool IsIf(const Op& op) { return !op.regions.empty() && absl::string_view(op.info->name) == "If"; }
bool IsCase(const Op& op) { return !op.regions.empty() && absl::string_view(op.info->name) == "Case"; }
bool IsWhile(const Op& op) { return !op.regions.empty() && absl::string_view(op.info->name) == "While"; }

bool HasEffects(const Op& op) {
  return op.info->is_stateful() ||
         std::any_of(op.regions.begin(), op.regions.end(), [](const Program& region) { return HasEffects(region); });
}
bool HasEffects(const Program& program) {
  return std::any_of(program.ops.begin(), program.ops.end(), [](const Op& op) { return HasEffects(op); });
}

int64_t CountAllOps(const Program& program) {
  auto count = static_cast<int64_t>(program.ops.size());
  for (const Op& op : program.ops) {
    for (const Program& region : op.regions) count += CountAllOps(region);
  }
  return count;
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
