#include "server/bind_request.h"

#include "tests/server/fake_model.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using testing::FakeModel;
using ::testing::HasSubstr;
using testing::StatusIs;

class BindRequestTest : public ::testing::Test {
 protected:
  BindRequestTest() {
    inference::ModelConfig config;
    config.set_max_batch_size(4);
    LoadOptions options;
    options.load = [](const std::string&, const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
      return std::make_shared<FakeModel>(
          std::vector<TensorSpec>{{"image", "image:0", DType::kFloat, PartialShape({-1, 2, 3})},
                                  {"size", "size:0", DType::kInt32, PartialShape({-1})}});
    };
    auto served = ServedModel::Load("m", 1, "", config, options, metrics_.ForModel("m", 1), &completions_);
    EXPECT_TRUE(served.ok()) << served.status();
    model_ = *std::move(served);
    binder_ = std::make_unique<InputBinder>(model_.get(), DTypeName);
  }
  absl::StatusOr<size_t> Claim(const std::string& name, DType dtype, std::vector<int64_t> dims) {
    Shape shape;
    return binder_->Claim(name, dtype, dims, &shape);
  }

  Metrics metrics_;
  WorkerPool completions_{"completions", 1};
  std::unique_ptr<ServedModel> model_;
  std::unique_ptr<InputBinder> binder_;
};

TEST_F(BindRequestTest, PutsInputsIntoTheModelsOrder) {
  ASSERT_OK_AND_ASSIGN(const size_t size, Claim("size", DType::kInt32, {1}));
  ASSERT_OK_AND_ASSIGN(const size_t image, Claim("image:0", DType::kFloat, {1, 2, 3}));
  binder_->Set(size, Tensor::Of<int32_t>({7}));
  binder_->Set(image, Tensor(DType::kFloat, Shape({1, 2, 3})));
  ASSERT_OK_AND_ASSIGN(const auto inputs, binder_->Take());
  EXPECT_EQ(inputs[0].first, "image");
  EXPECT_EQ(inputs[1].first, "size");
  EXPECT_EQ(inputs[1].second.flat<int32_t>()[0], 7);
}

TEST_F(BindRequestTest, EachMistakeHasItsLine) {
  const auto wrong = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(Claim("imge", DType::kFloat, {1, 2, 3}),
              StatusIs(wrong, AllOf(HasSubstr("no input 'imge'"), HasSubstr("did you mean 'image'"))));
  EXPECT_THAT(Claim("size", DType::kInt64, {1}), StatusIs(wrong, HasSubstr("takes int32, got int64")));
  EXPECT_THAT(Claim("size", DType::kInt32, {1}), StatusIs(wrong, HasSubstr("came twice")));
}

TEST_F(BindRequestTest, Shapes) {
  const auto wrong = absl::StatusCode::kInvalidArgument;
  const auto claim = [&](std::vector<int64_t> dims) {
    binder_ = std::make_unique<InputBinder>(model_.get(), DTypeName);
    return Claim("image", DType::kFloat, std::move(dims));
  };
  EXPECT_OK(claim({4, 2, 3}));
  EXPECT_OK(claim({0, 2, 3}));
  EXPECT_THAT(claim({1, 2}), StatusIs(wrong, AllOf(HasSubstr("[?,2,3]"), HasSubstr("[1,2] of rank 2"))));
  EXPECT_THAT(claim({1, 2, 4}), StatusIs(wrong, AllOf(HasSubstr("[?,2,3]"), HasSubstr("[1,2,4]"))));
  EXPECT_THAT(claim({-1, 2, 3}), StatusIs(wrong, HasSubstr("input 'image'")));
  EXPECT_THAT(claim({INT64_MAX, 2, 3}), StatusIs(wrong, HasSubstr("input 'image'")));
  EXPECT_THAT(claim({5, 2, 3}), StatusIs(wrong, AllOf(HasSubstr("batch of 5"), HasSubstr("at most 4"))));
  EXPECT_THAT(claim(std::vector<int64_t>(1000, 1)), StatusIs(wrong, HasSubstr("input 'image'")));
}

TEST_F(BindRequestTest, MissingInputsAreNamed) {
  ASSERT_OK(Claim("size", DType::kInt32, {1}));
  EXPECT_THAT(binder_->Take(), StatusIs(absl::StatusCode::kInvalidArgument,
                                        AllOf(HasSubstr("takes 2 inputs, got 1"), HasSubstr("missing: 'image'"))));
}

TEST_F(BindRequestTest, Outputs) {
  const auto wrong = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(*BindOutputs(*model_, {}), ElementsAre(0, 1));
  EXPECT_THAT(*BindOutputs(*model_, {"size_out:0", "image_out"}), ElementsAre(1, 0));
  EXPECT_THAT(BindOutputs(*model_, {"size_ou"}), StatusIs(wrong, HasSubstr("did you mean 'size_out'")));
  EXPECT_THAT(BindOutputs(*model_, {"size_out", "size_out:0"}), StatusIs(wrong, HasSubstr("asked for twice")));
  EXPECT_THAT(BindOutputs(*model_, {"size_out", "image_out", "more"}),
              StatusIs(wrong, AllOf(HasSubstr("has 2 outputs"), HasSubstr("asked for 3"))));
}

}  // namespace
}  // namespace floe
