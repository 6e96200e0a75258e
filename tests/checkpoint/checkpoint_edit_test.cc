#include "checkpoint/checkpoint_edit.h"

#include <cmath>
#include <complex>
#include <limits>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_diff.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/object_graph.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

struct Named {
  std::string name;
  Tensor tensor;
};

class EditTest : public ::testing::Test {
 protected:
  std::unique_ptr<CheckpointReader> Make(const std::string& name, const std::vector<Named>& tensors,
                                         CheckpointFormat format = CheckpointFormat::kV2) {
    CheckpointWriterOptions options;
    options.format = format;
    const auto writer = *CheckpointWriter::Create(directory_ + "/" + name, options);
    for (const Named& each : tensors) EXPECT_OK(writer->Add(each.name, each.tensor));
    EXPECT_OK(writer->Finish());
    return *CheckpointReader::Open(directory_ + "/" + name);
  }
  std::string directory_ = TempDir(), output_ = directory_ + "/out";
};

TEST_F(EditTest, Renames) {
  const auto source =
      Make("a", {{"x", Tensor::Of<float>({1})}, {"y", Tensor::Of<float>({2})}, {"z", Tensor::Of<std::string>({"s"})}},
           CheckpointFormat::kV1);
  ASSERT_OK(RenameTensors(*source, {{"x", "y"}, {"y", "x"}, {"z", "scope/z"}}, output_));
  ASSERT_OK_AND_ASSIGN(const auto renamed, CheckpointReader::Open(output_));
  EXPECT_THAT(renamed->Names(), ElementsAre("scope/z", "x", "y"));
  EXPECT_THAT(renamed->Read("x")->flat<float>(), ElementsAre(2));
  EXPECT_THAT(renamed->Read("y")->flat<float>(), ElementsAre(1));
  EXPECT_THAT(renamed->Read("scope/z")->flat<std::string>(), ElementsAre("s"));
  EXPECT_THAT(RenameTensors(*source, {{"q", "y"}}, output_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("no tensor 'q'")));
  EXPECT_THAT(RenameTensors(*source, {{"x", "y"}}, output_),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("would be called 'y'")));
  // In place: the reader's files are replaced while it reads.
  ASSERT_OK(RenameTensors(*renamed, {{"x", "w"}}, output_));
  ASSERT_OK_AND_ASSIGN(const auto again, CheckpointReader::Open(output_));
  EXPECT_THAT(again->Names(), ElementsAre("scope/z", "w", "y"));
}

TEST_F(EditTest, RenamesSlicesAndKeysOfObjects) {
  FLOE_REQUIRE_SHARED("checkpoints");
  ASSERT_OK_AND_ASSIGN(const auto sliced, CheckpointReader::Open(SharedPath("checkpoints/partitioned_and_sharded")));
  ASSERT_OK(RenameTensors(*sliced, {{"emb", "table"}}, output_));
  ASSERT_OK_AND_ASSIGN(const auto renamed, CheckpointReader::Open(output_));
  EXPECT_EQ(renamed->Find("table")->slices, sliced->Find("emb")->slices);
  EXPECT_EQ(renamed->Read("table")->bytes(), sliced->Read("emb")->bytes());

  ASSERT_OK_AND_ASSIGN(const auto objects, CheckpointReader::Open(SharedPath("checkpoints/saved_model_v2")));
  ASSERT_OK(RenameTensors(*objects, {{"w/.ATTRIBUTES/VARIABLE_VALUE", "k/.ATTRIBUTES/VARIABLE_VALUE"}}, output_));
  ASSERT_OK_AND_ASSIGN(const auto others, CheckpointReader::Open(output_));
  ASSERT_OK_AND_ASSIGN(auto keys, ObjectKeysByName(*others));
  EXPECT_EQ(keys["w"], "k/.ATTRIBUTES/VARIABLE_VALUE");
}

