#include <grpcpp/client_context.h>

#include <functional>

#include "absl/strings/match.h"
#include "absl/time/clock.h"
#include "grpc_service.grpc.pb.h"
#include "proto/kserve_codec.h"
#include "tests/server/test_server.h"

namespace floe {
namespace {

using inference::ModelInferRequest;
using inference::ModelInferResponse;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeModel;
using testing::Gate;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;
using testing::TestServer;
using Stub = inference::GRPCInferenceService::Stub;

constexpr auto kWrong = absl::StatusCode::kInvalidArgument;

ModelInferRequest TypedRequest() {
  ModelInferRequest request;
  request.set_model_name("m");
  auto* const input = request.add_inputs();
  input->set_name("x");
  input->set_datatype("FP32");
  input->add_shape(1);
  input->add_shape(2);
  input->mutable_contents()->add_fp32_contents(1);
  input->mutable_contents()->add_fp32_contents(2);
  return request;
}

ModelInferRequest RawRequest(const Tensor& x = Tensor::Of<float>(Shape({1, 2}), {1, 2})) {
  ModelInferRequest request;
  request.set_model_name("m");
  auto* const input = request.add_inputs();
  input->set_name("x");
  input->set_datatype(std::string(KServeDataType(x.dtype())));
  for (const int64_t size : x.shape().dims()) input->add_shape(size);
  EXPECT_OK(TensorToRaw(x, request.add_raw_input_contents()));
  return request;
}

absl::Status Infer(Stub& stub, const ModelInferRequest& request, ModelInferResponse* response = nullptr) {
  grpc::ClientContext context;
  ModelInferResponse unused;
  return testing::FromGrpc(stub.ModelInfer(&context, request, response == nullptr ? &unused : response));
}

class KServeTest : public ::testing::Test {
 protected:
  // Every mistake is followed by a good request: the server goes on serving.
  absl::Status MistakeIn(ModelInferRequest request, const std::function<void(ModelInferRequest*)>& change) {
    change(&request);
    const absl::Status status = Infer(*stub_, request);
    EXPECT_OK(Infer(*stub_, TypedRequest()));
    return status;
  }
  template <typename Request, typename Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    return testing::FromGrpc((stub_.get()->*method)(&context, request, response));
  }

  TestServer server_{MakeFakeModel()};
  std::unique_ptr<Stub> stub_ = inference::GRPCInferenceService::NewStub(server_.Connect());
};

TEST_F(KServeTest, TypedContentsAreAnsweredInKind) {
  ModelInferRequest request = TypedRequest();
  request.set_id("a7");
  ModelInferResponse response;
  ASSERT_OK(Infer(*stub_, request, &response));
  EXPECT_EQ(response.model_name(), "m");
  EXPECT_EQ(response.model_version(), "1");
  EXPECT_EQ(response.id(), "a7");
  ASSERT_EQ(response.outputs_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "x_out");
  EXPECT_EQ(response.outputs(0).datatype(), "FP32");
  EXPECT_THAT(response.outputs(0).shape(), ElementsAre(1, 2));
  EXPECT_THAT(response.outputs(0).contents().fp32_contents(), ElementsAre(1, 2));
  EXPECT_EQ(response.raw_output_contents_size(), 0);
}

TEST_F(KServeTest, RawContentsAreAnsweredInKind) {
  ModelInferResponse response;
  ASSERT_OK(Infer(*stub_, RawRequest(), &response));
  ASSERT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_EQ(response.raw_output_contents(0).size(), 8u);
  EXPECT_FALSE(response.outputs(0).has_contents());
}

TEST_F(KServeTest, ATypedRequestMayAskForARawAnswer) {
  ModelInferRequest request = TypedRequest();
  auto* const output = request.add_outputs();
  output->set_name("x_out:0");
  (*output->mutable_parameters())["binary_data"].set_bool_param(true);
  ModelInferResponse response;
  ASSERT_OK(Infer(*stub_, request, &response));
  EXPECT_EQ(response.raw_output_contents_size(), 1);
  EXPECT_EQ(response.outputs(0).name(), "x_out:0");  // as it was asked for
}

TEST(KServeDtypesTest, EveryDatatypeComesBackRaw) {
  for (const DType dtype :
       {DType::kFloat, DType::kDouble, DType::kInt32, DType::kUint8, DType::kInt16, DType::kInt8, DType::kString,
        DType::kInt64, DType::kBool, DType::kBfloat16, DType::kUint16, DType::kHalf, DType::kUint32, DType::kUint64}) {
    TestServer server(MakeFakeModel(dtype));
    const auto stub = inference::GRPCInferenceService::NewStub(server.Connect());
    Tensor x(dtype, Shape({1, 2}));
    if (dtype == DType::kString) {
      x.mutable_data<std::string>()[1] = std::string("i\0ce", 4);
    } else {
      std::fill_n(static_cast<char*>(x.raw_mutable_data()), x.byte_size(), '\1');
    }
    ModelInferResponse response;
    ASSERT_OK(Infer(*stub, RawRequest(x), &response));
    ASSERT_EQ(response.raw_output_contents_size(), 1);
    ASSERT_OK_AND_ASSIGN(const Tensor y, TensorFromRaw(dtype, x.shape(), response.raw_output_contents(0)));
    EXPECT_EQ(y.ToString(), x.ToString());
    EXPECT_EQ(response.outputs(0).datatype(), KServeDataType(dtype));
  }
}

TEST(KServeDtypesTest, WhatKServeHasNoDatatypeForIsSaid) {
  TestServer server(MakeFakeModel(DType::kComplex64));
  const auto stub = inference::GRPCInferenceService::NewStub(server.Connect());
  EXPECT_THAT(Infer(*stub, TypedRequest()), StatusIs(kWrong, HasSubstr("complex64")));
}

TEST_F(KServeTest, UnknownModelVersion) {
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->set_model_name("mm"); }),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("no model 'mm'"), HasSubstr("did you mean 'm'"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->set_model_version("2"); }),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 2")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->set_model_version("two"); }),
              StatusIs(kWrong, AllOf(HasSubstr("number"), HasSubstr("'two'"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->set_model_version("99999999999999999999"); }),
              StatusIs(kWrong, HasSubstr("number")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->clear_model_name(); }),
              StatusIs(kWrong, HasSubstr("names no model")));
}

