#include "ops/space_batch.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/strided_copy.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// Blocks over the dimensions after the batch, and what is padded (to the batch) or cropped (back) around them.
struct BlockSpec {
  Dims block, before, after;

  int count() const { return static_cast<int>(block.size()); }
};

absl::StatusOr<BlockSpec> SpecOf(Dims block, const Dims& pairs) {
  if (pairs.size() != 2 * block.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 2: wanted ", block.size(), " pairs, got ", pairs.size(), " numbers"));
  }
  BlockSpec spec;
  for (size_t i = 0; i < block.size(); ++i) {
    if (block[i] < 1) return absl::InvalidArgumentError(absl::StrCat("input 1: ", block[i], " is no size of a block"));
    const int64_t before = pairs[2 * i], after = pairs[2 * i + 1];
    int64_t sum;
    if (before < 0 || after < 0 || !CheckedAdd(before, after, &sum)) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 2: wanted pairs of 0 or more, got ", before, " and ", after));
    }
    spec.before.push_back(before);
    spec.after.push_back(after);
  }
  spec.block = std::move(block);
  return spec;
}

absl::Status TooLarge() { return absl::InvalidArgumentError("the blocked dimensions are too large"); }

absl::StatusOr<int64_t> BlockVolume(const BlockSpec& spec) {
  int64_t volume = 1;
  for (const int64_t size : spec.block) {
    if (!CheckedMul(volume, size, &volume)) return TooLarge();
  }
  return volume;
}

absl::Status WantRankFor(const BlockSpec& spec, const PartialShape& shape) {
  if (shape.rank() > spec.count()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input 0: wanted rank ", spec.count() + 1, " or more, got shape ", shape.ToString()));
}

// The shape of the blocks in the batch.
absl::StatusOr<PartialShape> BatchedShape(const BlockSpec& spec, PartialShape shape) {
  FLOE_RETURN_IF_ERROR(WantRankFor(spec, shape));
  FLOE_ASSIGN_OR_RETURN(const int64_t volume, BlockVolume(spec));
  if (shape.dim(0) != kUnknown) {
    int64_t batch;
    if (!CheckedMul(shape.dim(0), volume, &batch)) return TooLarge();
    shape.set_dim(0, batch);
  }
  for (int i = 0; i < spec.count(); ++i) {
    int64_t size = shape.dim(i + 1);
    if (size == kUnknown) continue;
    if (!CheckedAdd(size, spec.before[i] + spec.after[i], &size)) return TooLarge();
    if (size % spec.block[i] != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("dimension ", i + 1, ": wanted a multiple of ", spec.block[i], " with the padding, got ", size));
    }
    shape.set_dim(i + 1, size / spec.block[i]);
  }
  return shape;
}

// The shape with the blocks back in their places.
absl::StatusOr<PartialShape> SpatialShape(const BlockSpec& spec, PartialShape shape) {
  FLOE_RETURN_IF_ERROR(WantRankFor(spec, shape));
  FLOE_ASSIGN_OR_RETURN(const int64_t volume, BlockVolume(spec));
  if (shape.dim(0) != kUnknown) {
    if (shape.dim(0) % volume != 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted a batch that is a multiple of ", volume, ", got ", shape.dim(0)));
    }
    shape.set_dim(0, shape.dim(0) / volume);
  }
  for (int i = 0; i < spec.count(); ++i) {
    int64_t size = shape.dim(i + 1);
    if (size == kUnknown) continue;
    if (!CheckedMul(size, spec.block[i], &size)) return TooLarge();
    if (spec.before[i] + spec.after[i] > size) {
      return absl::InvalidArgumentError(absl::StrCat("input 2: crops ", spec.before[i], " and ", spec.after[i],
                                                     " of dimension ", i + 1, ", which has ", size));
    }
    shape.set_dim(i + 1, size - spec.before[i] - spec.after[i]);
  }
  return shape;
}

// A block's own place in the blocks, counted up like a number; false after the last.
bool NextPlace(const Dims& block, Dims* place) {
  for (int i = static_cast<int>(block.size()) - 1; i >= 0; --i) {
    if (++(*place)[i] < block[i]) return true;
    (*place)[i] = 0;
  }
  return false;
}

