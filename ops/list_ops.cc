#include "ops/list_ops.h"

#include <algorithm>
#include <numeric>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/tensor_list.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
// More elements than any list has, and few enough that making them cannot take all memory.
constexpr int64_t kMaxElements = int64_t{1} << 22;

absl::StatusOr<DType> ElementType(const AttrMap& attrs) { return attrs.Type("element_dtype"); }

// The shape that an input of sizes means: a scalar -1 leaves the rank open, -1 among sizes that dimension.
absl::StatusOr<PartialShape> ElementShapeOf(const Tensor& sizes) {
  FLOE_ASSIGN_OR_RETURN(const Dims dims, IntElements(sizes, "element_shape"));
  if (sizes.rank() == 0 && dims[0] == -1) return PartialShape::UnknownRank();
  if (sizes.rank() != 1 || dims.size() > kMaxRank ||
      std::any_of(dims.begin(), dims.end(), [](int64_t d) { return d < -1; })) {
    return absl::InvalidArgumentError(
        absl::StrCat("element_shape: wanted -1 or sizes of -1 or more, got ", sizes.ToString()));
  }
  return PartialShape(dims);
}
absl::StatusOr<PartialShape> ElementShape(const InferContext& context, int input) {
  const Tensor* const value = context.input(input).value;
  if (value != nullptr) return ElementShapeOf(*value);
  const PartialShape& sizes = context.shape(input);
  if (!sizes.has_rank() || sizes.rank() != 1 || sizes.dim(0) < 0 || sizes.dim(0) > kMaxRank) {
    return PartialShape::UnknownRank();
  }
  return PartialShape::UnknownDims(static_cast<int>(sizes.dim(0)));
}

absl::StatusOr<int64_t> ElementCount(const Tensor& tensor, absl::string_view what) {
  FLOE_ASSIGN_OR_RETURN(const int64_t count, ScalarInt(tensor, what));
  if (count >= 0 && count <= kMaxElements) return count;
  return absl::InvalidArgumentError(absl::StrCat(what, ": wanted 0 to ", kMaxElements, ", got ", count));
}

absl::Status WantIndex(const TensorList& list, int64_t index) {
  const auto size = static_cast<int64_t>(list.elements.size());
  if (index >= 0 && index < size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("index ", index, " is outside a list of ", size, " elements"));
}

absl::Status WantList(const InferContext& context, int input) { return context.WantDType(input, DType::kVariant); }

void AddFreshList(InferContext& context, DType dtype, const PartialShape& declared, std::optional<PartialShape> written,
                  int64_t length) {
  context.AddList(std::make_shared<ListInfo>(ListInfo{dtype, declared, std::move(written), length}));
}

absl::Status InferEmpty(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ElementShape(context, 0));
  AddFreshList(context, dtype, declared, std::nullopt, 0);
  return absl::OkStatus();
}
absl::Status EvalEmpty(EvalContext& context) {
  auto list = std::make_shared<TensorList>();
  FLOE_ASSIGN_OR_RETURN(list->dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ElementShapeOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(list->max_elements, ScalarInt(context.input(1), "max_num_elements"));
  return context.SetOutput(0, MakeListTensor(std::move(list)));
}

absl::Status InferReserve(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ElementShape(context, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> count, KnownScalar(context, 1));
  AddFreshList(context, dtype, declared, std::nullopt, count.value_or(kUnknown));
  return absl::OkStatus();
}
absl::Status EvalReserve(EvalContext& context) {
  auto list = std::make_shared<TensorList>();
  FLOE_ASSIGN_OR_RETURN(list->dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ElementShapeOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, ElementCount(context.input(1), "num_elements"));
  list->elements.resize(static_cast<size_t>(count));
  return context.SetOutput(0, MakeListTensor(std::move(list)));
}

absl::Status InferFromTensor(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantRankAtLeast(context, 0, 1));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ElementShape(context, 1));
  AddFreshList(context, context.dtype(0), declared, RowShape(context.shape(0)), DimOrUnknown(context.shape(0), 0));
  return absl::OkStatus();
}
absl::Status EvalFromTensor(EvalContext& context) {
  auto list = std::make_shared<TensorList>();
  list->dtype = context.input(0).dtype();
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ElementShapeOf(context.input(1)));
  FLOE_RETURN_IF_ERROR(AppendRows(context, context.input(0), list.get()));
  return context.SetOutput(0, MakeListTensor(std::move(list)));
}

