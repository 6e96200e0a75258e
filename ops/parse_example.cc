#include "ops/parse_example.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/example_proto.h"
#include "ops/feature_output.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// The three ops differ in where they have the keys.
enum class Form { kV1, kV2, kSingle };

// The attributes, the same for inference and evaluation.
struct Attributes {
  std::vector<DType> sparse, dense, ragged, ragged_splits;
  std::vector<PartialShape> dense_shapes;

  static absl::StatusOr<Attributes> Of(const AttrMap& attrs, Form form) {
    Attributes all;
    FLOE_ASSIGN_OR_RETURN(all.sparse, attrs.Types("sparse_types"));
    FLOE_ASSIGN_OR_RETURN(all.dense, attrs.Types("Tdense"));
    if (form == Form::kV2) {
      FLOE_ASSIGN_OR_RETURN(all.ragged, attrs.Types("ragged_value_types"));
      FLOE_ASSIGN_OR_RETURN(all.ragged_splits, attrs.Types("ragged_split_types"));
    }
    const AttrValue* const shapes = attrs.Find("dense_shapes");
    if (shapes == nullptr) return absl::InvalidArgumentError("attribute 'dense_shapes' is missing");
    FLOE_ASSIGN_OR_RETURN(all.dense_shapes, shapes->AsShapes());
    FLOE_RETURN_IF_ERROR(all.Check(attrs, form));
    return all;
  }

 private:
  absl::Status Check(const AttrMap& attrs, Form form) const {
    const auto want_count = [&](const char* name, size_t count) -> absl::Status {
      FLOE_ASSIGN_OR_RETURN(const int64_t stated, attrs.Int(name));
      if (stated == static_cast<int64_t>(count)) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat("attribute '", name, "' is ", stated, ", there are ", count));
    };
    FLOE_RETURN_IF_ERROR(want_count(form == Form::kV1 ? "Nsparse" : "num_sparse", sparse.size()));
    if (form == Form::kV1) FLOE_RETURN_IF_ERROR(want_count("Ndense", dense.size()));
    if (dense.size() != dense_shapes.size() || ragged.size() != ragged_splits.size()) {
      return absl::InvalidArgumentError(absl::StrCat("there are ", dense.size(), " dense dtypes and ",
                                                     dense_shapes.size(), " shapes, ", ragged.size(),
                                                     " ragged value dtypes and ", ragged_splits.size(), " of splits"));
    }
    for (const std::vector<DType>* dtypes : {&sparse, &dense, &ragged}) {
      for (const DType dtype : *dtypes) FLOE_RETURN_IF_ERROR(WantDTypeIn(FeatureTypes(), "a feature", dtype));
    }
    for (const DType dtype : ragged_splits) FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), "ragged splits", dtype));
    for (size_t i = 0; i < dense_shapes.size(); ++i) {
      const PartialShape& shape = dense_shapes[i];
      bool right = shape.has_rank();
      for (int axis = 1; right && axis < shape.rank(); ++axis) right = shape.dim(axis) >= 0;
      if (right) continue;
      return absl::InvalidArgumentError(absl::StrCat(
          "attribute 'dense_shapes': only a first dimension may be unknown, got ", shape.ToString(), " as number ", i));
    }
    return absl::OkStatus();
  }
};

// Where a node of each form has its inputs.
struct Inputs {
  int serialized = 0;
  int first_default = 0;
  int count = 0;

  static Inputs Of(const Attributes& attributes, Form form) {
    const int sparse = static_cast<int>(attributes.sparse.size()), dense = static_cast<int>(attributes.dense.size());
    Inputs inputs;
    inputs.first_default = form == Form::kV1 ? 2 + sparse + dense : form == Form::kV2 ? 5 : 1;
    inputs.count = inputs.first_default + dense;
    return inputs;
  }
};

bool IsVariable(const PartialShape& shape) { return shape.rank() > 0 && shape.dim(0) < 0; }

absl::Status CheckDefault(const PartialShape& shape, const Shape& given, int number) {
  if (IsVariable(shape)) {
    if (given.num_elements() == 1) return absl::OkStatus();
    return absl::InvalidArgumentError(absl::StrCat("dense feature ", number,
                                                   " has any length and wants one padding "
                                                   "element, got a default of shape ",
                                                   given.ToString()));
  }
  if (given.num_elements() == 0 || shape.Matches(given)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("dense feature ", number, ": wanted a default of shape ",
                                                 shape.ToString(), ", got ", given.ToString()));
}

