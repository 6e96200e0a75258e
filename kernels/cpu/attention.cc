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

// The second factor of a product lies in panels of so many columns, each of which stays in the first level of cache
// while it meets all rows.
int64_t PanelColumns() { return kBlockVectors * static_cast<int64_t>(hn::Lanes(F32())); }

// to[p, c] = from[p * depth_step + c * column_step] for the `count` columns of a panel, zeros behind them.
void PackPanel(const float* from, int64_t depth_step, int64_t column_step, int64_t depth, int64_t count, float* to) {
  const F32 d;
  const hn::RebindToSigned<F32> di;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d)), width = PanelColumns();
  const bool gathers = column_step < INT32_MAX / lanes;
  const auto steps = hn::Mul(hn::Iota(di, 0), hn::Set(di, static_cast<int32_t>(gathers ? column_step : 0)));
  for (int64_t p = 0; p < depth; ++p) {
    const float* const at = from + p * depth_step;
    for (int64_t c = 0; c < width; c += lanes) {
      float* const row = to + p * width + c;
      if (c + lanes <= count && column_step == 1) {
        hn::StoreU(hn::LoadU(d, at + c), d, row);
      } else if (c + lanes <= count && gathers) {
        hn::StoreU(hn::GatherIndex(d, at + c * column_step, steps), d, row);
      } else {
        for (int64_t i = 0; i < lanes; ++i) row[i] = c + i < count ? at[(c + i) * column_step] : 0.0f;
      }
    }
  }
}

// c[i, :] = sum over p of a[i, p] * panel[p, :], for kRows rows.
template <int kRows>
HWY_INLINE void MultiplyRows(const float* a, int64_t a_row, int64_t a_depth, const float* panel, int64_t depth,
                             float* c, int64_t c_row) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  VF sums[kRows][kBlockVectors];
  for (int i = 0; i < kRows; ++i) sums[i][0] = sums[i][1] = hn::Zero(d);
  for (int64_t p = 0; p < depth; ++p, panel += kBlockVectors * lanes) {
    const VF b0 = hn::LoadU(d, panel), b1 = hn::LoadU(d, panel + lanes);
    for (int i = 0; i < kRows; ++i) {
      const VF x = hn::Set(d, a[i * a_row + p * a_depth]);
      sums[i][0] = hn::MulAdd(x, b0, sums[i][0]);
      sums[i][1] = hn::MulAdd(x, b1, sums[i][1]);
    }
  }
  for (int i = 0; i < kRows; ++i) {
    hn::StoreU(sums[i][0], d, c + i * c_row);
    hn::StoreU(sums[i][1], d, c + i * c_row + lanes);
  }
}

// c = a * b, of which b lies in panels; c has room for whole panels.
void Multiply(const float* a, int64_t a_row, int64_t a_depth, const float* b, float* c, int64_t c_row, int64_t rows,
              int64_t depth, int64_t columns) {
  const int64_t width = PanelColumns();
  for (int64_t j = 0; j < columns; j += width, b += depth * width) {
    int64_t row = 0;
    const auto step = [&]<int kRows>() HWY_ATTR {
      MultiplyRows<kRows>(a + row * a_row, a_row, a_depth, b, depth, c + row * c_row + j, c_row);
      row += kRows;
    };
    while (rows - row >= kBlockRows) step.template operator()<kBlockRows>();
    while (rows - row >= 2) step.template operator()<2>();
    if (row < rows) step.template operator()<1>();
  }
}

// x[i] = f(x[i], i), and the largest of them but for NaN.
template <class F>
HWY_INLINE float MapScores(float* x, int64_t n, F f) {
  const F32 d;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  VF most = hn::Neg(hn::Inf(d));
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const VF score = f(hn::LoadU(d, x + i), i, lanes);
    hn::StoreU(score, d, x + i);
    most = hn::IfThenElse(hn::Gt(score, most), score, most);
  }
  if (i < n) {
    const VF score = f(hn::LoadU(d, x + i), i, n - i);  // whole panels are there
    StoreSome(score, d, x + i, static_cast<size_t>(n - i));
    const auto counts = hn::And(hn::FirstN(d, static_cast<size_t>(n - i)), hn::Gt(score, most));
    most = hn::IfThenElse(counts, score, most);
  }
  return hn::GetLane(hn::MaxOfLanes(d, most));
}

