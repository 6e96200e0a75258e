#include "checkpoint/checkpoint_state.h"

#include <filesystem>
#include <string>

#include "gtest/gtest.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(CheckpointStateTest, Parses) {
  ASSERT_OK_AND_ASSIGN(const CheckpointState state,
                       ParseCheckpointState("model_checkpoint_path: \"b\"\nall_model_checkpoint_paths: \"a\"\n"
                                            "all_model_checkpoint_paths: \"b\"\nall_model_checkpoint_timestamps: 1.5\n"
                                            "all_model_checkpoint_timestamps: 2.5\nlast_preserved_timestamp: 0.5\n"));
  EXPECT_EQ(state.model_checkpoint_path, "b");
  EXPECT_THAT(state.all_model_checkpoint_paths, ElementsAre("a", "b"));
  EXPECT_THAT(state.all_model_checkpoint_timestamps, ElementsAre(1.5, 2.5));
  EXPECT_EQ(state.last_preserved_timestamp, 0.5);
}

TEST(CheckpointStateTest, RefusesOtherText) {
  for (const std::string& text :
       {std::string("{"), std::string("model_checkpoint_path: 1"), std::string("\x00\xff\x01", 3),
        std::string("model_checkpoint_path: \"a"), std::string(100000, '{')}) {
    EXPECT_THAT(ParseCheckpointState(text),
                StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a checkpoint list: line 1, column ")));
  }
}

TEST(CheckpointStateTest, UnknownFieldsNestedWithoutEndAreRefused) {
  std::string text;
  for (int i = 0; i < 100000; ++i) text += "a{";
  EXPECT_THAT(ParseCheckpointState(text),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("not a checkpoint list: line 1, column ")));
}

// As TensorFlow 2.21 writes these: text_format.MessageToString of Python's protobuf.
TEST(CheckpointStateTest, Formats) {
  CheckpointState state;
  state.model_checkpoint_path = "a\"b\001\xc3\xa9\\.ckpt";
  state.all_model_checkpoint_paths = {"x", "y"};
  state.all_model_checkpoint_timestamps = {1700000000, 1700000000.123456, 1.7e22};
  state.last_preserved_timestamp = 1e-7;
  EXPECT_EQ(FormatCheckpointState(state),
            "model_checkpoint_path: \"a\\\"b\\001\xc3\xa9\\\\.ckpt\"\nall_model_checkpoint_paths: \"x\"\n"
            "all_model_checkpoint_paths: \"y\"\nall_model_checkpoint_timestamps: 1700000000.0\n"
            "all_model_checkpoint_timestamps: 1700000000.123456\nall_model_checkpoint_timestamps: 1.7e+22\n"
            "last_preserved_timestamp: 1e-07\n");
  ASSERT_OK_AND_ASSIGN(const CheckpointState parsed, ParseCheckpointState(FormatCheckpointState(state)));
  EXPECT_EQ(parsed.model_checkpoint_path, state.model_checkpoint_path);
  EXPECT_EQ(parsed.all_model_checkpoint_timestamps, state.all_model_checkpoint_timestamps);
}

TEST(CheckpointStateTest, WhatTensorFlowWroteAgain) {
  FLOE_REQUIRE_SHARED("checkpoints");
  for (const char* folder : {"checkpoint_list", "every_dtype", "v1_format_sharded"}) {
    const std::string text = ReadTestFile(SharedPath(std::string("checkpoints/") + folder + "/checkpoint"));
    ASSERT_OK_AND_ASSIGN(const CheckpointState state, ParseCheckpointState(text));
    EXPECT_EQ(FormatCheckpointState(state), text);
    ASSERT_OK_AND_ASSIGN(const std::string latest, LatestCheckpoint(SharedPath(std::string("checkpoints/") + folder)));
    EXPECT_EQ(latest, SharedPath(std::string("checkpoints/") + folder + "/" + state.model_checkpoint_path));
  }
}

