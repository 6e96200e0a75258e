#include "ops/sparse_cross.h"

#include <algorithm>
#include <limits>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/string_budget.h"
#include "ops/string_hash.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using FeatureTypes = TypeList<int64_t, std::string>;

enum class Form { kV1, kV2, kHashed };

// Inputs: indices, values and shapes of the sparse columns, the dense columns, and what the form adds.
struct Layout {
  int sparse = 0, dense = 0;

  static absl::StatusOr<Layout> Of(const AttrMap& attrs, int inputs, int added) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> sparse, attrs.Types("sparse_types"));
    FLOE_ASSIGN_OR_RETURN(const std::vector<DType> dense, attrs.Types("dense_types"));
    FLOE_ASSIGN_OR_RETURN(const int64_t stated, attrs.Int("N"));
    const size_t wanted = 3 * sparse.size() + dense.size() + static_cast<size_t>(added);
    if (stated != static_cast<int64_t>(sparse.size()) || wanted != static_cast<size_t>(inputs)) {
      return absl::InvalidArgumentError(absl::StrCat("wanted ", wanted, " inputs for ", stated, " sparse and ",
                                                     dense.size(), " dense columns, got ", inputs));
    }
    if (sparse.empty() && dense.empty()) return absl::InvalidArgumentError("there are no columns to cross");
    return Layout{static_cast<int>(sparse.size()), static_cast<int>(dense.size())};
  }
  int indices(int i) const { return i; }
  int values(int i) const { return sparse + i; }
  int shape(int i) const { return 2 * sparse + i; }
  int dense_values(int i) const { return 3 * sparse + i; }
  int added(int i) const { return 3 * sparse + dense + i; }
};

template <Form kForm>
constexpr int kAdded = kForm == Form::kV1   ? 0
                       : kForm == Form::kV2 ? 1
                                            : 3;

template <Form kForm>
absl::StatusOr<DType> ResultType(const AttrMap& attrs) {
  if (kForm != Form::kV1) return kForm == Form::kV2 ? DType::kString : DType::kInt64;
  FLOE_ASSIGN_OR_RETURN(const bool hashed, attrs.Bool("hashed_output"));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("out_type"));
  if (dtype == (hashed ? DType::kInt64 : DType::kString)) return dtype;
  return absl::InvalidArgumentError(absl::StrCat("attribute 'out_type': ", DTypeName(dtype), " does not go with ",
                                                 hashed ? "hashed" : "joined", " crosses"));
}

template <Form kForm>
absl::Status InferCross(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Layout layout, Layout::Of(context.attrs(), context.num_inputs(), kAdded<kForm>));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ResultType<kForm>(context.attrs()));
  if (kForm == Form::kV1) {
    FLOE_RETURN_IF_ERROR(context.attrs().Int("num_buckets").status());
    FLOE_RETURN_IF_ERROR(context.attrs().Int("hash_key").status());
  }
  for (int i = 0; i < layout.sparse; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(layout.indices(i), DType::kInt64));
    FLOE_RETURN_IF_ERROR(context.WantRank(layout.indices(i), 2));
    const int values = layout.values(i);
    FLOE_RETURN_IF_ERROR(WantDTypeIn(FeatureTypes(), absl::StrCat("input ", values), context.dtype(values)));
    FLOE_RETURN_IF_ERROR(context.WantRank(values, 1));
    FLOE_RETURN_IF_ERROR(context.WantDType(layout.shape(i), DType::kInt64));
    FLOE_RETURN_IF_ERROR(context.WantRank(layout.shape(i), 1));
  }
  for (int i = 0; i < layout.dense; ++i) {
    const int values = layout.dense_values(i);
    FLOE_RETURN_IF_ERROR(WantDTypeIn(FeatureTypes(), absl::StrCat("input ", values), context.dtype(values)));
    FLOE_RETURN_IF_ERROR(context.WantRank(values, 2));
  }
  constexpr DType kAddedTypes[] = {DType::kInt64, DType::kBool, DType::kInt64};
  for (int i = 0; i < kAdded<kForm>; ++i) {
    FLOE_RETURN_IF_ERROR(context.WantDType(layout.added(i), kForm == Form::kV2 ? DType::kString : kAddedTypes[i]));
  }
  context.AddOutput(DType::kInt64, PartialShape({kUnknown, 2}));
  context.AddOutput(dtype, PartialShape({kUnknown}));
  context.AddOutput(DType::kInt64, PartialShape({2}));
  return absl::OkStatus();
}

