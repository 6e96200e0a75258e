#include "checkpoint/bundle_reader.h"

#include <complex>
#include <limits>
#include <nlohmann/json.hpp>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/crc32c.h"
#include "checkpoint/ordered_code.h"
#include "gtest/gtest.h"
#include "tensor/npy.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::BundleWriter;
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

nlohmann::json Expected(const std::string& folder) {
  return nlohmann::json::parse(ReadTestFile(SharedPath("checkpoints/" + folder + "/expected.json")));
}

std::vector<double> AsDoubles(const Tensor& tensor) {
  std::vector<double> values;
  const bool known = DispatchDType<float, double, int32_t, uint8_t, int16_t, int8_t, int64_t, bool, Bfloat16, uint16_t,
                                   Half, uint32_t, uint64_t>(tensor.dtype(), [&]<typename T>() {
    for (const T& value : tensor.flat<T>()) values.push_back(static_cast<double>(value));
  });
  if (!known) {
    DispatchDType<std::complex<float>, std::complex<double>>(tensor.dtype(), [&]<typename T>() {
      for (const T& value : tensor.flat<T>()) {
        EXPECT_EQ(value.imag(), 0);
        values.push_back(value.real());
      }
    });
  }
  return values;
}

void ExpectSame(const Tensor& a, const Tensor& b) {
  EXPECT_EQ(a.dtype(), b.dtype());
  EXPECT_EQ(a.shape(), b.shape());
  if (a.dtype() == DType::kString) {
    EXPECT_EQ(a.flat<std::string>(), b.flat<std::string>());
  } else {
    EXPECT_EQ(a.bytes(), b.bytes());
  }
}

// What TensorFlow wrote.

TEST(TensorFlowBundleTest, EveryDtype) {
  FLOE_REQUIRE_SHARED("checkpoints/every_dtype");
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(SharedPath("checkpoints/every_dtype")));
  const nlohmann::json expected = Expected("every_dtype")["variables"];
  EXPECT_EQ(reader->tensors().size(), expected.size());
  for (const auto& [name, want] : expected.items()) {
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
    EXPECT_EQ(DTypeName(tensor.dtype()), want["dtype"].get<std::string>());
    EXPECT_EQ(tensor.shape(), Shape(want["shape"].get<std::vector<int64_t>>())) << name;
    if (tensor.dtype() == DType::kString) {
      std::string hex;
      for (const std::string& text : tensor.flat<std::string>()) {
        for (const char c : text) absl::StrAppend(&hex, absl::Hex(static_cast<uint8_t>(c), absl::kZeroPad2));
        hex += "|";
      }
      std::string wanted_hex;
      for (const nlohmann::json& text : want["hex"]) wanted_hex += text.get<std::string>() + "|";
      EXPECT_EQ(hex, wanted_hex);
    } else {
      EXPECT_EQ(AsDoubles(tensor), want["values"].get<std::vector<double>>()) << name;
    }
  }
}

TEST(TensorFlowBundleTest, PartitionedAndSharded) {
  const std::string folder = "checkpoints/partitioned_and_sharded";
  FLOE_REQUIRE_SHARED(folder);
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(SharedPath(folder)));
  EXPECT_THAT(reader->Names(), ElementsAre("bias", "emb", "kern"));
  EXPECT_EQ(reader->Find("emb")->slices.size(), 3);
  EXPECT_EQ(reader->Find("emb")->bytes, 50 * 8 * 4);
  for (const char* name : {"bias", "emb", "kern"}) {
    ASSERT_OK_AND_ASSIGN(const Tensor wanted, ReadNpy(SharedPath(absl::StrCat(folder, "/", name, ".npy"))));
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
    ExpectSame(tensor, wanted);
  }
  // A stored slice, and one across two of them.
  ASSERT_OK_AND_ASSIGN(const Tensor emb, reader->Read("emb"));
  ASSERT_OK_AND_ASSIGN(const Tensor stored, reader->ReadSlice("emb", {{17, 17}, {}}));
  ExpectSame(stored, emb.Rows(17, 34));
  ASSERT_OK_AND_ASSIGN(const Tensor across, reader->ReadSlice("emb", {{10, 30}, {0, 8}}));
  ExpectSame(across, emb.Rows(10, 40));
  EXPECT_THAT(reader->ReadSlice("emb", {{40, 11}, {}}), StatusIs(kInvalid, HasSubstr("not inside [50,8]")));
}

