// Saver: saves and restores variables of a graph, as TensorFlow's tf.compat.v1.train.Saver does: with nodes in the
// graph, so that whoever imports the graph can do the same.
//
// A value, independent of the builder once made; one thread at a time. What goes wrong when it is made stays in the
// graph's status(), and Save and Restore return it.
#ifndef FLOE_SESSION_SAVER_H_
#define FLOE_SESSION_SAVER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/time/clock.h"
#include "absl/time/time.h"
#include "checkpoint/checkpoint_path.h"
#include "checkpoint/checkpoint_state.h"
#include "session/graph_builder.h"
#include "session/saver_def.h"
#include "session/session.h"

namespace floe {

struct SaverOptions {
  bool reshape = false;                          // a saved tensor of another shape is reshaped when restored
  bool sharded = false;                          // one data file a device
  int max_to_keep = 5;                           // checkpoints; 0: all of them
  double keep_checkpoint_every_n_hours = 10000;  // one that is kept for good
  CheckpointFormat write_version = CheckpointFormat::kV2;
  bool pad_step_number = false;      // "m-00000030"
  bool save_relative_paths = false;  // in the state file
  bool allow_empty = false;          // no variables: nothing is saved, and that is no error
  std::string name = "save";         // of the nodes' scope
  std::function<absl::Time()> now = absl::Now;
};

struct SaveOptions {
  std::optional<int64_t> global_step = {};  // PATH-STEP
  std::string latest_filename = kStateFilename;
  std::string meta_graph_suffix = "meta";
  bool write_meta_graph = true;
  bool write_state = true;
};

class Saver {
 public:
  // All global variables (and saveable objects).
  explicit Saver(GraphBuilder& graph, const SaverOptions& options = {});
  // Only these, under their own names; parts of partitioned variables as slices of the whole.
  Saver(GraphBuilder& graph, const std::vector<Output>& variables, const SaverOptions& options = {});
  // By the names that they have in the checkpoint.
  Saver(GraphBuilder& graph, const std::map<std::string, Output>& variables, const SaverOptions& options = {});
  // On nodes that the graph has already.
  explicit Saver(SaverDef def, const SaverOptions& options = {});
  // None at all, of a meta graph without one: Save and Restore say so.
  Saver() = default;

  // Writes the checkpoint (PATH, or PATH-STEP), its .meta, and the directory's state file last; then removes the
  // checkpoints that are too many. A crash at any moment leaves a complete checkpoint readable and listed. Returns the
  // checkpoint's prefix.
  absl::StatusOr<std::string> Save(Session& session, const std::string& path, const SaveOptions& options = {});
  // NOT_FOUND where there is no such checkpoint, or where it lacks a variable; INVALID_ARGUMENT for one of another
  // dtype or shape. Object-based checkpoints are read by their variables' full names.
  absl::Status Restore(Session& session, const std::string& path);

  // The newest checkpoint that the directory's state file lists.
  static absl::StatusOr<std::string> LatestCheckpoint(const std::string& directory,
                                                      FileSystem& files = FileSystem::Posix()) {
    return floe::LatestCheckpoint(directory, files);
  }

  // Oldest first. Those set count as the newest of all when it comes to keeping one every so many hours.
  std::vector<std::string> last_checkpoints() const;
  void SetLastCheckpoints(const std::vector<std::string>& prefixes);
  // After a restart: the checkpoints of the state file that still exist, so that they are counted and removed in turn.
  absl::Status RecoverLastCheckpoints(const std::string& directory, FileSystem& files = FileSystem::Posix());

  const SaverDef& def() const { return def_; }

 private:
  void Build(GraphBuilder& graph, absl::StatusOr<std::vector<Saveable>> saveables);
  absl::Status CheckUsable() const;
  // Whether there is an object graph that knows all variables.
  absl::StatusOr<bool> RestoreByFullNames(Session& session, const std::string& path) const;

  SaverOptions options_;
  SaverDef def_;
  bool empty_ = false;
  std::vector<Saveable> saveables_;
  std::vector<std::pair<std::string, absl::Time>> last_;
  absl::Time next_kept_ = absl::InfiniteFuture();
};

}  // namespace floe

#endif  // FLOE_SESSION_SAVER_H_
