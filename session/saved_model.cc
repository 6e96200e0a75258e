#include "session/saved_model.h"

#include <algorithm>
#include <memory>
#include <utility>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/suggest.h"
#include "graph/graph.h"
#include "graph/wire.h"
#include "proto/serialize.h"
#include "proto/text_format.h"
#include "tensorflow/core/protobuf/saved_model.pb.h"

namespace floe {
namespace {

constexpr int kMetaGraphs = 2;  // in saved_model.proto
constexpr char kBinary[] = "saved_model.pb", kText[] = "saved_model.pbtxt";

// The encoded SavedModel, kept alive by the second.
using Encoded = std::pair<absl::string_view, std::shared_ptr<const void>>;

absl::StatusOr<Encoded> ReadEncoded(const std::string& path, bool text) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, FileSystem::Posix().Map(path));
  if (!text) return Encoded(file->bytes(), file);
  tensorflow::SavedModel proto;
  FLOE_RETURN_IF_ERROR(Annotate(ParseTextFormat(file->bytes(), &proto), "not a SavedModel in text format"));
  FLOE_ASSIGN_OR_RETURN(std::string encoded, SerializeInOrder(proto));
  auto owner = std::make_shared<const std::string>(std::move(encoded));
  const absl::string_view bytes = *owner;
  return Encoded(bytes, std::move(owner));
}

std::string Describe(const MetaGraphSummary& meta) {
  return absl::StrCat("{", absl::StrJoin(meta.tags, ", "), "} with the signatures ", ListNames(meta.signatures));
}

// The one to take of the meta graphs.
absl::StatusOr<size_t> Choose(const std::vector<MetaGraphSummary>& metas, const std::vector<std::string>& tags) {
  std::vector<size_t> exact, among;
  for (size_t i = 0; i < metas.size(); ++i) {
    if (metas[i].tags == tags) exact.push_back(i);
    if (std::includes(metas[i].tags.begin(), metas[i].tags.end(), tags.begin(), tags.end())) among.push_back(i);
  }
  if (!exact.empty()) return exact[0];
  if (among.size() == 1) return among[0];
  std::vector<std::string> all;
  for (const MetaGraphSummary& meta : metas) all.push_back(Describe(meta));
  return absl::NotFoundError(absl::StrCat(among.empty() ? "no meta graph" : "several meta graphs", " with the tags {",
                                          absl::StrJoin(tags, ", "), "}; there is ",
                                          all.empty() ? "none at all" : absl::StrJoin(all, "; ")));
}

}  // namespace

bool IsSavedModel(const std::string& folder, FileSystem& files) {
  return files.IsDirectory(folder) &&
         (files.Exists(JoinPath(folder, kBinary)) || files.Exists(JoinPath(folder, kText)));
}

absl::StatusOr<MetaGraph> ParseSavedModel(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                                          std::vector<std::string> tags) {
  std::sort(tags.begin(), tags.end());
  if (static_cast<int64_t>(bytes.size()) > kMaxGraphBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a SavedModel of ", bytes.size(), " bytes; protobuf's limit is ", kMaxGraphBytes));
  }
  std::vector<absl::string_view> encoded_metas;
  std::vector<MetaGraphSummary> metas;
  WireReader reader(bytes);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != kMetaGraphs || field.type != WireType::kBytes) continue;
    encoded_metas.push_back(field.bytes);
    FLOE_ASSIGN_OR_RETURN(metas.emplace_back(), SummarizeMetaGraph(field.bytes));
  }
  if (!reader.ok()) return absl::DataLossError("not a SavedModel: malformed or truncated bytes");
  FLOE_ASSIGN_OR_RETURN(const size_t chosen, Choose(metas, tags));
  return MetaGraph::Parse(encoded_metas[chosen], owner);
}

absl::StatusOr<SavedModel> LoadSavedModel(const std::string& folder, std::vector<std::string> tags) {
  FileSystem& files = FileSystem::Posix();
  SavedModel model;
  model.folder = folder;
  const bool text = !files.Exists(JoinPath(folder, kBinary));
  const std::string path = JoinPath(folder, text ? kText : kBinary);
  const absl::StatusOr<Encoded> encoded = ReadEncoded(path, text);
  absl::StatusOr<MetaGraph> meta =
      encoded.ok() ? ParseSavedModel(encoded->first, encoded->second, std::move(tags)) : encoded.status();
  if (!meta.ok()) {
    // Errors of reading name the file already.
    const bool named = absl::StrContains(meta.status().message(), path);
    return named ? meta.status() : Annotate(meta.status(), absl::StrCat("'", path, "'"));
  }
  model.meta = *std::move(meta);
  // A model without variables has no checkpoint, and sometimes the folder of one.
  const std::string variables = JoinPath(folder, "variables");
  if (files.IsDirectory(variables)) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> names, files.List(variables));
    const bool any = std::any_of(names.begin(), names.end(),
                                 [](const std::string& name) { return absl::StartsWith(name, "variables"); });
    if (any) model.variables = JoinPath(variables, "variables");
  }
  return model;
}

}  // namespace floe
