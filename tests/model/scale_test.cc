// Loading and planning are linear in the size of the graph: five times the nodes take about five times the time, where
// a square would take twenty-five.
#include <time.h>

#include <algorithm>
#include <functional>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "model/model.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;

constexpr int kFewNodes = 20000;
constexpr int kManyNodes = 100000;
// Five is linear; the rest is for caches that no longer suffice.
constexpr double kMaxRatio = 13;
// Time that a busy machine takes from one of the two measurements is not there the next time.
constexpr int kTries = 3;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};
const GraphMaker::Attrs kInt32 = {{"T", AttrValue::Type(DType::kInt32)}};

using AddNodes = std::function<void(GraphMaker& graph, int nodes)>;

struct Family {
  const char* name;
  AddNodes add;
};

std::string Numbered(absl::string_view name, int i) { return absl::StrCat(name, i); }

const char* const kUnary[] = {"Relu", "Neg", "Tanh", "Sigmoid"};

const Family kFamilies[] = {
    {"Chain",
     [](GraphMaker& graph, int nodes) {
       std::string last = graph.Input("x", {PartialShape::kUnknownDim, 2});
       for (int i = 0; i < nodes; ++i) last = graph.Op(kUnary[i % 4], Numbered("n", i), {last}, kFloat);
     }},
    {"Residuals",
     [](GraphMaker& graph, int nodes) {
       std::string last = graph.Input("x", {PartialShape::kUnknownDim, 2});
       for (int i = 0; i < nodes / 2; ++i) {
         const std::string inner = graph.Op("Softmax", Numbered("s", i), {last}, kFloat);
         last = graph.Op("AddV2", Numbered("a", i), {last, inner}, kFloat);
       }
     }},
    {"Identities",
     [](GraphMaker& graph, int nodes) {
       std::string last = graph.Input("x", {PartialShape::kUnknownDim, 2});
       for (int i = 0; i < nodes; ++i) last = graph.Op("Identity", Numbered("i", i), {last}, kFloat);
       graph.Op("Relu", "y", {last}, kFloat);
     }},
    {"Views",
     [](GraphMaker& graph, int nodes) {
       std::string last = graph.Input("x", {PartialShape::kUnknownDim, 2});
       graph.Const("axis", Tensor::Scalar<int32_t>(0));
       for (int i = 0; i < nodes / 2; ++i) {
         graph.Op("ExpandDims", Numbered("e", i), {last, "axis"}, kFloat);
         last = graph.Op("Squeeze", Numbered("q", i), {Numbered("e", i)},
                         {{"T", AttrValue::Type(DType::kFloat)}, {"squeeze_dims", AttrValue::Ints({0})}});
       }
     }},
    {"ManyUsersAndOutputs",
     [](GraphMaker& graph, int nodes) {
       graph.Input("x", {PartialShape::kUnknownDim, 2});
       for (int i = 0; i < nodes / 2; ++i) {
         graph.Const(Numbered("c", i), Tensor::Scalar<float>(static_cast<float>(i)));
         graph.Op("AddV2", Numbered("y", i), {"x", Numbered("c", i)}, kFloat);
       }
     }},
    {"ManyInputs",
     [](GraphMaker& graph, int nodes) {
       for (int i = 0; i < nodes / 2; ++i) {
         graph.Input(Numbered("x", i), {PartialShape::kUnknownDim, 2});
         graph.Op("Softmax", Numbered("y", i), {Numbered("x", i)}, kFloat);
       }
     }},
    {"AWideFan",
     [](GraphMaker& graph, int nodes) {
       graph.Input("x", {PartialShape::kUnknownDim, 2});
       graph.Const("axis", Tensor::Scalar<int32_t>(0));
       std::vector<std::string> all;
       for (int i = 0; i < nodes / 2; ++i) {
         graph.Const(Numbered("c", i), Tensor::Scalar<float>(static_cast<float>(i)));
         all.push_back(graph.Op("AddV2", Numbered("a", i), {"x", Numbered("c", i)}, kFloat));
       }
       const auto count = static_cast<int64_t>(all.size());
       all.push_back("axis");
       graph.Op("ConcatV2", "y", all, {{"T", AttrValue::Type(DType::kFloat)}, {"N", AttrValue::Int(count)}});
     }},
    {"OneNodeOfManyResults",
     [](GraphMaker& graph, int nodes) {
       graph.Const("axis", Tensor::Scalar<int32_t>(0));
       graph.Input("x", {nodes, 2});
       graph.Op("Split", "split", {"axis", "x"},
                {{"T", AttrValue::Type(DType::kFloat)}, {"num_split", AttrValue::Int(nodes)}});
       for (int i = 0; i < nodes; ++i) graph.Op("Relu", Numbered("y", i), {absl::StrCat("split:", i)}, kFloat);
     }},
    {"ShapesComputed",
     [](GraphMaker& graph, int nodes) {
       graph.Input("x", {PartialShape::kUnknownDim, 2});
       graph.Const("one", Tensor::Of<int32_t>({1, 0}));
       std::string last = graph.Op("Shape", "shape", {"x"}, kFloat);
       for (int i = 0; i < nodes; ++i) {
         last = graph.Op(i % 2 == 0 ? "AddV2" : "Sub", Numbered("n", i), {last, "one"}, kInt32);
       }
       graph.Op("Reshape", "y", {"x", last}, kFloat);
     }},
    {"BackToFront",
     [](GraphMaker& graph, int nodes) {
       for (int i = nodes; i > 0; --i) {
         const std::string input = i == 1 ? "x" : Numbered("n", i - 1);
         graph.Op(i % 2 == 0 ? "Softmax" : "Relu", Numbered("n", i), {input}, kFloat);
       }
       graph.Input("x", {PartialShape::kUnknownDim, 2});
     }},
};

