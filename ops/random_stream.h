// RandomStream: where a node with random results is among its numbers. It starts where TensorFlow's would for the
// attributes seed and seed2 (anywhere, where both are 0), and goes on from evaluation to evaluation.
//
// One a node and loaded model, shared by all who run it; any thread may call it. Which of two runs at once comes first
// is not said.
#ifndef FLOE_OPS_RANDOM_STREAM_H_
#define FLOE_OPS_RANDOM_STREAM_H_

#include <cstdint>
#include <memory>
#include <mutex>

#include "absl/status/statusor.h"
#include "ops/op.h"
#include "ops/philox.h"

namespace floe {

class RandomStream final : public OpState {
 public:
  // An OpInfo's make_state.
  static absl::StatusOr<std::unique_ptr<OpState>> Make(const AttrMap& attrs);

  explicit RandomStream(const Philox& start) : start_(start), next_(start) {}

  // The generator at its place, which moves on by so many blocks.
  Philox Reserve(uint64_t blocks);
  void Restart() override;

 private:
  const Philox start_;
  std::mutex mutex_;
  Philox next_;  // guarded by mutex_
};

// The stream that the evaluation's node keeps, or, where it keeps none, a new one.
absl::StatusOr<Philox> ReserveRandom(EvalContext& context, uint64_t blocks);

}  // namespace floe

#endif  // FLOE_OPS_RANDOM_STREAM_H_
