#include "ops/string_hash.h"

#include <farmhash.h>

#include <cstdint>
#include <string>

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

absl::Status InferHash(InferContext& context) {
  FLOE_RETURN_IF_ERROR(Buckets(context.attrs()).status());
  return InferFromStrings(context, 1, DType::kInt64);
}

absl::Status EvalHash(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const uint64_t buckets, Buckets(context.attrs()));
  return MapStrings<int64_t>(context, [&](const std::string& text, int64_t* bucket) {
    *bucket = static_cast<int64_t>(util::Fingerprint64(text.data(), text.size()) % buckets);
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"StringToHashBucketFast", InferHash, EvalHash},
};

}  // namespace

absl::Span<const OpInfo> StringHashOps() { return kOps; }

}  // namespace floe
