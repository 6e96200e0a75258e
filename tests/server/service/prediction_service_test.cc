#include <grpcpp/client_context.h>

#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "proto/tensor_codec.h"
#include "tensorflow_serving/apis/prediction_service.grpc.pb.h"
#include "tests/server/test_server.h"

namespace floe {
namespace {

using tensorflow::serving::GetModelMetadataRequest;
using tensorflow::serving::GetModelMetadataResponse;
using tensorflow::serving::PredictRequest;
using tensorflow::serving::PredictResponse;
using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeModel;
using testing::Gate;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;
using testing::TestServer;
using Stub = tensorflow::serving::PredictionService::Stub;

constexpr auto kWrong = absl::StatusCode::kInvalidArgument;

PredictRequest Request(const Tensor& x = Tensor::Of<float>(Shape({1, 2}), {1, 2})) {
  PredictRequest request;
  request.mutable_model_spec()->set_name("m");
  TensorToProto(x, /*as_content=*/false, &(*request.mutable_inputs())["x"]);
  return request;
}

absl::Status Predict(Stub& stub, const PredictRequest& request, PredictResponse* response = nullptr,
                     absl::Time deadline = absl::InfiniteFuture()) {
  grpc::ClientContext context;
  if (deadline != absl::InfiniteFuture()) context.set_deadline(absl::ToChronoTime(deadline));
  PredictResponse unused;
  return testing::FromGrpc(stub.Predict(&context, request, response == nullptr ? &unused : response));
}

class PredictTest : public ::testing::Test {
 protected:
  // Every mistake is followed by a good request: the server goes on serving.
  absl::Status Mistake(const PredictRequest& request) {
    const absl::Status status = Predict(*stub_, request);
    EXPECT_OK(Predict(*stub_, Request()));
    return status;
  }
  absl::Status MistakeIn(const std::function<void(PredictRequest*)>& change) {
    PredictRequest request = Request();
    change(&request);
    return Mistake(request);
  }
  absl::Status MistakeInTensor(const std::function<void(tensorflow::TensorProto*)>& change) {
    return MistakeIn([&](PredictRequest* request) { change(&(*request->mutable_inputs())["x"]); });
  }

