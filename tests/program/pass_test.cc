#include "program/pass.h"

#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

// Something for every pass to do.
Program Everything() {
  GraphMaker maker;
  const GraphMaker::Attrs t = {{"T", AttrValue::Type(DType::kFloat)}};
  maker.Input("x", {PartialShape::kUnknownDim, 6, 6, 2});
  maker.Op("Identity", "same", {"x"}, t);
  maker.Const("pads", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 1, 1, 1, 1, 0, 0}));
  maker.Op("Pad", "pad", {"same", "pads"}, t);
  maker.Weights("w", Shape({3, 3, 2, 4}));
  maker.Conv("conv", "pad", "w");
  maker.Const("block", Tensor::Of<int32_t>({2, 2}));
  maker.Const("around", Tensor::Of<int32_t>(Shape({2, 2}), {0, 0, 0, 0}));
  maker.Op("SpaceToBatchND", "split", {"x", "block", "around"}, t);
  maker.Conv("blocked", "split", "w");
  maker.Op("BatchToSpaceND", "joined", {"blocked", "block", "around"}, t);
  maker.Weights("s", Shape({4}));
  maker.Op("Neg", "minus_s", {"s"}, t);
  maker.Op("Mul", "scaled", {"conv", "minus_s"}, t);
  maker.Op("Relu", "relu", {"scaled"}, t);
  maker.Op("Relu", "again", {"scaled"}, t);
  maker.Op("Add", "plus", {"relu", "again"}, t);
  maker.Op("Sigmoid", "gate", {"plus"}, t);
  maker.Op("Mul", "sum", {"plus", "gate"}, t);
  // Channels first, as if the height were the channels.
  maker.Conv("first", "sum", maker.Weights("w1", Shape({1, 1, 6, 2})), "VALID",
             {{"data_format", AttrValue::String("NCHW")}});
  // A layer normalisation.
  maker.Const("axis", Tensor::Scalar<int32_t>(-1));
  const GraphMaker::Attrs keep = {t[0], {"keep_dims", AttrValue::Bool(true)}};
  maker.Op("Mean", "mean", {"x", "axis"}, keep);
  maker.Op("Sub", "centered", {"x", "mean"}, t);
  maker.Op("Mean", "variance", {maker.Op("Square", "squares", {"centered"}, t), "axis"}, keep);
  maker.Op("AddV2", "moved", {"variance", maker.Const("epsilon", Tensor::Scalar<float>(0.01f))}, t);
  maker.Op("Mul", "normal", {"centered", maker.Op("Rsqrt", "factor", {"moved"}, t)}, t);
  // A convolution over a sequence.
  maker.Input("series", {-1, 5, 4});
  maker.Op("ExpandDims", "image", {"series", maker.Const("side", Tensor::Scalar<int32_t>(1))}, t);
  maker.Conv("row", "image", maker.Weights("w2", Shape({1, 3, 4, 4})));
  maker.Op("Squeeze", "narrow", {"row"}, {t[0], {"squeeze_dims", AttrValue::Ints({1})}});
  maker.Op("Tanh", "heard", {"narrow"}, t);
  // An image whose columns come twice.
  maker.Op("Pack", "twice", {"x", "x"}, {t[0], {"N", AttrValue::Int(2)}, {"axis", AttrValue::Int(3)}});
  maker.Op("Reshape", "wide", {"twice", maker.Const("wider", Tensor::Of<int32_t>({-1, 6, 12, 2}))}, t);
  // Attention by Einsums.
  const auto einsum = [&](const std::string& name, const std::string& equation,
                          const std::vector<std::string>& inputs) {
    return maker.Op("Einsum", name, inputs, {t[0], {"equation", AttrValue::String(equation)}});
  };
  einsum("scores", "bqhc,bkhc->bhqk", {"x", "x"});
  einsum("attended", "bhqk,bkhc->bqhc", {maker.Op("Softmax", "softmax", {"scores"}, t), "x"});
  // An image that is mirrored for its convolution, all in one.
  maker.Const("mirrored_by", Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 1, 1, 1, 1, 0, 0}));
  maker.Op("FusedPadConv2D", "mirrored", {"x", "mirrored_by", maker.Weights("w3", Shape({3, 3, 2, 4}))},
           {t[0],
            {"mode", AttrValue::String("REFLECT")},
            {"strides", AttrValue::Ints({1, 1, 1, 1})},
            {"padding", AttrValue::String("VALID")}});
  // A loop that counts to three and leaves another variable as it is.
  const GraphMaker::Attrs frame = {{"frame_name", AttrValue::String("loop")}};
  maker.Const("zero", Tensor::Scalar<int32_t>(0));
  maker.Const("three", Tensor::Scalar<int32_t>(3));
  maker.Const("one", Tensor::Scalar<int32_t>(1));
  maker.Op("Enter", "enter", {"zero"}, frame);
  maker.Op("Enter", "enter_sum", {"normal"}, frame);
  maker.Op("Merge", "count", {"enter", "next"});
  maker.Op("Merge", "kept", {"enter_sum", "next_sum"});
  maker.Op("Less", "less", {"count", "three"});
  maker.Op("LoopCond", "goes_on", {"less"});
  maker.Op("Switch", "switch", {"count", "goes_on"});
  maker.Op("Switch", "switch_sum", {"kept", "goes_on"});
  maker.Op("AddV2", "more", {"switch:1", "one"});
  maker.Op("NextIteration", "next", {"more"});
  maker.Op("NextIteration", "next_sum", {"switch_sum:1"});
  maker.Op("Exit", "counted", {"switch"});
  maker.Op("Exit", "exit_sum", {"switch_sum"});
  maker.Op("Cast", "times", {"counted"}, {{"DstT", AttrValue::Type(DType::kFloat)}});
  maker.Op("Mul", "looped", {"exit_sum", "times"}, t);
  absl::StatusOr<Program> program = maker.Lower({"first", "looped", "joined", "heard", "attended", "wide", "mirrored"});
  EXPECT_OK(program);
  return *std::move(program);
}

