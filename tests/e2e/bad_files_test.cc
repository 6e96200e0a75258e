// Files that are no graph, no checkpoint, or no longer one: each command says so in one line and exits 1, and a server
// goes on with what it has.
#include <filesystem>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "client/client.h"
#include "tests/testing/process.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::Outcome;
using ::floe::testing::RunProgram;
using ::floe::testing::ServerProcess;
using ::floe::testing::SourcePath;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::AnyOf;
using ::testing::HasSubstr;
using ::testing::StartsWith;

constexpr int kFlippedBytes = 60;

Outcome Floe(std::vector<std::string> arguments) {
  arguments.insert(arguments.begin(), FLOE_BINARY);
  return RunProgram(arguments);
}

// The error is the last line, and but for a server's log the only one.
void ExpectOneLine(const Outcome& outcome) {
  EXPECT_EQ(outcome.exit_code, 1) << outcome.err;
  const std::vector<std::string> lines = absl::StrSplit(outcome.err, '\n', absl::SkipEmpty());
  ASSERT_FALSE(lines.empty());
  EXPECT_THAT(lines.back(), StartsWith("floe: "));
  for (size_t i = 0; i + 1 < lines.size(); ++i) EXPECT_THAT(lines[i], HasSubstr(" info ")) << outcome.err;
}

std::string Write(const std::string& path, absl::string_view bytes) {
  EXPECT_OK(WriteFileAtomically(path, bytes));
  return path;
}

std::string RandomBytes(size_t size, uint32_t seed) {
  std::mt19937 random(seed);
  std::string bytes(size, '\0');
  for (char& byte : bytes) byte = static_cast<char>(random());
  return bytes;
}

// The digits example, frozen.
std::string FrozenDigits() {
  static const std::string path = [] {
    const std::string made = JoinPath(TempDir(), "digits.pb");
    const Outcome outcome = Floe({"freeze", SourcePath("examples/digits/model.ckpt"), "-o", made});
    EXPECT_EQ(outcome.exit_code, 0) << outcome.err;
    return made;
  }();
  return path;
}

// Every command that loads a model.
std::vector<std::vector<std::string>> LoadingCommands(const std::string& model) {
  return {{"run", model}, {"inspect", model}, {"bench", model}, {"serve", model, "--port", "0", "--http-port", "0"}};
}

TEST(BadFilesTest, WhatIsNoGraph) {
  const std::string dir = TempDir();
  const std::string good = *ReadFile(FrozenDigits());
  const std::vector<std::string> models = {
      JoinPath(dir, "missing.pb"),
      Write(JoinPath(dir, "empty.pb"), ""),
      Write(JoinPath(dir, "truncated.pb"), absl::string_view(good).substr(0, good.size() / 2)),
      Write(JoinPath(dir, "one_byte_short.pb"), absl::string_view(good).substr(0, good.size() - 1)),
      Write(JoinPath(dir, "random.pb"), RandomBytes(5000, 1)),
      Write(JoinPath(dir, "text.pb"), "node { name: \"x\" }"),
      Write(JoinPath(dir, "broken.pbtxt"), "node { name: \"x\" op: "),
      Write(JoinPath(dir, "empty.pbtxt"), ""),
  };
  for (const std::string& model : models) {
    for (const std::vector<std::string>& command : LoadingCommands(model)) {
      SCOPED_TRACE(absl::StrCat(command[0], " ", model));
      const Outcome outcome = Floe(command);
      ExpectOneLine(outcome);
      EXPECT_THAT(outcome.err, HasSubstr(model));
    }
  }
}

TEST(BadFilesTest, RandomBytesNeverCrash) {
  const std::string dir = TempDir();
  for (uint32_t seed = 0; seed < 20; ++seed) {
    ExpectOneLine(Floe({"inspect", Write(JoinPath(dir, "random.pb"), RandomBytes(1 + seed * 50, seed))}));
  }
}

TEST(BadFilesTest, ChangedGraphsNeverCrash) {
  const std::string dir = TempDir();
  const std::string good = *ReadFile(FrozenDigits());
  std::mt19937 random(7);
  for (int i = 0; i < kFlippedBytes; ++i) {
    std::string bytes = good;
    if (i % 2 == 0) {
      // In the first part, where the structure is denser than in the weights.
      bytes[random() % (bytes.size() / 4)] ^= static_cast<char>(1 + random() % 255);
    } else {
      bytes.resize(random() % bytes.size());
    }
    const Outcome outcome = Floe({"run", Write(JoinPath(dir, "changed.pb"), bytes), "--input",
                                  "image=" + SourcePath("examples/digits/held_out_images.npy")});
    // It may still be a graph, and another one.
    EXPECT_THAT(outcome.exit_code, AnyOf(0, 1)) << i << ": " << outcome.err;
    if (outcome.exit_code == 1) ExpectOneLine(outcome);
  }
}