template <Form kForm>
absl::Status InferParse(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Attributes attributes, Attributes::Of(context.attrs(), kForm));
  const Inputs inputs = Inputs::Of(attributes, kForm);
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs.count));
  for (int i = 0; i < inputs.first_default; ++i) FLOE_RETURN_IF_ERROR(context.WantDType(i, DType::kString));
  if (kForm != Form::kV2) FLOE_RETURN_IF_ERROR(context.WantRank(0, kForm == Form::kV1 ? 1 : 0));
  const PartialShape& serialized = context.shape(0);
  const bool known = kForm != Form::kV2 || serialized.has_rank();
  if (known && serialized.has_rank() && serialized.rank() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted one Example or a vector of them, got shape ", serialized.ToString()));
  }
  const bool batched = kForm == Form::kV1 || (kForm == Form::kV2 && known && serialized.rank() == 1);
  const int64_t batch = batched && serialized.has_rank() ? serialized.dim(0) : kUnknown;
  const auto rank_or_unknown = [&](PartialShape shape) { return known ? std::move(shape) : PartialShape(); };
  const int64_t index_columns = !known ? kUnknown : batched ? 2 : 1;
  for (size_t i = 0; i < attributes.sparse.size(); ++i) {
    context.AddOutput(DType::kInt64, PartialShape({kUnknown, index_columns}));
  }
  for (const DType dtype : attributes.sparse) context.AddOutput(dtype, PartialShape({kUnknown}));
  for (size_t i = 0; i < attributes.sparse.size(); ++i) {
    context.AddOutput(DType::kInt64, PartialShape({index_columns}));
  }
  for (size_t i = 0; i < attributes.dense.size(); ++i) {
    const int given = inputs.first_default + static_cast<int>(i);
    FLOE_RETURN_IF_ERROR(context.WantDType(given, attributes.dense[i]));
    if (context.shape(given).IsFullyDefined()) {
      FLOE_RETURN_IF_ERROR(
          CheckDefault(attributes.dense_shapes[i], context.shape(given).ToShape(), static_cast<int>(i)));
    }
    Dims dims;
    if (batched) dims.push_back(batch);
    for (const int64_t dim : attributes.dense_shapes[i].dims()) dims.push_back(dim);
    context.AddOutput(attributes.dense[i], rank_or_unknown(PartialShape(std::move(dims))));
  }
  for (const DType dtype : attributes.ragged) context.AddOutput(dtype, PartialShape({kUnknown}));
  for (const DType dtype : attributes.ragged_splits) {
    const int64_t splits = !known ? kUnknown : !batched ? 0 : batch < 0 ? kUnknown : batch + 1;
    context.AddOutput(dtype, PartialShape({splits}));
  }
  return absl::OkStatus();
}

// A feature that is asked for, and what the examples have of it.
struct Wanted {
  enum class Kind : uint8_t { kSparse, kDense, kRagged };
  Kind kind;
  int index = 0;  // among those of its kind
  std::string key;
  FeatureColumn column;
};

// The features in the order of the attributes: sparse, dense, ragged.
template <Form kForm>
absl::StatusOr<std::vector<Wanted>> WantedFeatures(const EvalContext& context, const Attributes& attributes) {
  std::vector<Wanted> wanted;
  const auto add = [&](Wanted::Kind kind, const std::vector<DType>& dtypes, const char* attribute,
                       int input) -> absl::Status {
    std::vector<std::string> keys;
    if (kForm == Form::kSingle && kind != Wanted::Kind::kRagged) {
      FLOE_ASSIGN_OR_RETURN(keys, context.attrs().Strings(attribute));
    } else if (kForm == Form::kV2) {
      const auto elements = context.input(input).template flat<std::string>();
      keys.assign(elements.begin(), elements.end());
    } else if (kForm == Form::kV1 && kind != Wanted::Kind::kRagged) {
      for (size_t i = 0; i < dtypes.size(); ++i) {
        const Tensor& key = context.input(input + static_cast<int>(i));
        if (key.num_elements() != 1) {
          return absl::InvalidArgumentError(
              absl::StrCat("input ", input + i, ": wanted one key, got shape ", key.shape().ToString()));
        }
        keys.push_back(*key.template data<std::string>());
      }
    }
    if (keys.size() != dtypes.size()) {
      return absl::InvalidArgumentError(
          absl::StrCat("'", attribute, "': wanted ", dtypes.size(), " keys, got ", keys.size()));
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      Wanted& feature = wanted.emplace_back();
      feature.kind = kind;
      feature.index = static_cast<int>(i);
      feature.key = std::move(keys[i]);
      feature.column.dtype = dtypes[i];
    }
    return absl::OkStatus();
  };
  const int first_dense = kForm == Form::kV1 ? 2 + static_cast<int>(attributes.sparse.size()) : 3;
  FLOE_RETURN_IF_ERROR(add(Wanted::Kind::kSparse, attributes.sparse, "sparse_keys", 2));
  FLOE_RETURN_IF_ERROR(add(Wanted::Kind::kDense, attributes.dense, "dense_keys", first_dense));
  FLOE_RETURN_IF_ERROR(add(Wanted::Kind::kRagged, attributes.ragged, "ragged_keys", 4));
  return wanted;
}

