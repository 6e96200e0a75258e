// Plans of programs with regions: memory, limits, what is changed in place, and loops around a device.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "base/status.h"
#include "gmock/gmock.h"
#include "graph/graph.h"
#include "gtest/gtest.h"
#include "plan/executor.h"
#include "program/lower.h"
#include "program/pass.h"
#include "tests/testing/fake_device.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeDevice;
using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

absl::Status Go() { return absl::OkStatus(); }

// Nodes of a graph text in short: "name op in1,in2 attr..." would hide what is tested; so the text itself.
std::string Const(const std::string& name, int value) {
  return absl::StrCat("node { name: '", name, "' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } } ",
                      "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: ", value,
                      " } } } }\n");
}
std::string Node(const std::string& name, const std::string& op, const std::vector<std::string>& inputs,
                 const std::string& attrs = "") {
  std::string text = absl::StrCat("node_def { name: '", name, "' op: '", op, "' ");
  for (const std::string& input : inputs) absl::StrAppend(&text, "input: '", input, "' ");
  return absl::StrCat(text, attrs, " }\n");
}
std::string Type(const std::string& key, const std::string& type) {
  return absl::StrCat("attr { key: '", key, "' value { type: ", type, " } } ");
}
std::string Args(const char* kind, const std::vector<std::pair<std::string, std::string>>& args) {
  std::string text;
  for (const auto& [name, type] : args) absl::StrAppend(&text, kind, " { name: '", name, "' type: ", type, " } ");
  return text;
}

// while (i < n) { list[i] = x * i; ++i; }; the list's elements, one behind the other.
std::string WritingLoop() {
  const std::string one = "attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } }";
  const std::vector<std::pair<std::string, std::string>> variables = {
      {"i", "DT_INT32"}, {"list", "DT_VARIANT"}, {"n", "DT_INT32"}, {"x", "DT_FLOAT"}};
  std::vector<std::pair<std::string, std::string>> results = variables;
  for (auto& [name, type] : results) name = "out_" + name;
  return absl::StrCat(
      "node { name: 'n' op: 'Placeholder' ", Type("dtype", "DT_INT32"), "attr { key: 'shape' value { shape {} } } }\n",
      "node { name: 'x' op: 'Placeholder' ", Type("dtype", "DT_FLOAT"),
      "attr { key: 'shape' value { shape { dim { size: -1 } } } } }\n", Const("zero", 0), Const("any", -1),
      "node { name: 'empty' op: 'TensorListReserve' input: 'any' input: 'n' ", Type("element_dtype", "DT_FLOAT"),
      Type("shape_type", "DT_INT32"), "}\n",
      "node { name: 'while' op: 'StatelessWhile' input: 'zero' input: 'empty' input: 'n' input: 'x' "
      "attr { key: 'T' value { list { type: DT_INT32 type: DT_VARIANT type: DT_INT32 type: DT_FLOAT } } } "
      "attr { key: 'cond' value { func { name: 'cond' } } } attr { key: 'body' value { func { name: 'body' } } } }\n",
      "node { name: 'y' op: 'TensorListStack' input: 'while:1' input: 'any' ", Type("element_dtype", "DT_FLOAT"), "}\n",
      "library {\n function { signature { name: 'cond' ", Args("input_arg", variables),
      Args("output_arg", {{"less", "DT_BOOL"}}), "}\n", Node("l", "Less", {"i", "n"}, Type("T", "DT_INT32")),
      "ret { key: 'less' value: 'l:z:0' } }\n function { signature { name: 'body' ", Args("input_arg", variables),
      Args("output_arg", results), "}\n", Node("one", "Const", {}, Type("dtype", "DT_INT32") + one),
      Node("next", "AddV2", {"i", "one:output:0"}, Type("T", "DT_INT32")),
      Node("f", "Cast", {"i"}, Type("SrcT", "DT_INT32") + Type("DstT", "DT_FLOAT")),
      Node("item", "Mul", {"x", "f:y:0"}, Type("T", "DT_FLOAT")),
      Node("set", "TensorListSetItem", {"list", "i", "item:z:0"}, Type("element_dtype", "DT_FLOAT")),
      "ret { key: 'out_i' value: 'next:z:0' } ret { key: 'out_list' value: 'set:output_handle:0' } "
      "ret { key: 'out_n' value: 'n' } ret { key: 'out_x' value: 'x' } } }\n");
}

class Runner {
 public:
  Runner(const std::string& text, const std::vector<std::string>& outputs, std::vector<const Backend*> backends,
         RunLimits limits = {.run_time_bytes = int64_t{1} << 30}, bool with_passes = true)
      : executor(limits) {
    auto graph = Graph::ParseText(text);
    EXPECT_TRUE(graph.ok()) << graph.status();
    auto inputs = PlaceholdersNeededBy(*graph, outputs);
    EXPECT_TRUE(inputs.ok()) << inputs.status();
    auto program = Lower(*graph, {*inputs, outputs});
    EXPECT_TRUE(program.ok()) << program.status();
    if (with_passes) EXPECT_OK(RunPasses(StandardPasses(), {}, *program));
    auto made = CompiledProgram::Compile(*std::move(program), backends);
    EXPECT_TRUE(made.ok()) << made.status();
    compiled = *made;
  }

  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<Tensor>& inputs,
                                          absl::FunctionRef<absl::Status()> check = Go) {
    std::vector<Shape> shapes;
    for (const Tensor& input : inputs) shapes.push_back(input.shape());
    FLOE_ASSIGN_OR_RETURN(plan, MakePlan(compiled, shapes));
    return executor.Run(plan, inputs, check);
  }

  std::shared_ptr<const CompiledProgram> compiled;
  std::shared_ptr<const Plan> plan;
  Executor executor;
};

