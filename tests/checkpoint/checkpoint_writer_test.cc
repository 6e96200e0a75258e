#include "checkpoint/checkpoint_writer.h"

#include <filesystem>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/table_reader.h"
#include "tensorflow/core/protobuf/tensor_bundle.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<CheckpointWriter> Writer(const std::string& prefix) {
  absl::StatusOr<std::unique_ptr<CheckpointWriter>> writer = CheckpointWriter::Create(prefix);
  EXPECT_OK(writer);
  return *std::move(writer);
}

std::vector<std::string> FileNames(const std::string& directory) {
  return FileSystem::Posix().List(directory).value_or(std::vector<std::string>());
}

// The names of a one-shard checkpoint in the order in which their data lie.
std::vector<std::string> NamesByOffset(const std::string& prefix) {
  const auto table = *TableReader::Open(*FileSystem::Posix().Map(prefix + ".index"));
  std::map<int64_t, std::string> names;
  std::string last;
  EXPECT_OK(table->ForEach([&](absl::string_view key, absl::string_view value) {
    tensorflow::BundleEntryProto entry;
    EXPECT_TRUE(entry.ParseFromArray(value.data(), static_cast<int>(value.size())));
    // An empty tensor lies where the next one begins.
    if (!key.empty()) names[2 * entry.offset() + (entry.size() > 0 ? 1 : 0)] += std::string(key) + "\n";
    return absl::OkStatus();
  }));
  std::vector<std::string> ordered;
  for (const auto& [offset, lines] : names) {
    for (size_t begin = 0; begin < lines.size(); begin = lines.find('\n', begin) + 1) {
      ordered.push_back(lines.substr(begin, lines.find('\n', begin) - begin));
    }
  }
  return ordered;
}

// What TensorFlow wrote, read and written again, is what TensorFlow wrote.
class RewriteTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RewriteTest, SameBytes) {
  FLOE_REQUIRE_SHARED("checkpoints");
  const std::string source = SharedPath(std::string("checkpoints/") + GetParam());
  const std::string prefix = TempDir() + "/sub/m";
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(source));
  const auto writer = Writer(prefix);
  for (const std::string& name : NamesByOffset(source)) {
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
    ASSERT_OK(writer->Add(name, tensor));
  }
  ASSERT_OK(writer->Finish());
  EXPECT_EQ(ReadTestFile(prefix + ".index"), ReadTestFile(source + ".index"));
  EXPECT_EQ(ReadTestFile(prefix + ".data-00000-of-00001"), ReadTestFile(source + ".data-00000-of-00001"));
  EXPECT_THAT(FileNames(DirectoryOf(prefix)), ElementsAre("m.data-00000-of-00001", "m.index"));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, RewriteTest,
                         ::testing::Values("two_variables/model1.ckpt", "every_dtype/model.ckpt-7",
                                           "convnet_trained/model.ckpt-30", "object_checkpoint/ckpt-1",
                                           "saved_model_v1/variables/variables", "saved_model_v2/variables/variables",
                                           "saved_model_v2_text/variables/variables"));

}  // namespace
}  // namespace floe
