// floe run, inspect, bench and ops, run as users run them.
#include <sys/wait.h>
#include <unistd.h>

#include <cstdio>
#include <cstdlib>
#include <map>
#include <nlohmann/json.hpp>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "model/model.h"
#include "tensor/npy.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::RandomTensor;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using Json = nlohmann::json;

struct Outcome {
  int exit_code;
  std::string out;
  std::string error;
};

class CommandTest : public ::testing::Test {
 protected:
  CommandTest() {
    GraphMaker graph;
    graph.Input("x", PartialShape({-1, 4}));
    graph.Weights("w", Shape({4, 2}));
    graph.Op("MatMul", "product", {"x", "w"});
    graph.Op("Relu", "y", {"product"});
    EXPECT_OK(WriteFileAtomically(Path("model.pb"), *graph.graph().Serialize()));
    EXPECT_OK(WriteNpy(Path("x.npy"), x_));
  }

  std::string Path(const std::string& name) const { return JoinPath(directory_, name); }

  Outcome Floe(const std::string& arguments) const {
    const std::string command =
        absl::StrCat("cd ", directory_, " && ", FLOE_BINARY, " ", arguments, " > stdout 2> stderr");
    const int status = std::system(command.c_str());
    return {WEXITSTATUS(status), *ReadFile(Path("stdout")), *ReadFile(Path("stderr"))};
  }

  void ExpectError(const std::string& arguments, int exit_code, const ::testing::Matcher<std::string>& message) {
    const Outcome outcome = Floe(arguments);
    EXPECT_EQ(outcome.exit_code, exit_code) << arguments;
    EXPECT_THAT(outcome.error, AllOf(MatchesRegex("floe: [^\n]*\n"), message)) << arguments;
    EXPECT_EQ(outcome.out, "") << arguments;
  }

  const std::string directory_ = testing::TempDir();
  const Tensor x_ = RandomTensor(Shape({3, 4}), 1);
};

TEST_F(CommandTest, RunPrintsAndWritesInFetchOrder) {
  const Outcome outcome = Floe("run model.pb --input x=x.npy --fetch y --fetch product:0 --output-dir out/deep");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("y float32 [3,2] "), HasSubstr("product float32 [3,2] ")));
  ASSERT_OK_AND_ASSIGN(const auto model, Model::Load(Path("model.pb")));
  ASSERT_OK_AND_ASSIGN(const auto wanted, model->Run({{"x", x_}}));
  ASSERT_OK_AND_ASSIGN(const Tensor y, ReadNpy(Path("out/deep/0.npy")));
  EXPECT_LE(testing::RelativeDifference(wanted[0], y), 1e-6);
  EXPECT_OK(ReadNpy(Path("out/deep/1.npy")));
  EXPECT_FALSE(ReadNpy(Path("out/deep/2.npy")).ok());
}

TEST_F(CommandTest, RunRepeatsOnEveryDevice) {
  for (const char* device : {"auto", "cpu", "reference"}) {
    const Outcome outcome =
        Floe(absl::StrCat("run --input x=x.npy --device ", device, " --threads 1 --repeat 3 model.pb"));
    ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
    EXPECT_THAT(outcome.out, AllOf(HasSubstr("run 0: "), HasSubstr("run 2: "), HasSubstr("\ny float32 [3,2] ")));
  }
}