double CpuSeconds() {
  timespec now;
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
  return static_cast<double>(now.tv_sec) + static_cast<double>(now.tv_nsec) * 1e-9;
}

// From the bytes of a graph to a plan.
double SecondsToPlan(const Family& family, const std::string& device, int nodes) {
  GraphMaker graph;
  family.add(graph, nodes);
  std::string bytes = *graph.graph().Serialize();
  const double start = CpuSeconds();
  ModelOptions options;
  options.device = device;
  options.threads = 1;
  const absl::StatusOr<std::shared_ptr<const Model>> model = Model::FromGraphDef(std::move(bytes), options);
  EXPECT_OK(model);
  if (!model.ok()) return 0;
  std::vector<Shape> shapes;
  for (const TensorSpec& input : (*model)->inputs()) {
    PartialShape shape = input.shape;
    if (shape.dim(0) < 0) shape.set_dim(0, 1);
    shapes.push_back(shape.ToShape());
  }
  EXPECT_OK((*model)->Plan(shapes));
  return CpuSeconds() - start;
}

class ScaleTest : public ::testing::TestWithParam<Family> {};

TEST_P(ScaleTest, LoadingAndPlanningAreLinear) {
  for (const char* device : {"cpu", "reference"}) {
    double few = 0, many = 0, best = HUGE_VAL;
    for (int i = 0; i < kTries && best > kMaxRatio; ++i) {
      few = SecondsToPlan(GetParam(), device, kFewNodes);
      many = SecondsToPlan(GetParam(), device, kManyNodes);
      best = std::min(best, many / few);
    }
    EXPECT_LE(best, kMaxRatio) << device << ": " << kFewNodes << " nodes took " << few << " s, " << kManyNodes << " "
                               << many << " s";
    RecordProperty(absl::StrCat(device, "_seconds"), absl::StrCat(many));
  }
}

INSTANTIATE_TEST_SUITE_P(Graphs, ScaleTest, ::testing::ValuesIn(kFamilies),
                         [](const auto& family) { return family.param.name; });

}  // namespace
}  // namespace floe
