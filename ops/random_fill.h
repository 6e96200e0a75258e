// Tensors of random numbers: those that TensorFlow's CPU kernels make of the same generator, whatever the number of
// threads they ran on. Pure functions; any thread may call them.
#ifndef FLOE_OPS_RANDOM_FILL_H_
#define FLOE_OPS_RANDOM_FILL_H_

#include <cstdint>

#include "absl/status/status.h"
#include "ops/philox.h"
#include "ops/types.h"
#include "tensor/tensor.h"

namespace floe {

// In [0, 1); of mean 0 and deviation 1; the same, drawn again where it is 2 or more from 0.
enum class Distribution : uint8_t { kUniform, kNormal, kTruncatedNormal };

// How many blocks TensorFlow sets aside for one result of a node that keeps its place, however many it takes.
inline constexpr uint64_t kReservedBlocks = 256;

using RandomIntTypes = TypeList<int32_t, int64_t, uint32_t, uint64_t>;

// `result` is of FloatTypes.
absl::Status FillRandom(Distribution distribution, const Philox& start, Tensor* result);
// Integers of RandomIntTypes in [low, high), which have one element each of the result's dtype. INVALID_ARGUMENT where
// there are none between them, unless nothing is to be filled.
absl::Status FillRandomInts(const Philox& start, const Tensor& low, const Tensor& high, Tensor* result);
// Any integers of RandomIntTypes.
absl::Status FillRandomBits(const Philox& start, Tensor* result);

// In [0, 1), of two numbers of the generator.
double RandomDouble(uint32_t high, uint32_t low);

}  // namespace floe

#endif  // FLOE_OPS_RANDOM_FILL_H_
