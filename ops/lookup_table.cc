#include "ops/lookup_table.h"

#include <algorithm>
#include <cstring>

#include "absl/strings/escaping.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

using KeyTypes = TypeList<int32_t, int64_t, std::string>;

int64_t ElementsOfOne(const Tensor& values) {
  int64_t elements = 1;
  for (int axis = 1; axis < values.rank(); ++axis) elements *= values.shape().dim(axis);
  return elements;
}

void CopyElements(const Tensor& from, int64_t first, int64_t count, Tensor* to, int64_t at) {
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>() + first, count, to->mutable_data<std::string>() + at);
    return;
  }
  const int64_t bytes = ElementBytes(from.dtype());
  std::memcpy(static_cast<char*>(to->raw_mutable_data()) + at * bytes,
              static_cast<const char*>(from.raw_data()) + first * bytes, static_cast<size_t>(count * bytes));
}

std::string KeyText(const Tensor& keys, int64_t row) {
  if (keys.dtype() == DType::kString) return absl::StrCat("'", absl::CHexEscape(keys.data<std::string>()[row]), "'");
  return keys.dtype() == DType::kInt32 ? absl::StrCat(keys.data<int32_t>()[row])
                                       : absl::StrCat(keys.data<int64_t>()[row]);
}

}  // namespace

absl::StatusOr<std::shared_ptr<LookupTable>> LookupTable::Create(const Tensor& keys, const Tensor& values,
                                                                 Repeated repeated) {
  FLOE_RETURN_IF_ERROR(WantDTypeIn(KeyTypes(), "keys", keys.dtype()));
  const bool plain = values.dtype() == DType::kString || ElementBytes(values.dtype()) > 0;
  if (!plain || keys.rank() != 1 || values.rank() < 1 || values.shape().dim(0) != keys.shape().dim(0)) {
    return absl::InvalidArgumentError(absl::StrCat("a table wants a vector of keys and as many values, got keys ",
                                                   keys.ToString(0), " and values ", values.ToString(0)));
  }
  std::shared_ptr<LookupTable> table(new LookupTable(keys, values));
  FLOE_RETURN_IF_ERROR(table->Index(repeated));
  return table;
}

absl::Status LookupTable::Index(Repeated repeated) {
  const auto add = [&](auto& rows, auto key, int64_t row) -> absl::Status {
    const auto [found, inserted] = rows.emplace(key, row);
    if (inserted) return absl::OkStatus();
    if (repeated == Repeated::kLastWins) {
      found->second = row;
      return absl::OkStatus();
    }
    if (SameValue(found->second, row)) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("the table has two values for the key ", KeyText(keys_, row)));
  };
  for (int64_t row = 0; row < keys_.num_elements(); ++row) {
    switch (keys_.dtype()) {
      case DType::kInt32:
        FLOE_RETURN_IF_ERROR(add(rows_of_ints_, int64_t{keys_.data<int32_t>()[row]}, row));
        break;
      case DType::kInt64:
        FLOE_RETURN_IF_ERROR(add(rows_of_ints_, keys_.data<int64_t>()[row], row));
        break;
      default:
        FLOE_RETURN_IF_ERROR(add(rows_of_strings_, absl::string_view(keys_.data<std::string>()[row]), row));
    }
  }
  return absl::OkStatus();
}

bool LookupTable::SameValue(int64_t a, int64_t b) const {
  const int64_t count = ElementsOfOne(values_);
  if (value_dtype() == DType::kString) {
    const std::string* const data = values_.data<std::string>();
    return std::equal(data + a * count, data + (a + 1) * count, data + b * count);
  }
  const int64_t bytes = count * ElementBytes(value_dtype());
  const char* const data = static_cast<const char*>(values_.raw_data());
  return std::memcmp(data + a * bytes, data + b * bytes, static_cast<size_t>(bytes)) == 0;
}

int64_t LookupTable::size() const { return static_cast<int64_t>(rows_of_ints_.size() + rows_of_strings_.size()); }

Shape LookupTable::value_shape() const { return Shape(values_.shape().dims().subspan(1)); }

template <typename F>
void LookupTable::FindRows(const Tensor& keys, F&& row) const {
  const auto find = [](const auto& rows, const auto& key) {
    const auto found = rows.find(key);
    return found == rows.end() ? int64_t{-1} : found->second;
  };
  for (int64_t i = 0; i < keys.num_elements(); ++i) {
    switch (keys.dtype()) {
      case DType::kInt32:
        row(i, find(rows_of_ints_, int64_t{keys.data<int32_t>()[i]}));
        break;
      case DType::kInt64:
        row(i, find(rows_of_ints_, keys.data<int64_t>()[i]));
        break;
      default:
        row(i, find(rows_of_strings_, absl::string_view(keys.data<std::string>()[i])));
    }
  }
}