TEST_F(KServeTest, WrongNamesOfInputsAndOutputs) {
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_name("xx"); }),
              StatusIs(kWrong, AllOf(HasSubstr("no input 'xx'"), HasSubstr("did you mean 'x'"))));
  EXPECT_THAT(MistakeIn(RawRequest(),
                        [](auto* r) {
                          r->clear_inputs();
                          r->clear_raw_input_contents();
                        }),
              StatusIs(kWrong, HasSubstr("missing: 'x'")));
  EXPECT_THAT(MistakeIn(TypedRequest(), [](auto* r) { *r->add_inputs() = r->inputs(0); }),
              StatusIs(kWrong, HasSubstr("came twice")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->add_outputs()->set_name("y"); }),
              StatusIs(kWrong, AllOf(HasSubstr("no output 'y'"), HasSubstr("'x_out'"))));
  EXPECT_THAT(MistakeIn(RawRequest(),
                        [](auto* r) {
                          r->add_outputs()->set_name("x_out");
                          r->add_outputs()->set_name("x_out");
                        }),
              StatusIs(kWrong, AllOf(HasSubstr("has 1 outputs"), HasSubstr("asked for 2"))));
}

TEST_F(KServeTest, WrongTensors) {
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_datatype("INT32"); }),
              StatusIs(kWrong, HasSubstr("input 'x' takes FP32, got INT32")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_datatype("FLOAT"); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("'FLOAT'"), HasSubstr("'FP32'"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->mutable_shape()->RemoveLast(); }),
              StatusIs(kWrong, AllOf(HasSubstr("[?,2]"), HasSubstr("of rank 1"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_shape(1, 3); }),
              StatusIs(kWrong, AllOf(HasSubstr("[?,2]"), HasSubstr("[1,3]"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_shape(0, -1); }),
              StatusIs(kWrong, HasSubstr("input 'x'")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_shape(0, INT64_MAX); }),
              StatusIs(kWrong, HasSubstr("input 'x'")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->set_shape(0, INT64_MAX / 4); }),
              StatusIs(kWrong, HasSubstr("input 'x'")));
}

TEST_F(KServeTest, ContentsThatDoNotFit) {
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_raw_input_contents(0)->push_back('x'); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("takes 8 raw bytes, got 9"))));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->add_raw_input_contents(); }),
              StatusIs(kWrong, HasSubstr("raw_input_contents has 2 entries for 1 inputs")));
  EXPECT_THAT(MistakeIn(RawRequest(), [](auto* r) { r->mutable_inputs(0)->mutable_contents()->add_fp32_contents(1); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("use one of them"))));
  EXPECT_THAT(
      MistakeIn(TypedRequest(), [](auto* r) { r->mutable_inputs(0)->mutable_contents()->add_fp32_contents(1); }),
      StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("takes 2 values"), HasSubstr("got 3"))));
  EXPECT_THAT(MistakeIn(TypedRequest(), [](auto* r) { r->mutable_inputs(0)->clear_contents(); }),
              StatusIs(kWrong, AllOf(HasSubstr("takes 2 values"), HasSubstr("got 0"))));
  EXPECT_THAT(MistakeIn(TypedRequest(), [](auto* r) { r->mutable_inputs(0)->mutable_contents()->add_int_contents(1); }),
              StatusIs(kWrong, HasSubstr("int_contents")));
  EXPECT_THAT(MistakeIn(TypedRequest(),
                        [](auto* r) {
                          auto& parameters = *r->mutable_inputs(0)->mutable_parameters();
                          parameters["shared_memory_region"].set_string_param("region");
                        }),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("shared memory")));
}

