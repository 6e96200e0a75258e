#include "ops/parse_sequence_example.h"

#include <algorithm>
#include <array>
#include <string>
#include <vector>

#include "absl/algorithm/container.h"
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

// What is asked for comes in six kinds, three of the context and three of the feature lists.
enum Kind : uint8_t { kContextSparse, kContextDense, kContextRagged, kListSparse, kListDense, kListRagged, kKinds };
struct Names {
  const char *keys, *types, *splits, *shapes, *count;
};
constexpr std::array<Names, kKinds> kNames = {{
    {"context_sparse_keys", "context_sparse_types", nullptr, nullptr, "Ncontext_sparse"},
    {"context_dense_keys", "Tcontext_dense", nullptr, "context_dense_shapes", "Ncontext_dense"},
    {"context_ragged_keys", "context_ragged_value_types", "context_ragged_split_types", nullptr, nullptr},
    {"feature_list_sparse_keys", "feature_list_sparse_types", nullptr, nullptr, "Nfeature_list_sparse"},
    {"feature_list_dense_keys", "feature_list_dense_types", nullptr, "feature_list_dense_shapes",
     "Nfeature_list_dense"},
    {"feature_list_ragged_keys", "feature_list_ragged_value_types", "feature_list_ragged_split_types", nullptr,
     nullptr},
}};

bool IsRagged(int kind) { return kind == kContextRagged || kind == kListRagged; }
bool IsList(int kind) { return kind >= kListSparse; }

// The features of one kind.
struct Section {
  std::vector<DType> dtypes, splits;
  std::vector<Shape> shapes;  // of dense ones

  int size() const { return static_cast<int>(dtypes.size()); }
};

// The attributes, the same for inference and evaluation.
template <Form kForm>
struct Attributes {
  std::array<Section, kKinds> sections;

  int count(int kind) const { return sections[static_cast<size_t>(kind)].size(); }

  static absl::StatusOr<Attributes> Of(const AttrMap& attrs) {
    Attributes all;
    for (int kind = 0; kind < kKinds; ++kind) {
      if (IsRagged(kind) && kForm != Form::kV2) continue;
      FLOE_RETURN_IF_ERROR(ReadSection(attrs, kind, &all.sections[static_cast<size_t>(kind)]));
    }
    return all;
  }

  // Inputs before those of which there may be any number, or none.
  int first_default() const {
    if (kForm == Form::kV1) return 2;
    if (kForm == Form::kV2) return 9;
    return 2 + count(kContextSparse) + count(kContextDense) + count(kListSparse) + count(kListDense);
  }
  int num_inputs() const { return first_default() + count(kContextDense) + (kForm == Form::kSingle ? 1 : 0); }
  bool has_lengths() const { return kForm != Form::kSingle; }

  // The first result of a kind.
  int first_output(int kind) const {
    int output = 0;
    for (int before = 0; before < kind; ++before) {
      const int results = before == kContextSparse || before == kListSparse ? 3
                          : before == kContextRagged                        ? 2
                          : before == kListDense && kForm != Form::kSingle  ? 2
                                                                            : 1;
      output += results * count(before);
    }
    return output;
  }

