// Where the values of a graph's variables come from when it is frozen: a checkpoint, under whatever key it has them, or
// what the graph's init ops assign.
//
// Borrows all that it is given. One thread uses it.
#ifndef FLOE_SESSION_VARIABLE_SOURCE_H_
#define FLOE_SESSION_VARIABLE_SOURCE_H_

#include <map>
#include <optional>
#include <string>

#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "checkpoint/checkpoint_reader.h"
#include "session/freeze.h"
#include "session/init_graph.h"
#include "session/meta_graph.h"
#include "session/variable_keys.h"
#include "tensor/tensor.h"

namespace floe {

class VariableSource {
 public:
  // `checkpoint` may be null.
  VariableSource(const MetaGraph& meta, VariableKeys keys, const CheckpointReader* checkpoint, InitGraph* init,
                 const FreezeOptions& options);

  // NOT_FOUND with the nearest name, INVALID_ARGUMENT where dtype or shape differ, DATA_LOSS; each names the variable.
  absl::StatusOr<Tensor> Read(const Node& variable);

  // How many took their moving average.
  int averaged() const { return averaged_; }

 private:
  absl::StatusOr<Tensor> ReadValue(const Node& variable);
  // Null, with `key` as it was, where the checkpoint has nothing for the variable.
  const CheckpointTensor* Find(const Node& variable, VariableKey* key);
  std::optional<VariableKey> MovingAverage(const Node& variable, const VariableKey& key) const;
  std::optional<VariableKey> PartOfPartitioned(const std::string& name) const;

  const MetaGraph& meta_;
  const VariableKeys keys_;
  const CheckpointReader* const checkpoint_;
  InitGraph* const init_;
  const FreezeOptions& options_;
  bool averages_listed_ = false;  // whether the graph says which variables have moving averages
  absl::flat_hash_set<std::string> may_be_averaged_;
  std::map<std::string, std::string> object_keys_;  // of an object-based checkpoint, by the variable's name
  int averaged_ = 0;
};

}  // namespace floe

#endif  // FLOE_SESSION_VARIABLE_SOURCE_H_
