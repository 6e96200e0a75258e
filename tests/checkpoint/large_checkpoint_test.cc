// Checkpoints past 4 GiB, and of 100,000 tensors.
#include <cstdint>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::TempDir;
using ::testing::ElementsAre;

// Zeros take no place on the disk: pieces of nothing else are holes in the file.
class SparseFile final : public WritableFile {
 public:
  explicit SparseFile(const std::string& path) : path_(path), stream_(path, std::ios::binary) {}
  absl::Status Append(absl::string_view bytes) override {
    if (bytes.size() > 1 && bytes[0] == '\0' && std::memcmp(bytes.data(), bytes.data() + 1, bytes.size() - 1) == 0) {
      stream_.seekp(static_cast<std::streamoff>(bytes.size()), std::ios::cur);
    } else {
      stream_.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
    }
    return stream_.good() ? absl::OkStatus() : absl::UnavailableError(path_);
  }
  absl::Status Sync() override { return absl::OkStatus(); }
  absl::Status Close() override {
    stream_.close();
    return absl::OkStatus();
  }

 private:
  std::string path_;
  std::ofstream stream_;
};

class SparseFiles final : public FileSystem {
 public:
  absl::StatusOr<std::shared_ptr<const MappedFile>> Map(const std::string& path) override { return real_.Map(path); }
  absl::StatusOr<std::unique_ptr<WritableFile>> Create(const std::string& path) override {
    return std::make_unique<SparseFile>(path);
  }
  absl::Status Rename(const std::string& from, const std::string& to) override { return real_.Rename(from, to); }
  absl::Status Link(const std::string& from, const std::string& to) override { return real_.Link(from, to); }
  absl::Status Remove(const std::string& path) override { return real_.Remove(path); }
  absl::Status RemoveDirectory(const std::string& path) override { return real_.RemoveDirectory(path); }
  absl::Status SyncDirectory(const std::string& path) override { return real_.SyncDirectory(path); }
  absl::Status MakeDirectories(const std::string& path) override { return real_.MakeDirectories(path); }
  absl::StatusOr<std::vector<std::string>> List(const std::string& directory) override { return real_.List(directory); }
  bool Exists(const std::string& path) override { return real_.Exists(path); }
  bool IsDirectory(const std::string& path) override { return real_.IsDirectory(path); }

 private:
  FileSystem& real_ = FileSystem::Posix();
};

int64_t AnonymousBytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    int64_t kibibytes = 0;
    if (line.rfind("RssAnon:", 0) == 0 &&
        absl::SimpleAtoi(absl::StripAsciiWhitespace(line.substr(8, line.size() - 10)), &kibibytes)) {
      return kibibytes * 1024;
    }
  }
  return -1;
}

TEST(LargeCheckpointTest, PastFourGibibytes) {
  SparseFiles files;
  CheckpointWriterOptions options;
  options.files = &files;
  const std::string prefix = TempDir() + "/m";
  ASSERT_OK_AND_ASSIGN(const auto writer, CheckpointWriter::Create(prefix, options));
  constexpr int64_t kTensorBytes = int64_t{1} << 26;
  constexpr int kTensors = 65;
  const std::vector<uint8_t> zeros(kTensorBytes);
  const Tensor tensor = Tensor::View(DType::kUint8, {kTensorBytes}, zeros.data(), nullptr);
  for (int i = 0; i < kTensors; ++i) ASSERT_OK(writer->Add(absl::StrFormat("zeros%02d", i), tensor));
  ASSERT_OK(writer->Add("last", Tensor::Of<float>({1, 2, 3})));
  ASSERT_OK(writer->Finish());
  EXPECT_GT(std::filesystem::file_size(prefix + ".data-00000-of-00001"), (uint64_t{1} << 32) + 8);

  const int64_t before = AnonymousBytes();
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(prefix));
  ASSERT_OK_AND_ASSIGN(const Tensor last, reader->Read("last"));
  EXPECT_THAT(last.flat<float>(), ElementsAre(1, 2, 3));
  ASSERT_OK_AND_ASSIGN(const Tensor zeros64, reader->Read("zeros64"));
  EXPECT_EQ(zeros64.num_elements(), kTensorBytes);
  EXPECT_LT(AnonymousBytes() - before, int64_t{1} << 22) << "a view of the file, no copy";
}

TEST(LargeCheckpointTest, ManyTensors) {
  constexpr int kTensors = 100000;
  const std::string prefix = TempDir() + "/m";
  const int64_t before = AnonymousBytes();
  ASSERT_OK_AND_ASSIGN(const auto writer, CheckpointWriter::Create(prefix));
  for (int i = 0; i < kTensors; ++i) {
    ASSERT_OK(writer->Add(absl::StrCat("layer_", i, "/weights"), Tensor::Of<float>({static_cast<float>(i)})));
  }
  ASSERT_OK(writer->Finish());
  ASSERT_OK_AND_ASSIGN(const auto reader, CheckpointReader::Open(prefix));
  ASSERT_EQ(reader->tensors().size(), static_cast<size_t>(kTensors));
  for (const int i : {0, 1, 99, 5000, kTensors - 1}) {
    ASSERT_OK_AND_ASSIGN(const Tensor tensor, reader->Read(absl::StrCat("layer_", i, "/weights")));
    EXPECT_THAT(tensor.flat<float>(), ElementsAre(static_cast<float>(i)));
  }
  // Names, shapes and places: about 600 bytes a tensor while both writer and reader live.
  EXPECT_LT(AnonymousBytes() - before, int64_t{kTensors} * 2500);  // the address sanitizer's own included
}

}  // namespace
}  // namespace floe