TEST(TensorFlowBundleTest, ValuesOfEveryFolder) {
  FLOE_REQUIRE_SHARED("checkpoints");
  for (const char* folder : {"two_variables", "moving_average"}) {
    ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(SharedPath(absl::StrCat("checkpoints/", folder))));
    const nlohmann::json expected = Expected(folder);
    for (const auto& [name, want] : expected["variables"].items()) {
      ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(name));
      EXPECT_EQ(AsDoubles(tensor),
                want.is_array() ? want.get<std::vector<double>>() : std::vector<double>{want.get<double>()});
    }
  }
  ASSERT_OK_AND_ASSIGN(const auto objects, CheckpointReader::Open(SharedPath("checkpoints/object_checkpoint")));
  const nlohmann::json object_expected = Expected("object_checkpoint");
  for (const auto& [key, file] : object_expected["keys"].items()) {
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, objects->Read(key));
    ASSERT_OK_AND_ASSIGN(const Tensor wanted,
                         ReadNpy(SharedPath("checkpoints/object_checkpoint/" + file.get<std::string>())));
    ExpectSame(tensor, wanted);
  }
  ASSERT_OK_AND_ASSIGN(const auto latest, CheckpointReader::Open(SharedPath("checkpoints/checkpoint_list")));
  EXPECT_THAT(latest->prefix(), ::testing::EndsWith("m.ckpt-5"));
  for (const int step : {3, 4, 5}) {
    ASSERT_OK_AND_ASSIGN(const auto reader,
                         CheckpointReader::Open(SharedPath(absl::StrCat("checkpoints/checkpoint_list/m.ckpt-", step))));
    ASSERT_OK_AND_ASSIGN(const Tensor v, reader->Read("v"));
    EXPECT_EQ(v.scalar<float>(), static_cast<float>(step + 1));
  }
  for (const char* folder : {"convnet_trained", "frozen", "lstm_functional", "lstm_tf1_loop", "saved_model_v1",
                             "saved_model_v2", "saved_model_v2_text", "object_checkpoint"}) {
    ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(SharedPath(absl::StrCat("checkpoints/", folder))));
    EXPECT_FALSE(reader->tensors().empty()) << folder;
    for (const CheckpointTensor& tensor : reader->tensors()) EXPECT_OK(reader->Verify(tensor.name));
  }
}

// What this repository's own writer for tests writes.

class BundleTest : public ::testing::Test {
 protected:
  absl::StatusOr<std::unique_ptr<CheckpointReader>> Open() {
    writer_.Write(prefix_);
    return CheckpointReader::Open(prefix_);
  }
  // What a reader of `name` is told, on opening or on reading.
  absl::Status ReadStatus(const std::string& name) {
    const absl::StatusOr<std::unique_ptr<CheckpointReader>> reader = Open();
    return reader.ok() ? (*reader)->Read(name).status() : reader.status();
  }

  const std::string prefix_ = TempDir() + "/m.ckpt";
  BundleWriter writer_;
};

TEST_F(BundleTest, ReadsBack) {
  const Tensor floats = Tensor::Of<float>(Shape({2, 2}), {1, 2, 3, 4});
  const Tensor byte = Tensor::Of<int8_t>({7});  // what follows it lies unaligned
  const Tensor doubles = Tensor::Of<double>({1.5, -2.5});
  const Tensor strings = Tensor::Of<std::string>(Shape({2, 1}), {"", std::string(300, 'x')});
  writer_.Add("floats", floats);
  writer_.Add("byte", byte);
  writer_.Add("doubles", doubles);
  writer_.Add("strings", strings);
  writer_.Add("empty", Tensor(DType::kFloat, Shape({0, 3})));
  writer_.Add("scalar", Tensor::Scalar<std::string>("s"));
  ASSERT_OK_AND_ASSIGN(auto reader, Open());
  EXPECT_THAT(reader->Names(), ElementsAre("byte", "doubles", "empty", "floats", "scalar", "strings"));
  ASSERT_OK_AND_ASSIGN(const Tensor read_floats, reader->Read("floats"));
  ASSERT_OK_AND_ASSIGN(const Tensor read_doubles, reader->Read("doubles"));
  ASSERT_OK_AND_ASSIGN(const Tensor read_strings, reader->Read("strings"));
  ASSERT_OK_AND_ASSIGN(const Tensor empty, reader->Read("empty"));
  reader.reset();  // tensors outlive the reader
  ExpectSame(read_floats, floats);
  ExpectSame(read_doubles, doubles);
  ExpectSame(read_strings, strings);
  EXPECT_EQ(empty.shape(), Shape({0, 3}));
}

