// DirectorySource: models in folders, as Triton and TensorFlow Serving lay them out.
//
//   DIR/NAME/VERSION/{model.pb | model.graphdef | model.pbtxt | saved_model.pb | model.savedmodel/ | PREFIX.meta ...}
//   DIR/NAME/config.pbtxt      optional, Triton's ModelConfig
//
// or, for one model with a name given beside it (TensorFlow Serving's model_base_path), DIR/VERSION/....
// A version is a folder named by a number. It is taken once its files are stable: nothing in it changed within the last
// second, or nothing changed between two looks at least a second apart (for clocks that differ). Once taken it stays
// taken while its folder is there, whatever is done to the files.
#ifndef FLOE_SERVER_REPOSITORY_DIRECTORY_SOURCE_H_
#define FLOE_SERVER_REPOSITORY_DIRECTORY_SOURCE_H_

#include <map>
#include <string>

#include "absl/time/time.h"
#include "server/repository/model_source.h"

namespace floe {

class DirectorySource final : public ModelSource {
 public:
  // A repository: every folder below `directory` is a model.
  static DirectorySource Repository(std::string directory);
  // `directory` holds the versions of the one model `name`.
  static DirectorySource SingleModel(std::string name, std::string directory);

  // An error where the folder cannot be listed.
  absl::StatusOr<Seen> Look() override;

 private:
  struct Sighting {
    std::string fingerprint;
    absl::Time first_seen;
    std::string taken;  // the fingerprint it was last stable with; empty: never
  };

  DirectorySource(std::string directory, std::string only_model);
  ModelTarget LookAtModel(const std::string& name, const std::string& directory, bool* settled);
  // Whether the folder is as it was a while ago; notes it down for the next look.
  const Sighting& Note(const std::string& path, bool* stable);

  const std::string directory_;
  const std::string only_model_;                    // empty: a repository
  std::map<std::string, Sighting> sightings_;       // by version folder, of this look
  std::map<std::string, Sighting> last_sightings_;  // of the look before
};

}  // namespace floe

#endif  // FLOE_SERVER_REPOSITORY_DIRECTORY_SOURCE_H_
