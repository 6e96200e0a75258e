#include "model/describe_program.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace floe {
namespace {

constexpr int kNobody = -1;

class Describer {
 public:
  // `makers`: the node that each of the program's inputs comes from. The nodes that its outputs come from.
  std::vector<int> Add(const CompiledProgram& compiled, const std::string& prefix, absl::Span<const int> makers) {
    const Program& program = compiled.program();
    std::vector<int> maker(program.values.size(), kNobody);
    for (size_t i = 0; i < makers.size(); ++i) maker[program.inputs[i]] = makers[i];
    for (size_t index = 0; index < program.ops.size(); ++index) {
      const Op& op = program.ops[index];
      const auto regions = compiled.regions(static_cast<int>(index));
      std::vector<int> inputs;
      for (const ValueId id : op.inputs) inputs.push_back(maker[id]);
      // If and Case choose by their first input.
      const absl::Span<const int> passed = absl::MakeConstSpan(inputs).subspan(IsLoop(op) || regions.empty() ? 0 : 1);
      std::vector<int> from = inputs;
      for (size_t i = 0; i < regions.size(); ++i) {
        const std::string inside = absl::StrCat(prefix, op.name, "/", RegionName(op, i), "/");
        const std::vector<int> results = Add(*regions[i], inside, passed);
        from.insert(from.end(), results.begin(), results.end());
      }
      const int node = AddNode(absl::StrCat(prefix, op.name), op.info->name, program, op.outputs);
      nodes_[node].inputs = Distinct(std::move(from));
      for (const ValueId id : op.outputs) maker[id] = node;
    }
    std::vector<int> results;
    for (const ValueId id : program.outputs) results.push_back(maker[id]);
    return results;
  }

  int AddNode(std::string name, std::string op, const Program& program, absl::Span<const ValueId> results) {
    ProgramNode& node = nodes_.emplace_back();
    node.name = std::move(name);
    node.op = std::move(op);
    for (const ValueId id : results) {
      node.results.push_back(absl::StrCat(DTypeName(program.values[id].dtype), program.values[id].shape.ToString()));
    }
    return static_cast<int>(nodes_.size()) - 1;
  }

  std::vector<ProgramNode>& nodes() { return nodes_; }

  static bool IsLoop(const Op& op) { return absl::string_view(op.info->name) == "While"; }

 private:
  static std::vector<int> Distinct(std::vector<int> makers) {
    std::sort(makers.begin(), makers.end());
    makers.erase(std::unique(makers.begin(), makers.end()), makers.end());
    if (!makers.empty() && makers.front() == kNobody) makers.erase(makers.begin());
    return makers;
  }

  std::vector<ProgramNode> nodes_;
};

}  // namespace

std::string RegionName(const Op& op, size_t region) {
  if (!Describer::IsLoop(op)) return absl::StrCat("branch ", region);
  return region == 0 ? "condition" : "body";
}

std::vector<ProgramNode> DescribeProgram(const CompiledProgram& compiled) {
  const Program& program = compiled.program();
  Describer describer;
  std::vector<int> makers;
  for (const ValueId id : program.inputs) {
    makers.push_back(describer.AddNode(program.values[id].name, "Placeholder", program, {id}));
  }
  for (const int output : describer.Add(compiled, "", makers)) {
    if (output != kNobody) describer.nodes()[output].is_output = true;
  }
  return std::move(describer.nodes());
}

}  // namespace floe