TEST_F(CommandTest, StringsTravelAsJson) {
  GraphMaker graph;
  graph.Input("s", PartialShape({-1}), DType::kString);
  graph.Const("axis", Tensor::Scalar<int32_t>(0));
  graph.Op("ConcatV2", "twice", {"s", "s", "axis"}, {{"N", AttrValue::Int(2)}});
  ASSERT_OK(WriteFileAtomically(Path("strings.pb"), *graph.graph().Serialize()));
  ASSERT_OK(WriteFileAtomically(Path("s.json"), R"(["a", {"b64": "/w=="}])"));
  const Outcome outcome = Floe("run strings.pb --input s=s.json --output-dir out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_EQ(Json::parse(*ReadFile(Path("out/0.json"))), Json::parse(R"(["a", {"b64": "/w=="}, "a", {"b64": "/w=="}])"));
}

TEST_F(CommandTest, Bfloat16TravelsAsItsBits) {
  GraphMaker graph;
  graph.Input("b", PartialShape({-1}), DType::kBfloat16);
  graph.Op("Relu", "y", {"b"});
  ASSERT_OK(WriteFileAtomically(Path("half.pb"), *graph.graph().Serialize()));
  ASSERT_OK(WriteNpy(Path("b.npy"), Tensor::Of<uint16_t>({0x3f80, 0xbf80})));
  const Outcome outcome = Floe("run half.pb --input b=b.npy --output-dir out");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  ASSERT_OK_AND_ASSIGN(const Tensor y, ReadNpy(Path("out/0.npy")));
  EXPECT_EQ(y.ToString(), "uint16 [2] 16256 0");
}

TEST_F(CommandTest, PassesCanBeLeftOutAndLookedAt) {
  const auto dumped = [&](const std::string& pass) {
    return std::system(absl::StrCat("ls ", Path("dump"), "/*_", pass, ".txt > /dev/null 2>&1").c_str()) == 0;
  };
  ASSERT_EQ(Floe("run model.pb --input x=x.npy --disable-pass all --dump-passes dump").exit_code, 0);
  EXPECT_FALSE(dumped("*"));
  ASSERT_EQ(Floe("run model.pb --input x=x.npy --disable-pass drop_dead_values --dump-passes dump").exit_code, 0);
  EXPECT_TRUE(dumped("fuse_epilogues"));
  EXPECT_FALSE(dumped("drop_dead_values"));
}

TEST_F(CommandTest, ErrorsAreOneLineAndExitOne) {
  ExpectError("run no.pb", 1, HasSubstr("no.pb"));
  ExpectError("run model.pb", 1, HasSubstr("input 'x' is missing"));
  ExpectError("run model.pb --input z=x.npy", 1, HasSubstr("unknown input 'z'"));
  ExpectError("run model.pb --input x", 1, HasSubstr("NAME=VALUE"));
  ExpectError("run model.pb --input x=no.npy", 1, HasSubstr("no.npy"));
  ExpectError("run model.pb --input x=model.pb", 1, HasSubstr("model.pb"));
  ExpectError("run model.pb --input x=x.npy --fetch z", 1, HasSubstr("'z'"));
  ExpectError("run model.pb --input x=x.npy --device cuda:9", 1, HasSubstr("no CUDA device"));
  ExpectError("run model.pb --input x=x.npy --signature other", 1, HasSubstr("'other'"));
  ExpectError("run model.pb --input x=x.npy --output-dir x.npy/out", 1, HasSubstr("x.npy"));
  ExpectError("inspect model.pb --plan --shape y=1x4", 1, HasSubstr("unknown input 'y'"));
  ExpectError("inspect model.pb --plan --shape x=1x4x-", 1, HasSubstr("no shape"));
  ExpectError("inspect model.pb --plan --shape x=1x5", 1, HasSubstr("wanted shape [?,4]"));
  ExpectError("bench no.pb --seconds 0.1", 1, HasSubstr("no.pb"));
  ExpectError("run model.pb --input x=x.npy --disable-pass fuse_epilogue", 1,
              HasSubstr("did you mean 'fuse_epilogues'"));
  ExpectError("run model.pb --input x=x.npy --dump-passes x.npy/out", 1, HasSubstr("x.npy"));
}

TEST_F(CommandTest, WrongUsageExitsTwo) {
  ExpectError("", 2, HasSubstr(""));
  ExpectError("run", 2, HasSubstr("MODEL"));
  ExpectError("run model.pb --no-such-flag", 2, HasSubstr("no-such-flag"));
  ExpectError("run model.pb --threads x", 2, HasSubstr("threads"));
  ExpectError("bench model.pb --seconds 0", 2, HasSubstr("seconds"));
  ExpectError("walk model.pb", 2, HasSubstr(""));
}

TEST_F(CommandTest, HelpIsForEveryCommand) {
  for (const char* command : {"", "run", "inspect", "bench", "ops"}) {
    const Outcome outcome = Floe(absl::StrCat(command, " --help"));
    EXPECT_EQ(outcome.exit_code, 0) << command;
    EXPECT_THAT(outcome.out, HasSubstr("Usage")) << command;
  }
}

TEST_F(CommandTest, InspectAsJson) {
  const Outcome outcome = Floe("inspect model.pb --json --plan --batch 5 --device reference");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Json json = Json::parse(outcome.out);
  EXPECT_EQ(json["inputs"], Json::parse(R"([{"name": "x", "tensor": "x:0", "dtype": "float32", "shape": [-1, 4]}])"));
  EXPECT_EQ(json["outputs"], Json::parse(R"([{"name": "y", "tensor": "y:0", "dtype": "float32", "shape": [-1, 2]}])"));
  EXPECT_FALSE(json["ops"].empty());
  ASSERT_FALSE(json["steps"].empty());
  EXPECT_EQ(json["steps"].back()["outputs"], Json::parse(R"(["float32[5,2]"])"));
  EXPECT_EQ(json["launches"], json["steps"].size());
  for (const char* key : {"flops", "bytes", "arena_bytes"}) EXPECT_TRUE(json[key].is_number_integer()) << key;
  EXPECT_FALSE(Json::parse(Floe("inspect model.pb --json").out).contains("steps"));
}

TEST_F(CommandTest, RunsLoops) {
  for (const std::string folder : {"checkpoints/lstm_tf1_loop", "checkpoints/lstm_functional"}) {
    FLOE_REQUIRE_SHARED(folder);
    const auto file = [&](const std::string& name) { return testing::SharedPath(JoinPath(folder, name)); };
    const Outcome run = Floe(absl::StrCat("run ", file("model.pb"), " --input x=", file("in_0.npy"),
                                          " --fetch y --fetch last --output-dir out"));
    ASSERT_EQ(run.exit_code, 0) << run.error;
    for (const char* const output : {"0.npy", "1.npy"}) {
      ASSERT_OK_AND_ASSIGN(const Tensor expected, ReadNpy(file(absl::StrCat("out_", output))));
      ASSERT_OK_AND_ASSIGN(const Tensor got, ReadNpy(Path(JoinPath("out", output))));
      EXPECT_LE(testing::RelativeDifference(expected, got), 2e-6);
    }
    const Outcome plan = Floe(absl::StrCat("inspect ", file("model.pb"), " --plan --shape x=3x5x6"));
    ASSERT_EQ(plan.exit_code, 0) << plan.error;
    EXPECT_THAT(plan.out, AllOf(HasSubstr(": condition"), HasSubstr(": body"), HasSubstr("(after the regions)")));
    const Json json =
        Json::parse(Floe(absl::StrCat("inspect ", file("model.pb"), " --plan --json --shape x=3x5x6")).out);
    EXPECT_TRUE(std::any_of(json["steps"].begin(), json["steps"].end(), [](const Json& step) {
      return absl::EndsWith(step["region"].get<std::string>(), ": body");
    }));
  }
}

TEST_F(CommandTest, InspectAsText) {
  const Outcome outcome = Floe("inspect model.pb --plan");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("x  float32[?,4]"), HasSubstr("y  float32[?,2]"), HasSubstr("launches")));
}

