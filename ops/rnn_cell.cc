#include "ops/rnn_cell.h"

#include <algorithm>
#include <cmath>
#include <memory>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using LstmTypes = TypeList<float, Half>;

// Where a gate's columns are among the four of an LSTM's weights.
struct GateOrder {
  int input, candidate, forget, output;
};
constexpr GateOrder kIcfo = {0, 1, 2, 3}, kIfco = {0, 2, 1, 3};

// Sizes that the inputs must agree on; unknown ones are left to others to say.
struct CellSizes {
  int64_t batch = kUnknown, inputs = kUnknown, cells = kUnknown;

  absl::Status Merge(const InferContext& context, int input, int axis, int64_t* size) const {
    absl::StatusOr<int64_t> merged = MergeDim(*size, DimOrUnknown(context.shape(input), axis));
    if (!merged.ok()) return Annotate(merged.status(), absl::StrCat("input ", input, ", dimension ", axis));
    *size = *merged;
    return absl::OkStatus();
  }

  // Weights are [inputs + cells, gates * cells], biases [gates * cells].
  absl::Status CheckWeights(const InferContext& context, int weights, int bias, int gates) const {
    if (inputs < 0 || cells < 0) return absl::OkStatus();
    int64_t rows = inputs + cells, columns = gates * cells;
    FLOE_RETURN_IF_ERROR(Merge(context, weights, 0, &rows));
    FLOE_RETURN_IF_ERROR(Merge(context, weights, 1, &columns));
    return Merge(context, bias, 0, &columns);
  }
};

absl::Status WantRanks(const InferContext& context, int first, std::initializer_list<int> ranks) {
  for (const int rank : ranks) {
    FLOE_RETURN_IF_ERROR(context.WantRank(first, rank));
    ++first;
  }
  return absl::OkStatus();
}

// LSTMBlockCell: (x, cs_prev, h_prev, w, wci, wcf, wco, b). BlockLSTM: (seq_len_max, the same with x [time, ...]).
template <bool kSequence>
absl::Status InferLstm(InferContext& context) {
  constexpr int kFirst = kSequence ? 1 : 0;
  FLOE_RETURN_IF_ERROR(context.WantInputs(kFirst + 8));
  if (kSequence) {
    FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kInt64));
    FLOE_RETURN_IF_ERROR(context.WantRank(0, 0));
  }
  const DType dtype = context.dtype(kFirst);
  FLOE_RETURN_IF_ERROR(WantDTypeIn(LstmTypes(), "x", dtype));
  for (int i = kFirst; i < kFirst + 8; ++i) FLOE_RETURN_IF_ERROR(context.WantSameDType(kFirst, i));
  FLOE_RETURN_IF_ERROR(WantRanks(context, kFirst, {kSequence ? 3 : 2, 2, 2, 2, 1, 1, 1, 1}));
  FLOE_RETURN_IF_ERROR(context.attrs().Float("cell_clip", 0).status());
  FLOE_ASSIGN_OR_RETURN(const bool peephole, context.attrs().Bool("use_peephole", false));
  CellSizes sizes;
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, kFirst, kFirst, &sizes.batch));
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, kFirst, kFirst + 1, &sizes.inputs));
  for (const int state : {kFirst + 1, kFirst + 2}) {
    FLOE_RETURN_IF_ERROR(sizes.Merge(context, state, 0, &sizes.batch));
    FLOE_RETURN_IF_ERROR(sizes.Merge(context, state, 1, &sizes.cells));
  }
  FLOE_RETURN_IF_ERROR(sizes.CheckWeights(context, kFirst + 3, kFirst + 7, 4));
  for (int i = 4; peephole && i < 7; ++i) FLOE_RETURN_IF_ERROR(sizes.Merge(context, kFirst + i, 0, &sizes.cells));
  PartialShape shape({sizes.batch, sizes.cells});
  if (kSequence) shape = PartialShape({DimOrUnknown(context.shape(1), 0), sizes.batch, sizes.cells});
  for (int i = 0; i < 7; ++i) context.AddOutput(dtype, shape);
  return absl::OkStatus();
}

template <typename W>
W Sigmoid(W x) {
  return W(1) / (W(1) + std::exp(-x));
}

