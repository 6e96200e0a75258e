// Which results of an op are nothing but parts of its input, or inputs nothing but parts of its result, byte for byte
// and in one piece: what a plan may keep as views of one buffer instead of copying.
#ifndef FLOE_OPS_CONTIGUOUS_PARTS_H_
#define FLOE_OPS_CONTIGUOUS_PARTS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"
#include "ops/op.h"

namespace floe {

struct ContiguousParts {
  // True: inputs from `first_input` on, one a part, make up result 0. False: result k is a part of input `first_input`.
  bool joins = false;
  int first_input = 0;
  std::vector<int64_t> first_elements;  // of each part in the whole
};

// For the joins, splits and slices, of inputs and results whose shapes are fully known and that inference has accepted.
// Nothing for other ops, and where a part lies in more than one piece or where is not known yet.
std::optional<ContiguousParts> FindContiguousParts(absl::string_view op, const AttrMap& attrs,
                                                   absl::Span<const TensorInfo> inputs,
                                                   absl::Span<const TensorInfo> outputs);

}  // namespace floe

#endif  // FLOE_OPS_CONTIGUOUS_PARTS_H_
