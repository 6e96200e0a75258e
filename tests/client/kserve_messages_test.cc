#include "client/kserve_messages.h"

#include <cstdint>
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

TEST(KServeMessagesTest, ARequestHoldsWhatIsSent) {
  const std::vector<NamedTensor> inputs = {{"x", Tensor::Of<float>(Shape({1, 2}), {1, 2})},
                                           {"s", Tensor::Scalar<std::string>("ab")}};
  ASSERT_OK_AND_ASSIGN(const inference::ModelInferRequest request,
                       MakeKServeRequest("m", inputs, {.version = 3, .outputs = {"y"}}));
  EXPECT_EQ(request.model_name(), "m");
  EXPECT_EQ(request.model_version(), "3");
  ASSERT_EQ(request.inputs_size(), 2);
  EXPECT_EQ(request.inputs(0).name(), "x");
  EXPECT_EQ(request.inputs(0).datatype(), "FP32");
  EXPECT_THAT(request.inputs(0).shape(), ElementsAre(1, 2));
  EXPECT_EQ(request.inputs(1).datatype(), "BYTES");
  EXPECT_THAT(request.inputs(1).shape(), IsEmpty());
  EXPECT_THAT(request.raw_input_contents(),
              ElementsAre(std::string("\0\0\x80\x3f\0\0\0\x40", 8), std::string("\x02\0\0\0ab", 6)));
  ASSERT_EQ(request.outputs_size(), 1);
  EXPECT_EQ(request.outputs(0).name(), "y");
}

TEST(KServeMessagesTest, WhatCannotBeSentIsRefused) {
  const NamedTensor x = {"x", Tensor::Scalar<float>(1)};
  EXPECT_THAT(MakeKServeRequest("m", {x, x}, {}), StatusIs(kInvalid, "input 'x' is given twice"));
  EXPECT_THAT(MakeKServeRequest("m", {x}, {.signature = "s"}), StatusIs(kInvalid, HasSubstr("signature 's'")));
  EXPECT_THAT(MakeKServeRequest("m", {{"c", Tensor::Scalar(std::complex<float>(1))}}, {}),
              StatusIs(kInvalid, AllOf(HasSubstr("input 'c'"), HasSubstr("complex64"))));
  EXPECT_THAT(MakeKServeRequest("m", {{"e", Tensor()}}, {}), StatusIs(kInvalid, HasSubstr("input 'e'")));
}

// "y", FP32 [2], of 8 raw bytes.
inference::ModelInferResponse Response() {
  inference::ModelInferResponse response;
  auto* output = response.add_outputs();
  output->set_name("y");
  output->set_datatype("FP32");
  output->add_shape(2);
  response.add_raw_output_contents(std::string("\0\0\x80\x3f\0\0\0\x40", 8));
  return response;
}

TEST(KServeMessagesTest, RawAndTypedAnswersAreRead) {
  inference::ModelInferResponse response = Response();
  ASSERT_OK_AND_ASSIGN(const auto raw, ReadKServeResponse(response, {}));
  ASSERT_EQ(raw.size(), 1u);
  EXPECT_EQ(raw[0].first, "y");
  EXPECT_THAT(raw[0].second.flat<float>(), ElementsAre(1, 2));
  response.clear_raw_output_contents();
  response.mutable_outputs(0)->mutable_contents()->add_fp32_contents(3);
  response.mutable_outputs(0)->mutable_contents()->add_fp32_contents(4);
  ASSERT_OK_AND_ASSIGN(const auto typed, ReadKServeResponse(response, {}));
  EXPECT_THAT(typed[0].second.flat<float>(), ElementsAre(3, 4));
}

TEST(KServeMessagesTest, OutputsComeInTheOrderAskedFor) {
  inference::ModelInferResponse response = Response();
  *response.add_outputs() = response.outputs(0);
  response.mutable_outputs(1)->set_name("z");
  response.add_raw_output_contents(response.raw_output_contents(0));
  ASSERT_OK_AND_ASSIGN(const auto outputs, ReadKServeResponse(response, {"z", "y"}));
  EXPECT_EQ(outputs[0].first, "z");
  EXPECT_EQ(outputs[1].first, "y");
  EXPECT_THAT(ReadKServeResponse(response, {"z", "w"}), StatusIs(kLie, AllOf(HasSubstr("'w'"), HasSubstr("'y', 'z'"))));
}

TEST(KServeMessagesTest, LiesAreErrors) {
  const auto lie = [](auto change) {
    inference::ModelInferResponse response = Response();
    change(response, *response.mutable_outputs(0));
    return ReadKServeResponse(response, {}).status();
  };
  EXPECT_THAT(lie([](auto& r, auto& y) { y.set_shape(0, 3); }),
              StatusIs(kLie, "the server's answer: output 'y': FP32 [3] takes 12 raw bytes, got 8"));
  EXPECT_THAT(lie([](auto& r, auto& y) { y.set_shape(0, -2); }), StatusIs(kLie, HasSubstr("output 'y'")));
  EXPECT_THAT(lie([](auto& r, auto& y) { y.set_shape(0, int64_t{1} << 62); }), StatusIs(kLie, HasSubstr("63 bits")));
  EXPECT_THAT(lie([](auto& r, auto& y) {
                y.set_shape(0, int64_t{1} << 32);
                y.add_shape(int64_t{1} << 32);
              }),
              StatusIs(kLie, HasSubstr("output 'y'")));
  EXPECT_THAT(lie([](auto& r, auto& y) { y.set_datatype("FP31"); }), StatusIs(kLie, HasSubstr("'FP31'")));
  EXPECT_THAT(lie([](auto& r, auto& y) { y.set_datatype("BYTES"); }), StatusIs(kLie, HasSubstr("cut off")));
  EXPECT_THAT(lie([](auto& r, auto& y) { r.add_raw_output_contents("more"); }),
              StatusIs(kLie, HasSubstr("1 outputs, but 2 raw_output_contents")));
  EXPECT_THAT(lie([](auto& r, auto& y) { y.mutable_contents()->add_fp32_contents(1); }),
              StatusIs(kLie, HasSubstr("both raw and typed")));
  EXPECT_THAT(lie([](auto& r, auto& y) { r.clear_raw_output_contents(); }), StatusIs(kLie, HasSubstr("got 0")));
  EXPECT_THAT(lie([](auto& r, auto& y) {
                *r.add_outputs() = y;
                r.add_raw_output_contents(r.raw_output_contents(0));
              }),
              StatusIs(kLie, HasSubstr("it came twice")));
}

TEST(KServeMessagesTest, MetadataIsChecked) {
  inference::ModelMetadataResponse response;
  auto* input = response.add_inputs();
  input->set_name("x");
  input->set_datatype("INT8");
  input->add_shape(-7);
  input->add_shape(4);
  ASSERT_OK_AND_ASSIGN(const ModelMetadata metadata, ReadKServeMetadata(response));
  EXPECT_EQ(metadata.inputs[0].dtype, DType::kInt8);
  EXPECT_EQ(metadata.inputs[0].shape, PartialShape({-1, 4}));
  response.add_outputs()->set_datatype("?");
  EXPECT_THAT(ReadKServeMetadata(response), StatusIs(kLie, HasSubstr("'?'")));
}

}  // namespace
}  // namespace floe::client_internal