TEST(BadFilesTest, EveryUnknownOpIsNamedAtLoad) {
  const std::string graph = Write(JoinPath(TempDir(), "unknown.pbtxt"), R"(
      node { name: "x" op: "Placeholder" attr { key: "dtype" value { type: DT_FLOAT } } }
      node { name: "a" op: "FrobnicateV2" input: "x" }
      node { name: "b" op: "Relux" input: "a" attr { key: "T" value { type: DT_FLOAT } } }
      node { name: "c" op: "FrobnicateV2" input: "b" })");
  for (const std::vector<std::string>& command : LoadingCommands(graph)) {
    SCOPED_TRACE(command[0]);
    const Outcome outcome = Floe(command);
    ExpectOneLine(outcome);
    EXPECT_THAT(outcome.err, AllOf(HasSubstr("FrobnicateV2"), HasSubstr("Relux"), HasSubstr("a"), HasSubstr("c")));
  }
}

// A copy of the digits' checkpoint.
class BadCheckpointTest : public ::testing::Test {
 protected:
  BadCheckpointTest() {
    for (const std::string suffix : {".meta", ".index", ".data-00000-of-00001"}) {
      std::filesystem::copy_file(SourcePath("examples/digits/model.ckpt") + suffix, prefix_ + suffix);
    }
  }
  void ExpectRefused(const std::string& what) {
    SCOPED_TRACE(what);
    for (const std::vector<std::string>& command :
         {std::vector<std::string>{"freeze", prefix_, "-o", prefix_ + ".pb"}, {"checkpoint", "verify", prefix_}}) {
      ExpectOneLine(Floe(command));
      EXPECT_FALSE(std::filesystem::exists(prefix_ + ".pb")) << "a failed freeze leaves nothing";
    }
  }

  const std::string prefix_ = JoinPath(TempDir(), "model.ckpt");
};

TEST_F(BadCheckpointTest, MissingEmptyTruncatedAndRandomFiles) {
  EXPECT_EQ(Floe({"checkpoint", "verify", prefix_}).exit_code, 0);
  for (const std::string suffix : {".index", ".data-00000-of-00001"}) {
    const std::string path = prefix_ + suffix;
    const std::string good = *ReadFile(path);
    std::filesystem::remove(path);
    ExpectRefused("no " + suffix);
    Write(path, "");
    ExpectRefused("empty " + suffix);
    Write(path, absl::string_view(good).substr(0, good.size() / 2));
    ExpectRefused("truncated " + suffix);
    Write(path, RandomBytes(good.size(), 3));
    ExpectRefused("random " + suffix);
    Write(path, good);
  }
  EXPECT_EQ(Floe({"checkpoint", "verify", prefix_}).exit_code, 0);
}

TEST_F(BadCheckpointTest, AFlippedByteOfTheData) {
  const std::string path = prefix_ + ".data-00000-of-00001";
  std::string bytes = *ReadFile(path);
  for (const size_t at : {size_t{0}, bytes.size() / 2, bytes.size() - 1}) {
    bytes[at] ^= 1;
    Write(path, bytes);
    const Outcome outcome = Floe({"checkpoint", "verify", prefix_});
    ExpectOneLine(outcome);
    EXPECT_THAT(absl::StrCat(outcome.out, outcome.err), HasSubstr("CRC")) << at;
    bytes[at] ^= 1;
  }
}

TEST(BadRepositoryTest, OneBadModelDoesNotStopTheOthers) {
  const std::string repository = TempDir();
  for (const std::string name : {"good", "bad"}) {
    std::filesystem::create_directories(JoinPath(repository, name + "/1"));
  }
  std::filesystem::copy_file(FrozenDigits(), JoinPath(repository, "good/1/model.pb"));
  Write(JoinPath(repository, "bad/1/model.pb"), RandomBytes(1000, 5));
  ASSERT_OK_AND_ASSIGN(const std::unique_ptr<ServerProcess> server,
                       ServerProcess::Start({FLOE_BINARY, "serve", "--model-repository", repository}));
  ASSERT_OK_AND_ASSIGN(const Client client, Client::Connect(server->grpc_address()));
  EXPECT_EQ(*client.ModelReady("good"), true);
  const absl::StatusOr<bool> bad = client.ModelReady("bad");
  EXPECT_TRUE(!bad.ok() || !*bad);
  EXPECT_OK(client.Infer("good", {{"image", Tensor(DType::kFloat, Shape({1, 8, 8, 1}))}}));
  EXPECT_FALSE(client.Infer("bad", {}).ok());
  EXPECT_EQ(server->Stop(), 0);
}

}  // namespace
}  // namespace floe