// One column: where each row's features lie among its values.
class Column {
 public:
  static absl::StatusOr<Column> Sparse(const Tensor& indices, const Tensor& values, const Tensor& shape) {
    const int64_t count = values.num_elements();
    if (indices.rank() != 2 || indices.shape().dim(1) != 2 || values.rank() != 1 || indices.shape().dim(0) != count ||
        shape.num_elements() != 2) {
      return absl::InvalidArgumentError(absl::StrCat("no sparse matrix has indices of shape ",
                                                     indices.shape().ToString(), " and values of ",
                                                     values.shape().ToString()));
    }
    const int64_t rows = shape.data<int64_t>()[0];
    if (rows < 0) return absl::InvalidArgumentError(absl::StrCat("wanted 0 rows or more, got ", rows));
    Column column(&values, rows);
    for (int64_t i = 0; i < count; ++i) {
      const int64_t row = indices.data<int64_t>()[2 * i];
      if (row < 0 || row >= rows || (i > 0 && row < indices.data<int64_t>()[2 * i - 2])) {
        return absl::InvalidArgumentError(
            absl::StrCat("element ", i, ": wanted rows in order in [0, ", rows, "), got ", row));
      }
      if (column.rows_of_.empty() || column.rows_of_.back() != row) {
        column.rows_of_.push_back(row);
        column.begins_.push_back(i);
      }
    }
    column.begins_.push_back(count);
    return column;
  }
  static absl::StatusOr<Column> Dense(const Tensor& values) {
    if (values.rank() != 2) {
      return absl::InvalidArgumentError(absl::StrCat("wanted a matrix, got shape ", values.shape().ToString()));
    }
    Column column(&values, values.shape().dim(0));
    column.width_ = values.shape().dim(1);
    return column;
  }

  int64_t rows() const { return rows_; }
  // The features of a row: how many, and the first's place.
  std::pair<int64_t, int64_t> Row(int64_t row) const {
    if (is_dense()) return {width_, row * width_};
    const auto found = std::lower_bound(rows_of_.begin(), rows_of_.end(), row);
    if (found == rows_of_.end() || *found != row) return {0, 0};
    const auto at = static_cast<size_t>(found - rows_of_.begin());
    return {begins_[at + 1] - begins_[at], begins_[at]};
  }
  const Tensor& values() const { return *values_; }
  bool is_dense() const { return width_ >= 0; }

 private:
  Column(const Tensor* values, int64_t rows) : values_(values), rows_(rows) {}

  const Tensor* values_;
  int64_t rows_;
  int64_t width_ = -1;                     // of a dense column
  std::vector<int64_t> rows_of_, begins_;  // of a sparse one: the rows that have features, where they begin
};

absl::StatusOr<std::vector<Column>> Columns(const EvalContext& context, const Layout& layout) {
  std::vector<Column> columns;
  for (int i = 0; i < layout.sparse + layout.dense; ++i) {
    absl::StatusOr<Column> column =
        i < layout.sparse ? Column::Sparse(context.input(layout.indices(i)), context.input(layout.values(i)),
                                           context.input(layout.shape(i)))
                          : Column::Dense(context.input(layout.dense_values(i - layout.sparse)));
    if (!column.ok()) return Annotate(column.status(), absl::StrCat("column ", i));
    if (!columns.empty() && column->rows() != columns[0].rows()) {
      return absl::InvalidArgumentError(
          absl::StrCat("column ", i, ": wanted ", columns[0].rows(), " rows, got ", column->rows()));
    }
    columns.push_back(*std::move(column));
  }
  return columns;
}

