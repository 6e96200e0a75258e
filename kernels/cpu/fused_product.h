// What convolutions and matrix products by oneDNN share: packed weights, and the launch of the primitive with the rest
// of its chain.
#ifndef FLOE_KERNELS_CPU_FUSED_PRODUCT_H_
#define FLOE_KERNELS_CPU_FUSED_PRODUCT_H_

#include <memory>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "kernels/cpu/fused_chain.h"
#include "kernels/cpu/onednn.h"
#include "plan/kernel.h"

namespace floe {

// Constant weights in the layouts that primitives want: the first chosen when the program is made, later ones where a
// shape's implementation refuses it. Owned by a Kernel; any thread.
class PackedWeights {
 public:
  // `plain` is read now and not kept. Throws what oneDNN throws.
  void Pack(const dnnl::memory& plain, const dnnl::memory::desc& desc) { first_ = OneDnnReorder(plain, desc); }
  bool empty() const { return !first_; }
  const dnnl::memory& first() const { return first_; }
  // Made from the first where it is not there yet; kept for others to share, up to a number of layouts.
  dnnl::memory In(const dnnl::memory::desc& desc);

 private:
  dnnl::memory first_;  // never changes once packed, so that it is read without the lock
  std::mutex mutex_;
  std::vector<dnnl::memory> others_;  // guarded by mutex_
};

// A product's primitive descriptor and how much of the chain is in it.
template <typename PrimitiveDesc>
struct ProductChoice {
  PrimitiveDesc desc;
  bool has_bias = false;  // the chain's first step is the primitive's bias
  size_t steps = 0;       // of the chain, the bias included
  ChainPostOps post_ops;

  bool valid() const { return static_cast<bool>(desc); }
  std::string implementation() const { return desc.impl_info_str(); }
  bool is_reference() const { return IsOneDnnReference(implementation()); }
};

// The first implementation that is not oneDNN's reference, with as many steps of the chain as possible; else the plain
// product by whatever there is. `make(has_bias, attr)` returns a primitive descriptor, empty where refused. `result`:
// oneDNN's logical dimensions.
template <typename PrimitiveDesc, typename Make>
ProductChoice<PrimitiveDesc> ChooseProduct(const FusedChain& chain, const dnnl::memory::dims& result,
                                           absl::Span<const TensorInfo> inputs, Make&& make) {
  const size_t bias = !chain.steps.empty() && chain.steps[0].kind == FusedKind::kBiasAdd ? 1 : 0;
  for (size_t steps = chain.steps.size() + 1; steps-- > 0;) {
    ProductChoice<PrimitiveDesc> choice;
    choice.has_bias = bias == 1 && steps > 0;
    choice.steps = steps;
    const size_t first = choice.has_bias ? 1 : 0;
    if (!MakePostOps(chain, first, steps - first, result, inputs, &choice.post_ops)) continue;
    dnnl::primitive_attr attr;
    attr.set_scratchpad_mode(dnnl::scratchpad_mode::user);
    attr.set_post_ops(choice.post_ops.ops);
    choice.desc = make(choice.has_bias, attr);
    if (choice.valid() && (steps == 0 || !choice.is_reference())) return choice;
  }
  return {};
}

// The shapes of a signature as far as they matter for choosing a layout: what is not known of an argument is taken to
// be the result's.
std::vector<TensorInfo> FillArguments(absl::Span<const TensorInfo> inputs, const Shape& result);

class ProductPrepared final : public PreparedKernel {
 public:
  ProductPrepared(std::string description, int64_t flops, ChainPlan rest)
      : description_(std::move(description)), flops_(flops), rest_(std::move(rest)) {}

  // To be filled by the kernel's Prepare.
  OneDnnCall& main() { return main_; }
  // Lays out weights that are not constant, before `main`.
  OneDnnCall& pack() { return pack_; }
  // Reserves scratch; the offset in it.
  int64_t ReserveScratch(int64_t bytes);

  int64_t scratch_bytes() const override { return scratch_bytes_; }
  int64_t flops() const override { return flops_; }
  std::string description() const override { return description_; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  std::string description_;
  int64_t flops_;
  ChainPlan rest_;
  OneDnnCall main_;
  OneDnnCall pack_;
  int64_t scratch_bytes_ = 0;
};

// The weights argument of prepared->main(): `packed` in the layout `wanted`, or, where it is empty, input 1 laid out as
// wanted at each launch.
void AddWeights(const dnnl::memory::desc& plain, const dnnl::memory::desc& wanted, PackedWeights* packed,
                ProductPrepared* prepared);
// The arguments of post-ops, and the scratchpad.
void AddRest(const ChainPostOps& post_ops, const dnnl::memory::desc& scratchpad, ProductPrepared* prepared);

// Where nothing is multiplied, because there is no input: zeros (none at all, perhaps) through the chain.
class ZeroPrepared final : public PreparedKernel {
 public:
  explicit ZeroPrepared(ChainPlan chain) : chain_(std::move(chain)) {}
  std::string description() const override { return "zeros"; }
  absl::Status Launch(const LaunchArgs& args) const override;

 private:
  ChainPlan chain_;
};

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_FUSED_PRODUCT_H_