TEST_F(EditTest, Averages) {
  const auto tensors = [](float a, float b, int64_t step) -> std::vector<Named> {
    return {{"bf", Tensor::Of<Bfloat16>({Bfloat16(a)})}, {"c", Tensor::Of<std::complex<float>>({{a, b}})},
            {"d", Tensor::Of<double>({a, b})},           {"f", Tensor::Of<float>({a, b})},
            {"h", Tensor::Of<Half>({Half(a)})},          {"s", Tensor::Of<std::string>({"same"})},
            {"step", Tensor::Scalar<int64_t>(step)}};
  };
  const auto a = Make("a", tensors(1, 16777216, 10)), b = Make("b", tensors(2, 1, 20)),
             c = Make("c", tensors(6, 1, 30));
  ASSERT_OK_AND_ASSIGN(const auto from_last, AverageCheckpoints({a.get(), b.get(), c.get()}, output_));
  EXPECT_THAT(from_last, ElementsAre("step"));
  ASSERT_OK_AND_ASSIGN(const auto mean, CheckpointReader::Open(output_));
  // 16777218 / 3: in float the two ones would be lost.
  EXPECT_THAT(mean->Read("f")->flat<float>(), ElementsAre(3, 5592406));
  EXPECT_THAT(mean->Read("d")->flat<double>(), ElementsAre(3, 5592406));
  EXPECT_EQ(mean->Read("c")->data<std::complex<float>>()[0], std::complex<float>(3, 5592406));
  EXPECT_EQ(float{mean->Read("h")->data<Half>()[0]}, 3);
  EXPECT_EQ(float{mean->Read("bf")->data<Bfloat16>()[0]}, 3);
  EXPECT_EQ(mean->Read("step")->scalar<int64_t>(), 30);

  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  const auto fewer = Make("fewer", {{"f", Tensor::Of<float>({1, 2})}});
  EXPECT_THAT(
      AverageCheckpoints({a.get(), fewer.get()}, output_),
      StatusIs(kInvalid, AllOf(HasSubstr("tensor 'bf' is in"), HasSubstr("not in '" + directory_ + "/fewer'"))));
  const auto shape = Make("shape", {{"f", Tensor::Of<float>({1})}});
  EXPECT_THAT(AverageCheckpoints({fewer.get(), shape.get()}, output_),
              StatusIs(kInvalid, HasSubstr("but float32 [2] in")));
  EXPECT_THAT(AverageCheckpoints({}, output_), StatusIs(kInvalid, HasSubstr("no checkpoints")));
}

// Longer than what is summed at once.
TEST_F(EditTest, AveragesLongTensors) {
  constexpr int64_t kElements = 20001;
  std::vector<float> values(kElements);
  for (int64_t i = 0; i < kElements; ++i) values[static_cast<size_t>(i)] = static_cast<float>(i);
  const Tensor ramp = Tensor::FromSpan<float>({kElements}, values);
  const Tensor zeros = Tensor::FromSpan<float>({kElements}, std::vector<float>(kElements));
  const auto a = Make("a", {{"x", ramp}}), b = Make("b", {{"x", zeros}});
  ASSERT_OK(AverageCheckpoints({a.get(), b.get()}, output_));
  const auto mean = *CheckpointReader::Open(output_);
  const Tensor x = *mean->Read("x");
  for (int64_t i = 0; i < kElements; ++i) ASSERT_EQ(x.data<float>()[i], static_cast<float>(i) / 2);
}

TEST_F(EditTest, Diff) {
  constexpr float kNan = std::numeric_limits<float>::quiet_NaN();
  const auto a = Make("a", {{"only_a", Tensor::Scalar<float>(1)},
                            {"f", Tensor::Of<float>({1, kNan, 0.f, 4})},
                            {"i", Tensor::Of<int64_t>({std::numeric_limits<int64_t>::min(), 5})},
                            {"n", Tensor::Of<float>({kNan})},
                            {"s", Tensor::Of<std::string>({"a", "b"})},
                            {"t", Tensor::Of<float>({1})},
                            {"same", Tensor::Of<bool>({true})}});
  const auto b = Make("b", {{"only_b", Tensor::Scalar<float>(1)},
                            {"f", Tensor::Of<float>({1.5f, -kNan, -0.f, 3})},
                            {"i", Tensor::Of<int64_t>({std::numeric_limits<int64_t>::max(), 5})},
                            {"n", Tensor::Of<float>({1})},
                            {"s", Tensor::Of<std::string>({"a", "c"})},
                            {"t", Tensor::Of<double>({1})},
                            {"same", Tensor::Of<bool>({true})}});
  ASSERT_OK_AND_ASSIGN(const CheckpointDifference difference, DiffCheckpoints(*a, *b));
  EXPECT_THAT(difference.only_a, ElementsAre("only_a"));
  EXPECT_THAT(difference.only_b, ElementsAre("only_b"));
  EXPECT_EQ(difference.same, 1);
  ASSERT_EQ(difference.tensors.size(), 5u);
  const TensorDifference &f = difference.tensors[0], &i = difference.tensors[1], &n = difference.tensors[2],
                         &s = difference.tensors[3], &t = difference.tensors[4];
  EXPECT_EQ(f.differing, 2);
  EXPECT_EQ(f.largest, 1);
  EXPECT_EQ(i.largest, 18446744073709551615.0);
  EXPECT_TRUE(std::isnan(n.largest));
  EXPECT_EQ(s.differing, 1);
  EXPECT_FALSE(s.has_largest);
  EXPECT_FALSE(t.same_type);
  EXPECT_EQ(t.type_b, "float64 [1]");
  ASSERT_OK_AND_ASSIGN(const CheckpointDifference none, DiffCheckpoints(*a, *a));
  EXPECT_TRUE(none.empty());
  EXPECT_EQ(none.same, 7);
}

}  // namespace
}  // namespace floe