int64_t ElementsOfRow(const PartialShape& shape) {
  int64_t elements = 1;
  for (int axis = IsVariable(shape) ? 1 : 0; axis < shape.rank(); ++axis) {
    if (!CheckedMul(elements, shape.dim(axis), &elements)) return INT64_MAX;
  }
  return elements;
}

// Reads the examples one by one into the columns.
class ExamplesReader {
 public:
  ExamplesReader(const EvalContext& context, const Attributes& attributes, const Inputs& inputs, const Tensor* names)
      : context_(context), attributes_(attributes), inputs_(inputs), names_(names) {}

  absl::Status Read(std::vector<Wanted>* wanted) const {
    const auto serialized = context_.input(0).flat<std::string>();
    FeatureMap features;
    for (size_t i = 0; i < serialized.size(); ++i) {
      absl::Status status = ReadExample(serialized[i], &features);
      if (!status.ok()) return Annotate(status, NameOf(i));
      for (Wanted& feature : *wanted) {
        status = ReadFeature(features, &feature);
        if (!status.ok()) {
          return Annotate(status, absl::StrCat(NameOf(i), ": feature '", absl::CHexEscape(feature.key), "'"));
        }
      }
    }
    return absl::OkStatus();
  }

 private:
  std::string NameOf(size_t i) const {
    if (names_ == nullptr || names_->num_elements() == 0) return absl::StrCat("example ", i);
    return absl::StrCat("example '", absl::CHexEscape(names_->data<std::string>()[i]), "'");
  }

  absl::Status ReadFeature(const FeatureMap& features, Wanted* feature) const {
    const auto found = features.find(feature->key);
    if (found == features.end()) {
      AppendAbsent(&feature->column);
    } else {
      FLOE_RETURN_IF_ERROR(AppendFeature(found->second, &feature->column));
    }
    if (feature->kind != Wanted::Kind::kDense) return absl::OkStatus();
    const PartialShape& shape = attributes_.dense_shapes[static_cast<size_t>(feature->index)];
    const int64_t count = feature->column.counts.back(), row = ElementsOfRow(shape);
    if (IsVariable(shape)) {
      if (count <= 0 || (row > 0 && count % row == 0)) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat("wanted rows of ", row, " values, got ", count, " values"));
    }
    if (count == row) return absl::OkStatus();
    if (count != FeatureColumn::kAbsent) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted ", row, " values for shape ", shape.ToString(), ", got ", count));
    }
    if (context_.input(inputs_.first_default + feature->index).num_elements() > 0) return absl::OkStatus();
    return absl::InvalidArgumentError("it is missing, and there is no default");
  }

  const EvalContext& context_;
  const Attributes& attributes_;
  const Inputs& inputs_;
  const Tensor* names_;
};