TEST_F(BundleTest, BytesOtherThanOneAreTrue) {
  writer_.Add("bytes", Tensor::Of<uint8_t>({0, 1, 2, 255}))->set_dtype(tensorflow::DT_BOOL);
  ASSERT_OK_AND_ASSIGN(const auto reader, Open());
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read("bytes"));
  EXPECT_EQ(tensor.ToString(), "bool [4] false true true true");
}

TEST_F(BundleTest, SlicesWithWholeDimensions) {
  const Shape shape({4, 2});
  writer_.AddSlice("p", shape, {{0, 1}, {}}, Tensor::Of<std::string>(Shape({1, 2}), {"a", "b"}));
  writer_.AddSlice("p", shape, {{1, 3}, {}}, Tensor::Of<std::string>(Shape({3, 2}), {"c", "d", "e", "f", "g", "h"}));
  ASSERT_OK_AND_ASSIGN(const auto reader, Open());
  ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read("p"));
  ExpectSame(tensor, Tensor::Of<std::string>(shape, {"a", "b", "c", "d", "e", "f", "g", "h"}));
}

TEST_F(BundleTest, NamesTheNearest) {
  writer_.Add("weights", Tensor::Scalar<float>(1));
  EXPECT_THAT(ReadStatus("weigths"),
              StatusIs(absl::StatusCode::kNotFound,
                       AllOf(HasSubstr("no tensor 'weigths'"), HasSubstr("did you mean 'weights'?"))));
}

TEST_F(BundleTest, OtherByteOrderAndVersion) {
  writer_.Add("v", Tensor::Scalar<float>(1));
  writer_.header()->set_endianness(tensorflow::BundleHeaderProto::BIG);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("m.ckpt.index': a big-endian checkpoint")));
  writer_.header()->set_endianness(tensorflow::BundleHeaderProto::LITTLE);
  writer_.header()->mutable_version()->set_min_consumer(2);
  EXPECT_THAT(Open(), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("readers of version 2")));
}

TEST_F(BundleTest, NumbersThatCannotBe) {
  constexpr int64_t kMax = std::numeric_limits<int64_t>::max();
  const Tensor four = Tensor::Of<float>({1, 2, 3, 4});
  const auto entry = [&] {
    writer_ = BundleWriter();
    return writer_.Add("v", four);
  };
  entry()->set_size(15);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("tensor 'v': float32 [4] does not take 15 bytes")));
  entry()->set_offset(-1);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("16 bytes at -1 cannot be")));
  entry()->set_offset(kMax);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("cannot be")));
  entry()->set_offset(1);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kDataLoss, HasSubstr("wanted 16 bytes at 1, but the file has 16")));
  entry()->set_offset(kMax - 16);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kDataLoss, HasSubstr("but the file has 16")));
  entry()->set_size(-16);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("cannot be")));
  entry()->set_shard_id(1);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("in shard 1 of 1")));
  entry()->mutable_shape()->mutable_dim(0)->set_size(-4);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("tensor 'v'")));
  entry()->mutable_shape()->mutable_dim(0)->set_size(kMax);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("does not take 16 bytes")));
  entry()->mutable_shape()->set_unknown_rank(true);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("tensor 'v'")));
  tensorflow::BundleEntryProto* const big = entry();
  big->mutable_shape()->add_dim()->set_size(kMax / 2);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("too many elements")));
  entry();
  writer_.header()->set_num_shards(0);
  EXPECT_THAT(ReadStatus("v"), StatusIs(kInvalid, HasSubstr("0 shards")));
  entry();
  writer_.header()->set_num_shards(2);
  EXPECT_THAT(ReadStatus("v"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("m.ckpt.data-00000-of-00002")));
}

TEST_F(BundleTest, ListsWhatItCannotRead) {
  writer_.Add("v", Tensor::Scalar<uint8_t>(1))->set_dtype(static_cast<tensorflow::DataType>(77));
  writer_.Add("w", Tensor::Scalar<uint8_t>(1))->set_dtype(tensorflow::DT_VARIANT);
  ASSERT_OK_AND_ASSIGN(const auto reader, Open());
  EXPECT_EQ(reader->Find("v")->dtype_name, "dtype 77");
  EXPECT_THAT(reader->Read("v"),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("tensors of dtype 77 cannot be read")));
  EXPECT_THAT(reader->Read("w"), StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("variant")));
}