TEST_F(CommandTest, InspectCountsWhatThePlainEvaluationComputes) {
  for (const char* device : {"cpu", "reference"}) {
    const Json json = Json::parse(Floe(absl::StrCat("inspect model.pb --json --plan --batch 5 --device ", device)).out);
    EXPECT_GE(json["flops"], 2 * 5 * 4 * 2) << device;
    EXPECT_GT(json["estimate_us"], 0.0) << device;
    const Json& step = json["steps"].front();
    EXPECT_EQ(step["device"], device);
    EXPECT_EQ(step["inputs"][0], "float32[5,4]");
    EXPECT_GT(step["estimate_us"], 0.0);
  }
}

// Everything opened is closed, and there are so many of an element.
void ExpectXml(const std::string& text, const std::string& element, int count) {
  std::vector<std::string> open;
  int found = 0;
  for (size_t at = text.find('<'); at != std::string::npos; at = text.find('<', at + 1)) {
    const size_t end = text.find('>', at);
    ASSERT_NE(end, std::string::npos);
    const std::string tag = text.substr(at + 1, end - at - 1);
    const std::string name = tag.substr(0, tag.find_first_of(" /", 1));
    if (tag[0] == '?') continue;
    if (tag[0] == '/') {
      ASSERT_FALSE(open.empty());
      EXPECT_EQ("/" + open.back(), tag);
      open.pop_back();
      continue;
    }
    found += name == element;
    if (tag.back() != '/') open.push_back(name);
  }
  EXPECT_TRUE(open.empty());
  EXPECT_EQ(found, count);
  EXPECT_THAT(text, ::testing::Not(HasSubstr("& ")));
}