TEST(KServeDtypesTest, StringsThatAreCutOff) {
  TestServer server(MakeFakeModel(DType::kString));
  const auto stub = inference::GRPCInferenceService::NewStub(server.Connect());
  ModelInferRequest request = RawRequest(Tensor::Of<std::string>(Shape({1, 2}), {"ice", "floe"}));
  EXPECT_OK(Infer(*stub, request));
  request.mutable_raw_input_contents(0)->pop_back();
  EXPECT_THAT(Infer(*stub, request), StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("cut off"))));
}

TEST(KServeTimeoutTest, TheTimeoutParameterIsADeadline) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate));
  const auto stub = inference::GRPCInferenceService::NewStub(server.Connect());
  gate->Close();
  ModelInferRequest request = RawRequest();
  (*request.mutable_parameters())["timeout"].set_int64_param(20000);
  (*request.mutable_parameters())["anything"].set_string_param("is ignored");
  EXPECT_THAT(Infer(*stub, request), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("took too long")));
}

TEST_F(KServeTest, LiveReadyAndMetadata) {
  inference::ServerLiveResponse live;
  ASSERT_OK(Call(&Stub::ServerLive, inference::ServerLiveRequest(), &live));
  EXPECT_TRUE(live.live());
  inference::ServerReadyResponse ready;
  ASSERT_OK(Call(&Stub::ServerReady, inference::ServerReadyRequest(), &ready));
  EXPECT_TRUE(ready.ready());
  inference::ServerMetadataResponse server;
  ASSERT_OK(Call(&Stub::ServerMetadata, inference::ServerMetadataRequest(), &server));
  EXPECT_EQ(server.name(), "floe");
  EXPECT_FALSE(server.version().empty());

  inference::ModelReadyRequest model_ready;
  model_ready.set_name("m");
  inference::ModelReadyResponse model_is_ready;
  ASSERT_OK(Call(&Stub::ModelReady, model_ready, &model_is_ready));
  EXPECT_TRUE(model_is_ready.ready());
  model_ready.set_version("9");
  ASSERT_OK(Call(&Stub::ModelReady, model_ready, &model_is_ready));
  EXPECT_FALSE(model_is_ready.ready());
  model_ready.set_version("x");
  EXPECT_THAT(Call(&Stub::ModelReady, model_ready, &model_is_ready), StatusIs(kWrong, HasSubstr("'x'")));
}

TEST_F(KServeTest, ModelMetadataAndConfig) {
  inference::ModelMetadataRequest request;
  request.set_name("m");
  inference::ModelMetadataResponse metadata;
  ASSERT_OK(Call(&Stub::ModelMetadata, request, &metadata));
  EXPECT_THAT(metadata.versions(), ElementsAre("1"));
  EXPECT_EQ(metadata.platform(), "tensorflow_graphdef");
  ASSERT_EQ(metadata.inputs_size(), 1);
  EXPECT_EQ(metadata.inputs(0).name(), "x");
  EXPECT_EQ(metadata.inputs(0).datatype(), "FP32");
  EXPECT_THAT(metadata.inputs(0).shape(), ElementsAre(-1, 2));
  EXPECT_EQ(metadata.outputs(0).name(), "x_out");
  request.set_version("3");
  EXPECT_THAT(Call(&Stub::ModelMetadata, request, &metadata),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 3")));

  inference::ModelConfigRequest config_request;
  config_request.set_name("m");
  inference::ModelConfigResponse config;
  ASSERT_OK(Call(&Stub::ModelConfig, config_request, &config));
  EXPECT_EQ(config.config().name(), "m");
  EXPECT_EQ(config.config().max_batch_size(), 0);
  EXPECT_THAT(config.config().input(0).dims(), ElementsAre(-1, 2));
  EXPECT_EQ(config.config().instance_group(0).count(), 1);
}

TEST_F(KServeTest, RepositoryIndex) {
  inference::RepositoryIndexResponse index;
  ASSERT_OK(Call(&Stub::RepositoryIndex, inference::RepositoryIndexRequest(), &index));
  ASSERT_EQ(index.models_size(), 1);
  EXPECT_EQ(index.models(0).name(), "m");
  EXPECT_EQ(index.models(0).version(), "1");
  EXPECT_EQ(index.models(0).state(), "READY");
}

}  // namespace
}  // namespace floe
