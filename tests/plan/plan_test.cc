#include "plan/plan.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "plan/executor.h"
#include "tests/plan/random_programs.h"
#include "tests/testing/fake_device.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeDevice;
using ::floe::testing::GraphMaker;
using ::floe::testing::RandomInputs;
using ::floe::testing::RandomProgram;
using ::floe::testing::RelativeDifference;
using ::floe::testing::RunProgram;
using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

absl::Status Go() { return absl::OkStatus(); }

std::vector<Shape> ShapesOf(const std::vector<Tensor>& tensors) {
  std::vector<Shape> shapes;
  for (const Tensor& tensor : tensors) shapes.push_back(tensor.shape());
  return shapes;
}

// Goes through a plan's steps and checks by bytes who owns them: a step reads what was last written there by the step
// that made it, and writes nothing that lies in its own inputs.
void CheckMemory(const Plan& plan) {
  for (int space = 0; space < plan.compiled().num_spaces(); ++space) {
    std::vector<int> owner(static_cast<size_t>(plan.arena_bytes(space)), -1);
    const auto range = [&](int slot) {
      const Slot& s = plan.slots()[slot];
      const int64_t bytes = s.shape.ToShape().num_elements() * ElementBytes(s.dtype);
      EXPECT_LE(s.offset + bytes, plan.arena_bytes(space));
      return std::make_pair(owner.begin() + s.offset, owner.begin() + s.offset + bytes);
    };
    const auto in_arena = [&](int slot) {
      return plan.slots()[slot].kind == SlotKind::kArena && plan.slots()[slot].space == space;
    };
    for (const Step& step : plan.steps()) {
      for (const int input : step.inputs) {
        if (!in_arena(input)) continue;
        const auto [begin, end] = range(input);
        const int root = plan.slots()[input].root;
        ASSERT_TRUE(std::all_of(begin, end, [&](int who) { return who == root; })) << "slot " << input;
      }
      if (step.kernel != nullptr && step.space == space && step.kernel->scratch_bytes() > 0) {
        const auto begin = owner.begin() + step.scratch_offset;
        std::fill(begin, begin + step.kernel->scratch_bytes(), -2);
      }
      for (const int output : step.outputs) {
        if (!in_arena(output)) continue;
        const auto [begin, end] = range(output);
        std::fill(begin, end, plan.slots()[output].root);
      }
      // Neither scratch nor results have run over what the step reads.
      for (const int input : step.inputs) {
        if (!in_arena(input)) continue;
        const auto [begin, end] = range(input);
        const int root = plan.slots()[input].root;
        ASSERT_TRUE(std::all_of(begin, end, [&](int who) { return who == root; })) << "slot " << input;
      }
    }
  }
}

struct PlacementCase {
  std::string name;
  std::set<std::string> device_ops;
};

class RandomProgramsTest : public ::testing::TestWithParam<PlacementCase> {};

TEST_P(RandomProgramsTest, AnswersAreTheReferencesAndMemoryNeverOverlaps) {
  const FakeDevice device(GetParam().device_ops, /*packs=*/true);
  for (uint64_t seed = 1; seed <= 60; ++seed) {
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ASSERT_OK_AND_ASSIGN(const Program program, RandomProgram(seed));
    ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&device, &ReferenceBackend()}));
    Executor executor(int64_t{1} << 20);
    // A batch that grows and shrinks again, on one executor.
    for (const int64_t batch : {2, 5, 1, 0}) {
      const std::vector<Tensor> inputs = RandomInputs(program, batch, seed);
      ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> wanted, RunProgram(program, inputs));
      ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, ShapesOf(inputs)));
      CheckMemory(*plan);
      for (const Step& step : plan->steps()) {
        EXPECT_TRUE(step.kernel != nullptr || step.is_copy()) << "nothing here depends on data";
      }
      for (int again = 0; again < 2; ++again) {
        ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, executor.Run(plan, inputs, Go));
        ASSERT_EQ(got.size(), wanted.size());
        for (size_t k = 0; k < got.size(); ++k) {
          EXPECT_LE(RelativeDifference(wanted[k], got[k]), 1e-6) << wanted[k].ToString() << "\n" << got[k].ToString();
        }
      }
      EXPECT_EQ(executor.run_time_bytes(), 0);
    }
  }
  if (!GetParam().device_ops.empty()) {
    EXPECT_GT(device.launches(), 0);
    EXPECT_GT(device.copies(), 0);
  }
  EXPECT_EQ(device.allocated_bytes(), 0);
}