TEST_F(CommandTest, InspectDraws) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 4}));
  std::string last = "x";
  for (int i = 0; i < 50; ++i) last = graph.Op("Softmax", absl::StrCat("block<", i, ">/inner/soft\"max"), {last});
  graph.Op("AddV2", "y", {last, "x"});  // past fifty layers
  ASSERT_OK(WriteFileAtomically(Path("deep.pb"), *graph.graph().Serialize()));
  const Outcome dot = Floe("inspect deep.pb --dot");
  ASSERT_EQ(dot.exit_code, 0) << dot.error;
  EXPECT_THAT(dot.out,
              AllOf(MatchesRegex("digraph program [{](.|\n)*[}]\n"), HasSubstr("subgraph \"cluster_block<7>/inner\" {"),
                    HasSubstr("AddV2\\ny\\nfloat32[?,4]"), HasSubstr("n0 -> n51;"), HasSubstr("soft\\\"max")));
  const Outcome svg = Floe("inspect deep.pb --svg deep.svg");
  ASSERT_EQ(svg.exit_code, 0) << svg.error;
  EXPECT_THAT(svg.out, HasSubstr("outputs"));
  ExpectXml(*ReadFile(Path("deep.svg")), "title", 52);
  ExpectXml(*ReadFile(Path("deep.svg")), "path", 52);
}

TEST_F(CommandTest, InspectDrawsWhatIsInRegions) {
  FLOE_REQUIRE_SHARED("checkpoints/lstm_tf1_loop");
  const Outcome dot =
      Floe(absl::StrCat("inspect ", testing::SharedPath("checkpoints/lstm_tf1_loop/model.pb"), " --dot"));
  ASSERT_EQ(dot.exit_code, 0) << dot.error;
  EXPECT_THAT(dot.out, AllOf(HasSubstr("label=\"condition\";"), HasSubstr("label=\"body\";"), HasSubstr("MatMul")));
}

TEST_F(CommandTest, PlanningForCudaWantsATargetOfIt) {
  ExpectError("inspect model.pb --plan --target sm_80 --device cpu", 1, HasSubstr("device cpu"));
  ExpectError("inspect model.pb --plan --target pascal", 2, HasSubstr("pascal"));
}

TEST_F(CommandTest, BadFilesAreOneLine) {
  const std::string zip("PK\x03\x04\x14\x00\x00\x00\x08\x00", 10);
  ASSERT_OK(WriteFileAtomically(Path("model.zip"), zip));
  ASSERT_OK(WriteFileAtomically(Path("wrong.pbtxt"), "node {\n  name: \"x\"\n  op: 'Placeholder'\n  inputt: 'y'\n}\n"));
  ASSERT_OK(FileSystem::Posix().MakeDirectories(Path("folder/variables")));
  ExpectError("run model.zip", 1, AllOf(HasSubstr("model.zip"), HasSubstr("not a GraphDef")));
  ExpectError("run wrong.pbtxt", 1, AllOf(HasSubstr("wrong.pbtxt"), HasSubstr("line 4"), HasSubstr("inputt")));
  ExpectError("run folder", 1, AllOf(HasSubstr("folder"), HasSubstr("saved_model.pb")));
  ExpectError("run x.npy", 1, AllOf(HasSubstr("x.npy"), HasSubstr("not a GraphDef")));
}

TEST_F(CommandTest, AGraphPastProtobufsLimitIsRefusedWithTheReason) {
  // A hole: it takes no room on the disk, and nobody reads it.
  ASSERT_OK(WriteFileAtomically(Path("huge.pb"), "x"));
  ASSERT_EQ(truncate(Path("huge.pb").c_str(), int64_t{2} << 30), 0);
  ExpectError("run huge.pb", 1,
              AllOf(HasSubstr("huge.pb"), HasSubstr("2147483648 bytes"), HasSubstr("protobuf's limit")));
  ASSERT_OK(FileSystem::Posix().Remove(Path("huge.pb")));
}

