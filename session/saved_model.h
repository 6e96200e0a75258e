// SavedModel folders: saved_model.pb or .pbtxt, variables/, assets/. Any thread.
#ifndef FLOE_SESSION_SAVED_MODEL_H_
#define FLOE_SESSION_SAVED_MODEL_H_

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "base/file.h"
#include "session/meta_graph.h"

namespace floe {

struct SavedModel {
  MetaGraph meta;
  std::string folder;
  std::string variables;  // the prefix of its checkpoint; empty where it has none
};

// Whether `folder` holds a saved_model.pb or saved_model.pbtxt.
bool IsSavedModel(const std::string& folder, FileSystem& files = FileSystem::Posix());

// The meta graph with exactly these tags, or, where none has them and one only has them among others, that one.
// NOT_FOUND lists the tags and signatures there are; INVALID_ARGUMENT, DATA_LOSS name the file.
absl::StatusOr<SavedModel> LoadSavedModel(const std::string& folder, std::vector<std::string> tags = {"serve"});

// The same for an encoded SavedModel. Tensors stay spans of `bytes`, which `owner` keeps alive.
absl::StatusOr<MetaGraph> ParseSavedModel(absl::string_view bytes, const std::shared_ptr<const void>& owner,
                                          std::vector<std::string> tags = {"serve"});

}  // namespace floe

#endif  // FLOE_SESSION_SAVED_MODEL_H_
