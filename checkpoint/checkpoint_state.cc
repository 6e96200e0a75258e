#include "checkpoint/checkpoint_state.h"

#include <charconv>
#include <cmath>
#include <filesystem>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "base/status.h"
#include "checkpoint/checkpoint_path.h"
#include "proto/text_format.h"
#include "tensorflow/python/training/checkpoint_state.pb.h"

namespace floe {
namespace {

// As protobuf's text format escapes a string that is kept as UTF-8.
std::string Quoted(absl::string_view text) {
  std::string quoted = "\"";
  for (const char c : text) {
    const auto byte = static_cast<unsigned char>(c);
    if (c == '\n') {
      quoted += "\\n";
    } else if (c == '\r') {
      quoted += "\\r";
    } else if (c == '\t') {
      quoted += "\\t";
    } else if (c == '"' || c == '\'' || c == '\\') {
      quoted += {'\\', c};
    } else if (byte < 0x20 || byte == 0x7f) {
      absl::StrAppendFormat(&quoted, "\\%03o", byte);
    } else {
      quoted.push_back(c);
    }
  }
  return quoted + "\"";
}

// The shortest digits that give the number again, as Python spells them: 1700000000.0, 1e-07.
std::string Number(double value) {
  if (std::isnan(value)) return "nan";
  if (std::isinf(value)) return value < 0 ? "-inf" : "inf";
  const double size = std::fabs(value);
  const bool fixed = size == 0 || (size >= 1e-4 && size < 1e16);
  char digits[400];
  const std::to_chars_result end = std::to_chars(digits, digits + sizeof(digits), value,
                                                 fixed ? std::chars_format::fixed : std::chars_format::scientific);
  std::string text(digits, end.ptr);
  if (fixed && text.find('.') == std::string::npos) text += ".0";
  return text;
}

bool IsAbsolute(absl::string_view path) { return !path.empty() && path[0] == '/'; }

std::string RelativeTo(const std::string& path, const std::string& directory) {
  namespace fs = std::filesystem;
  std::error_code error;
  const fs::path from = fs::absolute(directory.empty() ? "." : directory, error).lexically_normal();
  const fs::path to = fs::absolute(path, error).lexically_normal();
  // A trailing slash leaves an empty last part, which would count as a folder.
  return to.lexically_relative(from.has_filename() ? from : from.parent_path()).string();
}

}  // namespace

absl::StatusOr<CheckpointState> ParseCheckpointState(absl::string_view text) {
  tensorflow::CheckpointState proto;
  FLOE_RETURN_IF_ERROR(Annotate(ParseTextFormat(text, &proto, UnknownFields::kSkipped), "not a checkpoint list"));
  CheckpointState state;
  state.model_checkpoint_path = proto.model_checkpoint_path();
  state.all_model_checkpoint_paths = {proto.all_model_checkpoint_paths().begin(),
                                      proto.all_model_checkpoint_paths().end()};
  state.all_model_checkpoint_timestamps = {proto.all_model_checkpoint_timestamps().begin(),
                                           proto.all_model_checkpoint_timestamps().end()};
  state.last_preserved_timestamp = proto.last_preserved_timestamp();
  return state;
}

std::string FormatCheckpointState(const CheckpointState& state) {
  std::string text;
  if (!state.model_checkpoint_path.empty()) {
    absl::StrAppend(&text, "model_checkpoint_path: ", Quoted(state.model_checkpoint_path), "\n");
  }
  for (const std::string& path : state.all_model_checkpoint_paths) {
    absl::StrAppend(&text, "all_model_checkpoint_paths: ", Quoted(path), "\n");
  }
  for (const double timestamp : state.all_model_checkpoint_timestamps) {
    absl::StrAppend(&text, "all_model_checkpoint_timestamps: ", Number(timestamp), "\n");
  }
  if (state.last_preserved_timestamp != 0) {
    absl::StrAppend(&text, "last_preserved_timestamp: ", Number(state.last_preserved_timestamp), "\n");
  }
  return text;
}

absl::StatusOr<CheckpointState> ReadCheckpointState(const std::string& directory, FileSystem& files,
                                                    const std::string& filename) {
  const std::string path = JoinPath(directory, filename);
  FLOE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path, files));
  absl::StatusOr<CheckpointState> state = ParseCheckpointState(text);
  if (!state.ok()) return Annotate(state.status(), absl::StrCat("'", path, "'"));
  if (!state->model_checkpoint_path.empty()) {
    state->model_checkpoint_path = JoinPath(directory, state->model_checkpoint_path);
  }
  for (std::string& each : state->all_model_checkpoint_paths) each = JoinPath(directory, each);
  return state;
}

absl::Status WriteCheckpointState(const std::string& directory, CheckpointState state, const StateWriteOptions& options,
                                  FileSystem& files) {
  const std::string path = JoinPath(directory, options.filename);
  if (state.model_checkpoint_path.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "': no newest checkpoint to list"));
  }
  std::vector<std::string>& all = state.all_model_checkpoint_paths;
  if (all.empty() || all.back() != state.model_checkpoint_path) all.push_back(state.model_checkpoint_path);
  if (!state.all_model_checkpoint_timestamps.empty() && state.all_model_checkpoint_timestamps.size() != all.size()) {
    return absl::InvalidArgumentError(absl::StrCat("'", path, "': ", state.all_model_checkpoint_timestamps.size(),
                                                   " timestamps for ", all.size(), " checkpoints"));
  }
  if (state.model_checkpoint_path == path) {
    return absl::InvalidArgumentError(
        absl::StrCat("the checkpoint '", path, "' would be the file that lists checkpoints; choose another name"));
  }
  const auto written_form = [&](std::string* each) {
    const bool both_relative = !IsAbsolute(directory) && !IsAbsolute(*each);
    if (both_relative || (options.relative_paths && IsAbsolute(*each))) *each = RelativeTo(*each, directory);
  };
  written_form(&state.model_checkpoint_path);
  for (std::string& each : all) written_form(&each);
  return WriteFileAtomically(path, FormatCheckpointState(state), files);
}

bool CheckpointExists(const std::string& prefix, FileSystem& files) {
  return files.Exists(prefix + ".index") || !V1Files(prefix, files).empty();
}

absl::StatusOr<std::string> LatestCheckpoint(const std::string& directory, FileSystem& files,
                                             const std::string& filename) {
  FLOE_ASSIGN_OR_RETURN(const CheckpointState state, ReadCheckpointState(directory, files, filename));
  const std::string path = JoinPath(directory, filename);
  if (state.model_checkpoint_path.empty()) {
    return absl::NotFoundError(absl::StrCat("'", path, "': it names no model_checkpoint_path"));
  }
  if (!CheckpointExists(state.model_checkpoint_path, files)) {
    return absl::NotFoundError(
        absl::StrCat("'", path, "' lists '", state.model_checkpoint_path, "', of which there are no files"));
  }
  return state.model_checkpoint_path;
}

}  // namespace floe