INSTANTIATE_TEST_SUITE_P(Placements, RandomProgramsTest,
                         ::testing::Values(PlacementCase{"Host", {}}, PlacementCase{"Convolutions", {"Conv2D"}},
                                           PlacementCase{"Elementwise", {"AddV2", "Mul", "Relu", "Tanh"}},
                                           PlacementCase{"Joins", {"ConcatV2", "Split", "Transpose"}},
                                           PlacementCase{"All",
                                                         {"AddV2", "Mul", "Relu", "Tanh", "Conv2D", "ConcatV2", "Split",
                                                          "Transpose", "MatMul", "Shape", "StridedSlice", "Pack"}}),
                         [](const auto& test) { return test.param.name; });

TEST(PlanTest, TwoDevicesMeetOnTheHost) {
  const FakeDevice products({"MatMul", "Conv2D"}, /*packs=*/false, "products");
  const FakeDevice elementwise({"AddV2", "Mul", "Relu", "Tanh"}, /*packs=*/false, "elementwise");
  for (uint64_t seed = 100; seed < 130; ++seed) {
    ASSERT_OK_AND_ASSIGN(const Program program, RandomProgram(seed));
    ASSERT_OK_AND_ASSIGN(const auto compiled,
                         CompiledProgram::Compile(program, {&products, &elementwise, &ReferenceBackend()}));
    const std::vector<Tensor> inputs = RandomInputs(program, 3, seed);
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> wanted, RunProgram(program, inputs));
    ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, ShapesOf(inputs)));
    CheckMemory(*plan);
    Executor executor(0);
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, executor.Run(plan, inputs, Go));
    for (size_t k = 0; k < got.size(); ++k) EXPECT_LE(RelativeDifference(wanted[k], got[k]), 1e-6);
  }
  EXPECT_GT(products.launches(), 0);
  EXPECT_GT(elementwise.launches(), 0);
}

// x on the device, between two ops of the host.
TEST(PlanTest, CopiesAreStepsAndEachValueIsCopiedOnce) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 4}));
  graph.Op("Tanh", "before", {"x"});
  graph.Op("Relu", "left", {"before"});
  graph.Op("Relu6", "right", {"before"});
  graph.Op("AddV2", "sum", {"left", "right"});
  graph.Op("Tanh", "after", {"sum"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"after"}));
  const FakeDevice device({"Relu", "Relu6", "AddV2"});
  ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&device, &ReferenceBackend()}));
  ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, {Shape({2, 4})}));
  std::vector<Step::Kind> kinds;
  for (const Step& step : plan->steps()) kinds.push_back(step.kind);
  using Kind = Step::Kind;
  EXPECT_THAT(kinds, ::testing::ElementsAre(Kind::kLaunch, Kind::kCopyToDevice, Kind::kLaunch, Kind::kLaunch,
                                            Kind::kLaunch, Kind::kCopyToHost, Kind::kLaunch));
  EXPECT_TRUE(plan->steps()[5].synchronize);
  EXPECT_GT(plan->arena_bytes(1), 0);
}

TEST(PlanTest, SmallIntegersStayOnTheHost) {
  ASSERT_OK_AND_ASSIGN(const Program program, [] {
    GraphMaker graph;
    graph.Input("sizes", PartialShape({2}), DType::kInt32);
    graph.Op("AddV2", "more", {"sizes", graph.Const("one", Tensor::Of<int32_t>({1, 1}))});
    graph.Input("x", PartialShape({-1, 4}));
    graph.Op("AddV2", "twice", {"x", "x"});
    return graph.Lower({"more", "twice"});
  }());
  const FakeDevice device({"AddV2"});
  ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&device, &ReferenceBackend()}));
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const bool on_host = compiled->placement(static_cast<int>(i)).backend->on_host();
    EXPECT_EQ(on_host, program.ops[i].name == "more") << program.ops[i].name;
  }
}

