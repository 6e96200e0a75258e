// Whole graphs against TensorFlow's results (graphs/, made by make_graphs.py), on every device.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "graph/graph.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

struct GraphCase {
  std::string graph, device;
};
void PrintTo(const GraphCase& graph_case, std::ostream* out) {
  *out << graph_case.graph << " on " << graph_case.device;
}

std::string Directory() { return testing::SourcePath("tests/model/graphs"); }

std::vector<GraphCase> AllCases() {
  std::vector<GraphCase> cases;
  for (const std::string& graph : testing::GoldenOps(Directory())) {
    for (const char* const device : {"reference", "cpu", "cuda"}) cases.push_back({graph, device});
  }
  return cases;
}

class GraphCasesTest : public ::testing::TestWithParam<GraphCase> {};

TEST_P(GraphCasesTest, RunsAsInTensorFlow) {
  const std::string prefix = Directory() + "/" + GetParam().graph;
  ASSERT_OK_AND_ASSIGN(const auto tensors, testing::LoadGoldenTensors(prefix + ".golden.pb"));
  ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::Load(prefix + ".graph.pb"));
  std::vector<NamedTensor> inputs;
  ModelOptions options;
  options.device = GetParam().device;
  for (const auto& [name, tensor] : tensors) {
    const std::string node = name.substr(0, name.find(':'));
    const bool is_input = graph.node(*graph.FindOrError(node)).op == "Placeholder";
    is_input ? inputs.push_back({name, tensor}) : options.outputs.push_back(name);
  }
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(prefix + ".graph.pb", options));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> results, model->Run(inputs, options.outputs));
  for (size_t i = 0; i < results.size(); ++i) {
    SCOPED_TRACE(options.outputs[i]);
    EXPECT_OK(testing::CompareGolden(*FindOp("Identity"), tensors.at(options.outputs[i]), results[i]));
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, GraphCasesTest, ::testing::ValuesIn(AllCases()),
                         [](const auto& one) { return one.param.graph + "_" + one.param.device; });

}  // namespace
}  // namespace floe
