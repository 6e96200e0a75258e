#include "ops/tensor_array.h"

#include <algorithm>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/tensor_list.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
constexpr int64_t kMaxElements = int64_t{1} << 22;

absl::StatusOr<PartialShape> ShapeAttr(const AttrMap& attrs, absl::string_view name) {
  return attrs.Has(name) ? attrs.OfShape(name) : PartialShape::UnknownRank();
}

absl::Status InferArray(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape declared, ShapeAttr(context.attrs(), "element_shape"));
  FLOE_ASSIGN_OR_RETURN(const bool dynamic_size, context.attrs().Bool("dynamic_size", false));
  FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> size, KnownScalar(context, 0));
  context.AddOutput(DType::kResource, Shape());
  context.AddList(std::make_shared<ListInfo>(
      ListInfo{dtype, declared, std::nullopt, dynamic_size ? kUnknown : size.value_or(kUnknown)}));
  return absl::OkStatus();
}
absl::Status EvalArray(EvalContext& context) {
  const AttrMap& attrs = context.attrs();
  auto list = std::make_shared<TensorList>();
  FLOE_ASSIGN_OR_RETURN(list->dtype, attrs.Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(list->element_shape, ShapeAttr(attrs, "element_shape"));
  FLOE_ASSIGN_OR_RETURN(list->dynamic_size, attrs.Bool("dynamic_size", false));
  FLOE_ASSIGN_OR_RETURN(list->identical_shapes, attrs.Bool("identical_element_shapes", false));
  FLOE_ASSIGN_OR_RETURN(const int64_t size, ScalarInt(context.input(0), "size"));
  if (size < 0 || size > kMaxElements) {
    return absl::InvalidArgumentError(absl::StrCat("size: wanted 0 to ", kMaxElements, ", got ", size));
  }
  list->elements.resize(static_cast<size_t>(size));
  FLOE_RETURN_IF_ERROR(context.SetOutput(0, Tensor::Opaque(DType::kResource, std::make_shared<int>(0))));
  return context.SetOutput(1, MakeListTensor(std::move(list)));
}

absl::Status WantFlow(const InferContext& context, int inputs) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(inputs));
  return context.WantDType(inputs - 1, DType::kVariant);
}

absl::Status WantIndex(const TensorList& list, int64_t index) {
  const auto size = static_cast<int64_t>(list.elements.size());
  if (index >= 0 && index < size) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("index ", index, " is outside an array of ", size, " elements"));
}

absl::Status WriteElement(TensorList& list, int64_t index, Tensor element) {
  FLOE_RETURN_IF_ERROR(WantElement(list, element));
  if (list.dynamic_size && index >= static_cast<int64_t>(list.elements.size()) && index < kMaxElements) {
    list.elements.resize(static_cast<size_t>(index) + 1);
  }
  FLOE_RETURN_IF_ERROR(WantIndex(list, index));
  Tensor& slot = list.elements[static_cast<size_t>(index)];
  if (slot.valid()) return absl::InvalidArgumentError(absl::StrCat("element ", index, " has been written before"));
  if (list.identical_shapes) {
    FLOE_ASSIGN_OR_RETURN(list.element_shape, MergeShapes(list.element_shape, element.shape()));
  }
  slot = std::move(element);
  return absl::OkStatus();
}

absl::Status InferWrite(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 3));
  const ListInfo* const list = KnownList(context, 2);
  context.AddList(AfterWrite(list, context.shape(1), list != nullptr ? list->length : kUnknown));
  return absl::OkStatus();
}
absl::Status EvalWrite(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t index, ScalarInt(context.input(0), "index"));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 2));
  FLOE_ASSIGN_OR_RETURN(Tensor element, Keep(context, context.input(1)));
  FLOE_RETURN_IF_ERROR(WriteElement(*list, index, std::move(element)));
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferRead(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, ReadShape(context, 1, PartialShape::UnknownRank()));
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}
absl::Status EvalRead(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const int64_t index, ScalarInt(context.input(0), "index"));
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(1)));
  FLOE_RETURN_IF_ERROR(WantIndex(*list, index));
  FLOE_ASSIGN_OR_RETURN(const Tensor element, ElementOrZeros(context, *list, index, PartialShape::UnknownRank()));
  return context.SetOutput(0, element);
}