  TestServer server_{MakeFakeModel()};
  std::unique_ptr<Stub> stub_ = tensorflow::serving::PredictionService::NewStub(server_.Connect());
};

TEST_F(PredictTest, AnswersInTypedValuesAndSaysWhoAnswered) {
  PredictResponse response;
  ASSERT_OK(Predict(*stub_, Request(), &response));
  EXPECT_EQ(response.model_spec().name(), "m");
  EXPECT_EQ(response.model_spec().version().value(), 1);
  EXPECT_EQ(response.model_spec().signature_name(), "serving_default");
  ASSERT_EQ(response.outputs_size(), 1);
  const tensorflow::TensorProto& output = response.outputs().at("x_out");
  EXPECT_THAT(output.float_val(), ElementsAre(1, 2));
  EXPECT_TRUE(output.tensor_content().empty());
  EXPECT_EQ(output.tensor_shape().dim(1).size(), 2);
}

TEST_F(PredictTest, TakesEitherNameOfATensorAndAnswersUnderTheNameAskedFor) {
  PredictRequest request = Request();
  (*request.mutable_inputs())["x:0"].Swap(&(*request.mutable_inputs())["x"]);
  request.mutable_inputs()->erase("x");
  request.add_output_filter("x_out:0");
  request.mutable_model_spec()->set_signature_name("serving_default");
  request.mutable_model_spec()->mutable_version()->set_value(1);
  PredictResponse response;
  ASSERT_OK(Predict(*stub_, request, &response));
  EXPECT_EQ(response.outputs().count("x_out:0"), 1u);
}

TEST_F(PredictTest, TakesTensorContentAndShortTypedValues) {
  PredictRequest request = Request();
  const Tensor x = Tensor::Of<float>(Shape({2, 2}), {1, 2, 3, 4});
  TensorToProto(x, /*as_content=*/true, &(*request.mutable_inputs())["x"]);
  PredictResponse response;
  ASSERT_OK(Predict(*stub_, request, &response));
  EXPECT_THAT(response.outputs().at("x_out").float_val(), ElementsAre(1, 2, 3, 4));

  request = Request();
  tensorflow::TensorProto& tensor = (*request.mutable_inputs())["x"];
  tensor.mutable_tensor_shape()->mutable_dim(0)->set_size(3);
  ASSERT_OK(Predict(*stub_, request, &response));  // the last repeats
  EXPECT_THAT(response.outputs().at("x_out").float_val(), ElementsAre(1, 2, 2, 2, 2, 2));
}

TEST(PredictOptionsTest, AnswersInTensorContentWhereTheServerIsToldTo) {
  TestServer server(MakeFakeModel(), {.service = {.tensor_content = true}});
  const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
  PredictResponse response;
  ASSERT_OK(Predict(*stub, Request(), &response));
  EXPECT_EQ(response.outputs().at("x_out").tensor_content().size(), 8u);
  EXPECT_EQ(response.outputs().at("x_out").float_val_size(), 0);
}

TEST(PredictOptionsTest, EveryDtypeThatCanBeSentComesBack) {
  for (const DType dtype : {DType::kDouble, DType::kInt32, DType::kUint8, DType::kInt16, DType::kInt8, DType::kString,
                            DType::kComplex64, DType::kInt64, DType::kBool, DType::kBfloat16, DType::kUint16,
                            DType::kComplex128, DType::kHalf, DType::kUint32, DType::kUint64}) {
    TestServer server(MakeFakeModel(dtype));
    const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
    Tensor x(dtype, Shape({1, 2}));
    if (dtype == DType::kString) {
      x.mutable_data<std::string>()[1] = "ice";
    } else {
      std::fill_n(static_cast<char*>(x.raw_mutable_data()), x.byte_size(), '\1');
    }
    PredictResponse response;
    ASSERT_OK(Predict(*stub, Request(x), &response));
    ASSERT_OK_AND_ASSIGN(const Tensor y, TensorFromProto(response.outputs().at("x_out"), 1000));
    EXPECT_EQ(y.ToString(), x.ToString());
  }
}

TEST_F(PredictTest, UnknownModelVersionLabelSignature) {
  EXPECT_THAT(MistakeIn([](auto* r) { r->mutable_model_spec()->set_name("mm"); }),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("no model 'mm'"), HasSubstr("did you mean 'm'"))));
  EXPECT_THAT(MistakeIn([](auto* r) { r->mutable_model_spec()->mutable_version()->set_value(7); }),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("no version 7"), HasSubstr("'1'"))));
  EXPECT_THAT(MistakeIn([](auto* r) { r->mutable_model_spec()->mutable_version()->set_value(-1); }),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version -1")));
  EXPECT_THAT(MistakeIn([](auto* r) { r->mutable_model_spec()->set_version_label("stable"); }),
              StatusIs(kWrong, HasSubstr("no version label 'stable'")));
  EXPECT_THAT(
      MistakeIn([](auto* r) { r->mutable_model_spec()->set_signature_name("serving_defalt"); }),
      StatusIs(kWrong, AllOf(HasSubstr("no signature 'serving_defalt'"), HasSubstr("did you mean 'serving_default'"))));
  EXPECT_THAT(MistakeIn([](auto* r) { r->clear_model_spec(); }), StatusIs(kWrong, HasSubstr("names no model")));
}

TEST_F(PredictTest, WrongNamesOfInputsAndOutputs) {
  EXPECT_THAT(MistakeIn([](auto* r) { (*r->mutable_inputs())["y"] = r->inputs().at("x"); }),
              StatusIs(kWrong, AllOf(HasSubstr("no input 'y'"), HasSubstr("it has 'x'"))));
  EXPECT_THAT(MistakeIn([](auto* r) { r->clear_inputs(); }),
              StatusIs(kWrong, AllOf(HasSubstr("takes 1 inputs, got 0"), HasSubstr("missing: 'x'"))));
  EXPECT_THAT(MistakeIn([](auto* r) { (*r->mutable_inputs())["x:0"] = r->inputs().at("x"); }),
              StatusIs(kWrong, HasSubstr("came twice")));
  EXPECT_THAT(MistakeIn([](auto* r) { r->add_output_filter("x_ou"); }),
              StatusIs(kWrong, AllOf(HasSubstr("no output 'x_ou'"), HasSubstr("did you mean 'x_out'"))));
  EXPECT_THAT(MistakeIn([](auto* r) {
                r->add_output_filter("x_out");
                r->add_output_filter("x_out");
              }),
              StatusIs(kWrong, AllOf(HasSubstr("has 1 outputs"), HasSubstr("asked for 2"))));
}

