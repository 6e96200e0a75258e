// Functions of one float, and of two that are broadcast against each other.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/elementwise.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/elementwise.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

void UnaryRow(UnaryKind kind, float parameter, const float* x, float* y, int64_t n) {
  const F32 d;
  switch (kind) {
    case UnaryKind::kAbs:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Abs(v); });
    case UnaryKind::kCeil:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Ceil(v); });
    case UnaryKind::kElu:
      return MapRow(x, y, n, EluOf());
    case UnaryKind::kErf:
      return MapRow(x, y, n, ErfOf());
    case UnaryKind::kExp:
      return MapRow(x, y, n, ExpOf());
    case UnaryKind::kFloor:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Floor(v); });
    case UnaryKind::kGelu:
      return MapRow(x, y, n, GeluOf());
    case UnaryKind::kGeluTanh:
      return MapRow(x, y, n, GeluTanhOf());
    case UnaryKind::kHardSwish:
      return MapRow(x, y, n, HardSwishOf());
    case UnaryKind::kLeakyRelu:
      return MapRow(x, y, n, LeakyReluOf{parameter});
    case UnaryKind::kNeg:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Neg(v); });
    case UnaryKind::kReciprocal:
      return MapRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), v); });
    case UnaryKind::kRelu:
      return MapRow(x, y, n, ReluOf());
    case UnaryKind::kRelu6:
      return MapRow(x, y, n, Relu6Of());
    case UnaryKind::kRsqrt:
      return MapRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Div(hn::Set(d, 1.0f), hn::Sqrt(v)); });
    case UnaryKind::kSigmoid:
      return MapRow(x, y, n, SigmoidOf());
    case UnaryKind::kSqrt:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Sqrt(v); });
    case UnaryKind::kSquare:
      return MapRow(x, y, n, [](VF v) HWY_ATTR { return hn::Mul(v, v); });
    case UnaryKind::kSwish:
      return MapRow(x, y, n, SwishOf());
    case UnaryKind::kTanh:
      return MapRow(x, y, n, TanhOf());
  }
}

// One row: an operand that does not move is one element.
template <class F>
HWY_INLINE void CombineRow(const float* a, bool a_moves, const float* b, bool b_moves, float* y, int64_t n, F f) {
  const F32 d;
  if (a_moves && b_moves) return MapRow(a, b, y, n, f);
  if (a_moves) {
    const VF fixed = hn::Set(d, *b);
    return MapRow(a, y, n, [&](VF x) HWY_ATTR { return f(x, fixed); });
  }
  const VF fixed = hn::Set(d, *a);
  if (b_moves) return MapRow(b, y, n, [&](VF x) HWY_ATTR { return f(fixed, x); });
  y[0] = hn::GetLane(f(fixed, hn::Set(d, *b)));
  std::fill(y, y + n, y[0]);
}

// Rows [begin, end) of a walk.
template <class F>
void CombineRows(const BroadcastWalk& walk, const float* a, const float* b, float* y, int64_t begin, int64_t end, F f) {
  const bool a_moves = walk.row_stride(0) != 0, b_moves = walk.row_stride(1) != 0;
  const int outer = static_cast<int>(walk.dims.size()) - 1;
  Dims index(outer);
  int64_t rest = begin;
  for (int axis = outer - 1; axis >= 0; --axis) {
    index[axis] = rest % walk.dims[axis];
    rest /= walk.dims[axis];
    a += index[axis] * walk.strides[0][axis];
    b += index[axis] * walk.strides[1][axis];
  }
  for (int64_t row = begin; row < end; ++row) {
    CombineRow(a, a_moves, b, b_moves, y + row * walk.row(), walk.row(), f);
    for (int axis = outer - 1; axis >= 0; --axis) {
      a += walk.strides[0][axis];
      b += walk.strides[1][axis];
      if (++index[axis] < walk.dims[axis]) break;
      a -= walk.strides[0][axis] * walk.dims[axis];
      b -= walk.strides[1][axis] * walk.dims[axis];
      index[axis] = 0;
    }
  }
}

// Calls `body` with the function.
template <class Body>
HWY_INLINE void WithFunction(BinaryKind kind, const Body& body) {
  switch (kind) {
    case BinaryKind::kAdd:
      return body([](VF x, VF z) HWY_ATTR { return hn::Add(x, z); });
    case BinaryKind::kSub:
      return body([](VF x, VF z) HWY_ATTR { return hn::Sub(x, z); });
    case BinaryKind::kMul:
      return body([](VF x, VF z) HWY_ATTR { return hn::Mul(x, z); });
    case BinaryKind::kDiv:
      return body([](VF x, VF z) HWY_ATTR { return hn::Div(x, z); });
    case BinaryKind::kMaximum:
      return body(MaxOf());
    case BinaryKind::kMinimum:
      return body(MinOf());
    case BinaryKind::kPrelu:
      return body([](VF x, VF z) HWY_ATTR { return hn::IfThenElse(hn::Lt(x, hn::Zero(F32())), hn::Mul(x, z), x); });
    case BinaryKind::kSquaredDifference:
      return body([](VF x, VF z) HWY_ATTR {
        const VF difference = hn::Sub(x, z);
        return hn::Mul(difference, difference);
      });
  }
}

