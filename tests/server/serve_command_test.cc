// `floe serve` as users run it: the built binary, what it prints, its signals and exit codes.
#include <fcntl.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "base/file.h"
#include "tensorflow_serving/apis/prediction_service.grpc.pb.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;

// y = x + x
constexpr char kGraph[] = R"(
    node { name: "x" op: "Placeholder"
           attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape { dim { size: -1 } dim { size: 2 } } } } }
    node { name: "y" op: "AddV2" input: "x" input: "x" attr { key: "T" value { type: DT_FLOAT } } })";

// z = (x x^T)^2: for thousands of rows, on the plain evaluation, one step that takes longer than any test waits.
constexpr char kSlowGraph[] = R"(
    node { name: "x" op: "Placeholder"
           attr { key: "dtype" value { type: DT_FLOAT } }
           attr { key: "shape" value { shape { dim { size: -1 } dim { size: 2 } } } } }
    node { name: "y" op: "MatMul" input: "x" input: "x"
           attr { key: "T" value { type: DT_FLOAT } } attr { key: "transpose_b" value { b: true } } }
    node { name: "z" op: "MatMul" input: "y" input: "y" attr { key: "T" value { type: DT_FLOAT } } })";
constexpr int kSlowRows = 8000;

class ServeCommandTest : public ::testing::Test {
 protected:
  ServeCommandTest() { std::ofstream(directory_ + "/doubles.pbtxt") << kGraph; }
  ~ServeCommandTest() override {
    if (child_ > 0) kill(child_, SIGKILL);
    if (child_ > 0) waitpid(child_, nullptr, 0);
  }

  void Start(std::vector<std::string> arguments) {
    arguments.insert(arguments.begin(), {FLOE_BINARY, "serve"});
    std::vector<char*> argv;
    for (std::string& argument : arguments) argv.push_back(argument.data());
    argv.push_back(nullptr);
    child_ = fork();
    if (child_ != 0) return;
    if (chdir(directory_.c_str()) != 0) _exit(120);
    dup2(open("stdout", O_CREAT | O_WRONLY | O_TRUNC, 0600), STDOUT_FILENO);
    dup2(open("stderr", O_CREAT | O_WRONLY | O_TRUNC, 0600), STDERR_FILENO);
    execv(argv[0], argv.data());
    _exit(121);
  }
  int Wait() {
    int status = -1;
    EXPECT_EQ(waitpid(child_, &status, 0), child_);
    child_ = 0;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
  }
  std::string Read(const std::string& name) const { return ReadFile(directory_ + "/" + name).value_or(""); }
  // The address of gRPC in the line that says that the server serves.
  std::string WaitUntilServing() {
    for (int i = 0; i < 4000 && !absl::StrContains(Read("stdout"), "\n"); ++i) absl::SleepFor(absl::Milliseconds(5));
    const std::string line = Read("stdout");
    EXPECT_THAT(line, MatchesRegex("serving gRPC on 127\\.0\\.0\\.1:[0-9]+, HTTP on 127\\.0\\.0\\.1:[0-9]+\n"))
        << Read("stderr");
    const size_t begin = line.find(" on ") + 4;
    return line.substr(begin, line.find(',') - begin);
  }
  void ExpectAnswers(const std::string& address, const std::string& model) {
    tensorflow::serving::PredictRequest request;
    request.mutable_model_spec()->set_name(model);
    tensorflow::TensorProto& x = (*request.mutable_inputs())["x"];
    x.set_dtype(tensorflow::DT_FLOAT);
    x.mutable_tensor_shape()->add_dim()->set_size(1);
    x.mutable_tensor_shape()->add_dim()->set_size(2);
    x.add_float_val(1.5);
    x.add_float_val(-2);
    tensorflow::serving::PredictResponse response;
    grpc::ClientContext context;
    const auto channel = grpc::CreateChannel(address, grpc::InsecureChannelCredentials());
    const grpc::Status status =
        tensorflow::serving::PredictionService::NewStub(channel)->Predict(&context, request, &response);
    ASSERT_TRUE(status.ok()) << status.error_message();
    EXPECT_THAT(response.outputs().at("y").float_val(), ElementsAre(3, -4));
  }
  // A server with one request in flight that does not end by itself.
  void StartSlow(const std::string& drain_seconds) {
    std::ofstream(directory_ + "/slow.pbtxt") << kSlowGraph;
    Start({"slow.pbtxt", "--device=reference", "--threads=1", "--port=0", "--http-port=0", "--drain-seconds",
           drain_seconds});
    stub_ = tensorflow::serving::PredictionService::NewStub(
        grpc::CreateChannel(WaitUntilServing(), grpc::InsecureChannelCredentials()));
    tensorflow::serving::PredictRequest request;
    request.mutable_model_spec()->set_name("slow");
    tensorflow::TensorProto& x = (*request.mutable_inputs())["x"];
    x.set_dtype(tensorflow::DT_FLOAT);
    x.mutable_tensor_shape()->add_dim()->set_size(kSlowRows);
    x.mutable_tensor_shape()->add_dim()->set_size(2);
    x.add_float_val(1);
    call_ = stub_->AsyncPredict(&context_, request, &queue_);
    call_->Finish(&response_, &call_status_, this);
    // Until it has reached the model.
    absl::SleepFor(absl::Seconds(1));
  }
  grpc::StatusCode FinishSlow() {
    void* tag;
    bool ok;
    EXPECT_TRUE(queue_.Next(&tag, &ok));
    return call_status_.error_code();
  }