absl::Status InferStack(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShape(context, 1));
  FLOE_ASSIGN_OR_RETURN(const PartialShape row, ReadShape(context, 0, wanted));
  FLOE_ASSIGN_OR_RETURN(int64_t rows, context.attrs().Int("num_elements", -1));
  const ListInfo* const list = KnownList(context, 0);
  if (rows < 0) rows = list != nullptr ? list->length : kUnknown;
  context.AddOutput(dtype, WithRows(rows, row));
  return absl::OkStatus();
}
absl::Status EvalStack(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShapeOf(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, context.attrs().Int("num_elements", -1));
  const auto size = static_cast<int64_t>(list->elements.size());
  if (count >= 0 && count != size) {
    return absl::InvalidArgumentError(absl::StrCat("wanted a list of ", count, " elements, got ", size));
  }
  Dims all(list->elements.size());
  std::iota(all.begin(), all.end(), 0);
  return StackElements(context, 0, *list, all, wanted);
}

absl::Status InferGather(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, KnownLength(context, 1));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShape(context, 2));
  FLOE_ASSIGN_OR_RETURN(const PartialShape row, ReadShape(context, 0, wanted));
  context.AddOutput(dtype, WithRows(count, row));
  return absl::OkStatus();
}
absl::Status EvalGather(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const Dims indices, IntElements(context.input(1), "indices"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShapeOf(context.input(2)));
  for (const int64_t index : indices) FLOE_RETURN_IF_ERROR(WantIndex(*list, index));
  return StackElements(context, 0, *list, indices, wanted);
}

absl::Status InferGetItem(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  if (dtype == DType::kVariant) {
    context.AddList(nullptr);
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShape(context, 2));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ReadShape(context, 0, wanted));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}
absl::Status EvalGetItem(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const int64_t index, ScalarInt(context.input(1), "index"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShapeOf(context.input(2)));
  FLOE_RETURN_IF_ERROR(WantIndex(*list, index));
  FLOE_ASSIGN_OR_RETURN(const Tensor element, ElementOrZeros(context, *list, index, wanted));
  return context.SetOutput(0, element);
}

absl::Status InferSetItem(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const bool grows, context.attrs().Bool("resize_if_index_out_of_bounds", false));
  const ListInfo* const list = KnownList(context, 0);
  context.AddList(AfterWrite(list, context.shape(2), list != nullptr && !grows ? list->length : kUnknown));
  return absl::OkStatus();
}
absl::Status EvalSetItem(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t index, ScalarInt(context.input(1), "index"));
  FLOE_ASSIGN_OR_RETURN(const bool grows, context.attrs().Bool("resize_if_index_out_of_bounds", false));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  FLOE_RETURN_IF_ERROR(WantElement(*list, context.input(2)));
  if (grows && index >= static_cast<int64_t>(list->elements.size()) && index < kMaxElements) {
    list->elements.resize(static_cast<size_t>(index) + 1);
  }
  FLOE_RETURN_IF_ERROR(WantIndex(*list, index));
  FLOE_ASSIGN_OR_RETURN(list->elements[static_cast<size_t>(index)], Keep(context, context.input(2)));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferPushBack(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  const ListInfo* const list = KnownList(context, 0);
  const bool known = list != nullptr && list->length >= 0;
  context.AddList(AfterWrite(list, context.shape(1), known ? list->length + 1 : kUnknown));
  return absl::OkStatus();
}
absl::Status EvalPushBack(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  FLOE_RETURN_IF_ERROR(WantElement(*list, context.input(1)));
  const auto size = static_cast<int64_t>(list->elements.size());
  if (size >= (list->max_elements >= 0 ? list->max_elements : kMaxElements)) {
    return absl::InvalidArgumentError(absl::StrCat("the list is full: it has ", size, " elements"));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor kept, Keep(context, context.input(1)));
  list->elements.push_back(std::move(kept));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferPopBack(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShape(context, 1));
  std::shared_ptr<ListInfo> rest;
  if (const ListInfo* const list = KnownList(context, 0); list != nullptr) {
    rest = std::make_shared<ListInfo>(*list);
    rest->length = list->length > 0 ? list->length - 1 : kUnknown;
  }
  context.AddList(std::move(rest));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ReadShape(context, 0, wanted));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}
