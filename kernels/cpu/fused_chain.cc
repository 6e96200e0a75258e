#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/fused_chain.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "kernels/cpu/fused_chain.h"

#include "hwy/highway.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

using ChainDims = std::array<int64_t, 4>;

// y = f(y, arg) over `count` pixels from `first` on.
template <class F>
void CombinePixels(const ChainDims& dims, const ChainDims& strides, const float* arg, int64_t first, int64_t count,
                   float* y, F f) {
  const F32 d;
  const int64_t channels = dims[3];
  const auto with_one = [&](const float* one, float* to, int64_t n) {
    const VF fixed = hn::Set(d, *one);
    MapRow(to, to, n, [&](VF x) HWY_ATTR { return f(x, fixed); });
  };
  const bool moves_by_pixel = strides[0] != 0 || strides[1] != 0 || strides[2] != 0;
  if (!moves_by_pixel && strides[3] == 0) return with_one(arg, y, count * channels);
  // Whole tensors: every pixel's arg follows the one before.
  if ((strides[3] == 1 || channels == 1) && (strides[2] == channels || dims[2] == 1) &&
      (strides[1] == dims[2] * channels || dims[1] == 1) &&
      (strides[0] == dims[1] * dims[2] * channels || dims[0] == 1) && moves_by_pixel) {
    return MapRow(y, arg + first * channels, y, count * channels, f);
  }
  int64_t w = first % dims[2], h = first / dims[2] % dims[1], n = first / dims[2] / dims[1];
  for (int64_t i = 0; i < count; ++i, y += channels) {
    const float* const at = arg + n * strides[0] + h * strides[1] + w * strides[2];
    if (strides[3] == 0) {
      with_one(at, y, channels);
    } else {
      MapRow(y, at, y, channels, f);
    }
    if (++w < dims[2]) continue;
    w = 0;
    if (++h < dims[1]) continue;
    h = 0;
    ++n;
  }
}

void NormalizePixels(const float* scale, const float* offset, const float* mean, const float* variance, float epsilon,
                     int64_t channels, int64_t count, float* y) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t c = 0; c < channels; c += lanes) {
    const size_t some = static_cast<size_t>(HWY_MIN(lanes, channels - c));
    const VF factor =
        hn::Div(LoadSome(d, scale + c, some), hn::Sqrt(hn::Add(LoadSome(d, variance + c, some), hn::Set(d, epsilon))));
    const VF center = LoadSome(d, mean + c, some), to = LoadSome(d, offset + c, some);
    for (int64_t i = 0; i < count; ++i) {
      float* const at = y + i * channels + c;
      StoreSome(hn::MulAdd(hn::Sub(LoadSome(d, at, some), center), factor, to), d, at, some);
    }
  }
}

void ApplyStep(const ChainDims& dims, const ChainStep& step, const float* const* step_args, int64_t first,
               int64_t count, float* y) {
  const int64_t n = count * dims[3];
  switch (step.kind) {
    case FusedKind::kBiasAdd:
    case FusedKind::kAdd:
      return CombinePixels(dims, step.strides, step_args[0], first, count, y,
                           [](VF x, VF a) HWY_ATTR { return hn::Add(x, a); });
    case FusedKind::kMul:
      return CombinePixels(dims, step.strides, step_args[0], first, count, y,
                           [](VF x, VF a) HWY_ATTR { return hn::Mul(x, a); });
    case FusedKind::kPrelu:
      return CombinePixels(dims, step.strides, step_args[0], first, count, y, [](VF x, VF a) HWY_ATTR {
        return hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), hn::Mul(x, a), x);
      });
    case FusedKind::kBatchNorm:
      return NormalizePixels(step_args[0], step_args[1], step_args[2], step_args[3], step.parameter, dims[3], count, y);
    case FusedKind::kRelu:
      return MapRow(y, y, n, ReluOf());
    case FusedKind::kRelu6:
      return MapRow(y, y, n, Relu6Of());
    case FusedKind::kElu:
      return MapRow(y, y, n, EluOf());
    case FusedKind::kLeakyRelu:
      return MapRow(y, y, n, LeakyReluOf{step.parameter});
    case FusedKind::kTanh:
      return MapRow(y, y, n, TanhOf());
    case FusedKind::kSigmoid:
      return MapRow(y, y, n, SigmoidOf());
    case FusedKind::kSwish:
      return MapRow(y, y, n, SwishOf());
    case FusedKind::kHardSwish:
      return MapRow(y, y, n, HardSwishOf());
    case FusedKind::kGelu:
      return MapRow(y, y, n, GeluOf());
    case FusedKind::kGeluTanh:
      return MapRow(y, y, n, GeluTanhOf());
  }
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include "base/status.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(ApplyStep);

