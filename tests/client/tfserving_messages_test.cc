#include "client/tfserving_messages.h"

#include <string>

#include "tests/testing/shared_data.h"

namespace floe::client_internal {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const auto kInvalid = absl::StatusCode::kInvalidArgument;
const auto kLie = absl::StatusCode::kInternal;
constexpr int64_t kMaxBytes = 1 << 20;

TEST(TfServingMessagesTest, ARequestHoldsWhatIsSent) {
  const std::vector<NamedTensor> inputs = {{"x", Tensor::Of<float>(Shape({1, 2}), {1, 2})}};
  ASSERT_OK_AND_ASSIGN(const tensorflow::serving::PredictRequest request,
                       MakePredictRequest("m", inputs, {.version = 0, .signature = "s", .outputs = {"y"}}));
  EXPECT_EQ(request.model_spec().name(), "m");
  EXPECT_EQ(request.model_spec().signature_name(), "s");
  EXPECT_TRUE(request.model_spec().has_version());  // 0 is a version too
  EXPECT_THAT(request.output_filter(), ElementsAre("y"));
  const tensorflow::TensorProto& x = request.inputs().at("x");
  EXPECT_EQ(x.dtype(), tensorflow::DT_FLOAT);
  EXPECT_EQ(x.tensor_content(), std::string("\0\0\x80\x3f\0\0\0\x40", 8));

  ASSERT_OK_AND_ASSIGN(const auto newest, MakePredictRequest("m", inputs, {}));
  EXPECT_FALSE(newest.model_spec().has_version());
  EXPECT_THAT(newest.model_spec().signature_name(), IsEmpty());
}

TEST(TfServingMessagesTest, WhatCannotBeSentIsRefused) {
  const NamedTensor x = {"x", Tensor::Scalar<float>(1)};
  EXPECT_THAT(MakePredictRequest("m", {x, x}, {}), StatusIs(kInvalid, "input 'x' is given twice"));
}

// "y" and "a", float [2], typed and as bytes.
tensorflow::serving::PredictResponse Response() {
  tensorflow::serving::PredictResponse response;
  for (const std::string name : {"y", "a"}) {
    tensorflow::TensorProto& proto = (*response.mutable_outputs())[name];
    proto.set_dtype(tensorflow::DT_FLOAT);
    proto.mutable_tensor_shape()->add_dim()->set_size(2);
  }
  (*response.mutable_outputs())["y"].add_float_val(5);
  (*response.mutable_outputs())["a"].set_tensor_content(std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  return response;
}

TEST(TfServingMessagesTest, AnswersComeByNameOrAsAskedFor) {
  ASSERT_OK_AND_ASSIGN(const auto sorted, ReadPredictResponse(Response(), {}, kMaxBytes));
  ASSERT_EQ(sorted.size(), 2u);
  EXPECT_EQ(sorted[0].first, "a");
  EXPECT_THAT(sorted[0].second.flat<float>(), ElementsAre(1, 2));
  EXPECT_THAT(sorted[1].second.flat<float>(), ElementsAre(5, 5));
  ASSERT_OK_AND_ASSIGN(const auto asked, ReadPredictResponse(Response(), {"y"}, kMaxBytes));
  ASSERT_EQ(asked.size(), 1u);
  EXPECT_EQ(asked[0].first, "y");
  EXPECT_THAT(ReadPredictResponse(Response(), {"b"}, kMaxBytes), StatusIs(kLie, HasSubstr("'b'")));
}

TEST(TfServingMessagesTest, LiesAreErrors) {
  const auto lie = [](auto change) {
    tensorflow::serving::PredictResponse response = Response();
    change((*response.mutable_outputs())["a"]);
    return ReadPredictResponse(response, {}, kMaxBytes).status();
  };
  const auto set_dim = [](int64_t size) {
    return [size](tensorflow::TensorProto& a) { a.mutable_tensor_shape()->mutable_dim(0)->set_size(size); };
  };
  EXPECT_THAT(lie(set_dim(3)), StatusIs(kLie, AllOf(HasSubstr("output 'a'"), HasSubstr("12 bytes"), HasSubstr("8"))));
  EXPECT_THAT(lie(set_dim(-1)), StatusIs(kLie, HasSubstr("output 'a'")));
  EXPECT_THAT(lie([](auto& a) { a.set_dtype(static_cast<tensorflow::DataType>(77)); }),
              StatusIs(kLie, HasSubstr("77")));
  EXPECT_THAT(lie([](auto& a) { a.set_dtype(tensorflow::DT_RESOURCE); }), StatusIs(kLie, HasSubstr("output 'a'")));
  EXPECT_THAT(lie([](auto& a) { a.mutable_tensor_shape()->set_unknown_rank(true); }),
              StatusIs(kLie, HasSubstr("rank")));
  // One value that would repeat a billion times.
  EXPECT_THAT(lie([](auto& a) {
                a.clear_tensor_content();
                a.add_float_val(1);
                a.mutable_tensor_shape()->mutable_dim(0)->set_size(1 << 30);
              }),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("output 'a'")));
}

TEST(TfServingMessagesTest, SignaturesAreFoundOrNamed) {
  tensorflow::serving::GetModelMetadataResponse response;
  response.mutable_model_spec()->set_name("m");
  EXPECT_THAT(ReadSignature(response, ""), StatusIs(kLie, HasSubstr("signature_def")));
  (*response.mutable_metadata())["signature_def"].PackFrom(response.model_spec());
  EXPECT_THAT(ReadSignature(response, ""), StatusIs(kLie, HasSubstr("signature_def")));

  tensorflow::serving::SignatureDefMap signatures;
  auto& x = (*(*signatures.mutable_signature_def())["serving_default"].mutable_inputs())["x"];
  x.set_dtype(tensorflow::DT_INT32);
  (*response.mutable_metadata())["signature_def"].PackFrom(signatures);
  ASSERT_OK_AND_ASSIGN(const ModelMetadata metadata, ReadSignature(response, ""));
  EXPECT_EQ(metadata.inputs[0].name, "x");
  EXPECT_THAT(ReadSignature(response, "serving_defalt"),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("'serving_defalt'"), HasSubstr("did you mean 'serving_default'"))));
  x.set_dtype(static_cast<tensorflow::DataType>(99));
  (*response.mutable_metadata())["signature_def"].PackFrom(signatures);
  EXPECT_THAT(ReadSignature(response, ""), StatusIs(kLie, HasSubstr("tensor 'x'")));
}

}  // namespace
}  // namespace floe::client_internal