absl::Status EvalPopBack(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ElementShapeOf(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  if (list->elements.empty()) return absl::InvalidArgumentError("the list is empty: there is nothing to take off it");
  const auto last = static_cast<int64_t>(list->elements.size()) - 1;
  FLOE_ASSIGN_OR_RETURN(const Tensor element, ElementOrZeros(context, *list, last, wanted));
  list->elements.pop_back();
  FLOE_RETURN_IF_ERROR(context.SetOutput(1, element));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferLength(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}
absl::Status EvalLength(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const length, context.Output(0, Shape()));
  *length->mutable_data<int32_t>() = static_cast<int32_t>(list->elements.size());
  return absl::OkStatus();
}

absl::Status InferElementShape(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("shape_type"));
  const ListInfo* const list = KnownList(context, 0);
  // A list that was declared without a rank answers with a scalar.
  const bool known = list != nullptr && list->declared.has_rank();
  context.AddOutput(dtype, known ? PartialShape({list->declared.rank()}) : PartialShape::UnknownRank());
  return absl::OkStatus();
}
absl::Status EvalElementShape(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  const PartialShape& shape = list->element_shape;
  const Dims dims = shape.has_rank() ? Dims(shape.dims().begin(), shape.dims().end()) : Dims({-1});
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape.has_rank() ? Shape({shape.rank()}) : Shape()));
  return OnDType(IndexTypes(), context.output_dtype(0), [&]<typename T>() -> absl::Status {
    std::transform(dims.begin(), dims.end(), output->mutable_data<T>(), [](int64_t d) { return static_cast<T>(d); });
    return absl::OkStatus();
  });
}

absl::Status InferConcat(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, ElementType(context.attrs()));
  return InferConcatElements(context, dtype);
}
absl::Status InferConcatV1(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  return InferConcat(context);
}
absl::Status InferConcatV2(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  return InferConcat(context);
}
absl::Status EvalConcatV1(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  const AttrMap& attrs = context.attrs();
  FLOE_ASSIGN_OR_RETURN(const PartialShape element,
                        attrs.Has("element_shape") ? attrs.OfShape("element_shape") : PartialShape::UnknownRank());
  return ConcatElements(context, 0, *list, RowShape(element));
}
// Input 2, the rows that elements have which were never written.
absl::Status EvalConcatV2(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape element, ElementShapeOf(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims leading, IntElements(context.input(2), "leading_dims"));
  const PartialShape row = RowShape(element);
  TensorList filled = *list;
  for (size_t i = 0; i < filled.elements.size(); ++i) {
    Tensor& slot = filled.elements[i];
    if (slot.valid() || leading.empty()) continue;
    if (i >= leading.size() || leading[i] < 0) {
      return absl::InvalidArgumentError(absl::StrCat("element ", i,
                                                     " was never written, and leading_dims does not say "
                                                     "how many rows it has"));
    }
    FLOE_ASSIGN_OR_RETURN(slot, ElementOrZeros(context, filled, static_cast<int64_t>(i), WithRows(leading[i], row)));
  }
  return ConcatElements(context, 0, filled, row);
}

absl::Status InferSplit(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ElementShape(context, 1));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, KnownLength(context, 2));
  const PartialShape& rows = context.shape(0);
  const bool known = rows.has_rank() && rows.rank() > 0;
  AddFreshList(context, context.dtype(0), declared,
               known ? WithRows(kUnknown, RowShape(rows)) : PartialShape::UnknownRank(), count);
  return absl::OkStatus();
}
absl::Status EvalSplit(EvalContext& context) {
  auto list = std::make_shared<TensorList>();
  list->dtype = context.input(0).dtype();
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ElementShapeOf(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const Dims lengths, IntElements(context.input(2), "lengths"));
  FLOE_RETURN_IF_ERROR(SplitRows(context, context.input(0), lengths, list.get()));
  return context.SetOutput(0, MakeListTensor(std::move(list)));
}

// Rows of a tensor to the places that indices say; the list grows as far as `indices` want it.
absl::Status ScatterRows(EvalContext& context, const Tensor& tensor, const Tensor& indices, bool grows,
                         TensorList* list) {
  FLOE_ASSIGN_OR_RETURN(const Dims places, IntElements(indices, "indices"));
  TensorList rows;
  rows.dtype = tensor.dtype();
  FLOE_RETURN_IF_ERROR(AppendRows(context, tensor, &rows));
  if (rows.elements.size() != places.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted as many indices as rows, got ", places.size(), " and ", rows.elements.size()));
  }
  for (size_t i = 0; i < places.size(); ++i) {
    FLOE_RETURN_IF_ERROR(WantElement(*list, rows.elements[i]));
    if (grows && places[i] >= static_cast<int64_t>(list->elements.size()) && places[i] < kMaxElements) {
      list->elements.resize(static_cast<size_t>(places[i]) + 1);
    }
    FLOE_RETURN_IF_ERROR(WantIndex(*list, places[i]));
    list->elements[static_cast<size_t>(places[i])] = rows.elements[i];
  }
  return absl::OkStatus();
}

