#include "checkpoint/checkpoint_writer.h"

#include <filesystem>
#include <memory>
#include <string>
#include <vector>

#include "checkpoint/checkpoint_reader.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/rewrite_checkpoint.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ReadTestFile;
using ::floe::testing::RewriteCheckpoint;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

std::unique_ptr<CheckpointWriter> Writer(const std::string& prefix, CheckpointFormat format = CheckpointFormat::kV2) {
  CheckpointWriterOptions options;
  options.format = format;
  absl::StatusOr<std::unique_ptr<CheckpointWriter>> writer = CheckpointWriter::Create(prefix, options);
  EXPECT_OK(writer);
  return *std::move(writer);
}

std::vector<std::string> FileNames(const std::string& directory) {
  return FileSystem::Posix().List(directory).value_or(std::vector<std::string>());
}

// What TensorFlow wrote, read and written again, is what TensorFlow wrote.
class RewriteBundleTest : public ::testing::TestWithParam<const char*> {};

TEST_P(RewriteBundleTest, SameBytes) {
  FLOE_REQUIRE_SHARED("checkpoints");
  const std::string source = SharedPath(std::string("checkpoints/") + GetParam());
  const std::string prefix = TempDir() + "/sub/m";
  ASSERT_OK(RewriteCheckpoint(source, prefix));
  EXPECT_EQ(ReadTestFile(prefix + ".index"), ReadTestFile(source + ".index"));
  EXPECT_EQ(ReadTestFile(prefix + ".data-00000-of-00001"), ReadTestFile(source + ".data-00000-of-00001"));
  EXPECT_THAT(FileNames(DirectoryOf(prefix)), ElementsAre("m.data-00000-of-00001", "m.index"));
}

INSTANTIATE_TEST_SUITE_P(Checkpoints, RewriteBundleTest,
                         ::testing::Values("two_variables/model1.ckpt", "every_dtype/model.ckpt-7",
                                           "convnet_trained/model.ckpt-30", "object_checkpoint/ckpt-1",
                                           "saved_model_v1/variables/variables", "saved_model_v2/variables/variables",
                                           "saved_model_v2_text/variables/variables"));

TEST(RewriteTest, PartitionedAndSharded) {
  FLOE_REQUIRE_SHARED("checkpoints");
  const std::string source = SharedPath("checkpoints/partitioned_and_sharded/model.ckpt-100");
  const std::string directory = TempDir(), prefix = directory + "/m-100";
  ASSERT_OK(RewriteCheckpoint(source, prefix));
  for (const char* file : {".index", ".data-00000-of-00002", ".data-00001-of-00002"}) {
    EXPECT_EQ(ReadTestFile(prefix + file), ReadTestFile(source + file)) << file;
  }
  // The parts are gone, with their directory.
  EXPECT_THAT(FileNames(directory),
              ElementsAre("m-100.data-00000-of-00002", "m-100.data-00001-of-00002", "m-100.index"));
}

TEST(RewriteTest, V1) {
  FLOE_REQUIRE_SHARED("checkpoints");
  for (const char* name : {"v1_format/model.ckpt-3", "v1_format_sharded/model.ckpt-3-00000-of-00002",
                           "v1_format_sharded/model.ckpt-3-00001-of-00002"}) {
    const std::string source = SharedPath(std::string("checkpoints/") + name);
    const std::string copy = TempDir() + "/m";
    ASSERT_OK(RewriteCheckpoint(source, copy));
    EXPECT_EQ(ReadTestFile(copy), ReadTestFile(source)) << name;
    EXPECT_THAT(FileNames(DirectoryOf(copy)), ElementsAre("m"));
  }
}

// What is written is what was given, in either format.
class WriterTest : public ::testing::TestWithParam<CheckpointFormat> {
 protected:
  std::string prefix_ = TempDir() + "/m";
};

INSTANTIATE_TEST_SUITE_P(Formats, WriterTest, ::testing::Values(CheckpointFormat::kV1, CheckpointFormat::kV2));