TEST_F(CommandTest, BadInputsAreOneLine) {
  ASSERT_OK(WriteNpy(Path("rank.npy"), RandomTensor(Shape({3, 4, 1}), 1)));
  ASSERT_OK(WriteNpy(Path("wide.npy"), RandomTensor(Shape({3, 5}), 1)));
  ASSERT_OK(WriteNpy(Path("ints.npy"), Tensor::Of<int32_t>(Shape({1, 4}), {1, 2, 3, 4})));
  ASSERT_OK(WriteFileAtomically(Path("half.npy"), ReadFile(Path("x.npy"))->substr(0, 150)));
  ASSERT_OK(WriteFileAtomically(Path("words.json"), R"(["a", ["b"]])"));
  ExpectError("run model.pb --input x=rank.npy", 1, AllOf(HasSubstr("'x'"), HasSubstr("rank 2"), HasSubstr("[3,4,1]")));
  ExpectError("run model.pb --input x=wide.npy", 1, AllOf(HasSubstr("'x'"), HasSubstr("[?,4]"), HasSubstr("[3,5]")));
  ExpectError("run model.pb --input x=ints.npy", 1, AllOf(HasSubstr("'x'"), HasSubstr("float32"), HasSubstr("int32")));
  ExpectError("run model.pb --input x=half.npy", 1, HasSubstr("half.npy"));
  ExpectError("run model.pb --input x=words.json", 1, HasSubstr("words.json"));
  ExpectError("run model.pb --input x=x.npy --input x=x.npy", 1, HasSubstr("given twice"));
  ExpectError("run model.pb --input x=x.npy --fetch produkt", 1, HasSubstr("did you mean 'product'"));
  ExpectError("run model.pb --input x=x.npy --fetch product:7", 1,
              AllOf(HasSubstr("'product'"), HasSubstr("no result 7")));
  ExpectError("run model.pb --input x=x.npy --fetch ^product", 1, HasSubstr("^product"));
  ExpectError("run model.pb --input x=x.npy --device gpu", 1, AllOf(HasSubstr("'gpu'"), HasSubstr("cuda")));
}

TEST_F(CommandTest, FetchesResultsInsideTheGraph) {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1, 4}));
  graph.Const("axis", Tensor::Scalar<int32_t>(1));
  graph.Op("Split", "halves", {"axis", "x"}, {{"num_split", AttrValue::Int(2)}});
  graph.Op("Relu", "y", {"halves:1"});
  ASSERT_OK(WriteFileAtomically(Path("split.pb"), *graph.graph().Serialize()));
  const Outcome outcome = Floe("run split.pb --input x=x.npy --fetch halves:1 --fetch halves --fetch y:0");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  EXPECT_THAT(outcome.out, MatchesRegex("halves:1 float32 \\[3,2\\] .*\nhalves float32 \\[3,2\\] .*\n"
                                        "y float32 \\[3,2\\] .*\n"));
}

