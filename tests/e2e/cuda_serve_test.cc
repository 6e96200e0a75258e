// `floe serve --device cuda` on the executor that stands in for a GPU: it answers through both APIs, and what goes
// wrong on the device fails a request, or the model and the server's readiness, and never the process.
#include <unistd.h>

#include <cstdlib>
#include <thread>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tensor/npy.h"
#include "tests/testing/http_request.h"
#include "tests/testing/process.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::HttpRequest;
using ::floe::testing::RunProgram;
using ::floe::testing::ServerProcess;
using ::floe::testing::SourcePath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kOutOfMemory = 2, kIllegalAddress = 700;  // CUDA's numbers
constexpr ClientApi kApis[] = {ClientApi::kKServe, ClientApi::kTfServing};

class CudaServeTest : public ::testing::Test {
 protected:
  void SetUp() override {
    const std::string digits = SourcePath("examples/digits/");
    constexpr int kRows = 7;
    ASSERT_OK_AND_ASSIGN(const Tensor images, ReadNpy(digits + "held_out_images.npy"));
    ASSERT_OK_AND_ASSIGN(const Tensor probabilities, ReadNpy(digits + "held_out_probabilities.npy"));
    input_ = images.Rows(0, kRows);
    wanted_ = probabilities.Rows(0, kRows);
    const auto frozen = RunProgram(
        {FLOE_BINARY, "freeze", digits + "model.ckpt", "--moving-average", "--outputs", "probabilities", "-o", model_});
    ASSERT_EQ(frozen.exit_code, 0) << frozen.err;
  }
  void TearDown() override {
    unsetenv("FLOE_SIMT_FAIL_FILE");
    unsetenv("FLOE_SIMT_FAIL_CODE");
  }

  void Start() {
    auto server = ServerProcess::Start({FLOE_BINARY, "serve", model_, "--device", "cuda"});
    ASSERT_OK(server);
    server_ = *std::move(server);
  }
  // One with a device of which the call after FailNow ends in this error.
  void StartWithFailure(int code) {
    setenv("FLOE_SIMT_FAIL_FILE", fail_file_.c_str(), 1);
    setenv("FLOE_SIMT_FAIL_CODE", absl::StrCat(code).c_str(), 1);
    Start();
  }
  void FailNow() { ASSERT_OK(WriteFileAtomically(fail_file_, "")); }

  Client ClientFor(ClientApi api) const {
    auto client = Client::Connect(server_->grpc_address(), {.api = api});
    EXPECT_OK(client);
    return *std::move(client);
  }
  // OK where the answer is right.
  absl::Status Ask(const Client& client) const {
    const auto outputs = client.Infer("model", {{"image", input_}});
    if (!outputs.ok()) return outputs.status();
    const Tensor& got = (*outputs)[0].second;
    if (got.shape() != wanted_.shape()) return absl::DataLossError(got.shape().ToString());
    constexpr float kTolerance = 1e-4f;
    for (int64_t i = 0; i < got.num_elements(); ++i) {
      const float difference = std::abs(got.data<float>()[i] - wanted_.data<float>()[i]);
      if (!(difference <= kTolerance)) return absl::DataLossError(absl::StrCat("off by ", difference, " at ", i));
    }
    return absl::OkStatus();
  }
  bool IsReady(ClientApi api) const {
    const auto status = ClientFor(api).Status();
    EXPECT_OK(status);
    return status.ok() && status->ready;
  }
  std::string Get(const std::string& path) const { return HttpRequest(server_->http_address(), "GET", path); }

  const std::string directory_ = TempDir();
  const std::string model_ = JoinPath(directory_, "model.pb"), fail_file_ = JoinPath(directory_, "fail");
  Tensor input_, wanted_;
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(CudaServeTest, AnswersManyAtOnceThroughBothApis) {
  Start();
  std::vector<std::thread> clients;
  for (int i = 0; i < 6; ++i) {
    clients.emplace_back([&, i] {
      const Client client = ClientFor(kApis[i % 2]);
      for (int k = 0; k < 3; ++k) EXPECT_OK(Ask(client));
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(server_->Stop(), 0);
}

TEST_F(CudaServeTest, WantOfMemoryFailsOneRequest) {
  StartWithFailure(kOutOfMemory);
  const Client client = ClientFor(ClientApi::kKServe);
  EXPECT_OK(Ask(client));
  FailNow();
  EXPECT_THAT(Ask(client), StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("out of memory")));
  EXPECT_OK(Ask(client));
  EXPECT_EQ(Get("/readyz"), "200 ready\n");
  for (const ClientApi api : kApis) EXPECT_TRUE(IsReady(api));
  EXPECT_EQ(server_->Stop(), 0);
}

TEST_F(CudaServeTest, ALostDeviceEndsReadiness) {
  StartWithFailure(kIllegalAddress);
  const Client client = ClientFor(ClientApi::kTfServing);
  EXPECT_OK(Ask(client));
  EXPECT_EQ(Get("/readyz"), "200 ready\n");
  for (const ClientApi api : kApis) EXPECT_TRUE(IsReady(api));
  FailNow();
  EXPECT_THAT(Ask(client), StatusIs(absl::StatusCode::kInternal, HasSubstr("illegal memory access")));
  // The health service is told behind the answer.
  for (int i = 0; i < 1000 && IsReady(ClientApi::kTfServing); ++i) absl::SleepFor(absl::Milliseconds(5));
  for (const ClientApi api : kApis) EXPECT_FALSE(IsReady(api));
  EXPECT_THAT(Get("/readyz"), AllOf(StartsWith("503 "), HasSubstr("CUDA device 0 was lost")));
  EXPECT_EQ(Get("/healthz"), "200 ok\n");
  const auto ready = ClientFor(ClientApi::kKServe).ModelReady("model");
  EXPECT_TRUE(ready.ok() && !*ready) << ready.status();
  for (const ClientApi api : kApis) {
    EXPECT_THAT(Ask(ClientFor(api)), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("was lost")));
  }
  EXPECT_EQ(server_->Stop(), 0);
}

TEST_F(CudaServeTest, SaysWhyThereIsNoDevice) {
  setenv("FLOE_SIMT_DEVICES", "0", 1);
  const auto refused = ServerProcess::Start({FLOE_BINARY, "serve", model_, "--device", "cuda"});
  EXPECT_THAT(refused.status(), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no CUDA device: ")));
  auto on_cpu = ServerProcess::Start({FLOE_BINARY, "serve", model_, "--device", "auto"});
  unsetenv("FLOE_SIMT_DEVICES");
  ASSERT_OK(on_cpu);
  server_ = *std::move(on_cpu);
  EXPECT_OK(Ask(ClientFor(ClientApi::kKServe)));
}

}  // namespace
}  // namespace floe
