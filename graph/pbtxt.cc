#include <google/protobuf/io/tokenizer.h>
#include <google/protobuf/text_format.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/graph.h"
#include "proto/serialize.h"
#include "tensorflow/core/framework/graph.pb.h"

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

absl::StatusOr<Graph> Graph::ParseText(absl::string_view text) {
  if (static_cast<int64_t>(text.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a GraphDef of ", text.size(), " bytes of text; protobuf's limit is ", kMaxGraphBytes));
  }
  tensorflow::GraphDef proto;
  FirstError error;
  google::protobuf::TextFormat::Parser parser;
  parser.RecordErrorsTo(&error);
  parser.SetRecursionLimit(kMaxNesting);
  google::protobuf::io::ArrayInputStream stream(text.data(), static_cast<int>(text.size()));
  if (!parser.Parse(&stream, &proto)) {
    return absl::InvalidArgumentError(absl::StrCat("not a GraphDef in text format: ", error.text()));
  }
  FLOE_ASSIGN_OR_RETURN(std::string encoded, SerializeInOrder(proto));
  auto bytes = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view view = *bytes;
  return Parse(view, std::move(bytes));
}

}  // namespace floe
