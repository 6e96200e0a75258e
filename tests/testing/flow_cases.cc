#include "tests/testing/flow_cases.h"

#include <algorithm>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/graph.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe::testing {

std::vector<std::string> FlowCaseNames() {
  std::vector<std::string> names;
  const absl::StatusOr<std::vector<std::string>> files = FileSystem::Posix().List(SourcePath("tests/program/flow"));
  if (!files.ok()) return names;
  for (absl::string_view file : *files) {
    if (absl::ConsumeSuffix(&file, ".golden.pb")) names.emplace_back(file);
  }
  std::sort(names.begin(), names.end());
  return names;
}

absl::StatusOr<FlowCase> LoadFlowCase(const std::string& name) {
  FlowCase flow{name, SourcePath(absl::StrCat("tests/program/flow/", name, ".pb")), {}};
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Load(flow.graph));
  FLOE_ASSIGN_OR_RETURN(const auto tensors,
                        LoadGoldenTensors(SourcePath(absl::StrCat("tests/program/flow/", name, ".golden.pb"))));
  for (const auto& [key, tensor] : tensors) {
    const size_t slash = key.find('/');
    size_t run = 0;
    if (slash == std::string::npos || !absl::SimpleAtoi(key.substr(0, slash), &run) || run > 100) {
      return absl::InvalidArgumentError(absl::StrCat("'", key, "' is no RUN/TENSOR"));
    }
    const std::string tensor_name = key.substr(slash + 1);
    FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(tensor_name));
    flow.runs.resize(std::max(flow.runs.size(), run + 1));
    const int node = graph.Find(ref.node);
    // A placeholder that the results do not need is not in the frozen graph.
    const bool is_fed = node < 0 || graph.node(node).op == "Placeholder";
    if (node >= 0) (is_fed ? flow.runs[run].feeds : flow.runs[run].expected)[tensor_name] = tensor;
  }
  return flow;
}

}  // namespace floe::testing
