// The built `floe` on checkpoints: freeze and checkpoint, what they print and how they exit.
#include <sys/wait.h>

#include <cstdio>
#include <cstdlib>
#include <nlohmann/json.hpp>
#include <string>

#include "gtest/gtest.h"
#include "tensor/npy.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::BundleWriter;
using ::floe::testing::ReadTestFile;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::HasSubstr;
using ::testing::MatchesRegex;
using ::testing::StartsWith;

struct Outcome {
  int exit_code = -1;
  std::string out, err;
};

class CheckpointCliTest : public ::testing::Test {
 protected:
  CheckpointCliTest() {
    BundleWriter writer;
    writer.Add("v", Tensor::Of<float>({1, 2}));
    writer.Add("v/ExponentialMovingAverage", Tensor::Of<float>({3, 4}));
    writer.Add("words", Tensor::Of<std::string>({"a", "\xff"}));
    writer.Write(prefix_);
    WriteTestFile(graph_, R"(
      node { name: "v" op: "VariableV2" attr { key: "dtype" value { type: DT_FLOAT } }
             attr { key: "shape" value { shape { dim { size: 2 } } } } }
      node { name: "y" op: "Neg" input: "v" attr { key: "T" value { type: DT_FLOAT } } })");
  }

  Outcome Floe(const std::string& arguments) const {
    const std::string command =
        std::string(FLOE_BINARY) + " " + arguments + " >" + directory_ + "/out 2>" + directory_ + "/err";
    const int status = std::system(command.c_str());
    return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, ReadTestFile(directory_ + "/out"),
            ReadTestFile(directory_ + "/err")};
  }
  // Exit 1 and one line on stderr.
  void ExpectError(const std::string& arguments, const std::string& part) const {
    const Outcome outcome = Floe(arguments);
    EXPECT_EQ(outcome.exit_code, 1) << arguments;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("floe: "), HasSubstr(part), MatchesRegex("[^\n]*\n"))) << arguments;
  }

  const std::string directory_ = TempDir();
  const std::string prefix_ = directory_ + "/m.ckpt";
  const std::string graph_ = directory_ + "/graph.pbtxt";
};

TEST_F(CheckpointCliTest, List) {
  const Outcome text = Floe("checkpoint list " + prefix_);
  EXPECT_EQ(text.exit_code, 0);
  EXPECT_EQ(text.out,
            "v                           float32 [2]  8 bytes\n"
            "v/ExponentialMovingAverage  float32 [2]  8 bytes\n"
            "words                       string [2]   8 bytes\n"
            "3 tensors, 24 bytes\n");
  const Outcome json = Floe("checkpoint list --json " + prefix_);
  const nlohmann::json document = nlohmann::json::parse(json.out);
  EXPECT_EQ(document["prefix"], prefix_);
  EXPECT_EQ(document["bytes"], 24);
  EXPECT_EQ(document["tensors"][0],
            (nlohmann::json{{"name", "v"}, {"dtype", "float32"}, {"shape", {2}}, {"bytes", 8}}));
  // The index alone.
  std::remove((prefix_ + ".data-00000-of-00001").c_str());
  EXPECT_EQ(Floe("checkpoint list " + prefix_).out, text.out);
  ExpectError("checkpoint verify " + prefix_, "3 of 3 tensors cannot be read");
  ExpectError("checkpoint list " + directory_, "it has no file 'checkpoint'; name one of 'm.ckpt'");
}

TEST_F(CheckpointCliTest, Get) {
  EXPECT_EQ(Floe("checkpoint get " + prefix_ + " v -o " + directory_ + "/v.npy").out, "v float32 [2] 1 2\n");
  ASSERT_OK_AND_ASSIGN(const Tensor v, ReadNpy(directory_ + "/v.npy"));
  EXPECT_EQ(v.ToString(), "float32 [2] 1 2");
  EXPECT_EQ(Floe("checkpoint get " + prefix_ + " words -o " + directory_ + "/words.json").exit_code, 0);
  EXPECT_EQ(nlohmann::json::parse(ReadTestFile(directory_ + "/words.json")), (nlohmann::json{"a", {{"b64", "/w=="}}}));
  ExpectError("checkpoint get " + prefix_ + " words -o " + directory_ + "/words.npy", "strings go to a .json file");
  ExpectError("checkpoint get " + prefix_ + " v -o " + directory_ + "/v.json", "float32 goes to a .npy file");
  ExpectError("checkpoint get " + prefix_ + " word -o x.json", "did you mean 'words'?");
}

