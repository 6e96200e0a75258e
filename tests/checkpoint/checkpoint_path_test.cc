#include "checkpoint/checkpoint_path.h"

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kNotFound = absl::StatusCode::kNotFound;

TEST(CheckpointPathTest, PrefixesFilesAndDirectories) {
  const std::string directory = TempDir();
  const std::string prefix = directory + "/model.ckpt-30";
  for (const char* suffix : {".index", ".meta", ".data-00000-of-00001"}) WriteTestFile(prefix + suffix, "x");
  for (const char* suffix : {"", ".index", ".meta", ".data-00000-of-00001"}) {
    ASSERT_OK_AND_ASSIGN(const CheckpointPath found, ResolveCheckpoint(prefix + suffix));
    EXPECT_EQ(found.prefix, prefix);
    EXPECT_EQ(found.format, CheckpointFormat::kV2);
  }
  EXPECT_THAT(ResolveCheckpoint(directory),
              StatusIs(kNotFound, AllOf(HasSubstr("it has no file 'checkpoint'"), HasSubstr("'model.ckpt-30'"))));
  EXPECT_THAT(ResolveCheckpoint(directory + "/model.ckpt"),
              StatusIs(kNotFound, AllOf(HasSubstr("no checkpoint"), HasSubstr("has 'model.ckpt-30'"))));
  EXPECT_THAT(ResolveCheckpoint(directory + "/nowhere/model.ckpt"), StatusIs(kNotFound, HasSubstr("nowhere")));
  EXPECT_THAT(ResolveCheckpoint(""), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("empty")));

  for (const std::string& path : {std::string("model.ckpt-30"), prefix}) {
    WriteTestFile(directory + "/checkpoint",
                  "model_checkpoint_path: \"" + path + "\"\nall_model_checkpoint_paths: \"x\"\n");
    ASSERT_OK_AND_ASSIGN(const CheckpointPath found, ResolveCheckpoint(directory));
    EXPECT_EQ(found.prefix, prefix);
  }
  WriteTestFile(directory + "/checkpoint", "model_checkpoint_path: \"gone\"");
  EXPECT_THAT(ResolveCheckpoint(directory),
              StatusIs(kNotFound, AllOf(HasSubstr("/checkpoint': no checkpoint"), HasSubstr("gone"))));
  WriteTestFile(directory + "/checkpoint", "");
  EXPECT_THAT(ResolveCheckpoint(directory),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("names no model_checkpoint_path")));
}

TEST(CheckpointPathTest, SavedModelFolder) {
  const std::string directory = TempDir();
  std::filesystem::create_directory(directory + "/variables");
  WriteTestFile(directory + "/variables/variables.index", "x");
  ASSERT_OK_AND_ASSIGN(const CheckpointPath found, ResolveCheckpoint(directory));
  EXPECT_EQ(found.prefix, directory + "/variables/variables");
}

TEST(CheckpointPathTest, V1Files) {
  const std::string directory = TempDir();
  WriteTestFile(directory + "/one", "x");
  ASSERT_OK_AND_ASSIGN(const CheckpointPath one, ResolveCheckpoint(directory + "/one"));
  EXPECT_EQ(one.format, CheckpointFormat::kV1);
  EXPECT_THAT(one.v1_files, ElementsAre(directory + "/one"));
  const std::string shard_0 = directory + "/two-00000-of-00002", shard_1 = directory + "/two-00001-of-00002";
  WriteTestFile(shard_0, "x");
  WriteTestFile(shard_1, "x");
  for (const std::string& prefix : {directory + "/two", directory + "/two-" + std::string(5, '?') + "-of-00002"}) {
    ASSERT_OK_AND_ASSIGN(const CheckpointPath two, ResolveCheckpoint(prefix));
    EXPECT_EQ(two.format, CheckpointFormat::kV1);
    EXPECT_THAT(two.v1_files, ElementsAre(shard_0, shard_1));
  }
}

}  // namespace
}  // namespace floe