TEST_F(PredictTest, WrongTensors) {
  EXPECT_THAT(Mistake(Request(Tensor::Of<int32_t>(Shape({1, 2}), {1, 2}))),
              StatusIs(kWrong, HasSubstr("input 'x' takes float32, got int32")));
  EXPECT_THAT(Mistake(Request(Tensor::Of<float>(Shape({2}), {1, 2}))),
              StatusIs(kWrong, AllOf(HasSubstr("[?,2]"), HasSubstr("[2] of rank 1"))));
  EXPECT_THAT(Mistake(Request(Tensor::Of<float>(Shape({1, 3}), {1, 2, 3}))),
              StatusIs(kWrong, AllOf(HasSubstr("[?,2]"), HasSubstr("[1,3]"))));
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->set_dtype(tensorflow::DataType(77)); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("77"))));
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->mutable_tensor_shape()->set_unknown_rank(true); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("rank"))));
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->mutable_tensor_shape()->mutable_dim(0)->set_size(-1); }),
              StatusIs(kWrong, HasSubstr("input 'x'")));
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->mutable_tensor_shape()->mutable_dim(0)->set_size(INT64_MAX); }),
              StatusIs(kWrong, HasSubstr("input 'x'")));
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->add_float_val(3); }),
              StatusIs(kWrong, AllOf(HasSubstr("input 'x'"), HasSubstr("at most 2 values, got 3"))));
  EXPECT_THAT(MistakeInTensor([](auto* t) {
                t->clear_float_val();
                t->set_tensor_content("1234567");
              }),
              StatusIs(kWrong, AllOf(HasSubstr("takes 8 bytes of tensor_content, got 7"))));
}

TEST_F(PredictTest, AShapeThatClaimsMoreThanIsAllowedTakesNoMemory) {
  EXPECT_THAT(MistakeInTensor([](auto* t) { t->mutable_tensor_shape()->mutable_dim(0)->set_size(int64_t{1} << 40); }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("input 'x'")));
}

TEST(PredictOptionsTest, ARequestThatIsTooLarge) {
  TestServer server(MakeFakeModel(), {.service = {.max_request_bytes = 1000}});
  const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
  EXPECT_THAT(Predict(*stub, Request(Tensor(DType::kFloat, Shape({500, 2})))),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("1000")));
  EXPECT_OK(Predict(*stub, Request()));
}

TEST(PredictOptionsTest, WhatTheRunSaysReachesTheClientAsOneLine) {
  const auto model = MakeFakeModel();
  std::optional<TestServer> server;
  server.emplace(model);
  const auto stub = tensorflow::serving::PredictionService::NewStub(server->Connect());
  model->run_error = absl::InvalidArgumentError(absl::StrCat("line one\nline two", std::string(100000, '.')));
  const absl::Status status = Predict(*stub, Request());
  EXPECT_THAT(status, StatusIs(kWrong, HasSubstr("line one line two...")));
  EXPECT_LT(status.message().size(), 4000u);
}

// Whether the metrics say so soon.
bool SoonCounted(const TestServer& server, const std::vector<std::string>& any_of) {
  for (int i = 0; i < 1000; ++i) {
    const std::string metrics = server.Get("/metrics");
    for (const std::string& line : any_of) {
      if (absl::StrContains(metrics, line)) return true;
    }
    absl::SleepFor(absl::Milliseconds(5));
  }
  return false;
}

TEST(PredictOptionsTest, TheClientsDeadlineEndsTheRun) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate));
  const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
  gate->Close();
  EXPECT_THAT(Predict(*stub, Request(), nullptr, absl::Now() + absl::Milliseconds(50)),
              StatusIs(absl::StatusCode::kDeadlineExceeded, ::testing::_));
  // The gate is still closed: only the deadline can have freed the instance, by the server's clock or the client's.
  EXPECT_TRUE(SoonCounted(server, {R"(reason="deadline",version="1"} 1)", R"(reason="cancelled",version="1"} 1)"}));
  gate->Open();
  EXPECT_OK(Predict(*stub, Request()));
}