std::vector<Tensor> Inputs(int32_t n) { return {Tensor::Scalar<int32_t>(n), Tensor::Of<float>({1, -2})}; }

const Step* LoopOf(const Plan& plan) {
  for (const Step& step : plan.steps()) {
    if (step.kind == Step::Kind::kLoop) return &step;
  }
  return nullptr;
}

TEST(RegionTest, AListIsWrittenAndStacked) {
  for (const bool with_passes : {true, false}) {
    Runner runner(WritingLoop(), {"y"}, {&ReferenceBackend()}, {.run_time_bytes = 1 << 20}, with_passes);
    ASSERT_OK_AND_ASSIGN(std::vector<Tensor> got, runner.Run(Inputs(3)));
    EXPECT_EQ(got[0].ToString(), "float32 [3,2] 0 -0 1 -2 2 -4");
    got.clear();
    EXPECT_EQ(runner.executor.run_time_bytes(), 0);
  }
}

// What a static body does is laid out once: no step of it is prepared in an iteration.
TEST(RegionTest, AStaticBodyIsPlannedOnce) {
  Runner runner(WritingLoop(), {"y"}, {&ReferenceBackend()});
  ASSERT_OK(runner.Run(Inputs(3)));
  const Step* const loop = LoopOf(*runner.plan);
  ASSERT_NE(loop, nullptr);
  EXPECT_EQ(loop->inputs.size(), 4u);
  EXPECT_EQ(loop->outputs.size(), 2u);
  for (const auto& region : loop->regions) {
    for (const Step& step : region->steps()) EXPECT_NE(step.kernel, nullptr);
  }
}

// Copying the list in each iteration would be 2e10 elements' work.
TEST(RegionTest, WritingAListIsLinear) {
  Runner runner(WritingLoop(), {"y"}, {&ReferenceBackend()});
  const absl::Time start = absl::Now();
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, runner.Run(Inputs(200000)));
  EXPECT_LT(absl::Now() - start, absl::Seconds(60));
  EXPECT_EQ(got[0].shape(), Shape({200000, 2}));
  EXPECT_EQ(got[0].data<float>()[399999], -399998.0f);
}

TEST(RegionTest, AListsMemoryIsBoundedAndGivenBack) {
  Runner runner(WritingLoop(), {"y"}, {&ReferenceBackend()}, {.run_time_bytes = 4000});
  EXPECT_THAT(runner.Run(Inputs(10000)), StatusIs(absl::StatusCode::kResourceExhausted,
                                                  AllOf(HasSubstr("'while'"), HasSubstr("TensorListSetItem"))));
  EXPECT_OK(runner.Run(Inputs(100)));
}

TEST(RegionTest, ALoopThatNeverEndsIsStopped) {
  std::string text = WritingLoop();
  // Less of 0 and n, forever.
  const std::string from = "value: 'next:z:0'";
  text.replace(text.find(from), from.size(), "value: 'i'");
  Runner runner(text, {"y"}, {&ReferenceBackend()}, {.run_time_bytes = 1 << 20, .iterations = 1000});
  EXPECT_THAT(runner.Run(Inputs(5)), StatusIs(absl::StatusCode::kResourceExhausted,
                                              AllOf(HasSubstr("'while'"), HasSubstr("1000 iterations"))));
  Runner patient(text, {"y"}, {&ReferenceBackend()});
  int checks = 0;
  const auto check = [&] { return ++checks < 500 ? absl::OkStatus() : absl::DeadlineExceededError("too late"); };
  EXPECT_THAT(patient.Run(Inputs(5), check), StatusIs(absl::StatusCode::kDeadlineExceeded, HasSubstr("too late")));
}

TEST(RegionTest, AroundADevice) {
  const FakeDevice device({"Mul", "Cast"});
  {
    for (const bool with_passes : {true, false}) {
      Runner runner(WritingLoop(), {"y"}, {&device, &ReferenceBackend()}, {.run_time_bytes = 1 << 20}, with_passes);
      for (const int n : {0, 3, 7}) {
        const absl::StatusOr<std::vector<Tensor>> got = runner.Run(Inputs(n));
        if (n == 0) {
          EXPECT_THAT(got, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'y'")));
          continue;
        }
        ASSERT_OK(got);
        EXPECT_EQ((*got)[0].shape(), Shape({n, 2}));
        EXPECT_EQ((*got)[0].data<float>()[2 * n - 1], static_cast<float>(-2 * (n - 1)));
      }
    }
  }
  EXPECT_GT(device.launches(), 0);
  EXPECT_EQ(device.allocated_bytes(), 0);
}

}  // namespace
}  // namespace floe
