// Hashing strings into buckets.
#ifndef FLOE_OPS_STRING_HASH_H_
#define FLOE_OPS_STRING_HASH_H_

#include <cstdint>
#include <string>

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

// FarmHash's Fingerprint64, and SipHash-2-4 under a key.
uint64_t FastHash(const std::string& text);
uint64_t KeyedHash(const std::string& text, uint64_t key0, uint64_t key1);

absl::Span<const OpInfo> StringHashOps();

}  // namespace floe

#endif  // FLOE_OPS_STRING_HASH_H_
