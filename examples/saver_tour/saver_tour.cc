// A tour of saving and restoring: ten things that people do with TensorFlow's Saver, with moving averages and with
// frozen graphs, each in a few lines of C++. Prints what comes out, and fails where that is not what it should be.
//
//   saver-tour [DIR]      files are written below DIR (the current directory)
#include <array>
#include <charconv>
#include <filesystem>
#include <iostream>
#include <string>
#include <vector>

#include "model/model.h"
#include "session/convert_to_constants.h"
#include "session/import_graph.h"
#include "session/import_meta_graph.h"
#include "session/moving_average.h"
#include "session/saver.h"
#include "session/session.h"

namespace {

using floe::GraphBuilder;
using floe::Operation;
using floe::Output;
using floe::Saver;
using floe::Session;
using floe::Tensor;

// Ends the tour where something fails.
void Must(const absl::Status& status) {
  if (status.ok()) return;
  std::cerr << "saver-tour: " << status.message() << "\n";
  std::exit(1);
}
template <typename T>
T Must(absl::StatusOr<T> value) {
  Must(value.status());
  return *std::move(value);
}

// The fewest digits that mean this number, "10.0" for a whole one.
std::string Text(float number) {
  std::array<char, 32> digits;
  std::string text(digits.data(), std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr);
  return text.find_first_of(".e") == std::string::npos ? text + ".0" : text;
}

void Show(const std::string& what, const std::vector<Tensor>& tensors, const std::string& wanted) {
  std::string text = "[";
  for (const Tensor& tensor : tensors) text += (text == "[" ? "" : ", ") + Text(tensor.data<float>()[0]);
  text += "]";
  std::cout << what << ": " << text << "\n";
  if (text == wanted) return;
  std::cerr << "saver-tour: wanted " << wanted << "\n";
  std::exit(1);
}
void Show(const std::string& what, const Tensor& tensor, const std::string& wanted) {
  Show(what, std::vector<Tensor>{tensor}, wanted);
}

void SaveAndRestore() {
  std::string path;
  {
    GraphBuilder g;
    const Output v1 = g.Variable("v1", Tensor::Of<float>({1.0F}));
    const Output v2 = g.Variable("v2", Tensor::Of<float>({2.0F}));
    const Output result = g.Add(v1, v2);
    const Operation init = g.GlobalVariablesInitializer();
    Saver saver(g);
    Session session(g);
    Must(session.Run(init));
    path = Must(saver.Save(session, "./SaveModels/model1.ckpt"));
    Show("1  v1 + v2, saved as " + path, Must(session.Run(result)), "[3.0]");
  }
  {
    GraphBuilder g;
    const Output v1 = g.Variable("v1", Tensor::Of<float>({0})), v2 = g.Variable("v2", Tensor::Of<float>({0}));
    const Output result = g.Add(v1, v2);
    Saver saver(g);
    Session session(g);
    Must(saver.Restore(session, path));
    Show("2  restored into a rebuilt graph", Must(session.Run(result)), "[3.0]");
  }
  {
    auto imported = Must(floe::ImportMetaGraph(path + ".meta"));
    Session session(imported.graph);
    Must(imported.saver.Restore(session, path));
    Show("3  from the meta graph alone, add:0", Must(session.Run("add:0")), "[3.0]");
  }
  {
    GraphBuilder g;
    const Output v1 = g.Variable("v1", Tensor::Of<float>({-1})), v2 = g.Variable("v2", Tensor::Of<float>({-2}));
    Session session(g);
    Must(session.Run(g.GlobalVariablesInitializer()));
    Must(Saver(g, {v1}).Restore(session, path));
    Show("4  only v1 restored", Must(session.Run({v1, v2})), "[1.0, -2.0]");
  }
  {
    GraphBuilder g;
    const Output other_v1 = g.Variable("other-v1", Tensor::Of<float>({0}));
    const Output other_v2 = g.Variable("other-v2", Tensor::Of<float>({0}));
    const Output result = g.Add(other_v1, other_v2);
    Session session(g);
    Must(Saver(g, {{"v1", other_v1}, {"v2", other_v2}}).Restore(session, path));
    Show("5  under other names", Must(session.Run(result)), "[3.0]");
  }
}

void MovingAverages() {
  std::string path;
  {
    GraphBuilder g;
    const Output v1 = g.Variable("v1", 0.0F), v2 = g.Variable("v2", 0.0F);
    floe::ExponentialMovingAverage ema(0.99);
    const Operation maintain = ema.Apply(g, g.GlobalVariables());
    Saver saver(g);
    Session session(g);
    Must(session.Run(g.GlobalVariablesInitializer()));
    Must(session.Run(g.Assign(v1, 10)).status());
    Must(session.Run(g.Assign(v2, 5)).status());
    Must(session.Run(maintain));
    Show("6  variables and averages", Must(session.Run({v1, v2, ema.Average(v1), ema.Average(v2)})),
         "[10.0, 5.0, 0.099999905, 0.049999952]");
    path = Must(saver.Save(session, "./SaveModels/model2.ckpt"));
  }
  {
    GraphBuilder g;
    const Output a = g.Variable("a", 0.0F), b = g.Variable("b", 0.0F);
    Session session(g);
    Must(Saver(g, {{"v1/ExponentialMovingAverage", a}, {"v2/ExponentialMovingAverage", b}}).Restore(session, path));
    Show("7  averages in other variables", Must(session.Run({a, b})), "[0.099999905, 0.049999952]");
  }
  {
    GraphBuilder g;
    const Output v1 = g.Variable("v1", 0.0F), v2 = g.Variable("v2", 0.0F);
    const floe::ExponentialMovingAverage ema(0.99);
    Session session(g);
    Must(Saver(g, ema.VariablesToRestore(g)).Restore(session, path));
    Show("8  averages in place of the variables", Must(session.Run({v1, v2})), "[0.099999905, 0.049999952]");
  }
}

void Freeze() {
  {
    GraphBuilder g;
    const Output v3 = g.Variable("v3", Tensor::Of<float>({3.0F})), v4 = g.Variable("v4", Tensor::Of<float>({4.0F}));
    g.Add(v3, v4);
    Session session(g);
    Must(session.Run(g.GlobalVariablesInitializer()));
    const floe::GraphDef frozen = Must(floe::ConvertVariablesToConstants(session, g.AsGraphDef(), {"add"}));
    std::cout << "9  frozen:";
    for (const floe::Node& node : frozen.nodes()) std::cout << " " << node.name << " (" << node.op << ")";
    std::cout << "\n";
    if (frozen.num_nodes() != 5) Must(absl::InternalError("wanted five nodes"));
    Must(floe::WriteFileAtomically("model3.pb", Must(frozen.Serialize())));
  }
  const floe::GraphDef parsed = Must(floe::GraphDef::Load("model3.pb"));
  GraphBuilder g;
  floe::ImportOptions options;
  options.return_elements = {"add:0"};
  const std::vector<Output> add = Must(floe::ImportGraphDef(g, parsed, options));
  Session session(g);
  Show("10 imported, " + add[0].name(), Must(session.Run(add[0])), "[7.0]");

  const auto model = Must(floe::Model::Load("model3.pb"));
  Show("   and as a compiled model", Must(model->Run({})), "[7.0]");
}

}  // namespace

int main(int argc, char** argv) {
  if (argc > 1) {
    std::error_code error;
    std::filesystem::create_directories(argv[1], error);
    std::filesystem::current_path(argv[1], error);
    if (error) {
      std::cerr << "saver-tour: cannot write to '" << argv[1] << "': " << error.message() << "\n";
      return 1;
    }
  }
  SaveAndRestore();
  MovingAverages();
  Freeze();
  return 0;
}