TEST_F(BundleTest, StringsThatDoNotFit) {
  const auto entry = [&] {
    writer_ = BundleWriter();
    return writer_.Add("s", Tensor::Of<std::string>({"ab", "c"}));
  };
  entry()->mutable_shape()->mutable_dim(0)->set_size(int64_t{1} << 60);
  EXPECT_THAT(ReadStatus("s"), StatusIs(kDataLoss, HasSubstr("its strings do not fit their bytes")));
  entry()->mutable_shape()->mutable_dim(0)->set_size(1);
  EXPECT_THAT(ReadStatus("s"), StatusIs(kDataLoss, HasSubstr("checksum")));
  entry()->set_size(5);
  EXPECT_THAT(ReadStatus("s"), StatusIs(kDataLoss, HasSubstr("tensor 's'")));
  entry();
  (*writer_.data())[0] = '\x7f';  // the first length
  EXPECT_THAT(ReadStatus("s"), StatusIs(kDataLoss, HasSubstr("checksum")));

  // Checksums that match, and lengths that do not.
  for (const uint32_t length : {uint32_t{2}, uint32_t{9}}) {
    tensorflow::BundleEntryProto* const forged = entry();
    forged->mutable_shape()->mutable_dim(0)->set_size(1);
    const uint32_t lengths_crc = Crc32c({reinterpret_cast<const char*>(&length), 4}), masked = MaskCrc32c(lengths_crc);
    const std::string rest = std::string(reinterpret_cast<const char*>(&masked), 4) + "abc";
    *writer_.data() = static_cast<char>(length) + rest;
    forged->set_size(static_cast<int64_t>(writer_.data()->size()));
    forged->set_crc32c(MaskCrc32c(ExtendCrc32c(lengths_crc, rest)));
    EXPECT_THAT(ReadStatus("s"), StatusIs(kDataLoss, HasSubstr("its strings do not fit their bytes")));
  }
}

TEST_F(BundleTest, SlicesThatDoNotFit) {
  const Shape shape({4});
  const Tensor two = Tensor::Of<float>({1, 2});
  const auto start = [&] {
    writer_ = BundleWriter();
    writer_.AddSlice("p", shape, {{0, 2}}, two);
  };
  start();
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("tensor 'p': its 1 slices hold 2 of the 4 elements")));
  start();
  writer_.AddSlice("p", shape, {{1, 2}}, two);
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("its slices 0,2 and 1,2 overlap")));
  start();
  writer_.AddSlice("p", shape, {{3, 2}}, two);
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("slice 3,2 is not inside [4]")));
  start();
  writer_.AddSlice("p", shape, {{2, 2}}, two);
  EXPECT_OK(ReadStatus("p"));
  writer_.entry("p")->mutable_slices(1)->mutable_extent(0)->set_start(1);
  EXPECT_THAT(ReadStatus("p"), StatusIs(kDataLoss, HasSubstr("its slice 1,2 is missing")));
  start();
  writer_.AddSlice("p", shape, {{2, 2}}, two)->set_dtype(tensorflow::DT_INT32);
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("its slice 2,2 of float32 is stored as int32 [2]")));
  start();
  writer_.AddSlice("p", shape, {{2, 2}}, two)->set_offset(0);
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("tensors 'p' and 'p' share bytes")));
  start();
  writer_.AddSlice("p", shape, {{2, 2}}, Tensor::Of<float>({1, 2, 3}));
  EXPECT_THAT(ReadStatus("p"), StatusIs(kInvalid, HasSubstr("stored as float32 [3]")));
}

// A tensor of huge shape in slices that claim as many bytes: refused before memory is taken.
TEST_F(BundleTest, ManyBytesThatAreNotThere) {
  constexpr int64_t kHalf = int64_t{1} << 40;
  const Shape shape({2 * kHalf});
  for (int64_t i = 0; i < 2; ++i) {
    tensorflow::BundleEntryProto* const entry =
        writer_.AddSlice("p", shape, {{i * kHalf, kHalf}}, Tensor::Of<uint8_t>({1}));
    entry->mutable_shape()->mutable_dim(0)->set_size(kHalf);
    entry->set_offset(i * kHalf);
    entry->set_size(kHalf);
  }
  EXPECT_THAT(ReadStatus("p"), StatusIs(kDataLoss, HasSubstr("but the file has 2")));
}

// Files that are not there, empty, cut off, or damaged.

