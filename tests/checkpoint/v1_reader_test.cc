#include "checkpoint/v1_reader.h"

#include <filesystem>
#include <functional>
#include <map>
#include <nlohmann/json.hpp>
#include <random>
#include <string>

#include "absl/strings/str_cat.h"
#include "checkpoint/ordered_code.h"
#include "gtest/gtest.h"
#include "proto/tensor_codec.h"
#include "tensor/npy.h"
#include "tensorflow/core/util/saved_tensor_slice.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::EncodeTable;
using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;

TEST(TensorFlowV1Test, OneFileAndShards) {
  FLOE_REQUIRE_SHARED("checkpoints");
  const std::string question_marks(5, '?');
  for (const std::string& path : {std::string("v1_format"), std::string("v1_format_sharded"),
                                  std::string("v1_format/model.ckpt-3"), std::string("v1_format_sharded/model.ckpt-3"),
                                  "v1_format_sharded/model.ckpt-3-" + question_marks + "-of-00002"}) {
    const std::string folder = SharedPath("checkpoints/" + path.substr(0, path.find('/')));
    ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(SharedPath("checkpoints/" + path)));
    EXPECT_THAT(reader->Names(), ElementsAre("a", "p", "scope/b"));
    const nlohmann::json expected = nlohmann::json::parse(ReadTestFile(folder + "/expected.json"));
    for (const auto& [name, file] : expected["variables"].items()) {
      ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
      ASSERT_OK_AND_ASSIGN(const Tensor want, ReadNpy(folder + "/" + file.get<std::string>()));
      EXPECT_EQ(tensor.dtype(), want.dtype());
      EXPECT_EQ(tensor.shape(), want.shape());
      EXPECT_EQ(tensor.bytes(), want.bytes());
      EXPECT_OK(reader->Verify(name));
      EXPECT_EQ(reader->Find(name)->bytes, want.byte_size());
    }
    EXPECT_EQ(reader->Find("p")->slices.size(), 2u);
  }
  // A shard is a checkpoint too: it has what it has.
  ASSERT_OK_AND_ASSIGN(const auto shard,
                       CheckpointReader::Open(SharedPath("checkpoints/v1_format_sharded/model.ckpt-3-00000-of-00002")));
  EXPECT_THAT(shard->Names(), ElementsAre("a", "scope/b"));
}

// A file with a tensor "t" of float32 [2,3], as whole as a test wants it.
class V1Test : public ::testing::Test {
 protected:
  V1Test() {
    tensorflow::SavedSliceMeta& tensor = *list_.mutable_meta()->add_tensor();
    tensor.set_name("t");
    ShapeToProto(Shape({2, 3}), tensor.mutable_shape());
    tensor.set_type(tensorflow::DT_FLOAT);
  }
  tensorflow::SavedSliceMeta* tensor() { return list_.mutable_meta()->mutable_tensor(0); }

  tensorflow::SavedTensorSlices* AddSlice(const std::string& text, const std::vector<float>& values) {
    const TensorSlice slice = *ParseSlice(text);
    SliceToProto(slice, tensor()->add_slice());
    tensorflow::SavedTensorSlices& row = rows_[EncodeSliceKey("t", slice)];
    row.mutable_data()->set_name("t");
    SliceToProto(slice, row.mutable_data()->mutable_slice());
    for (const float value : values) row.mutable_data()->mutable_data()->add_float_val(value);
    return &row;
  }

  void Write(const std::string& path) const {
    std::map<std::string, std::string> rows = {{"", list_.SerializeAsString()}};
    for (const auto& [key, row] : rows_) rows[key] = row.SerializeAsString();
    WriteTestFile(path, EncodeTable(rows));
  }
  absl::StatusOr<std::unique_ptr<CheckpointReader>> Open() const {
    Write(path_);
    return CheckpointReader::Open(path_);
  }
  absl::StatusOr<Tensor> Read() const {
    const auto reader = Open();
    if (!reader.ok()) return reader.status();
    return (*reader)->Read("t");
  }

  tensorflow::SavedTensorSlices list_;
  std::map<std::string, tensorflow::SavedTensorSlices> rows_;
  std::string directory_ = TempDir(), path_ = directory_ + "/m";
};

TEST_F(V1Test, ReadsSlices) {
  AddSlice("-:0,1", {1, 4});
  AddSlice("-:1,2", {2, 3, 5, 6});
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, Read());
  EXPECT_THAT(tensor.flat<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  ASSERT_OK_AND_ASSIGN(const auto reader, Open());
  ASSERT_OK_AND_ASSIGN(const Tensor part, reader->ReadSlice("t", *ParseSlice("1,1:0,2")));
  EXPECT_THAT(part.flat<float>(), ElementsAre(4, 5));
}

TEST_F(V1Test, SlicesThatDoNotFit) {
  AddSlice("-:0,1", {1, 4});
  EXPECT_THAT(Open(), StatusIs(kInvalid, AllOf(HasSubstr(path_), HasSubstr("hold 2 of the 6 elements"))));
  AddSlice("0,1:0,3", {1, 2, 3});
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("overlap")));
  tensor()->clear_slice();
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("tensor 't': it has no slices")));
  AddSlice("-:2,2", {1, 2, 3, 4});
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("not inside [2,3]")));
}

