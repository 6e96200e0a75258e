// The floe-client program: exit codes, what it prints, and the one line of an error.
#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/str_split.h"
#include "base/file.h"
#include "tensor/npy.h"
#include "tests/client/fake_server.h"
#include "tests/testing/process.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeServer;
using ::floe::testing::Outcome;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

// Arguments are divided at spaces.
Outcome RunClient(const std::string& arguments) {
  std::vector<std::string> command = {FLOE_CLIENT_BINARY};
  for (const absl::string_view argument : absl::StrSplit(arguments, ' ', absl::SkipEmpty())) {
    command.emplace_back(argument);
  }
  return testing::RunProgram(command);
}

void ExpectError(const Outcome& outcome, int exit_code, const std::string& part) {
  EXPECT_EQ(outcome.exit_code, exit_code) << outcome.err;
  EXPECT_THAT(outcome.err, AllOf(StartsWith("floe-client: "), HasSubstr(part)));
  EXPECT_EQ(std::count(outcome.err.begin(), outcome.err.end(), '\n'), 1) << outcome.err;
}

TEST(FloeClientTest, WrongUsageExitsWithTwo) {
  ExpectError(RunClient(""), 2, "subcommand");
  ExpectError(RunClient("guess"), 2, "guess");
  ExpectError(RunClient("metadata"), 2, "MODEL");
  ExpectError(RunClient("infer m --input x"), 2, "NAME=FILE");
  ExpectError(RunClient("infer m --input =x"), 2, "NAME=FILE");
  ExpectError(RunClient("infer m --version one"), 2, "--version");
  ExpectError(RunClient("infer m --api rest"), 2, "--api");
  ExpectError(RunClient("status --deadline 0"), 2, "--deadline");
  ExpectError(RunClient("status --retries -1"), 2, "--retries");
}

TEST(FloeClientTest, HelpIsNoError) {
  for (const std::string command : {"", "status ", "metadata ", "infer "}) {
    const Outcome outcome = RunClient(command + "--help");
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Usage: floe-client"));
  }
}

TEST(FloeClientTest, StatusIsAHealthCheck) {
  {
    const FakeServer server;
    const Outcome outcome = RunClient("status --server " + server.address());
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "server: fake 7\nlive: yes\nready: yes\nmodel: echo 1 READY\n");
    EXPECT_EQ(RunClient("--api tfserving --server " + server.address() + " status").exit_code, 0);
  }
  const FakeServer loading(FakeServer::Answers{.ready = false});
  ExpectError(RunClient("status --server " + loading.address()), 1, "live but not ready");
  const FakeServer dying(FakeServer::Answers{.live = false});
  ExpectError(RunClient("status --server " + dying.address()), 1, "not live");
  ExpectError(RunClient("status --server 127.0.0.1:1"), 1, "127.0.0.1:1");
  ExpectError(RunClient("status --server here"), 1, "'here'");
}

TEST(FloeClientTest, AProxyIsNotAskedForThisMachine) {
  const FakeServer server;
  setenv("http_proxy", "http://127.0.0.1:1", 1);
  EXPECT_EQ(RunClient("status --server " + server.address()).exit_code, 0);
  unsetenv("http_proxy");
}

TEST(FloeClientTest, ATlsFailureIsOneLine) {
  const FakeServer server;
  const std::string root = testing::SourcePath("tests/client/testdata/localhost.crt");
  ExpectError(RunClient("status --deadline 5 --tls-root-cert " + root + " --server " + server.address()), 1,
              server.address());
  ExpectError(RunClient("status --tls-root-cert /nowhere.pem"), 1, "/nowhere.pem");
}

TEST(FloeClientTest, MetadataIsPrinted) {
  const FakeServer server;
  const Outcome outcome = RunClient("metadata echo --server " + server.address());
  EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
  EXPECT_EQ(outcome.out,
            "model: echo\nversion: 1\nplatform: fake_graph\ninput: x float32 [?,3]\ninput: bits bfloat16 [2]\n"
            "output: y int64 []\n");
  ExpectError(RunClient("metadata ecko --server " + server.address()), 1, "unknown model 'ecko'");
  ExpectError(RunClient("metadata echo --signature s --server " + server.address()), 1, "no signature 's'");
}

