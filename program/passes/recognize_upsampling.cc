// An image whose rows and columns are repeated becomes one ResizeNearestNeighbor. The spellings:
//   a dimension of 1 put behind height and width, by ExpandDims or Reshape; repeated by Tile, BroadcastTo or a product
//   with ones, or both at once by Pack; and a Reshape that makes one of the two (tf.repeat, Keras 3, detection models)
//   a Split into single rows, and a Concat of each several times (Keras's repeat_elements)
// Sizes may be constants or arithmetic on the image's own shape.
#include <algorithm>
#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "program/insert.h"
#include "program/match.h"
#include "program/pass.h"
#include "program/size_terms.h"

namespace floe {
namespace {

constexpr int kImageRank = 4;
constexpr int kMostSteps = 8;

// How often each row and column of an image comes, one behind the other.
struct Repeats {
  ValueId image = -1;
  int64_t height = 1, width = 1;
};

// A dimension of something that an image is spread to: one of the image's, or one put in. Each comes so many times.
struct Part {
  int image_axis = -1;
  int64_t times = 1;
};
struct Spread {
  ValueId image = -1;
  std::vector<Part> parts;
};

class Recognition {
 public:
  explicit Recognition(Program& program)
      : program_(program), uses_(program), matcher_(program, uses_), terms_(program, uses_), insertions_(program) {}

  absl::StatusOr<bool> Run() {
    bool changed = false;
    const size_t count = program_.ops.size();
    for (size_t i = 0; i < count; ++i) {
      const int root = static_cast<int>(i);
      std::optional<Repeats> repeats = MatchReshape(root);
      if (!repeats) repeats = MatchConcat(root);
      if (!repeats) continue;
      FLOE_RETURN_IF_ERROR(Replace(root, *repeats));
      changed = true;
    }
    if (changed) insertions_.Apply({});
    return changed;
  }

 private:
  const PartialShape& ShapeOf(ValueId id) const { return program_.values[id].shape; }
  bool IsImage(ValueId id) const {
    return ShapeOf(id).has_rank() && ShapeOf(id).rank() == kImageRank &&
           Contains(Join<FloatTypes, TypeList<uint8_t>>(), program_.values[id].dtype);
  }

  // ---- Spread, and made an image again

  std::optional<Repeats> MatchReshape(int root) const {
    const Op& op = program_.ops[root];
    if (absl::string_view(op.info->name) != "Reshape" || !IsImage(op.outputs[0])) return std::nullopt;
    const std::optional<Spread> spread = SpreadOf(op.inputs[0], 0);
    if (!spread || spread->parts.size() <= kImageRank) return std::nullopt;
    int64_t times[kImageRank] = {1, 1, 1, 1};
    int axis = -1;
    for (const Part& part : spread->parts) {
      if (part.image_axis >= 0) {
        axis = part.image_axis;
        if (part.times != 1) return std::nullopt;  // the whole again, not each of it
      } else if (axis < 0 && part.times != 1) {
        return std::nullopt;
      } else if (axis >= 0) {
        times[axis] *= part.times;
      }
    }
    if (times[0] != 1 || times[3] != 1 || times[1] * times[2] == 1) return std::nullopt;
    const std::optional<std::vector<SizeTerm>> sizes = terms_.Of(op.inputs[1], spread->image);
    if (!sizes || sizes->size() != kImageRank) return std::nullopt;
    int open = 0;
    for (int i = 0; i < kImageRank; ++i) {
      const SizeTerm& size = (*sizes)[i];
      if (size.axis < 0 && size.factor == -1) {
        ++open;
      } else if (size != TermOf(spread->image, i, times[i])) {
        return std::nullopt;
      }
    }
    if (open > 1) return std::nullopt;
    return Repeats{spread->image, times[1], times[2]};
  }

  // The image's size along the axis, so many times.
  SizeTerm TermOf(ValueId image, int axis, int64_t times) const {
    const int64_t dim = ShapeOf(image).dim(axis);
    return dim < 0 ? SizeTerm{times, axis} : SizeTerm{times * dim, -1};
  }

