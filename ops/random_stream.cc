#include "ops/random_stream.h"

#include <random>

#include "base/status.h"

namespace floe {
namespace {

absl::StatusOr<Philox> StartOf(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t seed, attrs.Int("seed", 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t seed2, attrs.Int("seed2", 0));
  if (seed != 0 || seed2 != 0) return Philox(static_cast<uint64_t>(seed), static_cast<uint64_t>(seed2));
  std::random_device device;
  const auto any = [&device] { return uint64_t{device()} << 32 | device(); };
  const uint64_t first = any();
  return Philox(first, any());
}

}  // namespace

absl::StatusOr<std::unique_ptr<OpState>> RandomStream::Make(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const Philox start, StartOf(attrs));
  return std::make_unique<RandomStream>(start);
}

Philox RandomStream::Reserve(uint64_t blocks) {
  const std::lock_guard<std::mutex> lock(mutex_);
  const Philox reserved = next_;
  next_.Skip(blocks);
  return reserved;
}

void RandomStream::Restart() {
  const std::lock_guard<std::mutex> lock(mutex_);
  next_ = start_;
}

absl::StatusOr<Philox> ReserveRandom(EvalContext& context, uint64_t blocks) {
  if (context.state() == nullptr) return StartOf(context.attrs());
  return static_cast<RandomStream*>(context.state())->Reserve(blocks);
}

}  // namespace floe
