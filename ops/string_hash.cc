#include "ops/string_hash.h"

#include <farmhash.h>

#include <bit>
#include <cstdint>
#include <cstring>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/strings.h"

namespace floe {
namespace {

absl::StatusOr<uint64_t> Buckets(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t buckets, attrs.Int("num_buckets"));
  if (buckets >= 1) return static_cast<uint64_t>(buckets);
  return absl::InvalidArgumentError(absl::StrCat("attribute 'num_buckets': wanted 1 or more, got ", buckets));
}

uint64_t WordAt(const std::string& text, size_t offset) {
  uint64_t word;
  std::memcpy(&word, text.data() + offset, sizeof(word));
  return word;
}

// The bytes past the last whole word, as a word.
uint64_t LastBytes(const std::string& text) {
  uint64_t word = 0;
  for (size_t i = text.size() / 8 * 8, shift = 0; i < text.size(); ++i, shift += 8) {
    word |= uint64_t{static_cast<uint8_t>(text[i])} << shift;
  }
  return word;
}

// MurmurHash64A with the seed that TensorFlow gives it.
uint64_t Murmur(const std::string& text) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995, kSeed = 0xDECAFCAFFE;
  constexpr int kShift = 47;
  uint64_t hash = kSeed ^ (text.size() * kFactor);
  for (size_t at = 0; at + 8 <= text.size(); at += 8) {
    uint64_t word = WordAt(text, at) * kFactor;
    word = (word ^ (word >> kShift)) * kFactor;
    hash = (hash ^ word) * kFactor;
  }
  if (text.size() % 8 != 0) hash = (hash ^ LastBytes(text)) * kFactor;
  hash = (hash ^ (hash >> kShift)) * kFactor;
  return hash ^ (hash >> kShift);
}

// SipHash-2-4: nobody who does not have the key finds two strings for one bucket.
class SipHash {
 public:
  SipHash(uint64_t key0, uint64_t key1)
      : v0_(key0 ^ 0x736f6d6570736575),
        v1_(key1 ^ 0x646f72616e646f6d),
        v2_(key0 ^ 0x6c7967656e657261),
        v3_(key1 ^ 0x7465646279746573) {}

  uint64_t Of(const std::string& text) {
    for (size_t at = 0; at + 8 <= text.size(); at += 8) Take(WordAt(text, at));
    Take(LastBytes(text) | uint64_t{text.size()} << 56);
    v2_ ^= 0xff;
    for (int i = 0; i < 4; ++i) Mix();
    return v0_ ^ v1_ ^ v2_ ^ v3_;
  }

 private:
  void Take(uint64_t word) {
    v3_ ^= word;
    Mix();
    Mix();
    v0_ ^= word;
  }
  void Mix() {
    v0_ += v1_;
    v1_ = std::rotl(v1_, 13) ^ v0_;
    v0_ = std::rotl(v0_, 32);
    v2_ += v3_;
    v3_ = std::rotl(v3_, 16) ^ v2_;
    v0_ += v3_;
    v3_ = std::rotl(v3_, 21) ^ v0_;
    v2_ += v1_;
    v1_ = std::rotl(v1_, 17) ^ v2_;
    v2_ = std::rotl(v2_, 32);
  }

  uint64_t v0_, v1_, v2_, v3_;
};

absl::StatusOr<std::pair<uint64_t, uint64_t>> Key(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<int64_t> key, attrs.Ints("key"));
  if (key.size() == 2) return std::make_pair(static_cast<uint64_t>(key[0]), static_cast<uint64_t>(key[1]));
  return absl::InvalidArgumentError(absl::StrCat("attribute 'key': wanted two numbers, got ", key.size()));
}

absl::Status InferHash(InferContext& context) {
  FLOE_RETURN_IF_ERROR(Buckets(context.attrs()).status());
  return InferFromStrings(context, 1, DType::kInt64);
}

template <typename Hash>
absl::Status MapToBuckets(EvalContext& context, Hash&& hash) {
  FLOE_ASSIGN_OR_RETURN(const uint64_t buckets, Buckets(context.attrs()));
  return MapStrings<int64_t>(context, [&](const std::string& text, int64_t* bucket) {
    *bucket = static_cast<int64_t>(hash(text) % buckets);
    return absl::OkStatus();
  });
}

absl::Status EvalFast(EvalContext& context) { return MapToBuckets(context, FastHash); }
absl::Status EvalPlain(EvalContext& context) { return MapToBuckets(context, Murmur); }

absl::Status InferStrong(InferContext& context) {
  FLOE_RETURN_IF_ERROR(Key(context.attrs()).status());
  return InferHash(context);
}

absl::Status EvalStrong(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const auto key, Key(context.attrs()));
  return MapToBuckets(context, [&](const std::string& text) { return SipHash(key.first, key.second).Of(text); });
}

constexpr OpInfo kOps[] = {
    {"StringToHashBucket", InferHash, EvalPlain},
    {"StringToHashBucketFast", InferHash, EvalFast},
    {"StringToHashBucketStrong", InferStrong, EvalStrong},
};

}  // namespace

uint64_t FastHash(const std::string& text) { return util::Fingerprint64(text.data(), text.size()); }

uint64_t KeyedHash(const std::string& text, uint64_t key0, uint64_t key1) { return SipHash(key0, key1).Of(text); }

absl::Span<const OpInfo> StringHashOps() { return kOps; }

}  // namespace floe
