// _FusedAttention: a tile of rows at a time, whose scores never leave the cache.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/cpu/attention.cc"
#include "hwy/foreach_target.h"  // must come before highway.h

#include "hwy/highway.h"
#include "kernels/cpu/attention_tile.h"
#include "kernels/cpu/vector_math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace floe {
namespace HWY_NAMESPACE {

// Rows and vectors of a block of sums that stays in registers: 12 sums are enough to hide an addition's latency.
constexpr int kBlockRows = 6, kBlockVectors = 2;

// c[i, :] = sum over p of a[i, p] * b[p, :], for kRows rows and the columns [0, columns), of which b and c have room
// for whole vectors.
template <int kRows>
HWY_INLINE void MultiplyRows(const float* a, int64_t a_row, int64_t a_depth, const float* b, int64_t b_stride, float* c,
                             int64_t c_stride, int64_t depth, int64_t columns) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t j = 0; j < columns; j += kBlockVectors * lanes) {
    const bool both = j + lanes < columns;
    const int64_t second = both ? j + lanes : j;
    VF sums[kRows][kBlockVectors];
    for (int i = 0; i < kRows; ++i) sums[i][0] = sums[i][1] = hn::Zero(d);
    for (int64_t p = 0; p < depth; ++p) {
      const VF b0 = hn::LoadU(d, b + p * b_stride + j), b1 = hn::LoadU(d, b + p * b_stride + second);
      for (int i = 0; i < kRows; ++i) {
        const VF x = hn::Set(d, a[i * a_row + p * a_depth]);
        sums[i][0] = hn::MulAdd(x, b0, sums[i][0]);
        sums[i][1] = hn::MulAdd(x, b1, sums[i][1]);
      }
    }
    for (int i = 0; i < kRows; ++i) {
      hn::StoreU(sums[i][0], d, c + i * c_stride + j);
      if (both) hn::StoreU(sums[i][1], d, c + i * c_stride + second);
    }
  }
}

void Multiply(const float* a, int64_t a_row, int64_t a_depth, const float* b, int64_t b_stride, float* c,
              int64_t c_stride, int64_t rows, int64_t depth, int64_t columns) {
  int64_t row = 0;
  const auto step = [&]<int kRows>() HWY_ATTR {
    MultiplyRows<kRows>(a + row * a_row, a_row, a_depth, b, b_stride, c + row * c_stride, c_stride, depth, columns);
    row += kRows;
  };
  while (rows - row >= kBlockRows) step.template operator()<kBlockRows>();
  while (rows - row >= 2) step.template operator()<2>();
  if (row < rows) step.template operator()<1>();
}

// Scores of one row, scaled and masked, become the softmax's terms; what makes their sum 1 comes back.
float SoftmaxTerms(const AttentionRow& row, float* x) {
  const F32 d;
  const int64_t n = row.columns, lanes = static_cast<int64_t>(hn::Lanes(d)), whole = n / lanes * lanes;
  const VF scale = hn::Set(d, row.scale);
  MapRow(x, x, n, [=](VF v) HWY_ATTR { return hn::Mul(v, scale); });
  if (row.keep != nullptr) {
    for (int64_t i = 0; i < n; ++i) x[i] = row.keep[i * row.keep_step] ? x[i] : row.masked;
  }
  if (row.added != nullptr && row.added_step != 0) {
    MapRow(x, row.added, x, n, [](VF a, VF b) HWY_ATTR { return hn::Add(a, b); });
  } else if (row.added != nullptr) {
    const VF added = hn::Set(d, *row.added);
    MapRow(x, x, n, [=](VF v) HWY_ATTR { return hn::Add(v, added); });
  }
  VF most = hn::Neg(hn::Inf(d));
  for (int64_t i = 0; i < whole; i += lanes) most = hn::Max(most, hn::LoadU(d, x + i));
  float largest = hn::GetLane(hn::MaxOfLanes(d, most));
  for (int64_t i = whole; i < n; ++i) largest = std::max(largest, x[i]);
  const VF center = hn::Set(d, largest);
  VF sums = hn::Zero(d);
  for (int64_t i = 0; i < whole; i += lanes) {
    const VF term = ExpOf()(hn::Sub(hn::LoadU(d, x + i), center));
    sums = hn::Add(sums, term);
    hn::StoreU(term, d, x + i);
  }
  if (whole < n) {
    const size_t rest = static_cast<size_t>(n - whole);
    const VF term = ExpOf()(hn::Sub(LoadSome(d, x + whole, rest), center));
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, rest), term));
    StoreSome(term, d, x + whole, rest);
  }
  return 1.0f / hn::GetLane(hn::SumOfLanes(d, sums));
}