TEST_F(CheckpointCliTest, VerifyNamesEveryBadTensor) {
  EXPECT_EQ(Floe("checkpoint verify " + prefix_).out, "3 tensors, 24 bytes: every checksum matches\n");
  std::string data = ReadTestFile(prefix_ + ".data-00000-of-00001");
  data[3] ^= 1;
  data.back() ^= 1;
  WriteTestFile(prefix_ + ".data-00000-of-00001", data);
  const Outcome outcome = Floe("checkpoint verify " + prefix_);
  EXPECT_EQ(outcome.exit_code, 1);
  EXPECT_THAT(outcome.out, AllOf(HasSubstr("bad: tensor 'v' of '"), HasSubstr("bad: tensor 'words' of '")));
  ExpectError("checkpoint verify " + prefix_, "2 of 3 tensors cannot be read: 'v', 'words'");
  const nlohmann::json document = nlohmann::json::parse(Floe("checkpoint verify --json " + prefix_).out);
  ASSERT_EQ(document["bad"].size(), 2);
  EXPECT_EQ(document["bad"][0]["name"], "v");
  EXPECT_EQ(document["tensors"], 3);
}

TEST_F(CheckpointCliTest, Diff) {
  EXPECT_EQ(Floe("checkpoint diff " + prefix_ + " " + prefix_).out, "3 tensors, all the same\n");
  BundleWriter writer;
  writer.Add("v", Tensor::Of<float>({1, 4}));
  writer.Add("w", Tensor::Of<float>({0}));
  writer.Add("words", Tensor::Of<std::string>({"a"}));
  const std::string other = directory_ + "/other";
  writer.Write(other);
  ExpectError("checkpoint diff " + prefix_ + " " + other,
              "differ: 1 tensor only in the first, 1 only in the second, 2 that differ, 0 the same");
  EXPECT_EQ(Floe("checkpoint diff " + prefix_ + " " + other).out,
            "only in the first: v/ExponentialMovingAverage\nonly in the second: w\n"
            "v: float32 [2], 1 of 2 elements differ, by 2 at most\nwords: string [2], string [1]\n");
  const Outcome json = Floe("checkpoint diff --json " + prefix_ + " " + other);
  EXPECT_EQ(json.exit_code, 1);
  EXPECT_EQ(nlohmann::json::parse(json.out),
            nlohmann::json::parse(R"({"only_first": ["v/ExponentialMovingAverage"], "only_second": ["w"], "same": 0,
              "differ": [{"name": "v", "types": ["float32 [2]", "float32 [2]"], "differing": 1, "elements": 2,
                          "largest": 2.0},
                         {"name": "words", "types": ["string [2]", "string [1]"]}]})"));
  ExpectError("checkpoint diff " + prefix_ + " " + directory_ + "/none", "no checkpoint '" + directory_ + "/none'");
}

TEST_F(CheckpointCliTest, Rename) {
  const std::string output = directory_ + "/renamed";
  EXPECT_EQ(Floe("checkpoint rename " + prefix_ + " v=w words=a=b -o " + output).out,
            "v -> w\nwords -> a=b\n" + output + ": 3 tensors, 2 renamed\n");
  EXPECT_EQ(Floe("checkpoint rename " + output + " a=b=c -o " + output).out,
            "a=b -> c\n" + output + ": 3 tensors, 1 renamed\n");
  EXPECT_EQ(Floe("checkpoint get " + output + " w").out, "w float32 [2] 1 2\n");
  EXPECT_EQ(nlohmann::json::parse(Floe("checkpoint rename --json " + prefix_ + " v=w -o " + output).out)["renamed"],
            nlohmann::json::parse(R"({"v": "w"})"));
  ExpectError("checkpoint rename " + prefix_ + " wordz=x -o " + output, "did you mean 'words'?");
  ExpectError("checkpoint rename " + prefix_ + " v -o " + output, "'v' is not OLD=NEW");
  ExpectError("checkpoint rename " + prefix_ + " v= -o " + output, "the new name is empty");
  ExpectError("checkpoint rename " + prefix_ + " v=words -o " + output, "would be called 'words'");
  ExpectError("checkpoint rename " + prefix_ + " v=x v=y -o " + output, "a second new name");
}

