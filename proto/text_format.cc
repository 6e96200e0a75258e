#include "proto/text_format.h"

#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/io/zero_copy_stream_impl_lite.h>
#include <google/protobuf/text_format.h>

#include <limits>
#include <string>

#include "absl/strings/str_cat.h"

namespace floe {
namespace {

// As deep as protobuf goes in binary messages; without a limit a few kilobytes of braces overflow the stack.
constexpr int kMaxNesting = 100;

// Keeps the first error; protobuf would print to stderr.
class FirstError final : public google::protobuf::io::ErrorCollector {
 public:
  void AddError(int line, google::protobuf::io::ColumnNumber column, const std::string& message) override {
    if (text_.empty()) text_ = absl::StrCat("line ", line + 1, ", column ", column + 1, ": ", message);
  }
  const std::string& text() const { return text_; }

 private:
  std::string text_;
};

}  // namespace

absl::Status ParseTextFormat(absl::string_view text, google::protobuf::Message* message, UnknownFields unknown_fields) {
  if (text.size() > std::numeric_limits<int>::max()) return absl::InvalidArgumentError("too long");
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kMaxNesting);
  parser.AllowUnknownField(unknown_fields == UnknownFields::kSkipped);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, message)) return absl::InvalidArgumentError(error.text());
  return absl::OkStatus();
}

}  // namespace floe