std::vector<std::string> ChangedBy(const PassOptions& base, Program program) {
  std::vector<std::string> names;
  PassOptions options = base;
  options.dump = [&](const Pass& pass, const Program& after) {
    names.emplace_back(pass.name);
    EXPECT_OK(after.Verify());
  };
  EXPECT_OK(RunPasses(StandardPasses(), options, program));
  testing::ExpectSameResults(Everything(), program);
  return names;
}

TEST(RunPassesTest, RunsAllInOrderAndDumpsThoseThatChangedSomething) {
  std::vector<std::string> all;
  for (const Pass& pass : StandardPasses()) all.emplace_back(pass.name);
  EXPECT_EQ(ChangedBy({}, Everything()), all);
  // A second time there is nothing left to do.
  Program program = Everything();
  ASSERT_OK(RunPasses(StandardPasses(), {}, program));
  EXPECT_THAT(ChangedBy({}, program), ElementsAre());
}

TEST(RunPassesTest, EachCanBeSwitchedOffByName) {
  for (const Pass& off : StandardPasses()) {
    PassOptions options;
    options.disabled = {off.name};
    for (const std::string& name : ChangedBy(options, Everything())) EXPECT_NE(name, off.name);
  }
  PassOptions none;
  for (const Pass& pass : StandardPasses()) none.disabled.emplace_back(pass.name);
  EXPECT_THAT(ChangedBy(none, Everything()), ElementsAre());
}

TEST(RunPassesTest, SuggestsTheNameThatWasMeant) {
  Program program = Everything();
  PassOptions options;
  options.disabled = {"fuse_epilogue"};
  EXPECT_THAT(RunPasses(StandardPasses(), options, program),
              StatusIs(absl::StatusCode::kInvalidArgument,
                       AllOf(HasSubstr("'fuse_epilogue'"), HasSubstr("did you mean 'fuse_epilogues'"),
                             HasSubstr("'fold_constants'"))));
}

absl::StatusOr<bool> Break(Program& program) {
  std::swap(program.ops.front(), program.ops.back());
  return true;
}
absl::StatusOr<bool> Fail(Program&) { return absl::ResourceExhaustedError("no memory"); }

TEST(RunPassesTest, NamesThePassThatFailsOrBreaksTheProgram) {
  Program program = Everything();
  const Pass broken[] = {{"break", Break}};
  EXPECT_THAT(RunPasses(broken, {}, program), StatusIs(absl::StatusCode::kInternal, HasSubstr("after pass break")));
  program = Everything();
  const Pass failing[] = {{"fail", Fail}};
  EXPECT_THAT(RunPasses(failing, {}, program),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("pass fail: no memory")));
}

TEST(ProgramTest, VerifyFindsWhatIsWrong) {
  Program program = Everything();
  EXPECT_OK(program.Verify());
  Program twice = program;
  twice.ops.push_back(twice.ops[0]);
  EXPECT_THAT(twice.Verify(), StatusIs(absl::StatusCode::kInternal, HasSubstr("again")));
  Program missing = program;
  missing.ops[0].inputs[0] = 1000;
  EXPECT_THAT(missing.Verify(), StatusIs(absl::StatusCode::kInternal, HasSubstr("'same'")));
  Program unmade = program;
  unmade.ops.pop_back();
  EXPECT_THAT(unmade.Verify(), StatusIs(absl::StatusCode::kInternal, HasSubstr("output")));
}

}  // namespace
}  // namespace floe