TEST_P(WriterTest, EveryDtypeThatItHas) {
  const auto writer = Writer(prefix_, GetParam());
  std::vector<std::string> refused, written;
  for (int number = 1; number < 26; ++number) {
    const auto dtype = static_cast<DType>(number);
    const std::string name(DTypeName(dtype));
    absl::StatusOr<Tensor> tensor = Tensor::Allocate(dtype, {2, 3});
    if (!tensor.ok()) tensor = Tensor::Opaque(dtype, nullptr);
    if (dtype == DType::kString) {
      tensor->mutable_data<std::string>()[1] = std::string(300, 'x');
      tensor->mutable_data<std::string>()[5] = std::string("\0\xff", 2);
    } else if (ElementBytes(dtype) > 0) {
      for (int64_t i = 0; i < tensor->byte_size(); ++i) {
        static_cast<char*>(tensor->raw_mutable_data())[i] = static_cast<char>(dtype == DType::kBool ? i % 2 : 37 * i);
      }
    }
    const absl::Status added = writer->Add(name, *tensor);
    if (added.ok()) {
      written.push_back(name);
      ASSERT_OK(writer->Add(name + "/empty", *Tensor::Allocate(dtype, {0, 3})));
      ASSERT_OK(writer->Add(name + "/scalar", tensor->Reshaped({6}).Rows(0, 1).Reshaped({})));
    } else {
      EXPECT_THAT(added,
                  StatusIs(absl::StatusCode::kUnimplemented, AllOf(HasSubstr("'" + name + "'"), HasSubstr(name))));
      refused.push_back(name);
    }
  }
  ASSERT_OK(writer->Finish());
  if (GetParam() == CheckpointFormat::kV2) {
    EXPECT_THAT(refused, ElementsAre("resource", "variant"));
  } else {
    EXPECT_THAT(refused, ElementsAre("bfloat16", "qint16", "quint16", "resource", "variant", "uint32", "uint64",
                                     "float8_e5m2", "float8_e4m3fn"));
  }
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(prefix_));
  EXPECT_EQ(reader->tensors().size(), 3 * written.size());
  for (const std::string& name : written) {
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
    EXPECT_EQ(DTypeName(tensor.dtype()), name);
    ASSERT_EQ(tensor.shape(), Shape({2, 3}));
    if (tensor.dtype() == DType::kString) {
      EXPECT_THAT(tensor.flat<std::string>(),
                  ElementsAre("", std::string(300, 'x'), "", "", "", std::string("\0\xff", 2)));
    } else {
      for (int64_t i = 0; i < tensor.byte_size(); ++i) {
        ASSERT_EQ(tensor.bytes()[static_cast<size_t>(i)],
                  static_cast<char>(tensor.dtype() == DType::kBool ? i % 2 : 37 * i))
            << name;
      }
    }
    ASSERT_OK_AND_ASSIGN(const Tensor empty, reader->Read(name + "/empty"));
    EXPECT_EQ(empty.shape(), Shape({0, 3}));
    ASSERT_OK_AND_ASSIGN(const Tensor scalar, reader->Read(name + "/scalar"));
    EXPECT_EQ(scalar.shape(), Shape());
  }
}