namespace {

constexpr int kMostArgs = 4;
// Floats that stay in the first-level cache while the steps run over them one after the other.
constexpr int64_t kBlockFloats = 4096;

// The eltwise post-op of a step; false where it is none.
bool AppendEltwise(const FusedChain& chain, FusedKind kind, dnnl::post_ops* ops) {
  using Algorithm = dnnl::algorithm;
  const auto append = [&](Algorithm algorithm, float alpha, float beta) {
    ops->append_eltwise(1.0f, algorithm, alpha, beta);
    return true;
  };
  switch (kind) {
    case FusedKind::kRelu:
      return append(Algorithm::eltwise_relu, 0, 0);
    case FusedKind::kRelu6:
      return append(Algorithm::eltwise_clip, 0, 6);
    case FusedKind::kElu:
      return append(Algorithm::eltwise_elu, 1, 0);
    case FusedKind::kLeakyRelu:
      return append(Algorithm::eltwise_relu, chain.leaky_alpha, 0);
    case FusedKind::kTanh:
      return append(Algorithm::eltwise_tanh, 0, 0);
    case FusedKind::kSigmoid:
      return append(Algorithm::eltwise_logistic, 0, 0);
    case FusedKind::kSwish:
      return append(Algorithm::eltwise_swish, 1, 0);
    case FusedKind::kHardSwish:
      return append(Algorithm::eltwise_hardswish, 0, 0);
    case FusedKind::kGelu:
      return append(Algorithm::eltwise_gelu_erf, 0, 0);
    case FusedKind::kGeluTanh:
      return append(Algorithm::eltwise_gelu_tanh, 0, 0);
    default:
      return false;
  }
}

// Whether oneDNN 2.6 broadcasts an arg of these dimensions as it should: a whole tensor, one value a channel, or one
// value. Others it takes, and computes with the wrong elements.
bool IsReliableBinary(const dnnl::memory::dims& arg, const dnnl::memory::dims& result, size_t channel_axis) {
  if (arg == result) return true;
  for (size_t axis = 0; axis < arg.size(); ++axis) {
    if (axis != channel_axis && arg[axis] != 1) return false;
  }
  return true;
}

// The shape of a step's arg against the result: as many dimensions, ones in front.
Shape AlignedArgShape(const Shape& arg, int rank) {
  Shape shape(Dims(rank, 1));
  for (int i = 0; i < arg.rank(); ++i) shape.set_dim(rank - arg.rank() + i, arg.dim(i));
  return shape;
}

}  // namespace

absl::StatusOr<FusedChain> ParseFusedChain(const OpSignature& op, bool fused) {
  FusedChain chain;
  if (!fused) return chain;
  FLOE_ASSIGN_OR_RETURN(chain.steps, ParseFusedSteps(op.attrs, static_cast<int>(op.inputs.size())));
  FLOE_ASSIGN_OR_RETURN(chain.leaky_alpha, op.attrs.Float("leakyrelu_alpha", chain.leaky_alpha));
  FLOE_ASSIGN_OR_RETURN(chain.epsilon, op.attrs.Float("epsilon", chain.epsilon));
  return chain;
}