absl::Status InferGather(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 2));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ShapeAttr(context.attrs(), "element_shape"));
  FLOE_ASSIGN_OR_RETURN(const int64_t count, KnownLength(context, 0));
  FLOE_ASSIGN_OR_RETURN(const PartialShape row, ReadShape(context, 1, wanted));
  context.AddOutput(dtype, WithRows(count, row));
  return absl::OkStatus();
}
absl::Status EvalGather(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims indices, IntElements(context.input(0), "indices"));
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape wanted, ShapeAttr(context.attrs(), "element_shape"));
  for (const int64_t index : indices) FLOE_RETURN_IF_ERROR(WantIndex(*list, index));
  return StackElements(context, 0, *list, indices, wanted);
}

absl::Status InferScatter(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 3));
  const ListInfo* const list = KnownList(context, 2);
  context.AddList(AfterWrite(list, RowShape(context.shape(1)), list != nullptr ? list->length : kUnknown));
  return absl::OkStatus();
}
absl::Status EvalScatter(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims indices, IntElements(context.input(0), "indices"));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 2));
  TensorList rows;
  rows.dtype = list->dtype;
  FLOE_RETURN_IF_ERROR(AppendRows(context, context.input(1), &rows));
  if (rows.elements.size() != indices.size()) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted as many indices as rows, got ", indices.size(), " and ", rows.elements.size()));
  }
  for (size_t i = 0; i < indices.size(); ++i) {
    FLOE_RETURN_IF_ERROR(WriteElement(*list, indices[i], std::move(rows.elements[i])));
  }
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferSize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 1));
  context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}
absl::Status EvalSize(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const size, context.Output(0, Shape()));
  *size->mutable_data<int32_t>() = static_cast<int32_t>(list->elements.size());
  return absl::OkStatus();
}

absl::Status InferSplit(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 3));
  const ListInfo* const list = KnownList(context, 2);
  const PartialShape& rows = context.shape(0);
  const bool known = rows.has_rank() && rows.rank() > 0;
  context.AddList(AfterWrite(list, known ? WithRows(kUnknown, RowShape(rows)) : PartialShape::UnknownRank(),
                             list != nullptr ? list->length : kUnknown));
  return absl::OkStatus();
}
absl::Status EvalSplit(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Dims lengths, IntElements(context.input(1), "lengths"));
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<TensorList> list, MutableList(context, 2));
  TensorList pieces;
  pieces.dtype = list->dtype;
  FLOE_RETURN_IF_ERROR(SplitRows(context, context.input(0), lengths, &pieces));
  if (!list->dynamic_size && pieces.elements.size() != list->elements.size()) {
    return absl::InvalidArgumentError(absl::StrCat(
        "wanted ", list->elements.size(), " lengths, as the array has elements, got ", pieces.elements.size()));
  }
  for (size_t i = 0; i < pieces.elements.size(); ++i) {
    FLOE_RETURN_IF_ERROR(WriteElement(*list, static_cast<int64_t>(i), std::move(pieces.elements[i])));
  }
  return context.SetOutput(0, MakeListTensor(list));
}

absl::Status InferConcat(InferContext& context) {
  FLOE_RETURN_IF_ERROR(WantFlow(context, 1));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, context.attrs().Type("dtype"));
  return InferConcatElements(context, dtype);
}
absl::Status EvalConcat(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(context.input(0)));
  FLOE_ASSIGN_OR_RETURN(const PartialShape row, ShapeAttr(context.attrs(), "element_shape_except0"));
  return ConcatElements(context, 0, *list, row);
}

absl::Status InferClose(InferContext& context) { return absl::OkStatus(); }
absl::Status EvalClose(EvalContext& context) { return absl::OkStatus(); }

constexpr OpInfo kOps[] = {
    {"TensorArrayV3", InferArray, EvalArray},
    {"TensorArrayWriteV3", InferWrite, EvalWrite},
    {"TensorArrayReadV3", InferRead, EvalRead},
    {"TensorArrayGatherV3", InferGather, EvalGather},
    {"TensorArrayScatterV3", InferScatter, EvalScatter},
    {"TensorArraySizeV3", InferSize, EvalSize, kFromLists},
    {"TensorArraySplitV3", InferSplit, EvalSplit},
    {"TensorArrayConcatV3", InferConcat, EvalConcat},
    {"TensorArrayCloseV3", InferClose, EvalClose},
};

}  // namespace

absl::Span<const OpInfo> TensorArrayOps() { return kOps; }

bool TakesTensorArrayHandle(absl::string_view op) {
  return op != "TensorArrayV3" &&
         std::any_of(std::begin(kOps), std::end(kOps), [&](const OpInfo& info) { return op == info.name; });
}

}  // namespace floe