 private:
  static absl::Status ReadSection(const AttrMap& attrs, int kind, Section* section) {
    const Names& names = kNames[static_cast<size_t>(kind)];
    FLOE_ASSIGN_OR_RETURN(section->dtypes, attrs.Types(names.types));
    for (const DType dtype : section->dtypes) FLOE_RETURN_IF_ERROR(WantDTypeIn(FeatureTypes(), names.types, dtype));
    const auto want_count = [&](absl::string_view what, int64_t stated) -> absl::Status {
      if (stated == section->size()) return absl::OkStatus();
      return absl::InvalidArgumentError(absl::StrCat("attribute '", what, "': wanted ", section->size(), " as '",
                                                     names.types, "' has, got ", stated));
    };
    if (names.splits != nullptr) {
      FLOE_ASSIGN_OR_RETURN(section->splits, attrs.Types(names.splits));
      FLOE_RETURN_IF_ERROR(want_count(names.splits, static_cast<int64_t>(section->splits.size())));
      for (const DType dtype : section->splits) FLOE_RETURN_IF_ERROR(WantDTypeIn(IndexTypes(), names.splits, dtype));
    }
    if (names.count != nullptr && !(kForm == Form::kV2 && kind == kContextDense)) {
      FLOE_ASSIGN_OR_RETURN(const int64_t stated, attrs.Int(names.count, section->size()));
      FLOE_RETURN_IF_ERROR(want_count(names.count, stated));
    }
    if (names.shapes == nullptr) return absl::OkStatus();
    std::vector<PartialShape> shapes;
    if (const AttrValue* const value = attrs.Find(names.shapes); value != nullptr) {
      FLOE_ASSIGN_OR_RETURN(shapes, value->AsShapes());
    }
    FLOE_RETURN_IF_ERROR(want_count(names.shapes, static_cast<int64_t>(shapes.size())));
    for (const PartialShape& shape : shapes) {
      if (!shape.IsFullyDefined()) {
        return absl::InvalidArgumentError(
            absl::StrCat("attribute '", names.shapes, "': wanted shapes wholly known, got ", shape.ToString()));
      }
      FLOE_ASSIGN_OR_RETURN(section->shapes.emplace_back(), Shape::Checked(shape.dims()));
    }
    return absl::OkStatus();
  }
};

PartialShape Prefixed(const Dims& prefix, const Shape& shape) {
  Dims dims = prefix;
  dims.insert(dims.end(), shape.dims().begin(), shape.dims().end());
  return PartialShape(std::move(dims));
}

absl::Status CheckDefault(const Shape& shape, const Shape& given, int number) {
  if (given == shape || given.num_elements() == 0) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("dense feature ", number,
                                                 " of the context: wanted a default of shape ", shape.ToString(),
                                                 ", got ", given.ToString()));
}

template <Form kForm>
absl::Status InferParse(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Attributes<kForm> attributes, Attributes<kForm>::Of(context.attrs()));
  FLOE_RETURN_IF_ERROR(context.WantInputs(attributes.num_inputs()));
  const Section& dense = attributes.sections[kContextDense];
  for (int i = 0; i < context.num_inputs(); ++i) {
    const int number = i - attributes.first_default();
    if (number >= 0 && number < dense.size()) {
      FLOE_RETURN_IF_ERROR(context.WantDType(i, dense.dtypes[static_cast<size_t>(number)]));
      if (!context.shape(i).IsFullyDefined()) continue;
      FLOE_RETURN_IF_ERROR(CheckDefault(dense.shapes[static_cast<size_t>(number)], context.shape(i).ToShape(), number));
    } else {
      FLOE_RETURN_IF_ERROR(context.WantDType(i, kForm == Form::kV2 && i == 8 ? DType::kBool : DType::kString));
    }
  }
  const PartialShape& serialized = context.shape(0);
  if (kForm != Form::kV2) FLOE_RETURN_IF_ERROR(context.WantRank(0, kForm == Form::kV1 ? 1 : 0));
  if (serialized.has_rank() && serialized.rank() > 1) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted one SequenceExample or a vector of them, got shape ", serialized.ToString()));
  }
  const bool known = kForm != Form::kV2 || serialized.has_rank();
  const bool batched = kForm == Form::kV1 || (serialized.has_rank() && serialized.rank() == 1);
  const int64_t rows = batched ? 1 : known ? 0 : kUnknown;  // columns of indices that say the example
  Dims batch;
  if (batched) batch.push_back(serialized.has_rank() ? serialized.dim(0) : kUnknown);
  const auto if_known = [&](PartialShape shape) { return known ? std::move(shape) : PartialShape(); };
  const PartialShape splits =
      if_known(!batched ? PartialShape(Shape()) : PartialShape({batch[0] < 0 ? kUnknown : batch[0] + 1}));
  for (int kind = 0; kind < kKinds; ++kind) {
    const Section& section = attributes.sections[static_cast<size_t>(kind)];
    const int64_t columns = rows < 0 ? kUnknown : rows + (IsList(kind) ? 2 : 1);
    Dims prefix = batch;
    if (IsList(kind)) prefix.push_back(kUnknown);
    switch (kind) {
      case kContextSparse:
      case kListSparse:
        for (int i = 0; i < section.size(); ++i) context.AddOutput(DType::kInt64, PartialShape({kUnknown, columns}));
        for (const DType dtype : section.dtypes) context.AddOutput(dtype, PartialShape({kUnknown}));
        for (int i = 0; i < section.size(); ++i) context.AddOutput(DType::kInt64, PartialShape({columns}));
        break;
      case kContextDense:
      case kListDense:
        for (size_t i = 0; i < section.dtypes.size(); ++i) {
          context.AddOutput(section.dtypes[i], if_known(Prefixed(prefix, section.shapes[i])));
        }
        if (kind == kContextDense || !attributes.has_lengths()) break;
        for (int i = 0; i < section.size(); ++i) context.AddOutput(DType::kInt64, if_known(PartialShape(batch)));
        break;
      default:
        for (const DType dtype : section.dtypes) context.AddOutput(dtype, PartialShape({kUnknown}));
        for (const DType dtype : section.splits) context.AddOutput(dtype, splits);
        if (kind == kContextRagged) break;
        for (const DType dtype : section.splits) context.AddOutput(dtype, PartialShape({kUnknown}));
    }
  }
  return absl::OkStatus();
}

