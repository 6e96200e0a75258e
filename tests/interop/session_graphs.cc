// Builds the graphs of session_test.py, and writes what that compares with TensorFlow's own: DIR/NAME.pb, checkpoints
// and random numbers.
#include <functional>
#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "base/file.h"
#include "base/status.h"
#include "session/convert_to_constants.h"
#include "session/import_meta_graph.h"
#include "session/moving_average.h"
#include "session/saver.h"
#include "session/session.h"
#include "tensor/npy.h"

namespace floe {
namespace {

Tensor Vector(std::initializer_list<float> values) { return Tensor::Of<float>(values); }

void Variables(GraphBuilder& g) {
  const Output v1 = g.Variable("v1", Vector({1})), v2 = g.Variable("v2", Vector({2}));
  g.AddV2(v1, v2);
  const Output r1 = g.ResourceVariable("r1", Vector({1})), r2 = g.ResourceVariable("r2", Vector({2}));
  g.AddV2(r1, r2);
  g.Mul(v1, r2);
  g.Relu(r1);
  g.AddV2(v1, 3.0F);
  g.Assign(v1, Vector({2}));
  g.AssignAdd(v1, Vector({2}));
  g.AssignSub(v1, Vector({1}));
  g.AssignAdd(r1, Vector({2}));
  g.Assign(r1, Vector({2}));
  g.AssignSub(r1, Vector({1}));
  g.IsVariableInitialized(v1);
  g.IsVariableInitialized(r1);
  g.GlobalVariablesInitializer();
}

void Scopes(GraphBuilder& g) {
  const Output x = g.Placeholder(DType::kFloat, {2}, "x");
  {
    const auto scope = g.NameScope("a");
    g.Relu(x);
    const auto inner = g.NameScope("b");
    g.Relu(x, "A");
    g.Relu(x, "a");
    g.Variable("v", 1.0F);
  }
  {
    const auto scope = g.NameScope("a");
    g.Relu(x);
  }
  const Output y = g.Relu(x), z = g.Relu(x, "relu");
  {
    const auto wait = g.ControlDependencies({y.op(), z.op()});
    const Output u = g.Mul(y, x);
    g.Identity(u);
    g.Constant(Vector({1}));
    g.Variable("w", 1.0F);
  }
  g.Group({y.op(), z.op()});
  g.NoOp();
}

void Ops(GraphBuilder& g) {
  const Output x = g.Placeholder(DType::kFloat, {-1, 4}, "x"), im = g.Placeholder(DType::kFloat, {-1, 8, 8, 3}, "im");
  g.AddV2(x, 1), g.Sub(x, 2), g.Mul(x, 3), g.Div(x, 2), g.FloorDiv(x, 2), g.FloorMod(x, 2), g.Pow(x, 2), g.Neg(x);
  g.Abs(x);
  const Output y = g.Less(x, 1), z = g.Greater(x, 1);
  g.LessEqual(x, 1), g.GreaterEqual(x, 1), g.Equal(x, 1), g.NotEqual(x, 1);
  g.LogicalAnd(y, z), g.LogicalOr(y, z), g.LogicalNot(y);
  g.Maximum(x, 0), g.Minimum(x, 0), g.SquaredDifference(x, 1);
  g.Exp(x), g.Log(x), g.Sqrt(x), g.Rsqrt(x), g.Square(x), g.Sign(x), g.Floor(x), g.Ceil(x), g.Round(x);
  g.Cast(x, DType::kInt32), g.Select(y, x, x);
  const Output m = g.MatMul(x, g.Ones({4, 2}));
  const Output left = g.Ones({2, 3, 4}), right = g.Ones({2, 4, 5});
  g.MatMul(left, right);
  g.BiasAdd(m, Vector({1, 2}));
  const Output f = g.Ones({3, 3, 3, 2}, DType::kFloat, "f");
  g.Conv2D(im, f), g.DepthwiseConv2d(im, f);
  const WindowOptions window{.strides = {1, 2, 2, 1}, .padding = "VALID"};
  g.MaxPool(im, {1, 2, 2, 1}, window), g.AvgPool(im, {1, 2, 2, 1}, window);
  g.Relu(x), g.Relu6(x), g.Elu(x), g.LeakyRelu(x), g.Sigmoid(x), g.Tanh(x), g.Softmax(x), g.LogSoftmax(x),
      g.Softplus(x);
  g.Selu(x), g.Softsign(x);
  g.ReduceSum(x, {{1}}), g.ReduceSum(x), g.ReduceMean(x, {{1}}), g.ReduceMean(x), g.ReduceMax(x), g.ReduceMin(x);
  g.ReduceProd(x, {{0}}, true), g.ReduceAll(y, {{1}}), g.ReduceAny(y);
  g.ArgMax(x, 1), g.ArgMin(x, 1);
  g.Reshape(x, {-1, 2}), g.Transpose(x, {1, 0}), g.ExpandDims(x, 1);
  g.Squeeze(g.Placeholder(DType::kFloat, {1, 2, 1}, "p"));
  g.Squeeze(g.ExpandDims(x, 0), {0});
  g.Concat({x, x}, 1), g.Split(x, 2, 1), g.Stack({x, x}, 1), g.Unstack(x, 4, 1), g.Slice(x, {0, 1}, {-1, 2});
  g.Pad(x, {{0, 0}, {1, 1}}), g.Tile(x, {1, 2});
  g.Gather(x, Tensor::Of<int32_t>({0, 1})), g.Gather(x, Tensor::Of<int32_t>({0, 1}), 1);
  g.Shape(x), g.Fill({2, 3}, 1.0F), g.ZerosLike(x), g.Range(0, 5), g.OneHot(Tensor::Of<int32_t>({0, 1}), 3);
  g.Identity(x), g.StopGradient(x), g.Zeros({2, 3}), g.Ones({2}), g.AddN({x, x});
  g.PlaceholderWithDefault(g.Constant(Tensor::Scalar<float>(1)), Shape());
  g.Op("Add", {x, x}, {{"T", AttrValue::Type(DType::kFloat)}});
}

void Devices(GraphBuilder& g) {
  {
    const auto device = g.Device("/cpu:0");
    g.Variable("v1", Vector({1}));
    g.ResourceVariable("v3", Vector({1}));
  }
  {
    const auto device = g.Device("/cpu:1");
    g.Variable("v2", Vector({2}));
  }
  const Saver sharded(g, SaverOptions{.sharded = true});
  const Saver v1(g, SaverOptions{.sharded = true, .write_version = CheckpointFormat::kV1});
  const Saver plain(g);
  const Saver plain_v1(g, SaverOptions{.write_version = CheckpointFormat::kV1});
  const Saver map(g, {{"a", g.GlobalVariables()[0]}}, SaverOptions{.reshape = true});
  g.GlobalVariablesInitializer();
}

void Partitioned(GraphBuilder& g) {
  const Output zeros = g.Zeros({50, 8});
  for (const bool resource : {false, true}) {
    Tensor whole(DType::kFloat, Shape({50, 8}));
    std::fill_n(whole.mutable_data<float>(), whole.num_elements(), 2.0F);
    g.PartitionedVariable(resource ? "remb" : "emb", whole, 3, 0, resource);
  }
  g.Variable("w", Vector({1, 2}));
  g.ResourceVariable("rw", Vector({1, 2}));
  const Saver saver(g);
}

void Averages(GraphBuilder& g) {
  const Output v1 = g.Variable("v1", 0.0F), v2 = g.Variable("v2", Vector({0, 1}));
  const Output r = g.ResourceVariable("r", 0.0F);
  const Output step = g.Variable("step", Tensor::Scalar<int32_t>(3), {.trainable = false});
  const Output m = g.Mul(v1, 2, "m");
  ExponentialMovingAverage plain(0.99);
  plain.Apply(g, {v1, v2, r});
  ExponentialMovingAverage moving(0.9, {.num_updates = step, .zero_debias = true, .name = "avg"});
  moving.Apply(g, {v1, m});
}

void Random(GraphBuilder& g) {
  g.RandomUniform({7}, 0, 1, DType::kFloat, 1);
  g.RandomUniform({7}, -2, 5, DType::kDouble, 2);
  g.RandomUniform({7}, 3, 90, DType::kInt32, 3);
  g.RandomUniform({7}, 3, 9000000000, DType::kInt64, 3);
  g.RandomNormal({9}, 0, 1, DType::kFloat, 4);
  g.RandomNormal({9}, 1, 2, DType::kDouble, 5);
  g.TruncatedNormal({2, 600}, 0, 1, DType::kFloat, 6);
  g.TruncatedNormal({11}, 0, 3, DType::kDouble, 7);
  g.SetRandomSeed(12);
  g.RandomUniform({5});
  g.RandomNormal({5}, 0, 1, DType::kHalf, 4);
  g.RandomUniform({5}, 0, 1, DType::kBfloat16, 4);
}

absl::Status WriteGraphs(const std::string& folder) {
  const std::map<std::string, std::function<void(GraphBuilder&)>> graphs = {
      {"variables", Variables},     {"scopes", Scopes},     {"ops", Ops},      {"devices", Devices},
      {"partitioned", Partitioned}, {"averages", Averages}, {"random", Random}};
  for (const auto& [name, build] : graphs) {
    GraphBuilder g;
    build(g);
    FLOE_ASSIGN_OR_RETURN(const GraphDef graph, g.AsGraphDef());
    FLOE_ASSIGN_OR_RETURN(const std::string bytes, graph.Serialize());
    FLOE_RETURN_IF_ERROR(WriteFileAtomically(folder + "/" + name + ".pb", bytes));
    FLOE_RETURN_IF_ERROR(ExportMetaGraph(g, folder + "/" + name + ".meta"));
    if (name != "random") continue;
    Session session(g);
    const std::vector<std::string> fetches = {"random_uniform/RandomUniform",
                                              "random_uniform_1",
                                              "random_uniform_2",
                                              "random_uniform_3",
                                              "random_normal",
                                              "random_normal_1",
                                              "truncated_normal",
                                              "truncated_normal_1",
                                              "random_uniform_4/RandomUniform"};
    for (const char* run : {"first", "second"}) {
      for (size_t i = 0; i < fetches.size(); ++i) {
        FLOE_ASSIGN_OR_RETURN(const Tensor drawn, session.Run(fetches[i] + ":0"));
        FLOE_RETURN_IF_ERROR(WriteNpy(absl::StrCat(folder, "/", run, "_", i, ".npy"), drawn));
      }
    }
  }
  return absl::OkStatus();
}

// Checkpoints for TensorFlow to import and restore, and a frozen graph for it to run.
absl::Status WriteCheckpoints(const std::string& folder) {
  for (const bool sharded : {false, true}) {
    for (const CheckpointFormat format : {CheckpointFormat::kV1, CheckpointFormat::kV2}) {
      GraphBuilder g;
      const Output v1 = g.Variable("v1", Vector({1})), v2 = g.ResourceVariable("v2", Vector({2}));
      Tensor whole(DType::kFloat, Shape({10, 3}));
      for (int i = 0; i < 30; ++i) whole.mutable_data<float>()[i] = static_cast<float>(i);
      {
        const auto device = g.Device("/cpu:1");
        g.PartitionedVariable("p", whole, 3);
        g.PartitionedVariable("q", whole, 2, 1, true);
      }
      g.Add(v1, v2);
      const Operation init = g.GlobalVariablesInitializer();
      Saver saver(g, SaverOptions{.sharded = sharded, .write_version = format});
      Session session(g);
      FLOE_RETURN_IF_ERROR(session.Run(init));
      const std::string name =
          absl::StrCat("/", sharded ? "sharded" : "whole", format == CheckpointFormat::kV1 ? 1 : 2);
      FLOE_RETURN_IF_ERROR(saver.Save(session, folder + name + "/m.ckpt", {.global_step = 7}).status());
      FLOE_ASSIGN_OR_RETURN(const GraphDef frozen, ConvertVariablesToConstants(session, g.AsGraphDef(), {"add"}));
      FLOE_ASSIGN_OR_RETURN(const std::string bytes, frozen.Serialize());
      FLOE_RETURN_IF_ERROR(WriteFileAtomically(folder + name + "/frozen.pb", bytes));
    }
  }
  GraphBuilder g;
  g.Add(g.Variable("v1", Vector({1})), g.Variable("v2", Vector({2})));
  Saver saver(g);
  Session session(g);
  FLOE_RETURN_IF_ERROR(session.Run(g.GlobalVariablesInitializer()));
  return saver.Save(session, folder + "/flow1/model1.ckpt").status();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: session_graphs DIR\n";
    return 2;
  }
  absl::Status status = floe::WriteGraphs(argv[1]);
  if (status.ok()) status = floe::WriteCheckpoints(argv[1]);
  if (!status.ok()) std::cerr << status.message() << "\n";
  return status.ok() ? 0 : 1;
}