TEST(CheckpointStateTest, AbsoluteAndRelativePaths) {
  const std::string directory = TempDir();
  CheckpointState state;
  state.model_checkpoint_path = directory + "/b";
  state.all_model_checkpoint_paths = {directory + "/sub/a", "c"};
  ASSERT_OK(WriteCheckpointState(directory, state));
  EXPECT_EQ(ReadTestFile(directory + "/checkpoint"),
            "model_checkpoint_path: \"" + directory + "/b\"\nall_model_checkpoint_paths: \"" + directory +
                "/sub/a\"\nall_model_checkpoint_paths: \"c\"\nall_model_checkpoint_paths: \"" + directory + "/b\"\n");
  StateWriteOptions options;
  options.relative_paths = true;
  options.filename = "latest";
  ASSERT_OK(WriteCheckpointState(directory + "/", state, options));
  EXPECT_EQ(ReadTestFile(directory + "/latest"),
            "model_checkpoint_path: \"b\"\nall_model_checkpoint_paths: \"sub/a\"\n"
            "all_model_checkpoint_paths: \"c\"\nall_model_checkpoint_paths: \"b\"\n");
  ASSERT_OK_AND_ASSIGN(const CheckpointState read, ReadCheckpointState(directory, FileSystem::Posix(), "latest"));
  EXPECT_EQ(read.model_checkpoint_path, directory + "/b");
  EXPECT_THAT(read.all_model_checkpoint_paths, ElementsAre(directory + "/sub/a", directory + "/c", directory + "/b"));
}

// Relative to the working directory when given, relative to the folder when written.
TEST(CheckpointStateTest, RelativeDirectory) {
  const std::string before = std::filesystem::current_path();
  std::filesystem::current_path(TempDir());
  std::filesystem::create_directory("models");
  CheckpointState state;
  state.model_checkpoint_path = "./models/m-2";
  state.all_model_checkpoint_paths = {"models/m-1", "./models/m-2"};
  EXPECT_OK(WriteCheckpointState("models", state));
  EXPECT_EQ(ReadTestFile("models/checkpoint"),
            "model_checkpoint_path: \"m-2\"\nall_model_checkpoint_paths: \"m-1\"\n"
            "all_model_checkpoint_paths: \"m-2\"\n");
  std::filesystem::current_path(before);
}

TEST(CheckpointStateTest, RefusesToWrite) {
  const std::string directory = TempDir();
  CheckpointState state;
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
  EXPECT_THAT(WriteCheckpointState(directory, state), StatusIs(kInvalid, HasSubstr("no newest checkpoint")));
  state.model_checkpoint_path = directory + "/checkpoint";
  EXPECT_THAT(WriteCheckpointState(directory, state), StatusIs(kInvalid, HasSubstr("choose another name")));
  state.model_checkpoint_path = "m";
  state.all_model_checkpoint_timestamps = {1, 2};
  EXPECT_THAT(WriteCheckpointState(directory, state), StatusIs(kInvalid, HasSubstr("2 timestamps for 1 checkpoints")));
  EXPECT_FALSE(FileSystem::Posix().Exists(directory + "/checkpoint"));
}

TEST(CheckpointStateTest, LatestNeedsItsFiles) {
  const std::string directory = TempDir();
  constexpr auto kNotFound = absl::StatusCode::kNotFound;
  EXPECT_THAT(LatestCheckpoint(directory), StatusIs(kNotFound, HasSubstr("/checkpoint'")));
  WriteTestFile(directory + "/checkpoint", "");
  EXPECT_THAT(LatestCheckpoint(directory), StatusIs(kNotFound, HasSubstr("names no model_checkpoint_path")));
  WriteTestFile(directory + "/checkpoint", "model_checkpoint_path: \"m\"");
  EXPECT_THAT(LatestCheckpoint(directory),
              StatusIs(kNotFound, AllOf(HasSubstr("lists '" + directory + "/m'"), HasSubstr("no files"))));
  WriteTestFile(directory + "/m.index", "");
  EXPECT_OK(LatestCheckpoint(directory));
  std::filesystem::remove(directory + "/m.index");
  WriteTestFile(directory + "/m", "");
  EXPECT_OK(LatestCheckpoint(directory));
}

}  // namespace
}  // namespace floe