TEST_F(CommandTest, BenchAsJson) {
  const Outcome outcome = Floe("bench model.pb --batch 3 --seconds 0.1 --threads 1 --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Json json = Json::parse(outcome.out);
  for (const char* key :
       {"load_ms", "first_ms", "throughput", "rss_bytes", "arena_bytes", "flops", "steps", "launches"})
    EXPECT_TRUE(json[key].is_number()) << key;
  const Json& latency = json["latency_ms"];
  EXPECT_GT(latency["min"], 0.0);
  EXPECT_LE(latency["min"], latency["p50"]);
  EXPECT_LE(latency["p50"], latency["p90"]);
  EXPECT_LE(latency["p90"], latency["p99"]);
  EXPECT_GT(json["rss_bytes"], 1000000);
  EXPECT_EQ(Floe("bench model.pb --input x=x.npy --seconds 0.1").exit_code, 0);
  EXPECT_EQ(Floe("bench model.pb --shape x=9x4 --seconds 0.1").exit_code, 0);
}

// On the module that stands in for a GPU, which the environment of this test names.
TEST_F(CommandTest, RunsAndPlansForCuda) {
  const Outcome run = Floe("run model.pb --input x=x.npy --device cuda");
  EXPECT_EQ(run.exit_code, 0) << run.error;
  EXPECT_EQ(run.out, Floe("run model.pb --input x=x.npy --device reference").out);
  const Outcome plan = Floe("inspect model.pb --plan --device cuda --target sm_75 --json");
  ASSERT_EQ(plan.exit_code, 0) << plan.error;
  const Json json = Json::parse(plan.out);
  EXPECT_EQ(json["device"], "sm_75");
  std::set<std::string> backends;
  for (const Json& step : json["steps"]) backends.insert(step["backend"]);
  EXPECT_THAT(backends, ::testing::Contains("cuda"));
  EXPECT_THAT(Floe("inspect model.pb --plan --device cuda --target sm_76").error, HasSubstr("did you mean 'sm_75'?"));
  EXPECT_THAT(Floe("inspect model.pb --plan --device cuda --target sm_75 --precision bf16").error,
              HasSubstr("precision bf16 needs sm_80"));
  EXPECT_THAT(Floe("run model.pb --input x=x.npy --device cpu --precision fp16").error,
              HasSubstr("needs a CUDA device"));
}

TEST_F(CommandTest, WithoutACudaModuleItSaysSoAndAutoIsTheProcessor) {
  const std::string module = std::getenv("FLOE_CUDA_MODULE");
  setenv("FLOE_CUDA_MODULE", "/there/is/none.so", 1);
  const Outcome cuda = Floe("run model.pb --input x=x.npy --device cuda");
  const Outcome automatic = Floe("inspect model.pb --json");
  const Outcome plan = Floe("inspect model.pb --plan --target sm_80");
  setenv("FLOE_CUDA_MODULE", module.c_str(), 1);
  EXPECT_EQ(cuda.exit_code, 1);
  EXPECT_THAT(cuda.error, ::testing::StartsWith("floe: no CUDA device: /there/is/none.so: "));
  EXPECT_EQ(plan.exit_code, 1);
  EXPECT_THAT(plan.error, AllOf(HasSubstr("sm_80"), HasSubstr("CUDA module"), HasSubstr("/there/is/none.so")));
  ASSERT_EQ(automatic.exit_code, 0) << automatic.error;
  EXPECT_EQ(Json::parse(automatic.out)["device"], "cpu");
}

TEST_F(CommandTest, OpsAsJson) {
  const Outcome outcome = Floe("ops --json");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const Json json = Json::parse(outcome.out);
  std::map<std::string, Json> ops;
  for (const Json& op : json) ops[op["op"]] = op;
  EXPECT_TRUE(ops["Conv2D"]["reference"]);
  EXPECT_TRUE(ops["Conv2D"]["cuda"]);
  EXPECT_FALSE(ops["StringSplit"]["cuda"]);
  EXPECT_FALSE(ops["Placeholder"]["reference"]);
  const auto dtypes = [&](const char* op) { return ops[op]["dtypes"].get<std::vector<std::string>>(); };
  EXPECT_THAT(dtypes("Conv2D"), AllOf(::testing::Contains("float32"), ::testing::Not(::testing::Contains("string"))));
  EXPECT_THAT(dtypes("AddV2"), AllOf(::testing::Contains("int64"), ::testing::Contains("complex64")));
  EXPECT_THAT(dtypes("Softmax"), AllOf(::testing::Contains("bfloat16"), ::testing::Not(::testing::Contains("int32"))));
  EXPECT_THAT(Floe("ops").out, AllOf(HasSubstr("Conv2D"), HasSubstr("float32")));
}

// A table of Markdown: the cells by "row, column", both by their names.
std::map<std::string, std::string> Cells(const std::string& markdown) {
  std::map<std::string, std::string> cells;
  std::vector<std::string> columns;
  for (const std::string& line : std::vector<std::string>(absl::StrSplit(markdown, '\n'))) {
    if (!absl::StartsWith(line, "| ")) continue;
    std::vector<std::string> row;
    for (const absl::string_view cell : absl::StrSplit(line, '|')) row.emplace_back(absl::StripAsciiWhitespace(cell));
    if (columns.empty()) columns = row;
    for (size_t i = 2; i + 1 < row.size() && i < columns.size(); ++i)
      cells[absl::StrCat(row[1], ", ", columns[i])] = row[i];
  }
  return cells;
}

// What the page says of a device that this build lacks is left to a build that has it.
TEST_F(CommandTest, TheDocumentOfTheOpsIsNotStale) {
  const Outcome outcome = Floe("ops --markdown");
  ASSERT_EQ(outcome.exit_code, 0) << outcome.error;
  const std::map<std::string, std::string> now = Cells(outcome.out);
  ASSERT_OK_AND_ASSIGN(const std::string page, ReadFile(testing::SourcePath("docs/ops.md")));
  std::map<std::string, std::string> written = Cells(page);
  EXPECT_EQ(now.at("Conv2D, cpu"), "yes");
  EXPECT_EQ(now.at("Conv2D, reference"), "yes");
  std::vector<std::string> stale;
  for (const auto& [cell, value] : now) {
    const auto found = written.find(cell);
    if (found == written.end() || found->second != value) stale.push_back(cell);
  }
  for (const auto& [cell, value] : written) {
    if (!now.contains(cell) && !absl::EndsWith(cell, ", cuda")) stale.push_back(cell);
  }
  EXPECT_THAT(stale, ::testing::IsEmpty()) << "docs/ops.md is stale: floe ops --markdown > docs/ops.md";
}

}  // namespace
}  // namespace floe
