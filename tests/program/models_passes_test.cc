// The passes on real models: the same results with and without, and as many ops left as can be expected.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "tensor/npy.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

constexpr double kTolerance = 2e-5;

struct Subject {
  Program plain;
  std::vector<Tensor> inputs;
  std::vector<Tensor> expected;
};

absl::StatusOr<Subject> LoadSubject(const std::string& model) {
  Subject subject;
  const std::string folder = testing::SharedPath("models/" + model);
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Load(folder + "/model.pb"));
  Boundary boundary;
  FLOE_ASSIGN_OR_RETURN(boundary.outputs, DefaultOutputs(graph));
  FLOE_ASSIGN_OR_RETURN(boundary.inputs, PlaceholdersNeededBy(graph, boundary.outputs));
  FLOE_ASSIGN_OR_RETURN(subject.plain, Lower(graph, boundary));
  for (size_t i = 0; i < boundary.inputs.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(Tensor input, ReadNpy(absl::StrCat(folder, "/in_", i, ".npy")));
    subject.inputs.push_back(std::move(input));
  }
  FLOE_ASSIGN_OR_RETURN(subject.expected, testing::RunProgram(subject.plain, subject.inputs));
  return subject;
}

void ExpectSame(const Subject& subject, const Program& program) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> actual, testing::RunProgram(program, subject.inputs));
  ASSERT_EQ(actual.size(), subject.expected.size());
  for (size_t k = 0; k < actual.size(); ++k) {
    EXPECT_LE(testing::RelativeDifference(subject.expected[k], actual[k]), kTolerance) << "output " << k;
  }
}

class ModelsTest : public ::testing::TestWithParam<const char*> {};

TEST_P(ModelsTest, AllPassesTogetherKeepTheResults) {
  FLOE_REQUIRE_SHARED(absl::StrCat("models/", GetParam()));
  ASSERT_OK_AND_ASSIGN(const Subject subject, LoadSubject(GetParam()));
  Program program = subject.plain;
  ASSERT_OK(RunPasses(StandardPasses(), {}, program));
  ExpectSame(subject, program);
  if (::testing::Test::HasFailure()) GTEST_LOG_(INFO) << program.ToString();
  // Nothing that a fused form could have taken is left.
  const auto counts = testing::CountOps(program);
  for (const char* const op : {"Identity", "FusedBatchNormV3", "BiasAdd", "Add", "Relu6"}) {
    EXPECT_EQ(counts.count(op), 0u) << op << "\n" << program.ToString();
  }
}

TEST_P(ModelsTest, EachPassAloneKeepsTheResults) {
  FLOE_REQUIRE_SHARED(absl::StrCat("models/", GetParam()));
  ASSERT_OK_AND_ASSIGN(const Subject subject, LoadSubject(GetParam()));
  for (const Pass& pass : StandardPasses()) {
    SCOPED_TRACE(pass.name);
    Program program = subject.plain;
    bool changed = false;
    PassOptions options;
    options.dump = [&](const Pass&, const Program&) { changed = true; };
    ASSERT_OK(RunPasses({&pass, 1}, options, program));
    if (changed) ExpectSame(subject, program);
  }
}

INSTANTIATE_TEST_SUITE_P(All, ModelsTest,
                         ::testing::Values("emotion", "gender", "liveness", "antispoof", "gear", "posenet",
                                           "blazeface-front", "mobilenet_v2", "movenet-lightning"),
                         [](const auto& model) {
                           std::string name = model.param;
                           for (char& c : name) c = c == '-' ? '_' : c;
                           return name;
                         });

}  // namespace
}  // namespace floe
