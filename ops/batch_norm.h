// FusedBatchNorm in its three versions, and what its gradient shares with it.
#ifndef FLOE_OPS_BATCH_NORM_H_
#define FLOE_OPS_BATCH_NORM_H_

#include <cstdint>

#include "absl/types/span.h"
#include "ops/op.h"
#include "ops/types.h"

namespace floe {

absl::Span<const OpInfo> BatchNormOps();

using BatchNormTypes = TypeList<Half, Bfloat16, float>;

// Whether data_format says so.
absl::StatusOr<bool> AreChannelsFirst(const AttrMap& attrs);
// OK where the rank is unknown, 4 or 5.
absl::Status WantBatchNormRank(const PartialShape& x);

// A tensor as [outer, channels, inner].
struct BatchNormLayout {
  int64_t outer = 1, channels = 1, inner = 1;

  static absl::StatusOr<BatchNormLayout> Of(const AttrMap& attrs, const Shape& x);

  // Calls f(channel, first element) for each row of `inner` elements, in order.
  template <typename F>
  void ForEachRow(F f) const {
    int64_t first = 0;
    for (int64_t o = 0; o < outer; ++o) {
      for (int64_t c = 0; c < channels; ++c, first += inner) f(c, first);
    }
  }
};

}  // namespace floe

#endif  // FLOE_OPS_BATCH_NORM_H_
