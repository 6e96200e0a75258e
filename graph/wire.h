// The protobuf wire format, read in place: a message is a sequence of fields, each a varint tag (number << 3 | type)
// and a value. Type 0 is a varint, 1 eight bytes, 2 a length and that many bytes, 5 four bytes; groups (3, 4) are not
// used by TensorFlow. Source: protobuf's "Encoding" guide.
//
// Reading here instead of through generated messages keeps a graph's tensors as spans of the mapped file: no copy is
// made.
#ifndef FLOE_GRAPH_WIRE_H_
#define FLOE_GRAPH_WIRE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "base/varint.h"

namespace floe {

enum class WireType : uint8_t { kVarint = 0, kFixed64 = 1, kBytes = 2, kFixed32 = 5 };

struct WireField {
  int number = 0;
  WireType type = WireType::kVarint;
  uint64_t value = 0;         // kVarint, kFixed64, kFixed32
  absl::string_view bytes;    // kBytes
  absl::string_view encoded;  // tag and value together, for copying a field as it is

  float AsFloat() const;
  double AsDouble() const;
};

// Walks the fields of one message. Never reads past the message; a malformed one ends the walk with ok() false.
class WireReader {
 public:
  explicit WireReader(absl::string_view message) : rest_(message) {}
  // The next field, or false at the end or at malformed bytes.
  bool Next(WireField* field);
  bool ok() const { return ok_; }

 private:
  bool Fail();
  absl::string_view rest_;
  bool ok_ = true;
};

void AppendVarintField(int number, uint64_t value, std::string* out);
void AppendFloatField(int number, float value, std::string* out);
void AppendBytesField(int number, absl::string_view bytes, std::string* out);
// What comes before a field's `size` bytes.
void AppendBytesHeader(int number, uint64_t size, std::string* out);

}  // namespace floe

#endif  // FLOE_GRAPH_WIRE_H_