// Mixes a hash into what came before (FingerprintCat64, which models have in their tables).
uint64_t Mix(uint64_t before, uint64_t next) {
  constexpr uint64_t kFactor = 0xc6a4a7935bd1e995;
  const auto shift = [](uint64_t value) { return value ^ (value >> 47); };
  uint64_t mixed = before ^ kFactor;
  mixed ^= shift(next * kFactor) * kFactor;
  mixed *= kFactor;
  mixed = shift(mixed) * kFactor;
  return shift(mixed);
}

std::string TextOf(const Tensor& values, int64_t at) {
  return values.dtype() == DType::kString ? values.data<std::string>()[at] : absl::StrCat(values.data<int64_t>()[at]);
}

// What a cross of features comes to: a hash, or the features' text with a separator between.
struct Crosser {
  bool hashed = false;
  // What the first hash is mixed into; without it the mix begins with the first column's.
  std::optional<uint64_t> start;
  // Of SparseCrossHashed: of whole numbers of sparse columns the lower four bytes
  // are hashed too, and a salt may go into what is hashed.
  bool hashes_numbers = false, keyed = false;
  uint64_t key0 = 0, key1 = 0;
  int64_t buckets = 0;
  std::string separator = "_X_";

  uint64_t HashOf(const Column& column, int64_t at) const {
    const Tensor& values = column.values();
    if (values.dtype() == DType::kString) return HashOf(values.data<std::string>()[at]);
    const int64_t number = values.data<int64_t>()[at];
    if (!hashes_numbers || column.is_dense()) return static_cast<uint64_t>(number);
    return HashOf(std::string(reinterpret_cast<const char*>(&number), sizeof(int32_t)));
  }
  int64_t Hash(const std::vector<Column>& columns, absl::Span<const int64_t> places) const {
    uint64_t hash = start.has_value() ? Mix(*start, HashOf(columns[0], places[0])) : HashOf(columns[0], places[0]);
    for (size_t c = 1; c < columns.size(); ++c) hash = Mix(hash, HashOf(columns[c], places[c]));
    const uint64_t most = buckets > 0 ? static_cast<uint64_t>(buckets) : std::numeric_limits<int64_t>::max();
    return static_cast<int64_t>(hash % most);
  }
  std::string Join(const std::vector<Column>& columns, absl::Span<const int64_t> places) const {
    std::string text;
    for (size_t c = 0; c < columns.size(); ++c) {
      absl::StrAppend(&text, c == 0 ? "" : separator, TextOf(columns[c].values(), places[c]));
    }
    return text;
  }

 private:
  uint64_t HashOf(const std::string& text) const { return keyed ? KeyedHash(text, key0, key1) : FastHash(text); }
};

template <Form kForm>
absl::StatusOr<Crosser> CrosserOf(const EvalContext& context, const Layout& layout) {
  Crosser crosser;
  if constexpr (kForm == Form::kV1) {
    FLOE_ASSIGN_OR_RETURN(crosser.hashed, context.attrs().Bool("hashed_output"));
    FLOE_ASSIGN_OR_RETURN(crosser.buckets, context.attrs().Int("num_buckets"));
    FLOE_ASSIGN_OR_RETURN(const int64_t key, context.attrs().Int("hash_key"));
    crosser.start = static_cast<uint64_t>(key);
    return crosser;
  }
  const auto want = [&](int i, int64_t count) -> absl::Status {
    const Tensor& tensor = context.input(layout.added(i));
    if (tensor.num_elements() == count) return absl::OkStatus();
    return absl::InvalidArgumentError(
        absl::StrCat("input ", layout.added(i), ": wanted ", count, " values, got shape ", tensor.shape().ToString()));
  };
  FLOE_RETURN_IF_ERROR(want(0, 1));
  if constexpr (kForm == Form::kV2) {
    crosser.separator = context.input(layout.added(0)).scalar<std::string>();
    return crosser;
  }
  FLOE_RETURN_IF_ERROR(want(1, 1));
  FLOE_RETURN_IF_ERROR(want(2, 2));
  crosser.hashed = crosser.hashes_numbers = true;
  crosser.buckets = context.input(layout.added(0)).scalar<int64_t>();
  crosser.keyed = context.input(layout.added(1)).scalar<bool>();
  const int64_t* const salt = context.input(layout.added(2)).data<int64_t>();
  crosser.key0 = static_cast<uint64_t>(salt[0]);
  crosser.key1 = static_cast<uint64_t>(salt[1]);
  return crosser;
}