// A feature or feature list that is asked for, and what the examples have of it.
struct Wanted {
  int kind = 0;
  int index = 0;  // among those of its kind
  std::string key;
  FeatureColumn column;        // of a list, one count a step
  std::vector<int64_t> steps;  // of a list, an example each
  bool may_lack = false;
};

template <Form kForm>
absl::StatusOr<std::vector<std::string>> Keys(const EvalContext& context, const Attributes<kForm>& attributes,
                                              int kind) {
  if (kForm == Form::kV1) {
    return context.attrs().Strings(kNames[static_cast<size_t>(kind)].keys, std::vector<std::string>());
  }
  std::vector<std::string> keys;
  const auto append = [&](const Tensor& tensor) {
    keys.insert(keys.end(), tensor.flat<std::string>().begin(), tensor.flat<std::string>().end());
  };
  if (kForm == Form::kV2) {
    append(context.input(2 + kind));
    return keys;
  }
  int first = 2;
  for (int before = 0; before < kind; ++before) first += attributes.count(before);
  for (int i = 0; i < attributes.count(kind); ++i) append(context.input(first + i));
  return keys;
}

// Which dense feature lists may be missing: named, or in V2 told one by one.
template <Form kForm>
absl::Status ReadMayLack(const EvalContext& context, std::vector<Wanted>* wanted, int lists) {
  if constexpr (kForm == Form::kV2) {
    const Tensor& flags = context.input(8);
    if (flags.num_elements() != lists) {
      return absl::InvalidArgumentError(
          absl::StrCat("input 8: wanted ", lists, " booleans, one a dense feature list, got ", flags.num_elements()));
    }
    for (Wanted& one : *wanted) one.may_lack = one.kind == kListDense && flags.data<bool>()[one.index];
  } else {
    std::vector<std::string> names;
    if constexpr (kForm == Form::kV1) {
      FLOE_ASSIGN_OR_RETURN(names, context.attrs().Strings("feature_list_dense_missing_assumed_empty", {}));
    } else {
      const auto given = context.input(1).flat<std::string>();
      names.assign(given.begin(), given.end());
    }
    for (Wanted& one : *wanted) one.may_lack = absl::c_linear_search(names, one.key);
  }
  return absl::OkStatus();
}

