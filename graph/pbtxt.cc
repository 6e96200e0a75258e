#include <memory>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/graph.h"
#include "proto/serialize.h"
#include "proto/text_format.h"
#include "tensorflow/core/framework/graph.pb.h"

namespace floe {

absl::StatusOr<Graph> Graph::ParseText(absl::string_view text) {
  if (static_cast<int64_t>(text.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a GraphDef of ", text.size(), " bytes of text; protobuf's limit is ", kMaxGraphBytes));
  }
  tensorflow::GraphDef proto;
  FLOE_RETURN_IF_ERROR(Annotate(ParseTextFormat(text, &proto), "not a GraphDef in text format"));
  FLOE_ASSIGN_OR_RETURN(std::string encoded, SerializeInOrder(proto));
  auto bytes = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view view = *bytes;
  return Parse(view, std::move(bytes));
}

}  // namespace floe