// How many crosses the rows have, in all and at most in one.
struct Counts {
  int64_t all = 0, most = 0;

  static absl::StatusOr<Counts> Of(const std::vector<Column>& columns) {
    Counts counts;
    for (int64_t row = 0; row < columns[0].rows(); ++row) {
      int64_t crosses = 1;
      bool fits = true;
      for (const Column& column : columns) fits = CheckedMul(crosses, column.Row(row).first, &crosses) && fits;
      if (!fits || !CheckedAdd(counts.all, crosses, &counts.all) || counts.all > kMost) {
        return absl::ResourceExhaustedError(absl::StrCat("row ", row, ": there are too many crosses"));
      }
      counts.most = std::max(counts.most, crosses);
    }
    return counts;
  }

 private:
  static constexpr int64_t kMost = int64_t{1} << 28;
};

template <Form kForm>
absl::Status EvalCross(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Layout layout, Layout::Of(context.attrs(), context.num_inputs(), kAdded<kForm>));
  FLOE_ASSIGN_OR_RETURN(const std::vector<Column> columns, Columns(context, layout));
  FLOE_ASSIGN_OR_RETURN(const Crosser crosser, CrosserOf<kForm>(context, layout));
  FLOE_ASSIGN_OR_RETURN(const Counts counts, Counts::Of(columns));
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({counts.all, 2})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, Shape({counts.all})));
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({2})));
  shape->mutable_data<int64_t>()[0] = columns[0].rows();
  shape->mutable_data<int64_t>()[1] = counts.most;
  StringBudget budget;
  std::vector<int64_t> places(columns.size());
  int64_t at = 0;
  for (int64_t row = 0; row < columns[0].rows(); ++row) {
    int64_t crosses = 1;
    for (const Column& column : columns) crosses *= column.Row(row).first;
    for (int64_t cross = 0; cross < crosses; ++cross, ++at) {
      // The last column's features change fastest.
      int64_t rest = cross;
      for (size_t c = columns.size(); c-- > 0;) {
        const auto [count, first] = columns[c].Row(row);
        places[c] = first + rest % count;
        rest /= count;
      }
      indices->mutable_data<int64_t>()[2 * at] = row;
      indices->mutable_data<int64_t>()[2 * at + 1] = cross;
      if (crosser.hashed) {
        values->mutable_data<int64_t>()[at] = crosser.Hash(columns, places);
        continue;
      }
      std::string text = crosser.Join(columns, places);
      FLOE_RETURN_IF_ERROR(budget.Take(static_cast<int64_t>(text.size())));
      values->mutable_data<std::string>()[at] = std::move(text);
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"SparseCross", InferCross<Form::kV1>, EvalCross<Form::kV1>},
    {"SparseCrossV2", InferCross<Form::kV2>, EvalCross<Form::kV2>},
    {"SparseCrossHashed", InferCross<Form::kHashed>, EvalCross<Form::kHashed>},
};

}  // namespace

absl::Span<const OpInfo> SparseCrossOps() { return kOps; }

}  // namespace floe
