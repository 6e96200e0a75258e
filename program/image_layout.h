// Images with channels first (NCHW, and the same of rank 3 and 5) and with channels last (NHWC): permutations, axes,
// attributes. Pure functions; any thread.
#ifndef FLOE_PROGRAM_IMAGE_LAYOUT_H_
#define FLOE_PROGRAM_IMAGE_LAYOUT_H_

#include <cstdint>
#include <optional>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"
#include "tensor/tensor.h"

namespace floe {

// The ranks that images have here.
inline constexpr int kMinImageRank = 3;
inline constexpr int kMaxImageRank = 5;

// The permutations that Transpose takes: [0,2,3,1] makes channels last, [0,3,1,2] makes channels first.
Dims ToChannelsLast(int rank);
Dims ToChannelsFirst(int rank);

// Where an axis (counted from the front) of an image with channels first is with channels last.
int AxisWithChannelsLast(int axis, int rank);

// `values`, one an axis with channels first, in the order of channels last; `group` numbers an axis.
Dims ToChannelsLast(absl::Span<const int64_t> values, int group = 1);
PartialShape ToChannelsLast(const PartialShape& shape);

// The constant transposed; nothing where its rank is not the permutation's, or memory lacks.
std::optional<Tensor> Transposed(const Tensor& tensor, const Dims& permutation);

// Whether `attrs` say that the channels come first: data_format is NCHW or NCDHW.
bool SaysChannelsFirst(const AttrMap& attrs);
// Sets data_format to channels last and reorders the lists with one number (or pair) an axis. False, with `attrs` in an
// unspecified state, where a list has another length.
bool TurnAttributes(AttrMap* attrs);

}  // namespace floe

#endif  // FLOE_PROGRAM_IMAGE_LAYOUT_H_