void LookupTable::Find(const Tensor& keys, const Tensor& missing, Tensor* found) const {
  const int64_t count = ElementsOfOne(values_);
  FindRows(keys, [&](int64_t i, int64_t row) {
    row < 0 ? CopyElements(missing, 0, count, found, i * count)
            : CopyElements(values_, row * count, count, found, i * count);
  });
}

namespace {

absl::Status InferTable(InferContext& context) {
  if (context.num_inputs() == 0) {
    return absl::InvalidArgumentError(
        "the graph has no keys and values for the table (an InitializeTableV2 or LookupTableImportV2 of constants); "
        "`floe freeze` puts them there, those of a vocabulary file, too");
  }
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const DType key_dtype, context.attrs().Type("key_dtype", context.dtype(0)));
  FLOE_ASSIGN_OR_RETURN(const DType value_dtype, context.attrs().Type("value_dtype", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(KeyTypes(), "keys", key_dtype));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, key_dtype));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, value_dtype));
  context.AddOutput(DType::kResource, PartialShape(Dims()));
  return absl::OkStatus();
}

template <LookupTable::Repeated kRepeated>
absl::Status EvalTable(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<LookupTable> table,
                        LookupTable::Create(context.input(0), context.input(1), kRepeated));
  return context.SetOutput(0, Tensor::Opaque(DType::kResource, std::move(table)));
}

absl::Status WantTable(const InferContext& context) { return context.WantDType(0, DType::kResource); }

// The only objects behind resources are tables, since nothing else makes one.
const LookupTable& TableOf(const EvalContext& context) { return *context.input(0).data<LookupTable>(); }

absl::Status InferFind(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantTable(context));
  FLOE_ASSIGN_OR_RETURN(const DType value_dtype, context.attrs().Type("Tout", context.dtype(2)));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(KeyTypes(), "input 1", context.dtype(1)));
  FLOE_RETURN_IF_ERROR(context.WantDType(2, value_dtype));
  if (!context.shape(1).has_rank() || !context.shape(2).has_rank()) {
    context.AddOutput(value_dtype, PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  PartialShape shape = context.shape(1);
  for (const int64_t dim : context.shape(2).dims()) shape.Append(dim);
  context.AddOutput(value_dtype, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalFind(EvalContext& context) {
  const LookupTable& table = TableOf(context);
  const Tensor &keys = context.input(1), &missing = context.input(2);
  if (keys.dtype() != table.key_dtype() || missing.dtype() != table.value_dtype()) {
    return absl::InvalidArgumentError(absl::StrCat("the table maps ", DTypeName(table.key_dtype()), " to ",
                                                   DTypeName(table.value_dtype()), ", got ", DTypeName(keys.dtype()),
                                                   " and the default ", DTypeName(missing.dtype())));
  }
  if (missing.shape() != table.value_shape()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input 2: wanted a default of shape ", table.value_shape().ToString(), ", got ", missing.shape().ToString()));
  }
  Dims dims(keys.shape().dims().begin(), keys.shape().dims().end());
  dims.insert(dims.end(), missing.shape().dims().begin(), missing.shape().dims().end());
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const found, context.Output(0, shape));
  table.Find(keys, missing, found);
  return absl::OkStatus();
}

absl::Status InferSize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantTable(context));
  context.AddOutput(DType::kInt64, PartialShape(Dims()));
  return absl::OkStatus();
}

absl::Status EvalSize(EvalContext& context) {
  return context.SetOutput(0, Tensor::Scalar<int64_t>(TableOf(context).size()));
}

constexpr auto kRefused = LookupTable::Repeated::kRefused;
constexpr auto kLastWins = LookupTable::Repeated::kLastWins;

constexpr OpInfo kOps[] = {
    {"HashTable", InferTable, EvalTable<kRefused>},
    {"HashTableV2", InferTable, EvalTable<kRefused>},
    {"MutableHashTable", InferTable, EvalTable<kLastWins>},
    {"MutableHashTableV2", InferTable, EvalTable<kLastWins>},
    {"MutableHashTableOfTensors", InferTable, EvalTable<kLastWins>},
    {"MutableHashTableOfTensorsV2", InferTable, EvalTable<kLastWins>},
    {"LookupTableFind", InferFind, EvalFind},
    {"LookupTableFindV2", InferFind, EvalFind},
    {"LookupTableSize", InferSize, EvalSize},
    {"LookupTableSizeV2", InferSize, EvalSize},
};

}  // namespace

absl::Span<const OpInfo> LookupTableOps() { return kOps; }

}  // namespace floe