// Scores of one row, scaled and masked, become the softmax's terms; what makes their sum 1 comes back.
float SoftmaxTerms(const AttentionRow& row, float* x) {
  const F32 d;
  const int64_t n = row.columns, lanes = static_cast<int64_t>(hn::Lanes(d));
  const VF scale = hn::Set(d, row.scale);
  if (row.keep != nullptr) {
    const float masked = row.masked;
    for (int64_t i = 0; i < n; ++i) x[i] = row.keep[i * row.keep_step] ? x[i] * row.scale : masked;
  }
  const VF factor = row.keep != nullptr ? hn::Set(d, 1.0f) : scale;
  const VF same = hn::Set(d, row.added != nullptr ? *row.added : 0.0f);
  const float largest =
      row.added == nullptr || row.added_step == 0
          ? MapScores(x, n, [=](VF v, int64_t, int64_t) HWY_ATTR { return hn::Add(hn::Mul(v, factor), same); })
          : MapScores(x, n, [&](VF v, int64_t i, int64_t count) HWY_ATTR {
              const VF added =
                  count < lanes ? LoadSome(d, row.added + i, static_cast<size_t>(count)) : hn::LoadU(d, row.added + i);
              return hn::Add(hn::Mul(v, factor), added);
            });
  const VF center = hn::Set(d, largest);
  VF sums = hn::Zero(d);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) {
    const VF term = ExpOf()(hn::Sub(hn::LoadU(d, x + i), center));
    sums = hn::Add(sums, term);
    hn::StoreU(term, d, x + i);
  }
  if (i < n) {
    const size_t rest = static_cast<size_t>(n - i);
    const VF term = ExpOf()(hn::Sub(LoadSome(d, x + i, rest), center));
    sums = hn::Add(sums, hn::IfThenElseZero(hn::FirstN(d, rest), term));
    StoreSome(term, d, x + i, rest);
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

HWY_EXPORT(PanelColumns);
HWY_EXPORT(PackPanel);
HWY_EXPORT(Multiply);
HWY_EXPORT(SoftmaxTerms);
HWY_EXPORT(ScaleRow);

namespace {

// A tile's scores stay in the second level of cache, and its rows are whole blocks of registers.
constexpr int64_t kTileBytes = int64_t{256} << 10;
constexpr int64_t kMostTileRows = 48, kFewestTileRows = 6;
// Panels of every instruction set are read and written whole; they are no wider than this.
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
  int64_t flops() const override { return g_.flops(); }
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
  // In floats: the keys of a batch and its values, in panels; a tile's scores; its sums.
  int64_t ThreadSize() const { return keys_size_ + values_size_ + scores_size_ + sums_size_; }

  const float* Batch(const LaunchArgs& args, int input, const AttentionOperand& operand, int64_t batch) const {
    return args.input(input).data<float>() + AttentionOffset(g_, operand, batch);
  }

  void PackBatch(const LaunchArgs& args, int64_t batch, float* own) const {
    // Keys by depth first, values as they are.
    Pack(Batch(args, 1, g_.k, batch), g_.k.column, g_.k.row, g_.depth, g_.columns, own);
    Pack(Batch(args, 2, g_.v, batch), g_.v.row, g_.v.column, g_.columns, g_.width, own + keys_size_);
  }

  static void Pack(const float* from, int64_t depth_step, int64_t column_step, int64_t depth, int64_t columns,
                   float* to) {
    const int64_t width = HWY_DYNAMIC_DISPATCH(PanelColumns)();
    for (int64_t j = 0; j < columns; j += width, to += depth * width) HWY_DYNAMIC_DISPATCH(PackPanel)
    (from + j * column_step, depth_step, column_step, depth, std::min(width, columns - j), to);
  }

  void RunTile(const LaunchArgs& args, int64_t batch, int64_t first, float* own) const {
    const float *const keys = own, *const values = keys + keys_size_;
    float *const scores = own + keys_size_ + values_size_, *const sums = scores + scores_size_;
    const int64_t rows = std::min(tile_rows_, g_.rows - first);
    const int64_t stride = Padded(g_.columns), sums_stride = Padded(g_.width);
    const float* const q = Batch(args, 0, g_.q, batch) + first * g_.q.row;
    HWY_DYNAMIC_DISPATCH(Multiply)
    (q, g_.q.row, g_.q.column, keys, scores, stride, rows, g_.depth, g_.columns);
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
    (scores, stride, 1, values, sums, sums_stride, rows, g_.columns, g_.width);
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
