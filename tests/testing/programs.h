// Programs for tests: graphs put together in a few lines, and programs run op by op by the ops' own evaluations.
#ifndef FLOE_TESTS_TESTING_PROGRAMS_H_
#define FLOE_TESTS_TESTING_PROGRAMS_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "program/lower.h"
#include "program/pass.h"
#include "program/program.h"
#include "tensor/tensor.h"

namespace floe::testing {

// Adds nodes to a graph; a node's name is what its maker gives back, for use as an input.
class GraphMaker {
 public:
  using Attrs = std::vector<std::pair<std::string, AttrValue>>;

  std::string Input(const std::string& name, const PartialShape& shape, DType dtype = DType::kFloat);
  std::string Const(const std::string& name, const Tensor& value);
  // A constant of `shape` with elements from -1 to 1 that depend on the name.
  std::string Weights(const std::string& name, const Shape& shape, DType dtype = DType::kFloat);
  std::string Op(const std::string& op, const std::string& name, const std::vector<std::string>& inputs,
                 const Attrs& attrs = {});
  // Stride 1; strides and data_format by `attrs`.
  std::string Conv(const std::string& name, const std::string& input, const std::string& filter,
                   const std::string& padding = "VALID", const Attrs& attrs = {}, const std::string& op = "Conv2D");

  Graph& graph() { return graph_; }
  // The program of these outputs, of all placeholders that they need.
  absl::StatusOr<Program> Lower(const std::vector<std::string>& outputs) const;

 private:
  Graph graph_;
};

// Elements from -1 to 1, the same for the same seed.
Tensor RandomTensor(const Shape& shape, uint64_t seed, DType dtype = DType::kFloat);
// Tensors for a program's inputs, every unknown dimension of size `unknown`.
std::vector<Tensor> RandomInputs(const Program& program, int64_t unknown, uint64_t seed);

// The outputs, by the reference evaluations. Also checks that every result has the dtype and a shape that the program
// says.
absl::StatusOr<std::vector<Tensor>> RunProgram(const Program& program, const std::vector<Tensor>& inputs);

// The largest difference of two floating tensors' elements by the largest magnitude of the first's; infinite where
// shapes or NaNs differ.
double RelativeDifference(const Tensor& expected, const Tensor& actual);

// Fails the test where two programs give different results for random inputs, with the unknown dimensions small and
// larger.
void ExpectSameResults(const Program& before, const Program& after, double tolerance = 2e-5);

// How many ops of each name a program has, those in regions too.
std::map<std::string, int> CountOps(const Program& program);

// The op that makes the value of this name; fails the test where there is none.
const Op& OpMaking(const Program& program, const std::string& value);
// Its attribute fused_ops.
std::vector<std::string> FusedSteps(const Op& op);

// Runs one of the standard passes by its name.
absl::StatusOr<bool> RunPass(absl::string_view name, Program& program);

// The pass changes the program and keeps its results; the changed program. Or it changes nothing at all.
Program ExpectChanged(absl::string_view pass, const Program& before);
void ExpectUnchanged(absl::string_view pass, const Program& before);

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_PROGRAMS_H_