void ScaleRow(const float* x, float factor, int64_t n, float* y) {
  const VF by = hn::Set(F32(), factor);
  MapRow(x, y, n, [=](VF v) HWY_ATTR { return hn::Mul(v, by); });
}

}  // namespace HWY_NAMESPACE
}  // namespace floe
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
#include <omp.h>

#include <algorithm>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_op.h"
#include "kernels/cpu/parallel.h"
#include "ops/attention.h"

namespace floe {

HWY_EXPORT(Multiply);
HWY_EXPORT(SoftmaxTerms);
HWY_EXPORT(ScaleRow);

namespace {

// A tile's scores stay in the second level of cache, and its rows are whole blocks of registers.
constexpr int64_t kTileBytes = int64_t{256} << 10;
constexpr int64_t kMostTileRows = 48, kFewestTileRows = 6;
// Vectors of every instruction set read and write whole; so many floats may lie behind a row.
constexpr int64_t kPadding = 64;

int64_t Padded(int64_t count) { return (count + kPadding - 1) / kPadding * kPadding; }

// ---- Supports

absl::Status Supports(const OpSignature& op) { return WantFloat(op, 3); }

// ---- Prepare, Launch

class AttentionPrepared final : public PreparedKernel {
 public:
  explicit AttentionPrepared(AttentionGeometry geometry) : g_(std::move(geometry)), threads_(omp_get_max_threads()) {
    const int64_t fitting = kTileBytes / static_cast<int64_t>(sizeof(float)) / Padded(std::max<int64_t>(g_.columns, 1));
    tile_rows_ = std::clamp(fitting / kFewestTileRows * kFewestTileRows, kFewestTileRows, kMostTileRows);
    tiles_ = (g_.rows + tile_rows_ - 1) / tile_rows_;
    keys_size_ = g_.depth * Padded(g_.columns);
    values_size_ = g_.columns * Padded(g_.width);
    scores_size_ = tile_rows_ * Padded(g_.columns);
    sums_size_ = tile_rows_ * Padded(g_.width);
  }

  int64_t scratch_bytes() const override { return threads_ * ThreadSize() * static_cast<int64_t>(sizeof(float)); }
  int64_t flops() const override { return 2 * g_.batches() * g_.rows * g_.columns * (g_.depth + g_.width); }
  std::string description() const override { return absl::StrCat("floe attention, tiles of ", tile_rows_, " rows"); }

  absl::Status Launch(const LaunchArgs& args) const override {
    const int64_t tiles = g_.batches() * tiles_;
    if (args.output(0)->num_elements() == 0) return absl::OkStatus();
    // No more parts than threads there is scratch for, and none too small.
    const int64_t tile_bytes = flops() / tiles;  // about as long as it takes to touch as many
    const int64_t fewest =
        std::max((tiles + threads_ - 1) / threads_, kMinBytesPerThread / std::max<int64_t>(tile_bytes, 1));
    ParallelFor(tiles, fewest, [&](int64_t begin, int64_t end) {
      float* const own = static_cast<float*>(args.scratch()) + omp_get_thread_num() * ThreadSize();
      int64_t packed = -1;
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t batch = tile / tiles_;
        if (batch != packed) PackBatch(args, batch, own);
        packed = batch;
        RunTile(args, batch, tile % tiles_ * tile_rows_, own);
      }
    });
    return absl::OkStatus();
  }

 private:
  // In floats: the keys of a batch, turned; its values in padded rows; a tile's scores; its sums.
  int64_t ThreadSize() const { return keys_size_ + values_size_ + scores_size_ + sums_size_; }

  const float* Batch(const LaunchArgs& args, int input, const AttentionOperand& operand, int64_t batch) const {
    return args.input(input).data<float>() + AttentionOffset(g_, operand, batch);
  }