  std::optional<Spread> SpreadOf(ValueId id, int depth) const {
    if (!ShapeOf(id).has_rank() || depth > kMostSteps) return std::nullopt;
    if (ShapeOf(id).rank() == kImageRank) {
      if (!IsImage(id)) return std::nullopt;
      return Spread{id, {{0, 1}, {1, 1}, {2, 1}, {3, 1}}};
    }
    const int maker =
        matcher_.Maker(id, {"ExpandDims", "StridedSlice", "Reshape", "Tile", "BroadcastTo", "Mul", "Pack"});
    if (maker < 0 || ShapeOf(id).rank() < kImageRank) return std::nullopt;
    const Op& op = program_.ops[maker];
    const absl::string_view name = op.info->name;
    if (name == "Reshape") return SpreadByReshape(op);
    if (name == "Mul") {
      for (const int side : {0, 1}) {
        std::optional<Spread> spread = SpreadByOnes(op, side, depth);
        if (spread) return spread;
      }
      return std::nullopt;
    }
    std::optional<Spread> spread = SpreadOf(op.inputs[0], depth + 1);
    if (!spread) return std::nullopt;
    if (name == "StridedSlice") return SpreadByNewAxes(*std::move(spread), op);
    if (name == "Tile") return Times(*std::move(spread), Constants(op.inputs[1]));
    if (name == "BroadcastTo") return SpreadByBroadcast(*std::move(spread), op);
    const int rank = static_cast<int>(spread->parts.size()) + 1;
    int64_t axis = 0, times = 1;
    if (name == "Pack") {
      const auto is_first = [&](ValueId input) { return input == op.inputs[0]; };
      if (!std::all_of(op.inputs.begin(), op.inputs.end(), is_first)) return std::nullopt;
      times = static_cast<int64_t>(op.inputs.size());
      axis = op.attrs.Int("axis", 0).value_or(rank);
    } else {
      const std::optional<Dims> axes = Constants(op.inputs[1]);
      if (!axes || axes->size() != 1) return std::nullopt;
      axis = (*axes)[0];
    }
    axis = axis < 0 ? axis + rank : axis;
    if (axis < 0 || axis >= rank) return std::nullopt;
    spread->parts.insert(spread->parts.begin() + axis, Part{-1, times});
    return spread;
  }

  // x[:, :, None, :]
  std::optional<Spread> SpreadByNewAxes(Spread spread, const Op& op) const {
    const auto mask = [&](const char* name) { return op.attrs.Int(name, 0).value_or(0); };
    const int64_t added = mask("new_axis_mask"), whole = mask("begin_mask") & mask("end_mask");
    const std::optional<Dims> strides = Constants(op.inputs[3]);
    if (!strides || strides->size() > 2 * kImageRank || mask("ellipsis_mask") != 0) return std::nullopt;
    // Dimensions behind those that are named stay as they are.
    for (size_t i = 0; i < strides->size(); ++i) {
      if ((added >> i & 1) != 0) {
        if (i > spread.parts.size()) return std::nullopt;
        spread.parts.insert(spread.parts.begin() + static_cast<std::ptrdiff_t>(i), Part{});
      } else if ((whole >> i & 1) == 0 || (*strides)[i] != 1) {
        return std::nullopt;
      }
    }
    return spread;
  }

  std::optional<Dims> Constants(ValueId id) const {
    const Tensor* const constant = program_.ConstantOf(id);
    if (constant == nullptr) return std::nullopt;
    const absl::StatusOr<Dims> numbers = ToInt64s(*constant);
    return numbers.ok() ? std::make_optional(*numbers) : std::nullopt;
  }

  // Ones put between the image's own dimensions.
  std::optional<Spread> SpreadByReshape(const Op& op) const {
    if (!IsImage(op.inputs[0])) return std::nullopt;
    const std::optional<std::vector<SizeTerm>> sizes = terms_.Of(op.inputs[1], op.inputs[0]);
    if (!sizes) return std::nullopt;
    Spread spread{op.inputs[0], {}};
    int next = 0, open = 0;
    for (const SizeTerm& size : *sizes) {
      const bool is_open = size == SizeTerm{-1, -1};
      if (next < kImageRank && (is_open || size == TermOf(op.inputs[0], next, 1))) {
        spread.parts.push_back({next++, 1});
        open += is_open ? 1 : 0;
      } else if (size == SizeTerm{1, -1}) {
        spread.parts.push_back({});
      } else {
        return std::nullopt;
      }
    }
    if (next != kImageRank || open > 1) return std::nullopt;
    return spread;
  }

  static std::optional<Spread> Times(Spread spread, const std::optional<Dims>& times) {
    if (!times || times->size() != spread.parts.size()) return std::nullopt;
    for (size_t i = 0; i < times->size(); ++i) {
      if ((*times)[i] < 1) return std::nullopt;
      spread.parts[i].times *= (*times)[i];
    }
    return spread;
  }

  std::optional<Spread> SpreadByBroadcast(Spread spread, const Op& op) const {
    const std::optional<std::vector<SizeTerm>> sizes = terms_.Of(op.inputs[1], spread.image);
    if (!sizes || sizes->size() != spread.parts.size()) return std::nullopt;
    Dims times;
    for (size_t i = 0; i < sizes->size(); ++i) {
      const Part& part = spread.parts[i];
      if (part.image_axis >= 0) {
        if ((*sizes)[i] != TermOf(spread.image, part.image_axis, 1)) return std::nullopt;
        times.push_back(1);
      } else if ((*sizes)[i].axis < 0 && part.times == 1) {
        times.push_back((*sizes)[i].factor);
      } else {
        return std::nullopt;
      }
    }
    return Times(std::move(spread), times);
  }