// sums [batch, columns] = bias + [x, h] * weights, in float: what the gates are functions of.
template <typename T>
void GateSums(const T* x, int64_t inputs, const T* h, int64_t cells, const T* weights, const T* bias, int64_t columns,
              int64_t batch, float* sums) {
  for (int64_t row = 0; row < batch; ++row, sums += columns) {
    std::fill_n(sums, columns, 0.0f);
    const auto accumulate = [&](const T* from, int64_t count, const T* weight) {
      for (int64_t k = 0; k < count; ++k, weight += columns) {
        const auto factor = static_cast<float>(from[k]);
        for (int64_t c = 0; c < columns; ++c) sums[c] += factor * static_cast<float>(weight[c]);
      }
    };
    accumulate(x + row * inputs, inputs, weights);
    accumulate(h + row * cells, cells, weights + inputs * columns);
    for (int64_t c = 0; c < columns; ++c) sums[c] += static_cast<float>(bias[c]);
  }
}

// What a step reads besides x and the states.
template <typename T>
struct Lstm {
  GateOrder order;
  int64_t batch, inputs, cells;
  float forget_bias, clip;
  const T *w, *wci, *wcf, *wco, *b;  // wci..wco are null without peepholes
};

// One step; `results` are i, cs, f, o, ci, co, h of this step.
template <typename T>
void LstmStep(const Lstm<T>& lstm, const T* x, const T* cs_prev, const T* h_prev, float* sums, T* const results[7]) {
  GateSums(x, lstm.inputs, h_prev, lstm.cells, lstm.w, lstm.b, 4 * lstm.cells, lstm.batch, sums);
  for (int64_t row = 0; row < lstm.batch; ++row) {
    const float* const gates = sums + row * 4 * lstm.cells;
    for (int64_t c = 0; c < lstm.cells; ++c) {
      const int64_t at = row * lstm.cells + c;
      const auto gate = [&](int number) { return gates[number * lstm.cells + c]; };
      const auto peep = [&](const T* weights, float state) {
        return weights == nullptr ? 0.0f : state * static_cast<float>(weights[c]);
      };
      const auto before = static_cast<float>(cs_prev[at]);
      const float i = Sigmoid(gate(lstm.order.input) + peep(lstm.wci, before));
      const float f = Sigmoid(gate(lstm.order.forget) + lstm.forget_bias + peep(lstm.wcf, before));
      const float ci = std::tanh(gate(lstm.order.candidate));
      float cs = ci * i + f * before;
      if (lstm.clip > 0) cs = std::min(std::max(cs, -lstm.clip), lstm.clip);
      const float o = Sigmoid(gate(lstm.order.output) + peep(lstm.wco, cs));
      const float co = std::tanh(cs);
      const float values[7] = {i, cs, f, o, ci, co, o * co};
      for (int k = 0; k < 7; ++k) results[k][at] = T(values[k]);
    }
  }
}

template <bool kSequence, bool kV2>
absl::Status EvalLstm(EvalContext& context) {
  constexpr int kFirst = kSequence ? 1 : 0;
  const Tensor &x = context.input(kFirst), &cs_prev = context.input(kFirst + 1), &h_prev = context.input(kFirst + 2);
  FLOE_ASSIGN_OR_RETURN(const bool peephole, context.attrs().Bool("use_peephole", false));
  FLOE_ASSIGN_OR_RETURN(const float clip, context.attrs().Float("cell_clip", kV2 ? 0 : 3));
  FLOE_ASSIGN_OR_RETURN(const float forget_bias, context.attrs().Float("forget_bias", 1));
  const int64_t steps = kSequence ? x.shape().dim(0) : 1;
  int64_t wanted_steps = steps;
  if (kSequence) {
    FLOE_ASSIGN_OR_RETURN(wanted_steps, ScalarInt(context.input(0), "input 0"));
    if (wanted_steps < 0 || wanted_steps > steps) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 0: wanted a length from 0 to ", steps, ", got ", wanted_steps));
    }
  }
  std::vector<Tensor*> outputs;
  Dims dims(cs_prev.shape().dims().begin(), cs_prev.shape().dims().end());
  if (kSequence) dims.insert(dims.begin(), steps);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  for (int i = 0; i < 7; ++i) {
    FLOE_ASSIGN_OR_RETURN(outputs.emplace_back(), context.Output(i, shape));
  }
  return OnDType(LstmTypes(), x.dtype(), [&]<typename T>() -> absl::Status {
    const auto data = [&](int input) { return context.input(kFirst + input).template data<T>(); };
    Lstm<T> lstm{kV2 ? kIfco : kIcfo,
                 cs_prev.shape().dim(0),
                 x.shape().dim(kFirst + 1),
                 cs_prev.shape().dim(1),
                 kV2 ? 0.0f : forget_bias,
                 clip,
                 data(3),
                 peephole ? data(4) : nullptr,
                 peephole ? data(5) : nullptr,
                 peephole ? data(6) : nullptr,
                 data(7)};
    const int64_t of_step = lstm.batch * lstm.cells;
    FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<float[]> sums, Scratch<float>(4 * of_step));
    const T *cs = cs_prev.data<T>(), *h = h_prev.data<T>();
    for (int64_t t = 0; t < wanted_steps; ++t) {
      T* results[7];
      for (int k = 0; k < 7; ++k)
        results[k] = outputs[static_cast<size_t>(k)]->template mutable_data<T>() + t * of_step;
      LstmStep(lstm, x.data<T>() + t * lstm.batch * lstm.inputs, cs, h, sums.get(), results);
      cs = results[1];
      h = results[6];
    }
    // Past the sequences' ends there is nothing.
    for (Tensor* const output : outputs) {
      std::fill_n(output->template mutable_data<T>() + wanted_steps * of_step, (steps - wanted_steps) * of_step, T(0));
    }
    return absl::OkStatus();
  });
}

