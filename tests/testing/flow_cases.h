// The graphs of tests/program/flow with TensorFlow's results (made by make_flow_cases.py).
#ifndef FLOE_TESTS_TESTING_FLOW_CASES_H_
#define FLOE_TESTS_TESTING_FLOW_CASES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace floe::testing {

struct FlowRun {
  std::map<std::string, Tensor> feeds;     // by tensor: "x:0"
  std::map<std::string, Tensor> expected;  // "y0:0"
};
struct FlowCase {
  std::string name;
  std::string graph;  // the file
  std::vector<FlowRun> runs;
};

// Sorted by name.
std::vector<std::string> FlowCaseNames();
absl::StatusOr<FlowCase> LoadFlowCase(const std::string& name);

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_FLOW_CASES_H_