ChainPlan::ChainPlan(const FusedChain& chain, size_t first, const Shape& result, absl::Span<const TensorInfo> inputs) {
  const Shape dims = AlignedArgShape(result, 4);
  for (int i = 0; i < 4; ++i) dims_[i] = dims.dim(i);
  for (size_t i = first; i < chain.steps.size(); ++i) {
    const FusedStep& from = chain.steps[i];
    ChainStep& step = steps_.emplace_back();
    step.kind = from.kind;
    step.input = from.first_arg;
    step.parameter = from.kind == FusedKind::kBatchNorm ? chain.epsilon : chain.leaky_alpha;
    if (from.num_args != 1) continue;
    const Shape arg = AlignedArgShape(inputs[from.first_arg].shape.ToShape(), 4);
    const Dims strides = arg.Strides();
    for (int axis = 0; axis < 4; ++axis) step.strides[axis] = arg.dim(axis) == 1 ? 0 : strides[axis];
  }
}

void ChainPlan::Apply(const LaunchArgs& args, int64_t first, int64_t count, float* y) const {
  const int64_t block = std::max<int64_t>(1, kBlockFloats / std::max<int64_t>(1, channels()));
  for (int64_t done = 0; done < count; done += block) {
    const int64_t pixels = std::min(block, count - done);
    for (const ChainStep& step : steps_) {
      const float* step_args[kMostArgs] = {};
      for (int k = 0; k < kMostArgs && step.input + k < args.num_inputs(); ++k)
        step_args[k] = args.input(step.input + k).data<float>();
      HWY_DYNAMIC_DISPATCH(ApplyStep)(dims_, step, step_args, first + done, pixels, y + done * channels());
    }
  }
}

void ChainPlan::ApplyAll(const LaunchArgs& args, float* y) const {
  const int64_t pixel_bytes = std::max<int64_t>(1, channels() * static_cast<int64_t>(sizeof(float)));
  ParallelFor(pixels(), kMinBytesPerThread / pixel_bytes,
              [&](int64_t begin, int64_t end) { Apply(args, begin, end - begin, y + begin * channels()); });
}

bool MakePostOps(const FusedChain& chain, size_t first, size_t count, const dnnl::memory::dims& result,
                 absl::Span<const TensorInfo> inputs, ChainPostOps* out) {
  const size_t rank = result.size();
  // oneDNN 2.6 gets two functions in a row wrong (LeakyRelu, then Relu).
  bool has_eltwise = false;
  for (size_t i = first; i < first + count; ++i) {
    const FusedStep& step = chain.steps[i];
    if (step.num_args == 0) {
      if (has_eltwise || !AppendEltwise(chain, step.kind, &out->ops)) return false;
      has_eltwise = true;
      continue;
    }
    const bool multiplies = step.kind == FusedKind::kMul;
    if (!multiplies && step.kind != FusedKind::kAdd && step.kind != FusedKind::kBiasAdd) return false;
    const Shape arg = AlignedArgShape(inputs[step.first_arg].shape.ToShape(), static_cast<int>(rank));
    dnnl::memory::dims dims(arg.dims().begin(), arg.dims().end());
    if (rank == 4) dims = {dims[0], dims[3], dims[1], dims[2]};
    if (!IsReliableBinary(dims, result, rank == 4 ? 1 : rank - 1)) return false;
    const dnnl::memory::desc desc = rank == 4 ? OneDnnChannelsLastDesc(dims) : OneDnnDesc(dims);
    out->ops.append_binary(multiplies ? dnnl::algorithm::binary_mul : dnnl::algorithm::binary_add, desc);
    out->arguments.push_back(
        {DNNL_ARG_ATTR_MULTIPLE_POST_OP(out->ops.len() - 1) | DNNL_ARG_SRC_1, desc, step.first_arg});
  }
  return true;
}

}  // namespace floe
#endif  // HWY_ONCE
