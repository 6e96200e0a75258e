#include "tests/testing/bundle_writer.h"

#include <leveldb/env.h>
#include <leveldb/options.h>
#include <leveldb/table_builder.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

#include "base/varint.h"
#include "checkpoint/crc32c.h"
#include "checkpoint/ordered_code.h"
#include "proto/tensor_codec.h"

namespace floe::testing {
namespace {

class StringFile final : public leveldb::WritableFile {
 public:
  leveldb::Status Append(const leveldb::Slice& bytes) override {
    text_.append(bytes.data(), bytes.size());
    return leveldb::Status::OK();
  }
  leveldb::Status Close() override { return leveldb::Status::OK(); }
  leveldb::Status Flush() override { return leveldb::Status::OK(); }
  leveldb::Status Sync() override { return leveldb::Status::OK(); }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

std::string EncodeTable(const std::map<std::string, std::string>& rows) {
  StringFile file;
  leveldb::Options options;
  options.compression = leveldb::kNoCompression;
  leveldb::TableBuilder builder(options, &file);
  for (const auto& [key, value] : rows) builder.Add(key, value);
  if (!builder.Finish().ok()) std::abort();
  return file.text();
}

BundleWriter::BundleWriter() {
  header_.set_num_shards(1);
  header_.mutable_version()->set_producer(1);
}

void BundleWriter::Append(const Tensor& tensor, tensorflow::BundleEntryProto* entry) {
  entry->set_dtype(static_cast<tensorflow::DataType>(tensor.dtype()));
  entry->clear_shape();
  ShapeToProto(tensor.shape(), entry->mutable_shape());
  entry->set_offset(static_cast<int64_t>(data_.size()));
  uint32_t crc = 0;
  if (tensor.dtype() == DType::kString) {
    std::string strings;
    for (const std::string& text : tensor.flat<std::string>()) {
      AppendVarint(text.size(), &data_);
      const auto length = static_cast<uint32_t>(text.size());
      crc = ExtendCrc32c(crc, {reinterpret_cast<const char*>(&length), sizeof(length)});
      strings += text;
    }
    const uint32_t lengths_crc = MaskCrc32c(crc);
    const std::string rest = std::string(reinterpret_cast<const char*>(&lengths_crc), sizeof(lengths_crc)) + strings;
    crc = ExtendCrc32c(crc, rest);
    data_ += rest;
  } else {
    crc = Crc32c(tensor.bytes());
    data_.append(tensor.bytes().data(), tensor.bytes().size());
  }
  entry->set_size(static_cast<int64_t>(data_.size()) - entry->offset());
  entry->set_crc32c(MaskCrc32c(crc));
}

tensorflow::BundleEntryProto* BundleWriter::Add(const std::string& name, const Tensor& tensor) {
  Append(tensor, &entries_[name]);
  return &entries_[name];
}

tensorflow::BundleEntryProto* BundleWriter::AddSlice(const std::string& name, const Shape& shape,
                                                     const TensorSlice& slice, const Tensor& part) {
  tensorflow::BundleEntryProto& whole = entries_[name];
  whole.set_dtype(static_cast<tensorflow::DataType>(part.dtype()));
  whole.clear_shape();
  ShapeToProto(shape, whole.mutable_shape());
  tensorflow::TensorSliceProto* const proto = whole.add_slices();
  for (const SliceExtent& extent : slice) {
    tensorflow::TensorSliceProto::Extent* const mine = proto->add_extent();
    if (extent.length == SliceExtent::kWhole) continue;
    mine->set_start(extent.start);
    mine->set_length(extent.length);
  }
  tensorflow::BundleEntryProto* const entry = &entries_[EncodeSliceKey(name, slice)];
  Append(part, entry);
  return entry;
}

std::string BundleWriter::EncodeIndex() const {
  std::map<std::string, std::string> rows = {{"", header_.SerializeAsString()}};
  for (const auto& [key, entry] : entries_) rows[key] = entry.SerializeAsString();
  return EncodeTable(rows);
}

void BundleWriter::Write(const std::string& prefix) const {
  WriteTestFile(prefix + ".index", EncodeIndex());
  WriteTestFile(prefix + ".data-00000-of-00001", data_);
}

void WriteTestFile(const std::string& path, const std::string& bytes) {
  if (const auto folder = std::filesystem::path(path).parent_path(); !folder.empty()) {
    std::filesystem::create_directories(folder);
  }
  std::ofstream file(path, std::ios::binary);
  file.write(bytes.data(), static_cast<std::streamsize>(bytes.size()));
  if (!file.good()) std::abort();
}

std::string ReadTestFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), std::istreambuf_iterator<char>()};
}

}  // namespace floe::testing
