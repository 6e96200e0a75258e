// Requests that a right model cannot take: each is refused with a reason through both APIs, and the server goes on.
#include <filesystem>
#include <string>
#include <vector>

#include "base/file.h"
#include "client/client.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/process.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ServerProcess;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::HasSubstr;
using Code = absl::StatusCode;
using Inputs = std::vector<NamedTensor>;

// A table's row by number, a quotient, and as many sevens as asked for.
constexpr char kRows[] = R"(
  node { name: "i" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } }
         attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "table" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor {
         dtype: DT_FLOAT tensor_shape { dim { size: 3 } } float_val: [1, 2, 3] } } } }
  node { name: "axis" op: "Const" attr { key: "dtype" value { type: DT_INT32 } } attr { key: "value" value { tensor {
         dtype: DT_INT32 tensor_shape { } int_val: 0 } } } }
  node { name: "row" op: "GatherV2" input: "table" input: "i" input: "axis" })";
constexpr char kQuotient[] = R"(
  node { name: "a" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } }
         attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "b" op: "Placeholder" attr { key: "dtype" value { type: DT_INT32 } }
         attr { key: "shape" value { shape { dim { size: -1 } } } } }
  node { name: "q" op: "FloorDiv" input: "a" input: "b" attr { key: "T" value { type: DT_INT32 } } })";
constexpr char kSevens[] = R"(
  node { name: "shape" op: "Placeholder" attr { key: "dtype" value { type: DT_INT64 } }
         attr { key: "shape" value { shape { dim { size: 2 } } } } }
  node { name: "seven" op: "Const" attr { key: "dtype" value { type: DT_FLOAT } } attr { key: "value" value { tensor {
         dtype: DT_FLOAT tensor_shape { } float_val: 7 } } } }
  node { name: "sevens" op: "Fill" input: "shape" input: "seven" })";

class BadRequestsTest : public ::testing::Test {
 protected:
  BadRequestsTest() {
    for (const auto& [name, graph] : std::vector<std::pair<std::string, const char*>>{
             {"rows", kRows}, {"quotient", kQuotient}, {"sevens", kSevens}}) {
      std::filesystem::create_directories(JoinPath(repository_, name + "/1"));
      EXPECT_OK(WriteFileAtomically(JoinPath(repository_, name + "/1/model.pbtxt"), graph));
    }
    auto server = ServerProcess::Start({FLOE_BINARY, "serve", "--model-repository", repository_});
    EXPECT_OK(server);
    server_ = *std::move(server);
  }

  void ExpectRefused(const std::string& model, const Inputs& good, const Inputs& bad, Code code,
                     const ::testing::Matcher<std::string>& message) {
    for (const ClientApi api : {ClientApi::kKServe, ClientApi::kTfServing}) {
      ClientOptions options;
      options.api = api;
      ASSERT_OK_AND_ASSIGN(const Client client, Client::Connect(server_->grpc_address(), options));
      EXPECT_OK(client.Infer(model, good));
      EXPECT_THAT(client.Infer(model, bad), StatusIs(code, message));
      EXPECT_OK(client.Infer(model, good));
    }
  }

  const std::string repository_ = TempDir();
  std::unique_ptr<ServerProcess> server_;
};

TEST_F(BadRequestsTest, AreRefusedWithTheReason) {
  ExpectRefused("rows", {{"i", Tensor::Of<int32_t>({2})}}, {{"i", Tensor::Of<int32_t>({3})}}, Code::kInvalidArgument,
                AllOf(HasSubstr("'row'"), HasSubstr("indices[0] = 3")));
  ExpectRefused("quotient", {{"a", Tensor::Of<int32_t>({6})}, {"b", Tensor::Of<int32_t>({2})}},
                {{"a", Tensor::Of<int32_t>({6})}, {"b", Tensor::Of<int32_t>({0})}}, Code::kInvalidArgument,
                AllOf(HasSubstr("'q'"), HasSubstr("zero")));
  ExpectRefused("quotient", {{"a", Tensor::Of<int32_t>({6, 7})}, {"b", Tensor::Of<int32_t>({2, 3})}},
                {{"a", Tensor::Of<int32_t>({6, 7})}, {"b", Tensor::Of<int32_t>({1, 2, 3})}}, Code::kInvalidArgument,
                HasSubstr("'q'"));
  const Inputs few = {{"shape", Tensor::Of<int64_t>({2, 3})}};
  ExpectRefused("sevens", few, {{"shape", Tensor::Of<int64_t>({int64_t{1} << 40, 3})}}, Code::kResourceExhausted,
                HasSubstr("'sevens'"));
  ExpectRefused("sevens", few, {{"shape", Tensor::Of<int64_t>({int64_t{1} << 40, int64_t{1} << 40})}},
                Code::kInvalidArgument, HasSubstr("'sevens'"));
  ExpectRefused("sevens", few, {{"shape", Tensor::Of<int64_t>({-1, 3})}}, Code::kInvalidArgument,
                AllOf(HasSubstr("'sevens'"), HasSubstr("-1")));
  EXPECT_EQ(server_->Stop(), 0);
}

}  // namespace
}  // namespace floe