// Copies between `spatial`, of shape [batch, sizes..., rest...], and `batched`, where the batch is blocks-major. What
// of `batched` lies in the padding is left alone.
absl::Status CopyBlocks(const BlockSpec& spec, const Tensor& from, Tensor* to, bool to_batch) {
  if (from.num_elements() == 0 || to->num_elements() == 0) return absl::OkStatus();
  const Shape &spatial = to_batch ? from.shape() : to->shape(), &batched = to_batch ? to->shape() : from.shape();
  const Dims spatial_strides = spatial.Strides(), batched_strides = batched.Strides();
  StridedView inside{0, spatial_strides}, blocks{0, batched_strides};
  for (int i = 0; i < spec.count(); ++i) inside.strides[i + 1] *= spec.block[i];
  Dims place(spec.count(), 0);
  int64_t index = 0;
  do {
    // Along dimension i the block's k-th element lies at k * block + place - before.
    Dims dims(spatial.dims().begin(), spatial.dims().end());
    inside.first = 0;
    blocks.first = index * spatial.dim(0) * batched_strides[0];
    for (int i = 0; i < spec.count(); ++i) {
      const int64_t size = spatial.dim(i + 1), block = spec.block[i], offset = place[i] - spec.before[i];
      const int64_t first = offset >= 0 ? 0 : (-offset + block - 1) / block;
      const int64_t last = offset >= size ? 0 : (size - offset + block - 1) / block;
      dims[i + 1] = std::max<int64_t>(0, last - first);
      inside.first += (first * block + offset) * spatial_strides[i + 1];
      blocks.first += first * batched_strides[i + 1];
    }
    FLOE_RETURN_IF_ERROR(to_batch ? StridedCopy(dims, from, inside, to, blocks)
                                  : StridedCopy(dims, from, blocks, to, inside));
    ++index;
  } while (NextPlace(spec.block, &place));
  return absl::OkStatus();
}

using ShapeFunction = absl::StatusOr<PartialShape> (*)(const BlockSpec&, PartialShape);

template <ShapeFunction kShape>
absl::Status InferND(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  for (int i = 1; i < 3; ++i) FLOE_RETURN_IF_ERROR(WantIndexDType(context, i));
  FLOE_RETURN_IF_ERROR(context.WantRank(2, 2));
  FLOE_RETURN_IF_ERROR(KnownLength(context, 1).status());
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> block, context.KnownInts(1));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> pairs, context.KnownInts(2));
  PartialShape shape = context.shape(0);
  if (shape.has_rank() && block.has_value() && pairs.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const BlockSpec spec, SpecOf(*block, *pairs));
    FLOE_ASSIGN_OR_RETURN(shape, kShape(spec, std::move(shape)));
  } else if (shape.has_rank()) {
    shape = PartialShape::UnknownDims(shape.rank());
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

absl::Status ToBatch(EvalContext& context, const BlockSpec& spec) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape partial, BatchedShape(spec, context.input(0).shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(partial.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_RETURN_IF_ERROR(ZeroElements(output));
  return CopyBlocks(spec, context.input(0), output, true);
}

absl::Status FromBatch(EvalContext& context, const BlockSpec& spec) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape partial, SpatialShape(spec, context.input(0).shape()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(partial.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  return CopyBlocks(spec, context.input(0), output, false);
}

template <absl::Status (*kEval)(EvalContext&, const BlockSpec&)>
absl::Status EvalND(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims block, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims pairs, ToInt64s(context.input(2)));
  FLOE_ASSIGN_OR_RETURN(const BlockSpec spec, SpecOf(block, pairs));
  return kEval(context, spec);
}

// The older forms: images, and one size of block in an attribute.
absl::StatusOr<BlockSpec> ImageSpec(const AttrMap& attrs, const Dims& pairs) {
  FLOE_ASSIGN_OR_RETURN(const int64_t block, attrs.Int("block_size"));
  if (block < 2) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'block_size': wanted 2 or more, got ", block));
  }
  absl::StatusOr<BlockSpec> spec = SpecOf({block, block}, pairs);
  if (!spec.ok() && pairs.size() != 4) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted 2 pairs, got ", pairs.size(), " numbers"));
  }
  return spec;
}

template <ShapeFunction kShape>
absl::Status InferImages(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 4));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 2));
  FLOE_RETURN_IF_ERROR(ImageSpec(context.attrs(), {0, 0, 0, 0}).status());
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> pairs, context.KnownInts(1));
  PartialShape shape = PartialShape::UnknownDims(4);
  if (context.shape(0).has_rank() && pairs.has_value()) {
    FLOE_ASSIGN_OR_RETURN(const BlockSpec spec, ImageSpec(context.attrs(), *pairs));
    FLOE_ASSIGN_OR_RETURN(shape, kShape(spec, context.shape(0)));
  }
  context.AddOutput(context.dtype(0), std::move(shape));
  return absl::OkStatus();
}

template <absl::Status (*kEval)(EvalContext&, const BlockSpec&)>
absl::Status EvalImages(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims pairs, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const BlockSpec spec, ImageSpec(context.attrs(), pairs));
  return kEval(context, spec);
}

constexpr OpInfo kOps[] = {
    {"SpaceToBatchND", InferND<BatchedShape>, EvalND<ToBatch>},
    {"BatchToSpaceND", InferND<SpatialShape>, EvalND<FromBatch>},
    {"SpaceToBatch", InferImages<BatchedShape>, EvalImages<ToBatch>},
    {"BatchToSpace", InferImages<SpatialShape>, EvalImages<FromBatch>},
};

}  // namespace

absl::Span<const OpInfo> SpaceBatchOps() { return kOps; }

}  // namespace floe