TEST_P(WriterTest, Slices) {
  const Shape shape = {2, 4};
  const auto writer = Writer(prefix_, GetParam());
  ASSERT_OK(writer->AddSlice("p", shape, *ParseSlice("-:0,1"), Tensor::Of<float>({2, 1}, {0, 4})));
  ASSERT_OK(writer->AddSlice("p", shape, *ParseSlice("0,2:1,3"), Tensor::Of<float>({2, 3}, {1, 2, 3, 5, 6, 7})));
  ASSERT_OK(writer->AddSlice("whole", {2}, *ParseSlice("0,2"), Tensor::Of<float>({1, 2})));
  const auto refuses = [&](const absl::Status& status, absl::StatusCode code, const std::string& words) {
    EXPECT_THAT(status, StatusIs(code, HasSubstr(words)));
  };
  constexpr auto kInvalid = absl::StatusCode::kInvalidArgument, kExists = absl::StatusCode::kAlreadyExists;
  const Tensor column = Tensor::Of<float>({2, 1}, {0, 4});
  refuses(writer->AddSlice("p", shape, *ParseSlice("-:0,1"), column), kExists, "tensor 'p', slice -:0,1");
  refuses(writer->AddSlice("p", {2, 5}, *ParseSlice("-:4,1"), column), kInvalid, "a slice before was of float32 [2,4]");
  refuses(writer->AddSlice("p", shape, *ParseSlice("-:4,1"), column), kInvalid, "not inside [2,4]");
  refuses(writer->AddSlice("p", shape, *ParseSlice("-:1,2"), column), kInvalid, "wanted shape [2,2], got [2,1]");
  refuses(writer->AddSlice("q", shape, *ParseSlice("-"), column), kInvalid, "not inside [2,4]");
  refuses(writer->Add("", column), kInvalid, "without a name");
  refuses(writer->Add(std::string("\0x", 2), column), kInvalid, "zero byte");
  ASSERT_OK(writer->Finish());

  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(prefix_));
  ASSERT_OK_AND_ASSIGN(const Tensor p, reader->Read("p"));
  EXPECT_THAT(p.flat<float>(), ElementsAre(0, 1, 2, 3, 4, 5, 6, 7));
  EXPECT_EQ(reader->Find("p")->slices.size(), 2u);
  ASSERT_OK_AND_ASSIGN(const Tensor part, reader->ReadSlice("p", *ParseSlice("1,1:0,2")));
  EXPECT_THAT(part.flat<float>(), ElementsAre(4, 5));
  EXPECT_TRUE(reader->Find("whole")->slices.empty());
}

TEST_P(WriterTest, WithoutFinishNothingStays) {
  {
    const auto writer = Writer(prefix_, GetParam());
    ASSERT_OK(writer->Add("a", Tensor::Of<float>({1})));
  }
  EXPECT_THAT(FileNames(DirectoryOf(prefix_)), ElementsAre());
}

TEST(CheckpointWriterTest, NamesThatCannotBe) {
  for (const char* prefix : {"", "/nowhere/", "checkpoint", "d/checkpoint"}) {
    EXPECT_THAT(CheckpointWriter::Create(prefix), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("name")))
        << prefix;
  }
}

TEST(CheckpointWriterTest, TwiceTheSameName) {
  const auto writer = Writer(TempDir() + "/m");
  ASSERT_OK(writer->Add("a", Tensor::Of<float>({1})));
  EXPECT_THAT(writer->Add("a", Tensor::Of<float>({1})),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("tensor 'a' is saved already")));
}

TEST(MergeTest, RefusesAndLeavesTheInputs) {
  const std::string directory = TempDir();
  for (const char* name : {"/a", "/b"}) {
    const auto writer = Writer(directory + name);
    ASSERT_OK(writer->Add("x", Tensor::Of<float>({1})));
    ASSERT_OK(writer->Finish());
  }
  EXPECT_THAT(MergeCheckpoints({}, directory + "/m"),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("no che")));
  EXPECT_THAT(MergeCheckpoints({directory + "/a", directory + "/b"}, directory + "/m"),
              StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("b.index': tensor 'x': it is in more than one")));
  EXPECT_THAT(MergeCheckpoints({directory + "/a", directory + "/c"}, directory + "/m"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("c.index")));
  std::filesystem::remove(directory + "/b.data-00000-of-00001");
  EXPECT_THAT(MergeCheckpoints({directory + "/b"}, directory + "/m"),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("b.data-00000-of-00001")));
  EXPECT_THAT(FileNames(directory), ElementsAre("a.data-00000-of-00001", "a.index", "b.index"));
  ASSERT_OK(MergeCheckpoints({directory + "/a"}, directory + "/a"));
  EXPECT_THAT(FileNames(directory), ElementsAre("a.data-00000-of-00001", "a.index", "b.index"));
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(directory + "/a"));
  EXPECT_OK(reader->Read("x"));
}

}  // namespace
}  // namespace floe