absl::Status WriteDense(EvalContext& context, const FeatureColumn& column, const PartialShape& shape,
                        const Tensor& missing, bool batched, int output) {
  const int64_t row = ElementsOfRow(shape);
  int64_t most_rows = 1;
  Dims dims;
  if (batched) dims.push_back(static_cast<int64_t>(column.counts.size()));
  for (const int64_t dim : shape.dims()) dims.push_back(dim);
  if (IsVariable(shape)) {
    most_rows = 0;
    for (const int64_t count : column.counts) most_rows = std::max(most_rows, count / std::max<int64_t>(row, 1));
    dims[batched ? 1 : 0] = most_rows;
  }
  FLOE_ASSIGN_OR_RETURN(const Shape whole, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, context.Output(output, whole));
  if (whole.num_elements() == 0) return absl::OkStatus();
  const int64_t of_example = most_rows * row;
  return OnDType(FeatureTypes(), column.dtype, [&]<typename T>() -> absl::Status {
    const T* from = column.values<T>().data();
    T* to = result->mutable_data<T>();
    for (const int64_t count : column.counts) {
      if (count == FeatureColumn::kAbsent && !IsVariable(shape)) {
        std::copy_n(missing.data<T>(), of_example, to);
      } else {
        const int64_t given = std::max<int64_t>(count, 0);
        std::copy_n(from, given, to);
        if (given < of_example) std::fill_n(to + given, of_example - given, *missing.data<T>());
        from += given;
      }
      to += of_example;
    }
    return absl::OkStatus();
  });
}

absl::Status WriteRagged(EvalContext& context, const FeatureColumn& column, bool batched, int values_output,
                         int splits_output) {
  FLOE_RETURN_IF_ERROR(WriteFeatureValues(context, values_output, column));
  if (batched) return WriteFeatureSplits(context, splits_output, column.counts);
  return context.Output(splits_output, Shape({0})).status();
}

template <Form kForm>
absl::Status EvalParse(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Attributes attributes, Attributes::Of(context.attrs(), kForm));
  const Inputs inputs = Inputs::Of(attributes, kForm);
  const Tensor& serialized = context.input(0);
  const int rank = serialized.rank();
  if (kForm == Form::kV1 ? rank != 1 : kForm == Form::kSingle ? rank != 0 : rank > 1) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: wanted ",
                                                   kForm == Form::kSingle ? "one Example" : "a vector of Examples",
                                                   ", got shape ", serialized.shape().ToString()));
  }
  const Tensor* names = nullptr;
  if constexpr (kForm != Form::kSingle) names = &context.input(1);
  if (names != nullptr && names->num_elements() > 0 && names->shape() != serialized.shape()) {
    return absl::InvalidArgumentError(absl::StrCat("input 1: wanted no names or one an Example, got shape ",
                                                   names->shape().ToString(), " for ", serialized.shape().ToString()));
  }
  for (size_t i = 0; i < attributes.dense.size(); ++i) {
    FLOE_RETURN_IF_ERROR(CheckDefault(attributes.dense_shapes[i],
                                      context.input(inputs.first_default + static_cast<int>(i)).shape(),
                                      static_cast<int>(i)));
  }
  FLOE_ASSIGN_OR_RETURN(std::vector<Wanted> wanted, WantedFeatures<kForm>(context, attributes));
  FLOE_RETURN_IF_ERROR(ExamplesReader(context, attributes, inputs, names).Read(&wanted));
  const bool batched = rank == 1;
  const int num_sparse = static_cast<int>(attributes.sparse.size());
  const int first_dense = 3 * num_sparse, first_ragged = first_dense + static_cast<int>(attributes.dense.size());
  for (const Wanted& feature : wanted) {
    absl::Status status;
    switch (feature.kind) {
      case Wanted::Kind::kSparse:
        status = WriteSparseFeature(context, feature.column, batched, feature.index, num_sparse);
        break;
      case Wanted::Kind::kDense:
        status = WriteDense(context, feature.column, attributes.dense_shapes[static_cast<size_t>(feature.index)],
                            context.input(inputs.first_default + feature.index), batched, first_dense + feature.index);
        break;
      case Wanted::Kind::kRagged:
        status = WriteRagged(context, feature.column, batched, first_ragged + feature.index,
                             first_ragged + static_cast<int>(attributes.ragged.size()) + feature.index);
        break;
    }
    if (!status.ok()) return Annotate(status, absl::StrCat("feature '", absl::CHexEscape(feature.key), "'"));
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ParseExample", InferParse<Form::kV1>, EvalParse<Form::kV1>},
    {"ParseExampleV2", InferParse<Form::kV2>, EvalParse<Form::kV2>},
    {"ParseSingleExample", InferParse<Form::kSingle>, EvalParse<Form::kSingle>},
};

}  // namespace

absl::Span<const OpInfo> ParseExampleOps() { return kOps; }

}  // namespace floe
