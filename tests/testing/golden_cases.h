// Single ops with their inputs and the results that TensorFlow gave (<shared>/ops/OP.graph.pb and OP.golden.pb), and
// running them on the ops' own evaluation or on a backend's kernels. One table drives both.
#ifndef FLOE_TESTS_TESTING_GOLDEN_CASES_H_
#define FLOE_TESTS_TESTING_GOLDEN_CASES_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/attr_value.h"
#include "ops/op.h"
#include "plan/kernel.h"
#include "tensor/tensor.h"

namespace floe::testing {

struct GoldenCase {
  std::string op;
  std::string name;  // "c7"
  AttrMap attrs;
  std::vector<Tensor> inputs;
  std::vector<bool> constant;  // which inputs are Const in the graph: known when a backend is asked
  // In the order of the op's results; there may be fewer than it has (those of FusedBatchNorm after the first are not
  // kept).
  std::vector<Tensor> expected;
};

// The ops that `directory` (relative to shared/, or absolute) has cases of, sorted.
std::vector<std::string> GoldenOps(const std::string& directory = "ops");
absl::StatusOr<std::vector<GoldenCase>> LoadGoldenCases(const std::string& op, const std::string& directory = "ops");
// The cases that TensorFlow refuses: without results.
absl::StatusOr<std::vector<GoldenCase>> LoadRefusedCases(const std::string& op, const std::string& directory = "ops");

// The tensors of a golden file by their names.
absl::StatusOr<std::map<std::string, Tensor>> LoadGoldenTensors(const std::string& path);

// OK where `actual` is `expected`: exactly for integers, booleans and strings, within the op's tolerance for floats.
// NaN equals NaN. Else the first element that differs. `precision`: what products of float32 were computed from.
absl::Status CompareGolden(const OpInfo& op, const Tensor& expected, const Tensor& actual,
                           Precision precision = Precision::kFp32);

// The reference evaluation, twice: with memory of its own and into memory laid out beforehand, where shapes are known.
absl::Status RunOnReference(const OpInfo& op, const GoldenCase& golden);

// Inference against what came out: with everything known the shapes are equal, with less known they match.
absl::Status CheckInference(const OpInfo& op, const GoldenCase& golden);

// Supports, Create, Prepare and Launch. UNIMPLEMENTED where the backend does not take the case, which is no failure.
absl::Status RunOnBackend(const Backend& backend, const OpInfo& op, const GoldenCase& golden,
                          Precision precision = Precision::kFp32);

// All cases of all ops on a backend, or on the reference evaluation (null).
struct GoldenReport {
  int cases = 0;
  int supported = 0;
  std::vector<std::string> failures;  // "OP cK: why"
};
GoldenReport RunGolden(const Backend* backend, const std::string& directory = "ops");

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_GOLDEN_CASES_H_