TEST(FloeClientTest, InferPrintsAndWritesOutputs) {
  const FakeServer server;
  const std::string dir = TempDir();
  const Tensor x = Tensor::Of<float>(Shape({1, 3}), {1, 2.5, -3});
  ASSERT_OK(WriteNpy(JoinPath(dir, "x.npy"), x));
  ASSERT_OK(WriteNpy(JoinPath(dir, "y.npy"), Tensor::Scalar<int64_t>(4)));
  const std::string inputs = " --input x=" + dir + "/x.npy --input y=" + dir + "/y.npy --server " + server.address();
  for (const std::string api : {"kserve", "tfserving"}) {
    const std::string out = JoinPath(dir, api + "/made");
    const Outcome outcome = RunClient("infer echo --api " + api + inputs + " --output-dir " + out);
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    EXPECT_EQ(outcome.out, "x float32 [1,3] 1 2.5 -3\ny int64 [] 4\n");
    ASSERT_OK_AND_ASSIGN(const Tensor first, ReadNpy(JoinPath(out, "0.npy")));
    EXPECT_EQ(first.bytes(), x.bytes());
    ASSERT_OK_AND_ASSIGN(const Tensor second, ReadNpy(JoinPath(out, "1.npy")));
    EXPECT_EQ(second.scalar<int64_t>(), 4);
  }
  EXPECT_EQ(RunClient("infer echo --fetch y --fetch x" + inputs).out, "y int64 [] 4\nx float32 [1,3] 1 2.5 -3\n");
  ExpectError(RunClient("infer echo --fetch z" + inputs), 1, "'z'");
  ExpectError(RunClient("infer ecko" + inputs), 1, "unknown model 'ecko'");
  ExpectError(RunClient("infer echo --input x=" + dir + "/none.npy"), 1, "none.npy");
  ASSERT_OK(WriteFileAtomically(JoinPath(dir, "text.npy"), "no array"));
  ExpectError(RunClient("infer echo --input x=" + dir + "/text.npy"), 1, "text.npy");
}

TEST(FloeClientTest, StringsAreJson) {
  const FakeServer server;
  const std::string dir = TempDir();
  ASSERT_OK(WriteFileAtomically(JoinPath(dir, "s.json"), R"(["a", {"b64": "/w=="}])"));
  ASSERT_OK(WriteFileAtomically(JoinPath(dir, "bad.json"), "[1"));
  const std::string infer = "infer echo --server " + server.address() + " --output-dir " + dir + " --input s=" + dir;
  EXPECT_EQ(RunClient(infer + "/s.json").exit_code, 0);
  ASSERT_OK_AND_ASSIGN(const std::string json, ReadFile(JoinPath(dir, "0.json")));
  EXPECT_THAT(json, AllOf(HasSubstr("\"a\""), HasSubstr("/w==")));
  ExpectError(RunClient(infer + "/bad.json"), 1, "bad.json");
}

TEST(FloeClientTest, ModelsThatTakeBfloat16GetTheBits) {
  FakeServer::Answers answers;
  answers.infer = [](const inference::ModelInferRequest& request, inference::ModelInferResponse* response) {
    testing::AddRawOutput(request.inputs(0).datatype(), "UINT8", {1}, "a", response);
    return grpc::Status::OK;
  };
  const FakeServer server(answers);
  const std::string dir = TempDir();
  ASSERT_OK(WriteNpy(JoinPath(dir, "u.npy"), Tensor::Of<uint16_t>({1, 2})));
  EXPECT_THAT(RunClient("infer echo --input bits=" + dir + "/u.npy --server " + server.address()).out,
              StartsWith("BF16 "));
  EXPECT_THAT(RunClient("infer echo --input other=" + dir + "/u.npy --server " + server.address()).out,
              StartsWith("UINT16 "));
}

}  // namespace
}  // namespace floe