  // Ends at once, with this code and one line that matches.
  void ExpectFailure(const std::vector<std::string>& arguments, int exit_code,
                     const ::testing::Matcher<std::string>& message) {
    Start(arguments);
    EXPECT_EQ(Wait(), exit_code);
    const std::string error = Read("stderr");
    EXPECT_THAT(error, message);
    EXPECT_THAT(error.substr(error.find("floe: ")), MatchesRegex("floe: [^\n]*\n"));
    EXPECT_EQ(Read("stdout"), "");
  }

  const std::string directory_ = testing::TempDir();
  pid_t child_ = 0;

  std::unique_ptr<tensorflow::serving::PredictionService::Stub> stub_;
  grpc::CompletionQueue queue_;
  grpc::ClientContext context_;
  tensorflow::serving::PredictResponse response_;
  grpc::Status call_status_;
  std::unique_ptr<grpc::ClientAsyncResponseReader<tensorflow::serving::PredictResponse>> call_;
};

TEST_F(ServeCommandTest, OneModelUntilSigterm) {
  Start({"doubles.pbtxt", "--grpc-port=0", "--http-port", "0"});
  ExpectAnswers(WaitUntilServing(), "doubles");
  kill(child_, SIGTERM);
  EXPECT_EQ(Wait(), 0);
}

TEST_F(ServeCommandTest, ASecondSignalEndsAtOnce) {
  StartSlow("60");
  kill(child_, SIGTERM);
  absl::SleepFor(absl::Milliseconds(300));
  EXPECT_EQ(waitpid(child_, nullptr, WNOHANG), 0);  // waits for what is in flight
  kill(child_, SIGTERM);
  EXPECT_EQ(Wait(), 1);
  EXPECT_EQ(FinishSlow(), grpc::StatusCode::UNAVAILABLE);
}

TEST_F(ServeCommandTest, WhatTakesTooLongDoesNotHoldUpTheEnd) {
  StartSlow("1");
  const absl::Time begun = absl::Now();
  kill(child_, SIGTERM);
  EXPECT_EQ(Wait(), 0);
  EXPECT_LT(absl::Now() - begun, absl::Seconds(5));
  EXPECT_NE(FinishSlow(), grpc::StatusCode::OK);
}

TEST_F(ServeCommandTest, OtherServersFlagsAndLogsInJson) {
  ASSERT_OK(FileSystem::Posix().MakeDirectories(directory_ + "/my_models/7"));
  ASSERT_OK(FileSystem::Posix().Rename(directory_ + "/doubles.pbtxt", directory_ + "/my_models/7/model.pbtxt"));
  Start({"--port=0", "--rest_api_port=0", "--model_name=my_model", "--model_base_path=my_models", "--log_format=json",
         "--enable_serialization_as_tensor_content=false"});
  ExpectAnswers(WaitUntilServing(), "my_model");
  EXPECT_THAT(Read("stderr"), HasSubstr(R"("level":"info","message":"model 'my_model' version 7 is available)"));
  kill(child_, SIGINT);
  EXPECT_EQ(Wait(), 0);
}

TEST_F(ServeCommandTest, ARepositoryWithAConfig) {
  ASSERT_OK(FileSystem::Posix().MakeDirectories(directory_ + "/models/twice/1"));
  ASSERT_OK(FileSystem::Posix().Rename(directory_ + "/doubles.pbtxt", directory_ + "/models/twice/1/model.pbtxt"));
  std::ofstream(directory_ + "/models/twice/config.pbtxt") << "max_batch_size: 4 instance_group [ { count: 2 } ]";
  Start({"--model-repository", "models", "--port", "0", "--http-port", "0"});
  ExpectAnswers(WaitUntilServing(), "twice");
}

TEST_F(ServeCommandTest, AModelThatCannotBeLoaded) {
  ExpectFailure({"missing.pb", "--port=0", "--http-port=0"}, 1, HasSubstr("missing.pb"));
  std::ofstream(directory_ + "/random.pb") << std::string(1000, '\xee');
  ExpectFailure({"random.pb", "--port=0", "--http-port=0"}, 1, HasSubstr("random.pb"));
  std::ofstream(directory_ + "/unknown.pbtxt") << R"(node { name: "n" op: "NoSuchOp" })";
  ExpectFailure({"unknown.pbtxt", "--port=0", "--http-port=0"}, 1, HasSubstr("NoSuchOp"));
  ExpectFailure({"--model-repository", "nowhere", "--port=0", "--http-port=0"}, 1, HasSubstr("nowhere"));
}

TEST_F(ServeCommandTest, WrongUsage) {
  ExpectFailure({}, 2, HasSubstr("--model-repository"));
  ExpectFailure({"a.pb", "--model-repository", "b"}, 2, HasSubstr("--model-repository"));
  ExpectFailure({"a.pb", "--port", "70000"}, 2, AllOf(HasSubstr("port"), HasSubstr("70000")));
  ExpectFailure({"a.pb", "--frobnicate"}, 2, HasSubstr("--frobnicate"));
}

TEST_F(ServeCommandTest, APortThatIsTaken) {
  Start({"doubles.pbtxt", "--port=0", "--http-port=0"});
  const std::string address = WaitUntilServing();
  const pid_t first = std::exchange(child_, 0);
  Start({"doubles.pbtxt", "--http-port=0", absl::StrCat("--port=", address.substr(address.rfind(':') + 1))});
  EXPECT_EQ(Wait(), 1);
  EXPECT_EQ(Read("stderr"), absl::StrCat("floe: cannot listen on ", address, ": Address already in use\n"));
  child_ = first;
}

}  // namespace
}  // namespace floe