TEST(PredictOptionsTest, AClientThatGivesUpEndsTheRun) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate));
  const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
  gate->Close();
  grpc::ClientContext context;
  std::thread gives_up([&] {
    gate->WaitForArrivals(2);  // the warm-up and this one
    context.TryCancel();
  });
  PredictResponse response;
  EXPECT_EQ(stub->Predict(&context, Request(), &response).error_code(), grpc::StatusCode::CANCELLED);
  gives_up.join();
  EXPECT_TRUE(SoonCounted(server, {R"(reason="cancelled",version="1"} 1)"}));
}

TEST(PredictOptionsTest, AFullQueueIsUnavailable) {
  const auto gate = std::make_shared<Gate>();
  TestServer server(MakeFakeModel(DType::kFloat, gate), {.load = {.max_queue = 1}});
  const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
  gate->Close();
  std::thread running([&] { EXPECT_OK(Predict(*stub, Request())); });
  gate->WaitForArrivals(2);
  std::thread waiting([&] { EXPECT_OK(Predict(*stub, Request())); });
  EXPECT_TRUE(SoonCounted(server, {R"(floe_queue_depth{model="m",version="1"} 1)"}));
  EXPECT_THAT(Predict(*stub, Request()), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("queue is full")));
  gate->Open();
  running.join();
  waiting.join();
}

TEST(PredictOptionsTest, ManyClientsEachGetTheirOwnAnswer) {
  TestServer server(MakeFakeModel(), {.load = {.instances = 2}});
  std::vector<std::thread> clients;
  for (int client = 0; client < 16; ++client) {
    clients.emplace_back([&, client] {
      const auto stub = tensorflow::serving::PredictionService::NewStub(server.Connect());
      for (int i = 0; i < 50; ++i) {
        const auto value = static_cast<float>(1000 * client + i);
        PredictResponse response;
        ASSERT_OK(Predict(*stub, Request(Tensor::Of<float>(Shape({1, 2}), {value, -value})), &response));
        EXPECT_THAT(response.outputs().at("x_out").float_val(), ElementsAre(value, -value));
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_THAT(server.Get("/metrics"),
              HasSubstr(R"(floe_requests_total{api="tfserving",model="m",status="OK",version="1"} 800)"));
}

class MetadataTest : public PredictTest {
 protected:
  absl::Status Get(const std::string& model, const std::vector<std::string>& fields,
                   GetModelMetadataResponse* response) {
    GetModelMetadataRequest request;
    request.mutable_model_spec()->set_name(model);
    for (const std::string& field : fields) request.add_metadata_field(field);
    grpc::ClientContext context;
    return testing::FromGrpc(stub_->GetModelMetadata(&context, request, response));
  }
};

TEST_F(MetadataTest, GivesTheSignature) {
  GetModelMetadataResponse response;
  ASSERT_OK(Get("m", {"signature_def"}, &response));
  EXPECT_EQ(response.model_spec().name(), "m");
  EXPECT_EQ(response.model_spec().version().value(), 1);
  tensorflow::serving::SignatureDefMap map;
  ASSERT_TRUE(response.metadata().at("signature_def").UnpackTo(&map));
  const tensorflow::SignatureDef& signature = map.signature_def().at("serving_default");
  EXPECT_EQ(signature.method_name(), "tensorflow/serving/predict");
  const tensorflow::TensorInfo& input = signature.inputs().at("x");
  EXPECT_EQ(input.name(), "x:0");
  EXPECT_EQ(input.dtype(), tensorflow::DT_FLOAT);
  EXPECT_EQ(input.tensor_shape().dim(0).size(), -1);
  EXPECT_EQ(input.tensor_shape().dim(1).size(), 2);
  EXPECT_EQ(signature.outputs().at("x_out").name(), "x_out:0");
}

TEST_F(MetadataTest, Mistakes) {
  GetModelMetadataResponse response;
  EXPECT_THAT(Get("m", {}, &response), StatusIs(kWrong, HasSubstr("signature_def")));
  EXPECT_THAT(Get("m", {"assets"}, &response), StatusIs(kWrong, HasSubstr("'assets'")));
  EXPECT_THAT(Get("", {"signature_def"}, &response), StatusIs(kWrong, HasSubstr("names no model")));
  EXPECT_THAT(Get("n", {"signature_def"}, &response), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no model 'n'")));
}

}  // namespace
}  // namespace floe
