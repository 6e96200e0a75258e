#include "proto/text_format.h"

#include <google/protobuf/io/tokenizer.h>
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

absl::Status ParseTextFormat(absl::string_view text, google::protobuf::Message* message) {
  const std::string& type = message->GetDescriptor()->name();
  if (text.size() > std::numeric_limits<int>::max()) {
    return absl::InvalidArgumentError(
        absl::StrCat("a ", type, " of ", text.size(), " bytes of text; protobuf's limit is 2147483647"));
  }
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kMaxNesting);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, message)) {
    return absl::InvalidArgumentError(absl::StrCat("not a ", type, " in text format: ", error.text()));
  }
  return absl::OkStatus();
}

}  // namespace floe