// The usual flattening: Reshape(x, Pack(Shape(x)[0], 12)).
TEST(PlanTest, ShapeArithmeticIsGoneFromThePlan) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 3, 4}));
  const auto ints = [&](const std::string& name, std::initializer_list<int32_t> values) {
    return graph.Const(name, Tensor::Of<int32_t>(values));
  };
  graph.Op("Shape", "shape", {"x"});
  graph.Op("StridedSlice", "batch", {"shape", ints("from", {0}), ints("to", {1}), ints("by", {1})},
           {{"shrink_axis_mask", AttrValue::Int(1)}});
  graph.Const("twelve", Tensor::Scalar<int32_t>(12));
  graph.Op("Pack", "sizes", {"batch", "twelve"}, {{"N", AttrValue::Int(2)}});
  graph.Op("Relu", "relu", {"x"});
  graph.Op("Reshape", "flat", {"relu", "sizes"});
  graph.Op("Tanh", "tanh", {"flat"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"tanh", "sizes"}));
  ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&ReferenceBackend()}));
  Executor executor(0);
  for (const int64_t batch : {1, 7}) {
    ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, {Shape({batch, 3, 4})}));
    ASSERT_EQ(plan->steps().size(), 2u);
    const std::vector<Tensor> inputs = RandomInputs(program, batch, 1);
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, executor.Run(plan, inputs, Go));
    EXPECT_EQ(got[0].shape(), Shape({batch, 12}));
    EXPECT_EQ(got[1].ToString(), absl::StrCat("int32 [2] ", batch, " 12"));
  }
}

Tensor Ramp(const Shape& shape, float first) {
  Tensor tensor(DType::kFloat, shape);
  for (int64_t i = 0; i < shape.num_elements(); ++i) tensor.mutable_data<float>()[i] = first + 0.01f * i;
  return tensor;
}

// The ops that a plan launches, over x and y of this shape, which Tanh first makes its own.
std::vector<std::string> LaunchesOf(GraphMaker& graph, const std::vector<std::string>& outputs, const Shape& shape) {
  std::vector<std::string> names;
  absl::StatusOr<Program> program = graph.Lower(outputs);
  EXPECT_OK(program.status());
  const auto compiled = CompiledProgram::Compile(*program, {&ReferenceBackend()});
  EXPECT_OK(compiled.status());
  const std::vector<Tensor> inputs = {Ramp(shape, -0.1f), Ramp(shape, 0.3f)};
  const auto plan = MakePlan(*compiled, ShapesOf(inputs));
  EXPECT_OK(plan.status());
  CheckMemory(**plan);
  Executor executor(0);
  const auto got = executor.Run(*plan, inputs, Go);
  const auto wanted = RunProgram(*program, inputs);
  EXPECT_OK(got.status());
  for (size_t k = 0; k < wanted->size(); ++k) {
    EXPECT_LE(RelativeDifference((*wanted)[k], (*got)[k]), 1e-6) << outputs[k];
  }
  for (const Step& step : (*plan)->steps()) names.push_back((*plan)->compiled().program().ops[step.op].name);
  return names;
}

// A graph with x, y and their Tanh, tx and ty.
class JoinsTest : public ::testing::Test {
 protected:
  JoinsTest() {
    for (const std::string name : {"x", "y"}) {
      graph_.Input(name, PartialShape({-1, -1}));
      graph_.Op("Tanh", "t" + name, {name});
    }
  }
  void Join(const std::string& name, std::vector<std::string> parts, int axis) {
    const int64_t count = static_cast<int64_t>(parts.size());
    parts.push_back(Scalar(axis));
    graph_.Op("ConcatV2", name, parts, {{"N", AttrValue::Int(count)}});
  }
  void Split(const std::string& name, const std::string& whole, int axis, int count) {
    graph_.Op("Split", name, {Scalar(axis), whole}, {{"num_split", AttrValue::Int(count)}});
  }
  std::string Scalar(int32_t value) { return graph_.Const(absl::StrCat("c", next_++), Tensor::Scalar<int32_t>(value)); }