TEST_F(V1Test, ElementsThatDoNotFit) {
  tensorflow::SavedTensorSlices& row = *AddSlice("-:-", {1, 2, 3, 4, 5});
  EXPECT_THAT(Read(), StatusIs(kInvalid,
                               AllOf(HasSubstr("tensor 't' of"), HasSubstr("wanted 6 elements"), HasSubstr("got 5"))));
  row.mutable_data()->mutable_data()->add_float_val(6);
  EXPECT_OK(Read());
  // Of another dtype than the list says.
  tensor()->set_type(tensorflow::DT_INT32);
  EXPECT_THAT(Read(), StatusIs(kInvalid, HasSubstr("got 0")));
  tensor()->set_type(tensorflow::DT_FLOAT);
  row.mutable_data()->set_name("u");
  EXPECT_THAT(Read(), StatusIs(kDataLoss, HasSubstr("its row holds tensor 'u'")));
  rows_.clear();
  EXPECT_THAT(Read(), StatusIs(kDataLoss, HasSubstr("its elements are missing")));
}

TEST_F(V1Test, NumbersThatCannotBe) {
  AddSlice("-:-", {1, 2, 3, 4, 5, 6});
  tensor()->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 40);
  // More elements than the row has bytes: nothing is allocated for them.
  EXPECT_THAT(Read(), StatusIs(kDataLoss, HasSubstr("bytes cannot hold float32 [1099511627776,3]")));
  tensor()->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 61);
  tensor()->mutable_shape()->mutable_dim(1)->set_size(1);
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("more bytes than can be")));
  tensor()->mutable_shape()->mutable_dim(1)->set_size(1000);
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("tensor 't'")));
  tensor()->mutable_shape()->mutable_dim(1)->set_size(-1);
  EXPECT_THAT(Open(), StatusIs(kInvalid, HasSubstr("tensor 't'")));
}

TEST_F(V1Test, OtherFilesAndVersions) {
  AddSlice("-:-", {1, 2, 3, 4, 5, 6});
  list_.mutable_meta()->mutable_versions()->set_min_consumer(2);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("written for readers of version 2")));
  list_.clear_meta();
  EXPECT_THAT(Open(), StatusIs(kDataLoss, HasSubstr("no V1 checkpoint")));
  WriteTestFile(path_, EncodeTable({{"a", "b"}}));
  EXPECT_THAT(CheckpointReader::Open(path_), StatusIs(kDataLoss, HasSubstr("no V1 checkpoint")));
  WriteTestFile(path_, "a text");
  EXPECT_THAT(CheckpointReader::Open(path_), StatusIs(kDataLoss, AllOf(HasSubstr(path_), HasSubstr("not a table"))));
}

TEST_F(V1Test, ListsWhatItCannotRead) {
  tensor()->set_type(tensorflow::DT_VARIANT);
  AddSlice("-:-", {});
  ASSERT_OK_AND_ASSIGN(const auto reader, Open());
  EXPECT_EQ(reader->tensors()[0].dtype_name, "variant");
  EXPECT_THAT(reader->Read("t"), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("tensors of variant")));
}

TEST_F(V1Test, Shards) {
  AddSlice("0,1:-", {1, 2, 3});
  Write(path_ + "-00000-of-00002");
  EXPECT_THAT(CheckpointReader::Open(path_),
              StatusIs(absl::StatusCode::kNotFound, HasSubstr("m-00001-of-00002', a shard of checkpoint")));
  tensor()->clear_slice();
  rows_.clear();
  AddSlice("1,1:-", {4, 5, 6});
  Write(path_ + "-00001-of-00002");
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(path_));
  ASSERT_OK_AND_ASSIGN(const Tensor whole, reader->Read("t"));
  EXPECT_THAT(whole.flat<float>(), ElementsAre(1, 2, 3, 4, 5, 6));
  // Of another shape in another shard.
  tensor()->mutable_shape()->mutable_dim(0)->set_size(4);
  Write(path_ + "-00001-of-00002");
  EXPECT_THAT(CheckpointReader::Open(path_),
              StatusIs(kInvalid, HasSubstr("it is float32 [4,3] here, but float32 [2,3] elsewhere")));
  Write(path_ + "-00000-of-00001");
  EXPECT_THAT(CheckpointReader::Open(path_), StatusIs(kInvalid, HasSubstr("shards of more than one checkpoint")));
}

TEST_F(V1Test, DamagedAnywhere) {
  AddSlice("-:0,1", {1, 4});
  AddSlice("-:1,2", {2, 3, 5, 6});
  Write(path_);
  const std::string whole = ReadTestFile(path_);
  const auto readable = [&](const std::string& bytes) {
    WriteTestFile(path_, bytes);
    const auto reader = CheckpointReader::Open(path_);
    return reader.ok() && (*reader)->Read("t").ok();
  };
  ASSERT_TRUE(readable(whole));
  for (size_t size = 0; size < whole.size(); ++size) EXPECT_FALSE(readable(whole.substr(0, size))) << size;
  std::mt19937 random(1);
  for (size_t at = 0; at < whole.size(); ++at) {
    std::string damaged = whole;
    damaged[at] = static_cast<char>(damaged[at] ^ (1 + random() % 255));
    // Some bytes (a zero in the footer's padding) no one reads: then the values are as they were.
    WriteTestFile(path_, damaged);
    const auto reader = CheckpointReader::Open(path_);
    if (!reader.ok()) continue;
    const absl::StatusOr<Tensor> tensor = (*reader)->Read("t");
    if (tensor.ok()) {
      EXPECT_THAT(tensor->flat<float>(), ElementsAre(1, 2, 3, 4, 5, 6)) << at;
    }
  }
}

}  // namespace
}  // namespace floe