template <Form kForm>
absl::StatusOr<std::vector<Wanted>> WantedFeatures(const EvalContext& context, const Attributes<kForm>& attributes) {
  std::vector<Wanted> wanted;
  for (int kind = 0; kind < kKinds; ++kind) {
    if (IsRagged(kind) && kForm != Form::kV2) continue;
    FLOE_ASSIGN_OR_RETURN(std::vector<std::string> keys, Keys(context, attributes, kind));
    const Section& section = attributes.sections[static_cast<size_t>(kind)];
    if (keys.size() != section.dtypes.size()) {
      return absl::InvalidArgumentError(absl::StrCat("'", kNames[static_cast<size_t>(kind)].keys, "': wanted ",
                                                     section.size(), " keys, got ", keys.size()));
    }
    for (size_t i = 0; i < keys.size(); ++i) {
      Wanted& one = wanted.emplace_back();
      one.kind = kind;
      one.index = static_cast<int>(i);
      one.key = std::move(keys[i]);
      one.column.dtype = section.dtypes[i];
    }
  }
  FLOE_RETURN_IF_ERROR(ReadMayLack<kForm>(context, &wanted, attributes.count(kListDense)));
  return wanted;
}

// One example's part of what is wanted. `shape`: of dense ones.
absl::Status ReadContext(const FeatureMap& features, const Shape* shape, bool has_default, Wanted* wanted) {
  const auto found = features.find(wanted->key);
  if (found == features.end()) {
    AppendAbsent(&wanted->column);
    if (shape == nullptr || has_default) return absl::OkStatus();
    return absl::InvalidArgumentError("it is missing, and there is no default");
  }
  FLOE_RETURN_IF_ERROR(AppendFeature(found->second, &wanted->column));
  int64_t& count = wanted->column.counts.back();
  count = std::max<int64_t>(count, 0);
  if (shape == nullptr || count == shape->num_elements()) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("wanted ", shape->num_elements(), " values for shape ", shape->ToString(), ", got ", count));
}

absl::Status ReadList(const FeatureMap& lists, const Shape* shape, Wanted* wanted) {
  const auto found = lists.find(wanted->key);
  const size_t before = wanted->column.counts.size();
  if (found == lists.end()) {
    wanted->steps.push_back(0);
    if (shape == nullptr || wanted->may_lack) return absl::OkStatus();
    return absl::InvalidArgumentError("it is missing, and it is not among those that may be");
  }
  FLOE_ASSIGN_OR_RETURN(wanted->steps.emplace_back(), AppendFeatureList(found->second, &wanted->column));
  for (size_t step = before; shape != nullptr && step < wanted->column.counts.size(); ++step) {
    const int64_t count = wanted->column.counts[step];
    if (count == shape->num_elements()) continue;
    return absl::InvalidArgumentError(absl::StrCat("step ", step - before, ": wanted ", shape->num_elements(),
                                                   " values for shape ", shape->ToString(), ", got ",
                                                   std::max<int64_t>(count, 0)));
  }
  return absl::OkStatus();
}

template <Form kForm>
absl::Status ReadAll(const EvalContext& context, const Attributes<kForm>& attributes, const Tensor& names,
                     std::vector<Wanted>* wanted) {
  const auto serialized = context.input(0).flat<std::string>();
  FeatureMap features, lists;
  for (size_t i = 0; i < serialized.size(); ++i) {
    const std::string name = names.num_elements() == 0
                                 ? absl::StrCat("example ", i)
                                 : absl::StrCat("example '", absl::CHexEscape(names.data<std::string>()[i]), "'");
    absl::Status status = ReadSequenceExample(serialized[i], &features, &lists);
    if (!status.ok()) return Annotate(status, name);
    for (Wanted& one : *wanted) {
      const Section& section = attributes.sections[static_cast<size_t>(one.kind)];
      const Shape* const shape = section.shapes.empty() ? nullptr : &section.shapes[static_cast<size_t>(one.index)];
      if (IsList(one.kind)) {
        status = ReadList(lists, shape, &one);
      } else {
        const bool has_default =
            one.kind == kContextDense && context.input(attributes.first_default() + one.index).shape() == *shape;
        status = ReadContext(features, shape, has_default, &one);
      }
      if (!status.ok()) {
        return Annotate(status, absl::StrCat(name, ": ", IsList(one.kind) ? "feature list '" : "feature '",
                                             absl::CHexEscape(one.key), "'"));
      }
    }
  }
  return absl::OkStatus();
}

