// A Pad with zeros in front of a convolution becomes the convolution's own padding: the padded image is never made.
#include <optional>

#include "absl/strings/string_view.h"
#include "ops/types.h"
#include "ops/window.h"
#include "program/pass.h"
#include "program/product.h"

namespace floe {
namespace {

bool IsZero(const Tensor& scalar) {
  bool zero = false;
  const absl::Status status = OnDType(RealTypes(), scalar.dtype(), [&]<typename T>() -> absl::Status {
    zero = scalar.num_elements() == 1 && *scalar.data<T>() == T(0);
    return absl::OkStatus();
  });
  return status.ok() && zero;
}

// The (before, after) pairs of a Pad with zeros, one a dimension.
std::optional<Dims> ZeroPaddings(const Program& program, const Op& op) {
  const absl::string_view name = op.info->name;
  if (name != "Pad" && name != "PadV2") return std::nullopt;
  const Tensor* const paddings = program.ConstantOf(op.inputs[1]);
  if (paddings == nullptr) return std::nullopt;
  if (name == "PadV2") {
    const Tensor* const value = program.ConstantOf(op.inputs[2]);
    if (value == nullptr || !IsZero(*value)) return std::nullopt;
  }
  absl::StatusOr<Dims> pairs = ToInt64s(*paddings);
  if (!pairs.ok()) return std::nullopt;
  return *std::move(pairs);
}

// The convolution's explicit_paddings with the Pad in it; nothing where the Pad touches batch or channels, or the
// convolution pads by itself so that the order matters.
std::optional<std::vector<int64_t>> WithPaddings(const WindowAttrs& window, const PartialShape& filter,
                                                 const Dims& pad) {
  if (pad.size() != 8 || window.padding == Padding::kSame) return std::nullopt;
  if (!filter.has_rank() || filter.rank() != 4) return std::nullopt;
  const int channel_axis = window.channel_axis();
  if (pad[0] != 0 || pad[1] != 0 || pad[2 * channel_axis] != 0 || pad[2 * channel_axis + 1] != 0) return std::nullopt;
  std::vector<int64_t> pads(8, 0);
  for (int i = 0; i < 2; ++i) {
    const int axis = window.spatial_axis(i);
    const bool padded = window.padding == Padding::kExplicit;
    const int64_t before = pad[2 * axis], after = pad[2 * axis + 1];
    // Every window must see some of the image: kernels need not do without. This bounds the sums as well.
    const int64_t reach = (filter.dim(i) - 1) * window.dilations[i] + 1;
    if (filter.dim(i) < 1 || before >= reach || after >= reach) return std::nullopt;
    pads[2 * axis] = before + (padded ? window.pad_before[i] : 0);
    pads[2 * axis + 1] = after + (padded ? window.pad_after[i] : 0);
    if (pads[2 * axis] >= reach || pads[2 * axis + 1] >= reach) return std::nullopt;
  }
  return pads;
}

}  // namespace

absl::StatusOr<bool> FoldPadIntoConv(Program& program) {
  const UseDef uses(program);
  bool changed = false;
  for (Op& op : program.ops) {
    const std::optional<Product> product = AsProduct(program, op);
    if (!product || !product->is_convolution()) continue;
    const int producer = uses.producer[op.inputs[0]];
    if (producer < 0) continue;
    const Op& pad = program.ops[producer];
    const std::optional<Dims> paddings = ZeroPaddings(program, pad);
    const absl::StatusOr<WindowAttrs> window = ParseWindowAttrs(op.attrs, 2);
    if (!paddings || !window.ok()) continue;
    const std::optional<std::vector<int64_t>> pads =
        WithPaddings(*window, program.values[op.inputs[1]].shape, *paddings);
    if (!pads) continue;
    // A convolution skips its padding, where a padded zero times infinity is NaN.
    const Tensor* const filter = program.ConstantOf(op.inputs[1]);
    if (filter != nullptr && !FiniteValues(*filter)) continue;
    op.attrs.Set("padding", AttrValue::String("EXPLICIT"));
    op.attrs.Set("explicit_paddings", AttrValue::Ints(*pads));
    // Where the Pad has other users it stays for them.
    op.inputs[0] = pad.inputs[0];
    changed = true;
  }
  return changed;
}

}  // namespace floe