  std::optional<Spread> SpreadByOnes(const Op& op, int side, int depth) const {
    const Tensor* const ones = program_.ConstantOf(op.inputs[1 - side]);
    if (ones == nullptr || ones->dtype() != DType::kFloat) return std::nullopt;
    const absl::Span<const float> values = ones->flat<float>();
    if (std::any_of(values.begin(), values.end(), [](float value) { return value != 1; })) return std::nullopt;
    std::optional<Spread> spread = SpreadOf(op.inputs[side], depth + 1);
    if (!spread || ones->rank() != static_cast<int>(spread->parts.size())) return std::nullopt;
    for (int i = 0; i < ones->rank(); ++i) {
      const Part& part = spread->parts[i];
      if (ones->shape().dim(i) != 1 && (part.image_axis >= 0 || part.times != 1)) return std::nullopt;
    }
    const absl::Span<const int64_t> dims = ones->shape().dims();
    return Times(*std::move(spread), Dims(dims.begin(), dims.end()));
  }

  // ---- Taken apart and put together

  std::optional<Repeats> MatchConcat(int root) const {
    const Op& op = program_.ops[root];
    if (absl::string_view(op.info->name) != "ConcatV2" || op.inputs.size() < 3) return std::nullopt;
    const ValueId first = op.inputs[0];
    const int split = uses_.producer[first];
    if (split < 0 || absl::string_view(program_.ops[split].info->name) != "Split") return std::nullopt;
    const Op& parts = program_.ops[split];
    const ValueId image = parts.inputs[1];
    const std::optional<Dims> from = Constants(parts.inputs[0]), to = Constants(op.inputs.back());
    if (!IsImage(image) || !from || !to || from->size() != 1 || to->size() != 1) return std::nullopt;
    const auto normal = [](int64_t axis) { return axis < 0 ? axis + kImageRank : axis; };
    const int64_t axis = normal((*from)[0]);
    if (axis != normal((*to)[0]) || (axis != 1 && axis != 2)) return std::nullopt;
    const size_t rows = parts.outputs.size(), pieces = op.inputs.size() - 1, times = pieces / rows;
    if (ShapeOf(image).dim(static_cast<int>(axis)) != static_cast<int64_t>(rows) || times < 2 || pieces % rows != 0)
      return std::nullopt;
    for (size_t i = 0; i < pieces; ++i) {
      if (op.inputs[i] != parts.outputs[i / times]) return std::nullopt;
    }
    Repeats repeats{image, 1, 1};
    (axis == 1 ? repeats.height : repeats.width) = static_cast<int64_t>(times);
    return repeats;
  }

  // ---- Rewriting

  absl::Status Replace(int root, Repeats repeats) {
    // Rows first and then columns are both at once.
    if (const auto found = made_.find(uses_.producer[repeats.image]); found != made_.end())
      repeats = {found->second.image, repeats.height * found->second.height, repeats.width * found->second.width};
    made_[root] = repeats;
    const PartialShape shape = ShapeOf(repeats.image);
    const std::string name = absl::StrCat(program_.ops[root].name, "/size");
    ValueId sizes = insertions_.Ints(name, {repeats.height, repeats.width});
    if (shape.dim(1) >= 0 && shape.dim(2) >= 0) {
      sizes = insertions_.Ints(name, {repeats.height * shape.dim(1), repeats.width * shape.dim(2)});
    } else {
      AttrMap ints;
      ints.Set("T", AttrValue::Type(DType::kInt32));
      FLOE_ASSIGN_OR_RETURN(const ValueId all, insertions_.Add(root, "Shape", name, {repeats.image}));
      FLOE_ASSIGN_OR_RETURN(
          const ValueId own,
          insertions_.Add(root, "StridedSlice", name,
                          {all, insertions_.Ints(name, {1}), insertions_.Ints(name, {3}), insertions_.Ints(name, {1})},
                          ints));
      FLOE_ASSIGN_OR_RETURN(sizes, insertions_.Add(root, "Mul", name, {own, sizes}, ints));
    }
    Op& op = program_.ops[root];
    op.info = FindOp("ResizeNearestNeighbor");
    op.attrs = AttrMap();
    op.attrs.Set("T", AttrValue::Type(program_.values[repeats.image].dtype));
    // The middle of a pixel is well inside the one it comes from, whatever a quotient is rounded to.
    op.attrs.Set("half_pixel_centers", AttrValue::Bool(true));
    op.inputs = {repeats.image, sizes};
    return absl::OkStatus();
  }

  Program& program_;
  const UseDef uses_;
  const Matcher matcher_;
  const SizeTerms terms_;
  Insertions insertions_;
  std::map<int, Repeats> made_;  // by op
};

}  // namespace

absl::StatusOr<bool> RecognizeUpsampling(Program& program) { return Recognition(program).Run(); }

}  // namespace floe