TEST_F(CheckpointCliTest, Average) {
  BundleWriter writer;
  writer.Add("v", Tensor::Of<float>({3, 4}));
  writer.Add("v/ExponentialMovingAverage", Tensor::Of<float>({3, 5}));
  writer.Add("words", Tensor::Of<std::string>({"b", "c"}));
  const std::string other = directory_ + "/other", output = directory_ + "/mean";
  writer.Write(other);
  EXPECT_EQ(
      Floe("checkpoint average " + prefix_ + " " + other + " -o " + output).out,
      "words: string, not averaged, from '" + other + "'\n" + output + ": 3 tensors, the average of 2 checkpoints\n");
  EXPECT_EQ(Floe("checkpoint get " + output + " v").out, "v float32 [2] 2 3\n");
  const nlohmann::json json =
      nlohmann::json::parse(Floe("checkpoint average --json " + prefix_ + " " + other + " -o " + output).out);
  EXPECT_EQ(json["from_last"], nlohmann::json::parse(R"(["words"])"));
  EXPECT_EQ(json["inputs"].size(), 2u);
  ExpectError("checkpoint average " + prefix_ + " " + other + " -o " + directory_ + "/", "is no checkpoint's name");
}

TEST_F(CheckpointCliTest, Freeze) {
  const std::string output = directory_ + "/out.pb",
                    files = "freeze --graph " + graph_ + " --checkpoint " + prefix_ + " -o " + output;
  const Outcome plain = Floe(files);
  EXPECT_EQ(plain.exit_code, 0) << plain.err;
  EXPECT_THAT(plain.out, AllOf(HasSubstr("2 nodes, 1 variable"), HasSubstr("outputs: y\n")));
  EXPECT_THAT(Floe("run --device reference " + output).out, HasSubstr("y float32 [2] -1 -2"));
  EXPECT_EQ(Floe(files + " --moving-average").exit_code, 0);
  EXPECT_THAT(Floe("run --device reference " + output).out, HasSubstr("y float32 [2] -3 -4"));
  const nlohmann::json document = nlohmann::json::parse(Floe(files + " --json --outputs y --rename y=z").out);
  EXPECT_EQ(document["outputs"], nlohmann::json{"z"});
  EXPECT_EQ(document["bytes"], ReadTestFile(output).size());

  // What fails leaves the file as it was.
  const std::string before = ReadTestFile(output);
  ExpectError(files + " --moving-average=Average", "no tensor is called .../Average");
  ExpectError(files + " --outputs why", "output 'why': no node 'why'");
  ExpectError(files + " --rename y", "--rename");
  ExpectError("freeze " + prefix_ + " -o " + output, "m.ckpt.meta' beside it");
  ExpectError("freeze --graph " + graph_ + " --checkpoint " + directory_ + "/n.ckpt -o " + output, "has 'm.ckpt'");
  EXPECT_EQ(ReadTestFile(output), before);
  ExpectError("freeze --graph " + graph_ + " --checkpoint " + prefix_ + " -o " + directory_ + "/no/out.pb",
              "no/out.pb");
}

TEST_F(CheckpointCliTest, WrongUsage) {
  for (const char* arguments : {"checkpoint", "checkpoint list", "checkpoint get x", "checkpoint mend x", "freeze",
                                "freeze x", "freeze -o x", "freeze x --outputs"}) {
    const Outcome outcome = Floe(arguments);
    EXPECT_EQ(outcome.exit_code, 2) << arguments;
    EXPECT_THAT(outcome.err, AllOf(StartsWith("floe: "), MatchesRegex("[^\n]*\n"))) << arguments;
  }
  EXPECT_EQ(Floe("freeze --help").exit_code, 0);
}

}  // namespace
}  // namespace floe