absl::Status WriteContextDense(EvalContext& context, const Wanted& wanted, const Shape& shape, const Tensor& missing,
                               bool batched, int output) {
  Dims batch;
  if (batched) batch.push_back(static_cast<int64_t>(wanted.column.counts.size()));
  const int64_t row = shape.num_elements();
  FLOE_ASSIGN_OR_RETURN(const Shape whole, Shape::Checked(Prefixed(batch, shape).dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, context.Output(output, whole));
  return OnDType(FeatureTypes(), wanted.column.dtype, [&]<typename T>() -> absl::Status {
    const T* from = wanted.column.values<T>().data();
    T* to = result->mutable_data<T>();
    for (const int64_t count : wanted.column.counts) {
      std::copy_n(count < 0 ? missing.data<T>() : from, row, to);
      from += std::max<int64_t>(count, 0);
      to += row;
    }
    return absl::OkStatus();
  });
}

// Shorter lists are followed by zeros.
absl::Status WriteListDense(EvalContext& context, const Wanted& wanted, const Shape& shape, bool batched, int output,
                            int lengths_output) {
  int64_t longest = 0;
  for (const int64_t steps : wanted.steps) longest = std::max(longest, steps);
  Dims batch;
  if (batched) batch.push_back(static_cast<int64_t>(wanted.steps.size()));
  Dims prefix = batch;
  prefix.push_back(longest);
  const int64_t row = shape.num_elements();
  FLOE_ASSIGN_OR_RETURN(const Shape whole, Shape::Checked(Prefixed(prefix, shape).dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, context.Output(output, whole));
  FLOE_RETURN_IF_ERROR(OnDType(FeatureTypes(), wanted.column.dtype, [&]<typename T>() -> absl::Status {
    const T* from = wanted.column.values<T>().data();
    T* to = result->mutable_data<T>();
    for (const int64_t steps : wanted.steps) {
      to = std::copy_n(from, steps * row, to);
      to = std::fill_n(to, (longest - steps) * row, T());
      from += steps * row;
    }
    return absl::OkStatus();
  }));
  if (lengths_output < 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(Tensor* const lengths, context.Output(lengths_output, Shape(batch)));
  std::copy(wanted.steps.begin(), wanted.steps.end(), lengths->mutable_data<int64_t>());
  return absl::OkStatus();
}

absl::Status WriteListSparse(EvalContext& context, const Wanted& wanted, bool batched, int output, int num_sparse) {
  int64_t values = 0, widest = 0, longest = 0;
  for (const int64_t count : wanted.column.counts) {
    values += std::max<int64_t>(count, 0);
    widest = std::max(widest, count);
  }
  for (const int64_t steps : wanted.steps) longest = std::max(longest, steps);
  const int64_t columns = batched ? 3 : 2;
  FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(output, Shape({values, columns})));
  int64_t* index = indices->mutable_data<int64_t>();
  const int64_t* count = wanted.column.counts.data();
  for (size_t example = 0; example < wanted.steps.size(); ++example) {
    for (int64_t step = 0; step < wanted.steps[example]; ++step, ++count) {
      for (int64_t i = 0; i < *count; ++i) {
        if (batched) *index++ = static_cast<int64_t>(example);
        *index++ = step;
        *index++ = i;
      }
    }
  }
  FLOE_RETURN_IF_ERROR(WriteFeatureValues(context, output + num_sparse, wanted.column));
  FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(output + 2 * num_sparse, Shape({columns})));
  int64_t* const sizes = shape->mutable_data<int64_t>();
  if (batched) sizes[0] = static_cast<int64_t>(wanted.steps.size());
  sizes[columns - 2] = longest;
  sizes[columns - 1] = widest;
  return absl::OkStatus();
}

// The splits over the examples; for a lone one TensorFlow leaves a number that nobody reads.
absl::Status WriteOuterSplits(EvalContext& context, int output, absl::Span<const int64_t> counts, bool batched) {
  if (batched) return WriteFeatureSplits(context, output, counts);
  FLOE_ASSIGN_OR_RETURN(Tensor* const splits, context.Output(output, Shape()));
  return OnDType(IndexTypes(), splits->dtype(), [&]<typename T>() -> absl::Status {
    *splits->mutable_data<T>() = 0;
    return absl::OkStatus();
  });
}

template <Form kForm>
absl::Status Write(EvalContext& context, const Attributes<kForm>& attributes, const Wanted& wanted, bool batched) {
  const Section& section = attributes.sections[static_cast<size_t>(wanted.kind)];
  const auto index = static_cast<size_t>(wanted.index);
  const int count = section.size(), output = attributes.first_output(wanted.kind) + wanted.index;
  switch (wanted.kind) {
    case kContextSparse:
      return WriteSparseFeature(context, wanted.column, batched, output, count);
    case kContextDense:
      return WriteContextDense(context, wanted, section.shapes[index],
                               context.input(attributes.first_default() + wanted.index), batched, output);
    case kContextRagged:
      FLOE_RETURN_IF_ERROR(WriteFeatureValues(context, output, wanted.column));
      return WriteOuterSplits(context, output + count, wanted.column.counts, batched);
    case kListSparse:
      return WriteListSparse(context, wanted, batched, output, count);
    case kListDense:
      return WriteListDense(context, wanted, section.shapes[index], batched, output,
                            attributes.has_lengths() ? output + count : -1);
    default:
      FLOE_RETURN_IF_ERROR(WriteFeatureValues(context, output, wanted.column));
      FLOE_RETURN_IF_ERROR(WriteOuterSplits(context, output + count, wanted.steps, batched));
      return WriteFeatureSplits(context, output + 2 * count, wanted.column.counts);
  }
}

template <Form kForm>
absl::Status EvalParse(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Attributes<kForm> attributes, Attributes<kForm>::Of(context.attrs()));
  const Tensor& serialized = context.input(0);
  const int rank = serialized.rank();
  if (kForm == Form::kV1 ? rank != 1 : rank > (kForm == Form::kSingle ? 0 : 1)) {
    return absl::InvalidArgumentError(absl::StrCat(
        "input 0: wanted ", kForm == Form::kSingle ? "one SequenceExample" : "a vector of SequenceExamples",
        ", got shape ", serialized.shape().ToString()));
  }
  const int names_input = kForm == Form::kSingle ? attributes.num_inputs() - 1 : 1;
  const Tensor& names = context.input(names_input);
  if (names.num_elements() > 0 && names.num_elements() != serialized.num_elements()) {
    return absl::InvalidArgumentError(absl::StrCat("input ", names_input,
                                                   ": wanted no names or one an example, got shape ",
                                                   names.shape().ToString(), " for ", serialized.shape().ToString()));
  }
  for (int i = 0; i < attributes.count(kContextDense); ++i) {
    FLOE_RETURN_IF_ERROR(CheckDefault(attributes.sections[kContextDense].shapes[static_cast<size_t>(i)],
                                      context.input(attributes.first_default() + i).shape(), i));
  }
  FLOE_ASSIGN_OR_RETURN(std::vector<Wanted> wanted, WantedFeatures<kForm>(context, attributes));
  FLOE_RETURN_IF_ERROR(ReadAll<kForm>(context, attributes, names, &wanted));
  for (const Wanted& one : wanted) {
    const absl::Status status = Write<kForm>(context, attributes, one, rank == 1);
    if (!status.ok()) return Annotate(status, absl::StrCat("feature '", absl::CHexEscape(one.key), "'"));
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ParseSequenceExample", InferParse<Form::kV1>, EvalParse<Form::kV1>},
    {"ParseSequenceExampleV2", InferParse<Form::kV2>, EvalParse<Form::kV2>},
    {"ParseSingleSequenceExample", InferParse<Form::kSingle>, EvalParse<Form::kSingle>},
};

}  // namespace

absl::Span<const OpInfo> ParseSequenceExampleOps() { return kOps; }

}  // namespace floe