void BinaryRow(BinaryKind kind, const float* a, bool a_moves, const float* b, bool b_moves, float* y, int64_t n) {
  WithFunction(kind, [&](auto f) HWY_ATTR { CombineRow(a, a_moves, b, b_moves, y, n, f); });
}

void BinaryRows(BinaryKind kind, const BroadcastWalk& walk, const float* a, const float* b, float* y, int64_t begin,
                int64_t end) {
  WithFunction(kind, [&](auto f) HWY_ATTR { CombineRows(walk, a, b, y, begin, end, f); });
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <cstring>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"

namespace floe {

HWY_EXPORT(UnaryRow);
HWY_EXPORT(BinaryRow);
HWY_EXPORT(BinaryRows);

namespace {

constexpr int64_t kFloatBytes = sizeof(float);
// Rows shorter than this, against a vector that is the same for all of them, are done many at a time.
constexpr int64_t kShortRow = 256;
constexpr int64_t kTileFloats = 1024;

// ---- Supports

absl::Status SupportsFloats(const OpSignature& op) { return WantFloat(op, static_cast<int>(op.inputs.size())); }

absl::Status SupportsBiasAdd(const OpSignature& op) {
  FLOE_RETURN_IF_ERROR(SupportsFloats(op));
  return WantChannelsLast(op);
}

// ---- Create, Prepare, Launch

class UnaryPrepared final : public PreparedKernel {
 public:
  UnaryPrepared(UnaryKind kind, float parameter) : kind_(kind), parameter_(parameter) {}

  std::string description() const override { return "floe loop"; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const float* const x = args.input(0).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    ParallelFor(args.output(0)->num_elements(), kMinBytesPerThread / kFloatBytes, [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(UnaryRow)(kind_, parameter_, x + begin, y + begin, end - begin);
    });
    return absl::OkStatus();
  }

 private:
  UnaryKind kind_;
  float parameter_;
};

class UnaryKernel final : public Kernel {
 public:
  UnaryKernel(UnaryKind kind, float parameter) : kind_(kind), parameter_(parameter) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo>,
                                                          absl::Span<const TensorInfo>) const override {
    return std::make_unique<UnaryPrepared>(kind_, parameter_);
  }

 private:
  UnaryKind kind_;
  float parameter_;
};

template <UnaryKind kKind>
absl::StatusOr<std::unique_ptr<Kernel>> CreateUnary(const OpSignature& op) {
  float parameter = 0;
  if (kKind == UnaryKind::kLeakyRelu) {
    FLOE_ASSIGN_OR_RETURN(parameter, op.attrs.Float("alpha", 0.2f));
  }
  return std::make_unique<UnaryKernel>(kKind, parameter);
}

class BinaryPrepared final : public PreparedKernel {
 public:
  BinaryPrepared(BinaryKind kind, BroadcastWalk walk) : kind_(kind), walk_(std::move(walk)) {
    rows_ = 1;
    for (size_t axis = 0; axis + 1 < walk_.dims.size(); ++axis) rows_ *= walk_.dims[axis];
    const int64_t n = walk_.row();
    if (walk_.dims.size() != 2 || n >= kShortRow || n < 1 || rows_ < 1 || walk_.row_stride(0) == 0 ||
        walk_.row_stride(1) == 0)
      return;
    for (int operand = 0; operand < 2; ++operand) {
      if (walk_.strides[operand][0] == 0 && walk_.strides[1 - operand][0] == n) {
        repeated_ = operand;
        tile_rows_ = std::min(rows_, kTileFloats / n);
      }
    }
  }

  std::string description() const override { return repeated_ < 0 ? "floe loop" : "floe loop, tiled"; }
  int64_t scratch_bytes() const override { return tile_rows_ * walk_.row() * kFloatBytes; }

  absl::Status Launch(const LaunchArgs& args) const override {
    const float* const a = args.input(0).data<float>();
    const float* const b = args.input(1).data<float>();
    float* const y = args.output(0)->mutable_data<float>();
    if (repeated_ >= 0) {
      LaunchTiled(args, repeated_ == 0 ? b : a, repeated_ == 0 ? a : b, y);
      return absl::OkStatus();
    }
    const int64_t n = walk_.row();
    if (rows_ == 1) {
      const bool a_moves = walk_.row_stride(0) != 0, b_moves = walk_.row_stride(1) != 0;
      ParallelFor(n, kMinBytesPerThread / kFloatBytes, [&](int64_t begin, int64_t end) {
        HWY_DYNAMIC_DISPATCH(BinaryRow)
        (kind_, a_moves ? a + begin : a, a_moves, b_moves ? b + begin : b, b_moves, y + begin, end - begin);
      });
      return absl::OkStatus();
    }
    ParallelFor(rows_, kMinBytesPerThread / std::max<int64_t>(1, n * kFloatBytes), [&](int64_t begin, int64_t end) {
      HWY_DYNAMIC_DISPATCH(BinaryRows)(kind_, walk_, a, b, y, begin, end);
    });
    return absl::OkStatus();
  }

 private:
  // The short operand is written out as often as tile_rows_ says, so that the loop has long rows.
  void LaunchTiled(const LaunchArgs& args, const float* whole, const float* repeated, float* y) const {
    const int64_t n = walk_.row(), tile = tile_rows_ * n, total = rows_ * n;
    float* const tiled = static_cast<float*>(args.scratch());
    for (int64_t i = 0; i < tile_rows_; ++i) std::memcpy(tiled + i * n, repeated, n * kFloatBytes);
    ParallelFor((total + tile - 1) / tile, kMinBytesPerThread / (tile * kFloatBytes), [&](int64_t begin, int64_t end) {
      for (int64_t i = begin * tile; i < std::min(total, end * tile); i += tile) {
        const float *const x = repeated_ == 0 ? tiled : whole + i, *const z = repeated_ == 0 ? whole + i : tiled;
        HWY_DYNAMIC_DISPATCH(BinaryRow)(kind_, x, true, z, true, y + i, std::min(tile, total - i));
      }
    });
  }

  BinaryKind kind_;
  BroadcastWalk walk_;
  int64_t rows_ = 0;
  int repeated_ = -1;  // the operand that is tiled, if any
  int64_t tile_rows_ = 0;
};

class BinaryKernel final : public Kernel {
 public:
  explicit BinaryKernel(BinaryKind kind) : kind_(kind) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo> outputs) const override {
    const Shape a = inputs[0].shape.ToShape(), b = inputs[1].shape.ToShape();
    return std::make_unique<BinaryPrepared>(kind_, BroadcastWalk::Of(outputs[0].shape.ToShape(), {&a, &b}));
  }

 private:
  BinaryKind kind_;
};

template <BinaryKind kKind>
absl::StatusOr<std::unique_ptr<Kernel>> CreateBinary(const OpSignature& op) {
  return std::make_unique<BinaryKernel>(kKind);
}

constexpr CpuOp kOps[] = {
    {"Abs", SupportsFloats, CreateUnary<UnaryKind::kAbs>},
    {"Ceil", SupportsFloats, CreateUnary<UnaryKind::kCeil>},
    {"Elu", SupportsFloats, CreateUnary<UnaryKind::kElu>},
    {"Erf", SupportsFloats, CreateUnary<UnaryKind::kErf>},
    {"Exp", SupportsFloats, CreateUnary<UnaryKind::kExp>},
    {"Floor", SupportsFloats, CreateUnary<UnaryKind::kFloor>},
    {"Inv", SupportsFloats, CreateUnary<UnaryKind::kReciprocal>},
    {"LeakyRelu", SupportsFloats, CreateUnary<UnaryKind::kLeakyRelu>},
    {"Neg", SupportsFloats, CreateUnary<UnaryKind::kNeg>},
    {"Reciprocal", SupportsFloats, CreateUnary<UnaryKind::kReciprocal>},
    {"Relu", SupportsFloats, CreateUnary<UnaryKind::kRelu>},
    {"Relu6", SupportsFloats, CreateUnary<UnaryKind::kRelu6>},
    {"Rsqrt", SupportsFloats, CreateUnary<UnaryKind::kRsqrt>},
    {"Sigmoid", SupportsFloats, CreateUnary<UnaryKind::kSigmoid>},
    {"Sqrt", SupportsFloats, CreateUnary<UnaryKind::kSqrt>},
    {"Square", SupportsFloats, CreateUnary<UnaryKind::kSquare>},
    {"Tanh", SupportsFloats, CreateUnary<UnaryKind::kTanh>},
    {"_Gelu", SupportsFloats, CreateUnary<UnaryKind::kGelu>},
    {"_GeluTanh", SupportsFloats, CreateUnary<UnaryKind::kGeluTanh>},
    {"_HardSwish", SupportsFloats, CreateUnary<UnaryKind::kHardSwish>},
    {"_Swish", SupportsFloats, CreateUnary<UnaryKind::kSwish>},
    {"Add", SupportsFloats, CreateBinary<BinaryKind::kAdd>},
    {"AddV2", SupportsFloats, CreateBinary<BinaryKind::kAdd>},
    {"BiasAdd", SupportsBiasAdd, CreateBinary<BinaryKind::kAdd>},
    {"BiasAddV1", SupportsBiasAdd, CreateBinary<BinaryKind::kAdd>},
    {"Maximum", SupportsFloats, CreateBinary<BinaryKind::kMaximum>},
    {"Minimum", SupportsFloats, CreateBinary<BinaryKind::kMinimum>},
    {"Mul", SupportsFloats, CreateBinary<BinaryKind::kMul>},
    {"RealDiv", SupportsFloats, CreateBinary<BinaryKind::kDiv>},
    {"SquaredDifference", SupportsFloats, CreateBinary<BinaryKind::kSquaredDifference>},
    {"Sub", SupportsFloats, CreateBinary<BinaryKind::kSub>},
    {"_Prelu", SupportsFloats, CreateBinary<BinaryKind::kPrelu>},
};

}  // namespace

absl::Span<const CpuOp> ElementwiseKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
