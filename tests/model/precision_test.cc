// What each precision loses, model by model: printed, and within a gate. On the executor that stands in for a GPU.
#include <algorithm>
#include <cstdio>
#include <string>
#include <tuple>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "model/model.h"
#include "tests/model/model_case.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::LoadModelCase;
using ::floe::testing::ModelCase;
using ::floe::testing::SharedPath;

// Of an output's largest value. Factors of 11 bits are off by 2^-12 of themselves at most, those of 8 bits by eight
// times as much, and a few dozen layers add up to some ten times that.
constexpr double kElevenBits = 4e-3, kEightBits = 3.2e-2;

// Where a model asks for more, or has outputs that a small change turns into others.
struct Exception {
  const char* model;
  double factor;
  std::vector<absl::string_view> left_out;
  const char* reason;
};
const Exception kExceptions[] = {
    {"posenet", 4, {}, "heatmaps and offsets behind a deep stack of layers without normalisation"},
    {"mobilenet_v2", 4, {}, "logits of many small terms that cancel"},
    {"facemesh", 4, {}, "a logit near 0 is an output of its own"},
    {"selfie", 8, {}, "a mask with steep edges"},
    {"blazepose-lite", 8, {"Identity_1:0"}, "a mask so steep that two float32 kernels differ by 2e-3, and its heatmap"},
    {"centernet", 8, {"tower_0/detections:0"}, "heatmaps; the hundred best change places"},
    {"handtrack",
     1,
     {"Identity:0", "Identity_1:0", "Identity_2:0", "Identity_3:0"},
     "the boxes that are left after suppression change places; their scores do not"},
};

const Exception& ExceptionOf(absl::string_view model) {
  static const Exception kNone = {"", 1, {}, ""};
  for (const Exception& exception : kExceptions) {
    if (model == exception.model) return exception;
  }
  return kNone;
}

class PrecisionTest : public ::testing::TestWithParam<std::tuple<const char*, const char*>> {};

TEST_P(PrecisionTest, LosesNoMoreThanItMay) {
  const auto& [name, precision] = GetParam();
  const std::string folder = absl::StrCat("models/", name);
  FLOE_REQUIRE_SHARED(folder);
  const ModelCase model_case = LoadModelCase(SharedPath(folder));
  const auto run = [&](const std::string& device, const std::string& with) -> absl::StatusOr<std::vector<Tensor>> {
    ModelOptions options;
    options.device = device;
    options.precision = with;
    options.threads = 1;
    options.outputs = model_case.outputs;
    FLOE_ASSIGN_OR_RETURN(const auto model, Model::Load(SharedPath(folder + "/model.pb"), options));
    return model->Run(model_case.inputs);
  };
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> exact, run("cpu", "fp32"));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, run("cuda", precision));
  const Exception& exception = ExceptionOf(name);
  const double bits = absl::string_view(precision) == "bf16" ? kEightBits : kElevenBits;
  double largest = 0, largest_left_out = 0;
  for (size_t k = 0; k < got.size(); ++k) {
    const bool left_out = std::count(exception.left_out.begin(), exception.left_out.end(), model_case.outputs[k]) > 0;
    double& off = left_out ? largest_left_out : largest;
    off = std::max(off, testing::RelativeDifference(exact[k], got[k]));
  }
  std::printf("%s %s: off by %.2g of the largest value", name, precision, largest);
  if (!exception.left_out.empty()) std::printf("; outputs that may change places: by %.2g", largest_left_out);
  std::printf("\n");
  EXPECT_LE(largest, exception.factor * bits) << exception.reason;
  // As exact as fp32 it cannot be: then nothing was rounded.
  EXPECT_GT(std::max(largest, largest_left_out), 1e-5);
}

std::string NameOf(const ::testing::TestParamInfo<std::tuple<const char*, const char*>>& test) {
  std::string name = absl::StrCat(std::get<0>(test.param), "_", std::get<1>(test.param));
  std::replace(name.begin(), name.end(), '-', '_');
  return name;
}

const auto kPrecisions = ::testing::Values("tf32", "fp16", "bf16");
// Two tests to ctest, which of these is in GTEST_FILTER: what takes a moment, and the rest.
INSTANTIATE_TEST_SUITE_P(Small, PrecisionTest,
                         ::testing::Combine(::testing::Values("emotion", "gender", "liveness", "blazeface-front",
                                                              "wide_deep", "gru_text"),
                                            kPrecisions),
                         NameOf);
INSTANTIATE_TEST_SUITE_P(Large, PrecisionTest,
                         ::testing::Combine(::testing::Values("antispoof", "gear", "posenet", "blazepose-lite",
                                                              "mobilenet_v2", "movenet-lightning", "bert_small",
                                                              "centernet", "facemesh", "iris", "selfie", "handtrack"),
                                            kPrecisions),
                         NameOf);

}  // namespace
}  // namespace floe
