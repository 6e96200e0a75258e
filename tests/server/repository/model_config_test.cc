#include "server/repository/model_config.h"

#include "base/file.h"
#include "tests/server/fake_model.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;

absl::StatusOr<inference::ModelConfig> Read(const std::string& text) {
  const std::string path = testing::TempDir() + "/config.pbtxt";
  EXPECT_OK(WriteFileAtomically(path, text));
  return ReadModelConfig(path, "m");
}

inference::ModelConfig Config(const std::string& text) {
  auto config = Read(text);
  EXPECT_OK(config);
  return *config;
}

TEST(ModelConfigTest, ReadsTritonsText) {
  const auto config = Config(R"(
      name: "m"
      platform: "tensorflow_graphdef"
      max_batch_size: 8
      input [ { name: "x" data_type: TYPE_FP32 dims: [ 2 ] } ]
      output [ { name: "x_out" data_type: TYPE_FP32 dims: [ 2 ] } ]
      instance_group [ { count: 2 kind: KIND_CPU }, { kind: KIND_CPU } ]
      version_policy: { specific: { versions: [ 1, 3 ] } })");
  EXPECT_EQ(config.max_batch_size(), 8);
  EXPECT_EQ(InstanceCount(config), 3);
  EXPECT_THAT(ChooseVersions(config, {1, 2, 3, 4}), ElementsAre(1, 3));
  EXPECT_OK(CheckModelConfig(config, *MakeFakeModel()));
}

TEST(ModelConfigTest, SaysWhereTheTextIsWrong) {
  EXPECT_THAT(Read("name: \"m\"\nmax_batch: 3\n"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("config.pbtxt"), HasSubstr("line 2"), HasSubstr("max_batch"))));
}

TEST(ModelConfigTest, RefusesWhatCannotBe) {
  EXPECT_THAT(Read("name: \"other\""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'other'")));
  EXPECT_THAT(Read("max_batch_size: -1"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-1")));
  EXPECT_THAT(Read("instance_group [ { count: -2 } ]"), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("-2")));
  EXPECT_THAT(Read("sequence_batching { }"), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("sequence")));
  EXPECT_THAT(Read("ensemble_scheduling { }"), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("ensemble")));
}

TEST(ModelConfigTest, VersionPolicies) {
  EXPECT_THAT(ChooseVersions(Config(""), {1, 2, 10}), ElementsAre(10));
  EXPECT_THAT(ChooseVersions(Config(""), {}), ElementsAre());
  EXPECT_THAT(ChooseVersions(Config("version_policy { latest { num_versions: 2 } }"), {1, 2, 10}), ElementsAre(2, 10));
  EXPECT_THAT(ChooseVersions(Config("version_policy { latest { num_versions: 9 } }"), {1, 2}), ElementsAre(1, 2));
  EXPECT_THAT(ChooseVersions(Config("version_policy { all { } }"), {1, 2}), ElementsAre(1, 2));
}

TEST(ModelConfigTest, ChecksAgainstTheModel) {
  const auto model = MakeFakeModel();
  const auto check = [&](const std::string& text) { return CheckModelConfig(Config(text), *model); };
  EXPECT_OK(check(R"(input [ { name: "x:0" data_type: TYPE_FP32 dims: [ -1, 2 ] } ])"));
  EXPECT_THAT(check(R"(input [ { name: "xx" } ])"),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("input 'xx'"), HasSubstr("it has 'x'"), HasSubstr("did you mean 'x'"))));
  EXPECT_THAT(check(R"(input [ { name: "x" data_type: TYPE_INT8 } ])"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("TYPE_INT8"), HasSubstr("float32"))));
  EXPECT_THAT(check(R"(input [ { name: "x" dims: [ 2 ] } ])"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("[2]"), HasSubstr("[?,2]"))));
  EXPECT_OK(check(R"(max_batch_size: 4 input [ { name: "x" dims: [ 2 ] } ])"));
  EXPECT_THAT(check(R"(max_batch_size: 4 output [ { name: "x_out" dims: [ 3 ] } ])"),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("[3]"), HasSubstr("[2] after the batch"))));
}

TEST(ModelConfigTest, ABatchNeedsAnOpenDimension) {
  const testing::FakeModel model({{"x", "x:0", DType::kFloat, PartialShape({1, 2})}});
  EXPECT_THAT(CheckModelConfig(Config("max_batch_size: 4"), model),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("max_batch_size 4"), HasSubstr("[1,2]"))));
}

TEST(ModelConfigTest, CompletesWhatIsLeftOpen) {
  const auto config =
      CompleteModelConfig(Config(R"(max_batch_size: 4 input [ { name: "x:0" } ])"), "m", *MakeFakeModel(), 3);
  EXPECT_EQ(config.name(), "m");
  EXPECT_EQ(config.platform(), "tensorflow_graphdef");
  ASSERT_EQ(config.input_size(), 1);
  EXPECT_EQ(config.input(0).data_type(), inference::TYPE_FP32);
  EXPECT_THAT(config.input(0).dims(), ElementsAre(2));
  ASSERT_EQ(config.output_size(), 1);
  EXPECT_EQ(config.output(0).name(), "x_out");
  ASSERT_EQ(config.instance_group_size(), 1);
  EXPECT_EQ(config.instance_group(0).count(), 3);
  EXPECT_EQ(config.instance_group(0).kind(), inference::ModelInstanceGroup::KIND_CPU);
}

TEST(ModelConfigTest, DataTypes) {
  EXPECT_EQ(ConfigDataType(DType::kString), inference::TYPE_STRING);
  EXPECT_EQ(ConfigDataType(DType::kHalf), inference::TYPE_FP16);
  EXPECT_EQ(ConfigDataType(DType::kBfloat16), inference::TYPE_BF16);
  EXPECT_EQ(ConfigDataType(DType::kUint64), inference::TYPE_UINT64);
  EXPECT_EQ(ConfigDataType(DType::kComplex64), inference::TYPE_INVALID);
}

}  // namespace
}  // namespace floe