absl::Status InferScatter(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantAtLeast(3));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ElementShape(context, 2));
  int64_t length = kUnknown;
  if (context.num_inputs() > 3) {
    FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> count, KnownScalar(context, 3));
    if (count.value_or(-1) >= 0) length = *count;
  }
  AddFreshList(context, context.dtype(0), declared, RowShape(context.shape(0)), length);
  return absl::OkStatus();
}
absl::Status EvalScatter(EvalContext& context) {
  auto list = std::make_shared<TensorList>();
  list->dtype = context.input(0).dtype();
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ElementShapeOf(context.input(2)));
  bool grows = true;
  if (context.num_inputs() > 3) {
    FLOE_ASSIGN_OR_RETURN(const int64_t count, ScalarInt(context.input(3), "num_elements"));
    if (count > kMaxElements) return absl::InvalidArgumentError(absl::StrCat("num_elements: ", count, " are too many"));
    grows = count < 0;
    if (!grows) list->elements.resize(static_cast<size_t>(count));
  }
  FLOE_RETURN_IF_ERROR(ScatterRows(context, context.input(0), context.input(1), grows, list.get()));
  return context.SetOutput(0, MakeListTensor(std::move(list)));
}

absl::Status InferScatterInto(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  context.AddList(AfterWrite(KnownList(context, 0), RowShape(context.shape(1)), kUnknown));
  return absl::OkStatus();
}
absl::Status EvalScatterInto(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  FLOE_RETURN_IF_ERROR(ScatterRows(context, context.input(1), context.input(2), true, list.get()));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferResize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> count, KnownScalar(context, 1));
  std::shared_ptr<ListInfo> resized;
  if (const ListInfo* const list = KnownList(context, 0); list != nullptr) {
    resized = std::make_shared<ListInfo>(*list);
    resized->length = count.value_or(kUnknown);
  }
  context.AddList(std::move(resized));
  return absl::OkStatus();
}
absl::Status EvalResize(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t count, ElementCount(context.input(1), "size"));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  list->elements.resize(static_cast<size_t>(count));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferConcatLists(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(WantList(context, 0));
  FLOE_RETURN_IF_ERROR(WantList(context, 1));
  const std::shared_ptr<const ListInfo> both = RelaxList(context.input(0).list, context.input(1).list);
  std::shared_ptr<ListInfo> joined;
  if (both != nullptr) {
    joined = std::make_shared<ListInfo>(*both);
    const int64_t a = context.input(0).list->length, b = context.input(1).list->length;
    if (a < 0 || b < 0 || !CheckedAdd(a, b, &joined->length)) joined->length = kUnknown;
  }
  context.AddList(std::move(joined));
  return absl::OkStatus();
}
absl::Status EvalConcatLists(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const more, ListOf(context.input(1)));
  const std::vector<Tensor> elements = more->elements;
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 0));
  if (more->dtype != list->dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted two lists of one dtype, got ", DTypeName(list->dtype), " and ", DTypeName(more->dtype)));
  }
  FLOE_ASSIGN_OR_RETURN(list->element_shape, MergeShapes(list->element_shape, more->element_shape));
  list->elements.insert(list->elements.end(), elements.begin(), elements.end());
  return context.SetOutput(0, MakeListTensor(list));
}

constexpr OpInfo kOps[] = {
    {"EmptyTensorList", InferEmpty, EvalEmpty},
    {"TensorListReserve", InferReserve, EvalReserve},
    {"TensorListFromTensor", InferFromTensor, EvalFromTensor},
    {"TensorListStack", InferStack, EvalStack},
    {"TensorListGather", InferGather, EvalGather},
    {"TensorListGetItem", InferGetItem, EvalGetItem},
    {"TensorListSetItem", InferSetItem, EvalSetItem},
    {"TensorListPushBack", InferPushBack, EvalPushBack},
    {"TensorListPopBack", InferPopBack, EvalPopBack},
    {"TensorListLength", InferLength, EvalLength, kFromLists},
    {"TensorListElementShape", InferElementShape, EvalElementShape, kFromLists},
    {"TensorListConcat", InferConcatV1, EvalConcatV1},
    {"TensorListConcatV2", InferConcatV2, EvalConcatV2},
    {"TensorListSplit", InferSplit, EvalSplit},
    {"TensorListScatter", InferScatter, EvalScatter},
    {"TensorListScatterV2", InferScatter, EvalScatter},
    {"TensorListScatterIntoExistingList", InferScatterInto, EvalScatterInto},
    {"TensorListResize", InferResize, EvalResize},
    {"TensorListConcatLists", InferConcatLists, EvalConcatLists},
};

}  // namespace

absl::Span<const OpInfo> ListOps() { return kOps; }

}  // namespace floe
