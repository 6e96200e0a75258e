// Writes V2 checkpoints for tests, right ones and wrong ones: entries may be changed after they were added.
#ifndef FLOE_TESTS_TESTING_BUNDLE_WRITER_H_
#define FLOE_TESTS_TESTING_BUNDLE_WRITER_H_

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "checkpoint/tensor_slice.h"
#include "tensor/tensor.h"
#include "tensorflow/core/protobuf/tensor_bundle.pb.h"

namespace floe::testing {

// An encoded table of these rows, without compression.
std::string EncodeTable(const std::map<std::string, std::string>& rows);

class BundleWriter {
 public:
  BundleWriter();

  // Appends the tensor's bytes to the only shard. Returns its entry, which is written as it then is.
  tensorflow::BundleEntryProto* Add(const std::string& name, const Tensor& tensor);
  // A slice of a tensor of `shape`. The tensor's own entry is written along.
  tensorflow::BundleEntryProto* AddSlice(const std::string& name, const Shape& shape, const TensorSlice& slice,
                                         const Tensor& part);
  tensorflow::BundleEntryProto* entry(const std::string& key) { return &entries_.at(key); }
  tensorflow::BundleHeaderProto* header() { return &header_; }
  std::string* data() { return &data_; }

  std::string EncodeIndex() const;
  // PREFIX.index and PREFIX.data-00000-of-00001.
  void Write(const std::string& prefix) const;

 private:
  void Append(const Tensor& tensor, tensorflow::BundleEntryProto* entry);

  tensorflow::BundleHeaderProto header_;
  std::map<std::string, tensorflow::BundleEntryProto> entries_;
  std::string data_;
};

// Makes the folder where there is none.
void WriteTestFile(const std::string& path, const std::string& bytes);
std::string ReadTestFile(const std::string& path);

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_BUNDLE_WRITER_H_
