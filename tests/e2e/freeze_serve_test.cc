// The main job, end to end: a trained checkpoint is frozen, run, served, and answers through the client.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "client/client.h"
#include "tensor/npy.h"
#include "tests/testing/process.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::Outcome;
using ::floe::testing::RunProgram;
using ::floe::testing::ServerProcess;
using ::floe::testing::SharedPath;
using ::floe::testing::SourcePath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::HasSubstr;

// Of an output's largest value.
constexpr double kTolerance = 1e-4;

void ExpectClose(const Tensor& wanted, const Tensor& got) {
  ASSERT_EQ(got.dtype(), DType::kFloat);
  ASSERT_EQ(got.shape(), wanted.shape());
  double largest = 0;
  for (const float value : wanted.flat<float>()) largest = std::max(largest, std::fabs(static_cast<double>(value)));
  for (int64_t i = 0; i < wanted.num_elements(); ++i) {
    ASSERT_NEAR(got.data<float>()[i], wanted.data<float>()[i], kTolerance * largest) << i;
  }
}

void ExpectSuccess(const std::vector<std::string>& command) {
  const Outcome outcome = RunProgram(command);
  EXPECT_EQ(outcome.exit_code, 0) << command[1] << ": " << outcome.err;
}

// Freezes `prefix` with `flags`; what comes out gives `wanted` for `input` on every way to it.
void FreezeAndCompare(const std::string& prefix, const std::vector<std::string>& flags, const std::string& input_name,
                      const std::string& input_file, const std::string& output_name, const Tensor& wanted) {
  const std::string dir = TempDir();
  const std::string model = JoinPath(dir, "frozen.pb");
  std::vector<std::string> freeze = {FLOE_BINARY, "freeze", prefix, "--outputs", output_name, "-o", model};
  freeze.insert(freeze.end(), flags.begin(), flags.end());
  ExpectSuccess(freeze);

  const std::string feed = absl::StrCat(input_name, "=", input_file);
  ExpectSuccess({FLOE_BINARY, "run", model, "--input", feed, "--output-dir", dir + "/run"});
  ASSERT_OK_AND_ASSIGN(const Tensor run, ReadNpy(dir + "/run/0.npy"));
  ExpectClose(wanted, run);

  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerProcess> server,
                       ServerProcess::Start({FLOE_BINARY, "serve", model}));
  ExpectSuccess({FLOE_CLIENT_BINARY, "status", "--server", server->grpc_address()});
  ASSERT_OK_AND_ASSIGN(const Tensor input, ReadNpy(input_file));
  for (const std::string api : {"kserve", "tfserving"}) {
    const std::string out = JoinPath(dir, api);
    ExpectSuccess({FLOE_CLIENT_BINARY, "infer", "frozen", "--api", api, "--server", server->grpc_address(), "--input",
                   feed, "--output-dir", out});
    ASSERT_OK_AND_ASSIGN(const Tensor answered, ReadNpy(out + "/0.npy"));
    ExpectClose(wanted, answered);

    ASSERT_OK_AND_ASSIGN(
        const Client client,
        Client::Connect(server->grpc_address(), {.api = api == "kserve" ? ClientApi::kKServe : ClientApi::kTfServing}));
    ASSERT_OK_AND_ASSIGN(const ModelMetadata metadata, client.Metadata("frozen"));
    ASSERT_EQ(metadata.inputs.size(), 1u);
    EXPECT_EQ(metadata.inputs[0].name, input_name);
    EXPECT_EQ(metadata.outputs[0].name, output_name);
    EXPECT_TRUE(metadata.inputs[0].shape.Matches(input.shape()));
    // A tensor's full name is its name too.
    ASSERT_OK_AND_ASSIGN(const auto outputs, client.Infer("frozen", {{input_name + ":0", input}}));
    ExpectClose(wanted, outputs[0].second);
    EXPECT_THAT(client.Infer("frozen", {{"imagge", input}}),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'imagge'")));
  }
  EXPECT_EQ(server->Stop(), 0);
}

TEST(FreezeServeTest, TheDigitsExample) {
  const std::string digits = SourcePath("examples/digits/");
  ASSERT_OK_AND_ASSIGN(const Tensor wanted, ReadNpy(digits + "held_out_probabilities.npy"));
  FreezeAndCompare(digits + "model.ckpt", {"--moving-average"}, "image", digits + "held_out_images.npy",
                   "probabilities", wanted);
}

TEST(FreezeServeTest, PlainVariablesAndMovingAverages) {
  FLOE_REQUIRE_SHARED("checkpoints/convnet_trained");
  const std::string convnet = SharedPath("checkpoints/convnet_trained/");
  ASSERT_OK_AND_ASSIGN(const Tensor plain, ReadNpy(convnet + "out_0.npy"));
  FreezeAndCompare(convnet + "model.ckpt-30", {}, "image", convnet + "in_0.npy", "prob", plain);
  ASSERT_OK_AND_ASSIGN(const Tensor averaged, ReadNpy(convnet + "out_ema_0.npy"));
  FreezeAndCompare(convnet + "model.ckpt-30", {"--moving-average"}, "image", convnet + "in_0.npy", "prob", averaged);
}

}  // namespace
}  // namespace floe