// (x, h_prev, w_ru, w_c, b_ru, b_c) -> r, u, c, h.
absl::Status InferGru(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(6));
  for (int i = 0; i < 6; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kFloat));
  FLOE_RETURN_IF_ERROR(WantRanks(context, 0, {2, 2, 2, 2, 1, 1}));
  CellSizes sizes;
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, 0, 0, &sizes.batch));
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, 0, 1, &sizes.inputs));
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, 1, 0, &sizes.batch));
  FLOE_RETURN_IF_ERROR(sizes.Merge(context, 1, 1, &sizes.cells));
  FLOE_RETURN_IF_ERROR(sizes.CheckWeights(context, 2, 4, 2));
  FLOE_RETURN_IF_ERROR(sizes.CheckWeights(context, 3, 5, 1));
  for (int i = 0; i < 4; ++i) context.AddOutput(DType::kFloat, PartialShape({sizes.batch, sizes.cells}));
  return absl::OkStatus();
}

absl::Status EvalGru(EvalContext& context) {
  const Tensor &x = context.input(0), &h_prev = context.input(1);
  const int64_t batch = h_prev.shape().dim(0), cells = h_prev.shape().dim(1), inputs = x.shape().dim(1);
  float* results[4];
  for (int i = 0; i < 4; ++i) {
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(i, h_prev.shape()));
    results[i] = output->mutable_data<float>();
  }
  float *const r = results[0], *const u = results[1], *const c = results[2], *const h = results[3];
  const float* const before = h_prev.data<float>();
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<float[]> sums, Scratch<float>(2 * batch * cells));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<float[]> reset, Scratch<float>(batch * cells));
  GateSums(x.data<float>(), inputs, before, cells, context.input(2).data<float>(), context.input(4).data<float>(),
           2 * cells, batch, sums.get());
  for (int64_t at = 0; at < batch * cells; ++at) {
    const float* const gates = sums.get() + at / cells * 2 * cells + at % cells;
    r[at] = Sigmoid(gates[0]);
    u[at] = Sigmoid(gates[cells]);
    reset[static_cast<size_t>(at)] = r[at] * before[at];
  }
  GateSums(x.data<float>(), inputs, reset.get(), cells, context.input(3).data<float>(), context.input(5).data<float>(),
           cells, batch, sums.get());
  for (int64_t at = 0; at < batch * cells; ++at) {
    c[at] = std::tanh(sums[static_cast<size_t>(at)]);
    h[at] = u[at] * before[at] + (1 - u[at]) * c[at];
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"LSTMBlockCell", InferLstm<false>, EvalLstm<false, false>},
    {"BlockLSTM", InferLstm<true>, EvalLstm<true, false>},
    {"BlockLSTMV2", InferLstm<true>, EvalLstm<true, true>},
    {"GRUBlockCell", InferGru, EvalGru},
};

}  // namespace

absl::Span<const OpInfo> RnnCellOps() { return kOps; }

}  // namespace floe
