// The graphs of <shared>/models against TensorFlow's outputs: as they are, and as a batch of seven.
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "model/model.h"
#include "program/pass.h"
#include "tests/model/model_case.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::LoadModelCase;
using ::floe::testing::ModelCase;
using ::floe::testing::RelativeDifference;
using ::floe::testing::SharedPath;

// Of an output's largest value. TensorFlow's own two sets of kernels differ by as much for blazepose.
constexpr double kTolerance = 2e-4;
constexpr double kBlazeposeTolerance = 2e-3;
// Between two ways to compute the same.
constexpr double kPassTolerance = 1e-4;
constexpr int64_t kBatch = 7;

// The first row, so often.
Tensor Repeated(const Tensor& tensor, int64_t times) {
  Shape shape = tensor.shape();
  shape.set_dim(0, times);
  Tensor repeated(tensor.dtype(), shape);
  const size_t row_bytes = static_cast<size_t>(repeated.byte_size() / times);
  for (int64_t i = 0; i < times; ++i) {
    std::memcpy(static_cast<char*>(repeated.raw_mutable_data()) + static_cast<size_t>(i) * row_bytes, tensor.raw_data(),
                row_bytes);
  }
  return repeated;
}

class ModelsTest : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {
 protected:
  void SetUp() override {
    const std::string folder = absl::StrCat("models/", std::get<0>(GetParam()));
    FLOE_REQUIRE_SHARED(folder);
    case_ = LoadModelCase(SharedPath(folder));
    ModelOptions options;
    options.device = std::get<1>(GetParam());
    options.threads = 2;
    options.outputs = case_.outputs;
    ASSERT_OK_AND_ASSIGN(model_, Model::Load(SharedPath(folder + "/model.pb"), options));
  }

  void ExpectNear(const std::vector<Tensor>& expected, const std::vector<Tensor>& actual) {
    const bool blazepose = absl::string_view(std::get<0>(GetParam())).substr(0, 9) == "blazepose";
    ExpectWithin(blazepose ? kBlazeposeTolerance : kTolerance, expected, actual);
  }
  void ExpectWithin(double tolerance, const std::vector<Tensor>& expected, const std::vector<Tensor>& actual) {
    ASSERT_EQ(expected.size(), actual.size());
    for (size_t k = 0; k < expected.size(); ++k) {
      EXPECT_LE(RelativeDifference(expected[k], actual[k]), tolerance)
          << case_.outputs[k] << "\nwanted " << expected[k].ToString() << "\ngot    " << actual[k].ToString();
    }
  }

  ModelCase case_;
  std::shared_ptr<const Model> model_;
};

TEST_P(ModelsTest, AnswersAsTensorFlowDoes) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, model_->Run(case_.inputs));
  ExpectNear(case_.expected, got);
}

// A shape that was not sent before, after one that was.
TEST_P(ModelsTest, SevenAtOnceAreAsSevenAlone) {
  for (const TensorSpec& input : model_->inputs()) {
    if (input.shape.dim(0) >= 0) return;  // its batch is fixed
  }
  ASSERT_OK(model_->Run(case_.inputs));
  std::vector<NamedTensor> inputs;
  for (const auto& [name, tensor] : case_.inputs) inputs.push_back({name, Repeated(tensor, kBatch)});
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, model_->Run(inputs));
  std::vector<Tensor> expected;
  for (const Tensor& tensor : case_.expected) expected.push_back(Repeated(tensor, kBatch));
  ExpectNear(expected, got);
}

// Each pass alone gives what the program gives as it was lowered.
class PassesTest : public ModelsTest {
 protected:
  absl::StatusOr<std::vector<Tensor>> RunWithout(const std::vector<std::string>& passes) const {
    ModelOptions options;
    options.device = std::get<1>(GetParam());
    options.threads = 2;
    options.outputs = case_.outputs;
    options.disabled_passes = passes;
    FLOE_ASSIGN_OR_RETURN(
        const auto model,
        Model::Load(SharedPath(absl::StrCat("models/", std::get<0>(GetParam()), "/model.pb")), options));
    return model->Run(case_.inputs);
  }
};

TEST_P(PassesTest, EachAloneKeepsTheResults) {
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> plain, RunWithout({"all"}));
  ExpectNear(case_.expected, plain);
  const bool blazepose = absl::string_view(std::get<0>(GetParam())).substr(0, 9) == "blazepose";
  for (const Pass& alone : StandardPasses()) {
    SCOPED_TRACE(alone.name);
    std::vector<std::string> others;
    for (const Pass& pass : StandardPasses()) {
      if (absl::string_view(pass.name) != alone.name) others.emplace_back(pass.name);
    }
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, RunWithout(others));
    ExpectWithin(blazepose ? kBlazeposeTolerance : kPassTolerance, plain, got);
  }
}

std::string NameOf(const ::testing::TestParamInfo<std::tuple<const char*, const char*>>& test) {
  std::string name = absl::StrCat(std::get<0>(test.param), "_", std::get<1>(test.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

// Those whose reference evaluation takes no more than a moment.
INSTANTIATE_TEST_SUITE_P(Reference, ModelsTest,
                         ::testing::Combine(::testing::Values("emotion", "gender", "liveness", "antispoof", "gear",
                                                              "posenet", "blazeface-front", "mobilenet_v2",
                                                              "movenet-lightning"),
                                            ::testing::Values("reference")),
                         NameOf);

const auto kAll =
    ::testing::Combine(::testing::Values("emotion", "gender", "liveness", "antispoof", "gear", "posenet",
                                         "blazeface-front", "blazepose-lite", "mobilenet_v2", "movenet-lightning",
                                         "bert_small", "centernet", "facemesh", "iris", "selfie", "wide_deep"),
                       ::testing::Values("cpu"));
INSTANTIATE_TEST_SUITE_P(Shared, ModelsTest, kAll, NameOf);
INSTANTIATE_TEST_SUITE_P(Shared, PassesTest, kAll, NameOf);

// On the CUDA backend, by the executor that stands in for a GPU (tests/simt).
INSTANTIATE_TEST_SUITE_P(Cuda, ModelsTest,
                         ::testing::Combine(::testing::Values("emotion", "gender", "liveness", "antispoof", "gear",
                                                              "blazeface-front", "mobilenet_v2", "movenet-lightning",
                                                              "bert_small", "facemesh", "iris", "wide_deep", "gru_text",
                                                              "centernet", "selfie", "posenet", "blazepose-lite",
                                                              "handtrack"),
                                            ::testing::Values("cuda")),
                         NameOf);

}  // namespace
}  // namespace floe
