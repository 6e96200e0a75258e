#include "kernels/cpu/fused_product.h"

#include <algorithm>

#include "base/status.h"

namespace floe {
namespace {

constexpr size_t kMostOtherLayouts = 4;
constexpr int64_t kScratchAlignmentBytes = 64;

}  // namespace

dnnl::memory PackedWeights::In(const dnnl::memory::desc& desc) {
  if (first_.get_desc() == desc) return first_;
  const std::lock_guard<std::mutex> lock(mutex_);
  for (const dnnl::memory& layout : others_) {
    if (layout.get_desc() == desc) return layout;
  }
  dnnl::memory made = OneDnnReorder(first_, desc);
  if (others_.size() < kMostOtherLayouts) others_.push_back(made);
  return made;
}

std::vector<TensorInfo> FillArguments(absl::Span<const TensorInfo> inputs, const Shape& result) {
  std::vector<TensorInfo> filled(inputs.begin(), inputs.end());
  for (TensorInfo& info : filled) {
    if (!info.shape.has_rank()) info.shape = PartialShape(result);
    const int lacking = result.rank() - info.shape.rank();
    for (int axis = 0; axis < info.shape.rank(); ++axis) {
      if (info.shape.dim(axis) >= 0) continue;
      info.shape.set_dim(axis, axis + lacking >= 0 ? result.dim(axis + lacking) : 1);
    }
  }
  return filled;
}

int64_t ProductPrepared::ReserveScratch(int64_t bytes) {
  const int64_t offset = scratch_bytes_;
  scratch_bytes_ += (bytes + kScratchAlignmentBytes - 1) / kScratchAlignmentBytes * kScratchAlignmentBytes;
  return offset;
}

void AddWeights(const dnnl::memory::desc& plain, const dnnl::memory::desc& wanted, PackedWeights* packed,
                ProductPrepared* prepared) {
  if (!packed->empty()) return prepared->main().AddFixed(DNNL_ARG_WEIGHTS, packed->In(wanted));
  if (plain == wanted) return prepared->main().AddInput(DNNL_ARG_WEIGHTS, plain, 1);
  const int64_t offset = prepared->ReserveScratch(static_cast<int64_t>(wanted.get_size()));
  prepared->main().AddScratch(DNNL_ARG_WEIGHTS, wanted, offset);
  dnnl::primitive_attr attr;
  attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
  const dnnl::reorder::primitive_desc desc(OneDnnEngine(), plain, OneDnnEngine(), wanted, attr);
  OneDnnCall& pack = prepared->pack();
  pack.SetPrimitive(dnnl::reorder(desc));
  pack.AddInput(DNNL_ARG_FROM, plain, 1);
  pack.AddScratch(DNNL_ARG_TO, wanted, offset);
  const dnnl::memory::desc scratchpad = desc.scratchpad_desc();
  pack.AddScratch(DNNL_ARG_SCRATCHPAD, scratchpad,
                  prepared->ReserveScratch(static_cast<int64_t>(scratchpad.get_size())));
  pack.Finish();
}

void AddRest(const ChainPostOps& post_ops, const dnnl::memory::desc& scratchpad, ProductPrepared* prepared) {
  for (const ChainPostOps::Argument& argument : post_ops.arguments)
    prepared->main().AddInput(argument.number, argument.desc, argument.input);
  prepared->main().AddScratch(DNNL_ARG_SCRATCHPAD, scratchpad,
                              prepared->ReserveScratch(static_cast<int64_t>(scratchpad.get_size())));
}

absl::Status ProductPrepared::Launch(const LaunchArgs& args) const {
  if (pack_.valid()) FLOE_RETURN_IF_ERROR(pack_.Launch(args));
  FLOE_RETURN_IF_ERROR(main_.Launch(args));
  if (!rest_.empty()) rest_.ApplyAll(args, args.output(0)->mutable_data<float>());
  return absl::OkStatus();
}

absl::Status ZeroPrepared::Launch(const LaunchArgs& args) const {
  Tensor& output = *args.output(0);
  std::fill_n(output.mutable_data<float>(), output.num_elements(), 0.0f);
  if (!chain_.empty()) chain_.ApplyAll(args, output.mutable_data<float>());
  return absl::OkStatus();
}

}  // namespace floe
