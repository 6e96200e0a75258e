#include "plan/compiled_program.h"

#include "plan/executor.h"
#include "tests/testing/fake_device.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeDevice;
using ::floe::testing::GraphMaker;
using ::floe::testing::RandomTensor;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

TEST(CompiledProgramTest, EverythingThatNobodyTakesIsInOneError) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}));
  graph.Op("Relu", "r", {"x"});
  graph.Op("Tanh", "t/a", {"r"});
  graph.Op("Tanh", "t/b", {"t/a"});
  graph.Op("Sigmoid", "s", {"t/b"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"s"}));
  const FakeDevice device({"Relu"});
  EXPECT_THAT(
      CompiledProgram::Compile(program, {&device}),
      StatusIs(absl::StatusCode::kUnimplemented,
               AllOf(HasSubstr("2 ops"), HasSubstr("Tanh (nodes 't/a', 't/b'"), HasSubstr("Sigmoid (nodes 's'"),
                     HasSubstr("float32"), HasSubstr("the fake device does not take it"), HasSubstr("floe ops"))));
  EXPECT_OK(CompiledProgram::Compile(program, {&device, &ReferenceBackend()}));
}

TEST(CompiledProgramTest, PackedWeightsAreLetGo) {
  const auto weights = std::make_shared<Tensor>(RandomTensor(Shape({64, 64}), 1));
  const std::weak_ptr<Tensor> file = weights;
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 64}));
  graph.Input("w", PartialShape({64, 64}));
  graph.Op("MatMul", "y", {"x", "w"});
  graph.Op("Relu", "z", {"y"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"z"}));
  program.values[program.inputs[1]].constant =
      Tensor::View(DType::kFloat, Shape({64, 64}), weights->raw_data(), weights);
  program.inputs.pop_back();
  const Tensor copy = *weights->Clone();
  const_cast<std::shared_ptr<Tensor>&>(weights).reset();

  const Tensor x = RandomTensor(Shape({3, 64}), 2);
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> wanted, testing::RunProgram(program, {x}));
  const FakeDevice device({"MatMul"}, /*packs=*/true);
  ASSERT_OK_AND_ASSIGN(const auto compiled,
                       CompiledProgram::Compile(std::move(program), {&device, &ReferenceBackend()}));
  EXPECT_TRUE(file.expired());
  EXPECT_EQ(compiled->weight_bytes(), copy.byte_size());
  ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, {x.shape()}));
  Executor executor(0);
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, executor.Run(plan, {x}, [] { return absl::OkStatus(); }));
  EXPECT_LE(testing::RelativeDifference(wanted[0], got[0]), 1e-6);
}

// Small integers are worth no copy to a device, and those that a device makes are worth none to the host.
TEST(CompiledProgramTest, SmallIntegersStayWhereTheyAreMade) {
  GraphMaker graph;
  graph.Input("x", PartialShape({3, 8}));
  graph.Op("MatMul", "product", {"x", graph.Weights("w", Shape({8, 8}))});
  graph.Op("ArgMax", "best", {"product", graph.Const("axis", Tensor::Scalar<int32_t>(1))},
           {{"output_type", AttrValue::Type(DType::kInt32)}});
  graph.Op("AddV2", "next", {"best", graph.Const("one", Tensor::Scalar<int32_t>(1))});
  graph.Input("n", Shape(), DType::kInt32);
  graph.Op("AddV2", "more", {"n", "one"});
  ASSERT_OK_AND_ASSIGN(const Program program, graph.Lower({"next", "more"}));
  const FakeDevice device({"MatMul", "ArgMax", "AddV2"});
  ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&device, &ReferenceBackend()}));
  for (size_t i = 0; i < program.ops.size(); ++i) {
    const bool on_host = program.ops[i].name == "more";
    EXPECT_EQ(compiled->placement(static_cast<int>(i)).backend, on_host ? &ReferenceBackend() : &device)
        << program.ops[i].name;
  }
}

TEST(CompiledProgramTest, UploadedConstantsAreShared) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 64}));
  graph.Weights("w", Shape({64, 64}));
  graph.Op("MatMul", "y", {"x", "w"});
  ASSERT_OK_AND_ASSIGN(Program program, graph.Lower({"y"}));
  const FakeDevice device({"MatMul"});
  {
    ASSERT_OK_AND_ASSIGN(const auto compiled, CompiledProgram::Compile(program, {&device}));
    EXPECT_EQ(device.allocated_bytes(), 0) << "planning needs no device";
    const Tensor x = RandomTensor(Shape({3, 64}), 2);
    ASSERT_OK_AND_ASSIGN(const auto plan, MakePlan(compiled, {x.shape()}));
    EXPECT_EQ(device.allocated_bytes(), 0);
    Executor one(0), two(0);
    const auto go = [] { return absl::OkStatus(); };
    ASSERT_OK(one.Run(plan, {x}, go));
    const int64_t with_one = device.allocated_bytes();
    ASSERT_OK(two.Run(plan, {x}, go));
    EXPECT_LT(device.allocated_bytes() - with_one, 64 * 64 * 4);
  }
  EXPECT_EQ(device.allocated_bytes(), 0);
}

}  // namespace
}  // namespace floe