  GraphMaker graph_;
  int next_ = 0;
};

TEST_F(JoinsTest, PartsAreMadeWhereTheJoinWantsThem) {
  Join("joined", {"tx", "ty"}, 0);
  graph_.Op("Relu", "relu", {"joined"});
  Split("split", "relu", 0, 2);
  graph_.Op("Neg", "neg", {"split:1"});
  EXPECT_THAT(LaunchesOf(graph_, {"neg", "split", "joined", "tx"}, Shape({2, 16})),
              ::testing::UnorderedElementsAre("tx", "ty", "relu", "neg"));
}

TEST_F(JoinsTest, AJoinOfJoinsIsOneBuffer) {
  Join("left", {"tx", "ty"}, 0);
  graph_.Op("Neg", "nx", {"x"});
  Join("all", {"left", "nx"}, 0);
  Split("parts", "all", 0, 3);
  graph_.Op("AddV2", "sum", {"parts:1", "parts:2"});
  EXPECT_THAT(LaunchesOf(graph_, {"sum", "left"}, Shape({1, 32})),
              ::testing::UnorderedElementsAre("tx", "ty", "nx", "sum"));
}

TEST_F(JoinsTest, OneRowJoinsAlongAnyAxis) {
  Join("joined", {"tx", "ty"}, 1);
  graph_.Op("Slice", "slice",
            {"joined", graph_.Const("begin", Tensor::Of<int32_t>({0, 16})),
             graph_.Const("size", Tensor::Of<int32_t>({-1, 16}))});
  graph_.Op("Neg", "neg", {"slice"});
  EXPECT_THAT(LaunchesOf(graph_, {"neg"}, Shape({1, 16})), ::testing::UnorderedElementsAre("tx", "ty", "neg"));
}

TEST_F(JoinsTest, WhatDoesNotLieInOnePieceIsCopied) {
  Join("joined", {"tx", "ty"}, 1);
  Split("split", "joined", 1, 2);
  EXPECT_THAT(LaunchesOf(graph_, {"split", "split:1"}, Shape({2, 16})),
              ::testing::UnorderedElementsAre("tx", "ty", "joined", "split"));
}

TEST_F(JoinsTest, PartsThatWouldNotBeAlignedAreCopied) {
  Join("joined", {"tx", "ty"}, 0);
  EXPECT_THAT(LaunchesOf(graph_, {"joined"}, Shape({1, 5})), ::testing::UnorderedElementsAre("tx", "ty", "joined"));
}

TEST_F(JoinsTest, APartThatIsWantedInTwoPlacesIsCopied) {
  Join("twice", {"tx", "tx"}, 0);
  Join("again", {"ty", "tx"}, 0);
  Join("fed", {"x", "ty"}, 0);
  EXPECT_THAT(LaunchesOf(graph_, {"twice", "again", "fed"}, Shape({1, 16})),
              ::testing::UnorderedElementsAre("tx", "ty", "twice", "fed"));
}

TEST(PlanTest, ShapesThatDoNotFitNameTheNode) {
  GraphMaker graph;
  graph.Input("a", PartialShape({-1, -1}));
  graph.Input("b", PartialShape({-1, -1}));
  graph.Op("MatMul", "tower/product", {"a", "b"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"tower/product"}));
  ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&ReferenceBackend()}));
  EXPECT_THAT(MakePlan(compiled, {Shape({2, 3}), Shape({4, 5})}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'tower/product' (MatMul)")));
  EXPECT_OK(MakePlan(compiled, {Shape({2, 3}), Shape({3, 5})}));
}

}  // namespace
}  // namespace floe