  void PackBatch(const LaunchArgs& args, int64_t batch, float* own) const {
    const float *const k = Batch(args, 1, g_.k, batch), *const v = Batch(args, 2, g_.v, batch);
    const int64_t keys_stride = Padded(g_.columns), values_stride = Padded(g_.width);
    float *const keys = own, *const values = own + keys_size_;
    for (int64_t p = 0; p < g_.depth; ++p) {
      float* const row = keys + p * keys_stride;
      for (int64_t j = 0; j < g_.columns; ++j) row[j] = k[j * g_.k.row + p * g_.k.column];
      std::fill(row + g_.columns, row + keys_stride, 0.0f);
    }
    for (int64_t j = 0; j < g_.columns; ++j) {
      float* const row = values + j * values_stride;
      for (int64_t i = 0; i < g_.width; ++i) row[i] = v[j * g_.v.row + i * g_.v.column];
      std::fill(row + g_.width, row + values_stride, 0.0f);
    }
  }

  void RunTile(const LaunchArgs& args, int64_t batch, int64_t first, float* own) const {
    const float *const keys = own, *const values = keys + keys_size_;
    float *const scores = own + keys_size_ + values_size_, *const sums = scores + scores_size_;
    const int64_t rows = std::min(tile_rows_, g_.rows - first);
    const int64_t stride = Padded(g_.columns), sums_stride = Padded(g_.width);
    const float* const q = Batch(args, 0, g_.q, batch) + first * g_.q.row;
    HWY_DYNAMIC_DISPATCH(Multiply)
    (q, g_.q.row, g_.q.column, keys, stride, scores, stride, rows, g_.depth, g_.columns);
    AttentionRow row{g_.columns, g_.scale, nullptr, g_.keep.column, g_.masked, nullptr, g_.added.column};
    const bool* const keep = g_.keep_input < 0 ? nullptr
                                               : args.input(g_.keep_input).data<bool>() +
                                                     AttentionOffset(g_, g_.keep, batch) + first * g_.keep.row;
    const float* const added =
        g_.added_input < 0 ? nullptr : Batch(args, g_.added_input, g_.added, batch) + first * g_.added.row;
    float factors[kMostTileRows];
    for (int64_t i = 0; i < rows; ++i) {
      if (keep != nullptr) row.keep = keep + i * g_.keep.row;
      if (added != nullptr) row.added = added + i * g_.added.row;
      if (g_.columns > 0) factors[i] = HWY_DYNAMIC_DISPATCH(SoftmaxTerms)(row, scores + i * stride);
    }
    HWY_DYNAMIC_DISPATCH(Multiply)
    (scores, stride, 1, values, sums_stride, sums, sums_stride, rows, g_.columns, g_.width);
    float* const out = args.output(0)->mutable_data<float>() + AttentionOffset(g_, g_.out, batch);
    for (int64_t i = 0; i < rows; ++i) {
      float *const to = out + (first + i) * g_.out.row, *const from = sums + i * sums_stride;
      const float factor = g_.columns > 0 ? factors[i] : 0.0f;
      if (g_.out.column <= 1) {
        HWY_DYNAMIC_DISPATCH(ScaleRow)(from, factor, g_.width, to);
      } else {
        for (int64_t j = 0; j < g_.width; ++j) to[j * g_.out.column] = from[j] * factor;
      }
    }
  }

  const AttentionGeometry g_;
  const int threads_;
  int64_t tile_rows_, tiles_;
  int64_t keys_size_, values_size_, scores_size_, sums_size_;
};

class AttentionKernel final : public Kernel {
 public:
  explicit AttentionKernel(const AttrMap& attrs) : attrs_(attrs) {}

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                          absl::Span<const TensorInfo>) const override {
    FLOE_ASSIGN_OR_RETURN(AttentionGeometry geometry, ComputeAttentionGeometry(attrs_, inputs));
    return std::make_unique<AttentionPrepared>(std::move(geometry));
  }

 private:
  const AttrMap attrs_;
};

absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) {
  return std::make_unique<AttentionKernel>(op.attrs);
}

constexpr CpuOp kOps[] = {{"_FusedAttention", Supports, Create}};

}  // namespace

absl::Span<const CpuOp> AttentionKernels() { return kOps; }

}  // namespace floe
#endif  // HWY_ONCE
