// Fuzzes the reading of the text file `checkpoint`: what is read is written and read again the same, and the checkpoint
// that it lists is one that is there.
#include <cmath>
#include <cstdint>
#include <cstdlib>
#include <string>

#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_state.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/memory_files.h"

namespace {

// A NaN is no number to compare.
bool Same(const std::vector<double>& a, const std::vector<double>& b) {
  if (a.size() != b.size()) return false;
  for (size_t i = 0; i < a.size(); ++i) {
    if (a[i] != b[i] && !(std::isnan(a[i]) && std::isnan(b[i]))) return false;
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  const std::string text(reinterpret_cast<const char*>(data), size);
  const absl::StatusOr<floe::CheckpointState> state = floe::ParseCheckpointState(text);
  if (state.ok()) {
    const absl::StatusOr<floe::CheckpointState> again = floe::ParseCheckpointState(floe::FormatCheckpointState(*state));
    if (!again.ok() || again->model_checkpoint_path != state->model_checkpoint_path ||
        again->all_model_checkpoint_paths != state->all_model_checkpoint_paths ||
        !Same(again->all_model_checkpoint_timestamps, state->all_model_checkpoint_timestamps)) {
      std::abort();
    }
  }
  floe::testing::MemoryFiles files;
  files.contents()["d/checkpoint"] = text;
  files.contents()["d/m.index"] = floe::testing::BundleWriter().EncodeIndex();
  const absl::StatusOr<std::string> latest = floe::LatestCheckpoint("d", files);
  if (latest.ok() && !floe::CheckpointExists(*latest, files)) std::abort();
  return 0;
}