class DamagedBundleTest : public BundleTest {
 protected:
  DamagedBundleTest() {
    writer_.Add("a/weights", Tensor::Of<float>(Shape({2, 2}), {1, 2, 3, 4}));
    writer_.Add("strings", Tensor::Of<std::string>({"one", "", "three"}));
    writer_.AddSlice("p", Shape({3}), {{0, 2}}, Tensor::Of<int64_t>({1, 2}));
    writer_.AddSlice("p", Shape({3}), {{2, 1}}, Tensor::Of<int64_t>({3}));
    writer_.Write(prefix_);
    index_ = ReadTestFile(prefix_ + ".index");
    data_ = ReadTestFile(prefix_ + ".data-00000-of-00001");
  }

  // The first error of opening and reading everything, in one line that names a file.
  absl::Status ReadAll() {
    const absl::StatusOr<std::unique_ptr<CheckpointReader>> reader = CheckpointReader::Open(prefix_);
    if (!reader.ok()) return OneLine(reader.status());
    for (const std::string& name : (*reader)->Names()) {
      const absl::StatusOr<Tensor> tensor = (*reader)->Read(name);
      if (!tensor.ok()) return OneLine(tensor.status());
    }
    return absl::OkStatus();
  }
  absl::Status OneLine(const absl::Status& status) {
    EXPECT_THAT(std::string(status.message()), AllOf(HasSubstr(prefix_), ::testing::Not(HasSubstr("\n"))));
    EXPECT_LT(status.message().size(), 500);
    return status;
  }
  void WriteIndex(const std::string& bytes) { WriteTestFile(prefix_ + ".index", bytes); }
  void WriteData(const std::string& bytes) { WriteTestFile(prefix_ + ".data-00000-of-00001", bytes); }

  std::string index_, data_;
};

TEST_F(DamagedBundleTest, WholeAndMissing) {
  EXPECT_OK(ReadAll());
  std::remove((prefix_ + ".data-00000-of-00001").c_str());
  EXPECT_THAT(ReadAll(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("m.ckpt.data-00000-of-00001")));
  std::remove((prefix_ + ".index").c_str());
  EXPECT_THAT(ReadAll(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no checkpoint")));
}

TEST_F(DamagedBundleTest, IndexCutOffAnywhere) {
  for (size_t size = 0; size < index_.size(); ++size) {
    WriteIndex(index_.substr(0, size));
    EXPECT_THAT(ReadAll(), StatusIs(kDataLoss, HasSubstr("m.ckpt.index'"))) << size;
  }
}

TEST_F(DamagedBundleTest, IndexWithAnyBitFlipped) {
  for (size_t at = 0; at < index_.size(); ++at) {
    for (const size_t bit : {at % 8, (at + 3) % 8}) {
      std::string damaged = index_;
      damaged[at] ^= static_cast<char>(1 << bit);
      WriteIndex(damaged);
      EXPECT_FALSE(ReadAll().ok()) << at << " " << bit;
    }
  }
}

TEST_F(DamagedBundleTest, DataCutOffAnywhere) {
  for (size_t size = 0; size < data_.size(); ++size) {
    WriteData(data_.substr(0, size));
    EXPECT_THAT(ReadAll(), StatusIs(kDataLoss, HasSubstr("m.ckpt.data-00000-of-00001': wanted"))) << size;
  }
}

TEST_F(DamagedBundleTest, DataWithAnyByteFlipped) {
  for (size_t at = 0; at < data_.size(); ++at) {
    std::string damaged = data_;
    damaged[at] ^= 0x40;
    WriteData(damaged);
    EXPECT_THAT(ReadAll(), StatusIs(kDataLoss, HasSubstr("m.ckpt.data-00000-of-00001': its "))) << at;
  }
}

TEST_F(DamagedBundleTest, RandomBytes) {
  uint32_t state = 1;
  for (int round = 0; round < 200; ++round) {
    std::string noise(static_cast<size_t>(round * 3), '\0');
    for (char& c : noise) {
      state = state * 1664525u + 1013904223u;
      c = static_cast<char>(state >> 24);
    }
    WriteIndex(noise);
    EXPECT_THAT(ReadAll(), StatusIs(kDataLoss, HasSubstr("not a table"))) << round;
    // With a footer that passes, the rest is still noise.
    WriteIndex(noise + index_.substr(index_.size() - 48));
    EXPECT_FALSE(ReadAll().ok()) << round;
  }
  WriteIndex(index_);
  WriteData(std::string(data_.size(), '\xa5'));
  EXPECT_THAT(ReadAll(), StatusIs(kDataLoss, HasSubstr("checksum")));
}

}  // namespace
}  // namespace floe
