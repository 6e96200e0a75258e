#include <grpcpp/client_context.h>

#include "tensorflow_serving/apis/model_service.grpc.pb.h"
#include "tests/server/test_server.h"

namespace floe {
namespace {

using tensorflow::serving::GetModelStatusRequest;
using tensorflow::serving::GetModelStatusResponse;
using tensorflow::serving::ModelVersionStatus;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;
using testing::TestServer;

class ModelServiceTest : public ::testing::Test {
 protected:
  absl::Status Get(const std::string& model, std::optional<int64_t> version, GetModelStatusResponse* response) {
    GetModelStatusRequest request;
    request.mutable_model_spec()->set_name(model);
    if (version.has_value()) request.mutable_model_spec()->mutable_version()->set_value(*version);
    grpc::ClientContext context;
    return testing::FromGrpc(stub_->GetModelStatus(&context, request, response));
  }

  TestServer server_{MakeFakeModel()};
  std::unique_ptr<tensorflow::serving::ModelService::Stub> stub_ =
      tensorflow::serving::ModelService::NewStub(server_.Connect());
};

TEST_F(ModelServiceTest, ReportsVersions) {
  GetModelStatusResponse response;
  ASSERT_OK(Get("m", std::nullopt, &response));
  ASSERT_EQ(response.model_version_status_size(), 1);
  EXPECT_EQ(response.model_version_status(0).version(), 1);
  EXPECT_EQ(response.model_version_status(0).state(), ModelVersionStatus::AVAILABLE);
  EXPECT_EQ(response.model_version_status(0).status().error_code(), tensorflow::error::OK);
  EXPECT_OK(Get("m", 1, &response));
}

TEST_F(ModelServiceTest, Mistakes) {
  GetModelStatusResponse response;
  EXPECT_THAT(Get("", std::nullopt, &response),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("names no model")));
  EXPECT_THAT(Get("n", std::nullopt, &response), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no model 'n'")));
  EXPECT_THAT(Get("m", 2, &response), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 2")));
}

TEST_F(ModelServiceTest, TakesNoConfigurationWhileItRuns) {
  grpc::ClientContext context;
  tensorflow::serving::ReloadConfigResponse response;
  EXPECT_THAT(testing::FromGrpc(stub_->HandleReloadConfigRequest(&context, {}, &response)),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("configuration")));
}

}  // namespace
}  // namespace floe
