#include "ops/tensor_list.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

absl::Status DoesNotFit(const Shape& got, const PartialShape& wanted) {
  return absl::InvalidArgumentError(
      absl::StrCat("wanted an element of shape ", wanted.ToString(), ", got ", got.ToString()));
}

absl::StatusOr<Tensor> Zeros(EvalContext& context, DType dtype, const Shape& shape) {
  if (dtype == DType::kVariant) {
    auto empty = std::make_shared<TensorList>();
    return MakeListTensor(std::move(empty));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor zeros, context.Allocate(dtype, shape));
  FLOE_RETURN_IF_ERROR(context.Zero(&zeros));
  return zeros;
}

// A result whose elements come one after another: laid out beforehand, or to be allocated.
absl::StatusOr<Tensor*> ResultOf(EvalContext& context, int output, int64_t rows, const Shape& row) {
  Dims dims = {rows};
  dims.insert(dims.end(), row.dims().begin(), row.dims().end());
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  return context.Output(output, shape);
}

}  // namespace

Tensor MakeListTensor(std::shared_ptr<const TensorList> list) {
  return Tensor::Opaque(DType::kVariant, std::const_pointer_cast<TensorList>(std::move(list)));
}

absl::StatusOr<const TensorList*> ListOf(const Tensor& tensor) {
  if (tensor.dtype() != DType::kVariant || tensor.object() == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted a tensor list, got ", DTypeName(tensor.dtype()), " ", tensor.shape().ToString()));
  }
  return static_cast<const TensorList*>(tensor.object().get());
}

absl::StatusOr<std::shared_ptr<TensorList>> MutableList(const EvalContext& context, int input) {
  const Tensor& tensor = context.input(input);
  FLOE_ASSIGN_OR_RETURN(const TensorList* const list, ListOf(tensor));
  if (context.is_last_use(input) && tensor.object().use_count() == 1) {
    return std::static_pointer_cast<TensorList>(std::const_pointer_cast<void>(tensor.object()));
  }
  return std::make_shared<TensorList>(*list);
}

absl::StatusOr<Tensor> Keep(EvalContext& context, const Tensor& tensor) {
  if (tensor.object() != nullptr) return tensor;
  FLOE_ASSIGN_OR_RETURN(Tensor copy, context.Allocate(tensor.dtype(), tensor.shape()));
  FLOE_RETURN_IF_ERROR(context.Copy(tensor, 0, &copy, 0, tensor.num_elements()));
  return copy;
}

absl::Status WantElement(const TensorList& list, const Tensor& element) {
  if (element.dtype() != list.dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat("wanted an element of ", DTypeName(list.dtype), ", got ", DTypeName(element.dtype())));
  }
  return list.element_shape.Matches(element.shape()) ? absl::OkStatus()
                                                     : DoesNotFit(element.shape(), list.element_shape);
}

absl::StatusOr<Shape> UnwrittenShape(const TensorList& list, const PartialShape& wanted) {
  FLOE_ASSIGN_OR_RETURN(PartialShape shape, MergeShapes(list.element_shape, wanted));
  for (size_t i = 0; i < list.elements.size() && !shape.IsFullyDefined(); ++i) {
    if (!list.elements[i].valid()) continue;
    FLOE_ASSIGN_OR_RETURN(shape, MergeShapes(shape, list.elements[i].shape()));
  }
  if (!shape.IsFullyDefined()) {
    return absl::InvalidArgumentError(absl::StrCat("an element that was never written is read, and the shape ",
                                                   shape.ToString(), " does not say how large it is"));
  }
  return Shape::Checked(shape.dims());
}

absl::StatusOr<Tensor> ElementOrZeros(EvalContext& context, const TensorList& list, int64_t index,
                                      const PartialShape& wanted) {
  const Tensor& element = list.elements[static_cast<size_t>(index)];
  if (element.valid()) {
    if (!wanted.Matches(element.shape())) return DoesNotFit(element.shape(), wanted);
    return element;
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, UnwrittenShape(list, wanted));
  return Zeros(context, list.dtype, shape);
}

absl::Status StackElements(EvalContext& context, int output, const TensorList& list, absl::Span<const int64_t> indices,
                           const PartialShape& wanted) {
  FLOE_ASSIGN_OR_RETURN(PartialShape common, MergeShapes(wanted, list.element_shape));
  bool unwritten = false;
  for (const int64_t index : indices) {
    const Tensor& element = list.elements[static_cast<size_t>(index)];
    unwritten = unwritten || !element.valid();
    if (!element.valid()) continue;
    if (!common.Matches(element.shape())) return DoesNotFit(element.shape(), common);
    common = element.shape();
  }
  if (unwritten) {
    FLOE_ASSIGN_OR_RETURN(common, UnwrittenShape(list, common));
  }
  if (!common.IsFullyDefined()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no elements, and the shape ", common.ToString(), " does not say how large they would be"));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape row, Shape::Checked(common.dims()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, ResultOf(context, output, static_cast<int64_t>(indices.size()), row));
  const int64_t count = row.num_elements();
  for (size_t i = 0; i < indices.size(); ++i) {
    const Tensor& element = list.elements[static_cast<size_t>(indices[i])];
    if (element.valid()) {
      FLOE_RETURN_IF_ERROR(context.Copy(element, 0, result, static_cast<int64_t>(i) * count, count));
    } else {
      Tensor rows = result->Rows(static_cast<int64_t>(i), static_cast<int64_t>(i) + 1);
      FLOE_RETURN_IF_ERROR(context.Zero(&rows));
    }
  }
  return absl::OkStatus();
}

absl::Status AppendRows(EvalContext& context, const Tensor& tensor, TensorList* list) {
  if (tensor.rank() == 0) return absl::InvalidArgumentError("wanted a tensor of rows, got a scalar");
  const Shape row(tensor.shape().dims().subspan(1));
  if (!list->element_shape.Matches(row)) return DoesNotFit(row, list->element_shape);
  FLOE_ASSIGN_OR_RETURN(const Tensor kept, Keep(context, tensor));
  for (int64_t i = 0; i < tensor.shape().dim(0); ++i) list->elements.push_back(kept.Rows(i, i + 1).Reshaped(row));
  return absl::OkStatus();
}

absl::Status ConcatElements(EvalContext& context, int output, const TensorList& list, const PartialShape& wanted) {
  PartialShape common = wanted;
  std::vector<Tensor> elements;
  int64_t rows = 0;
  for (size_t i = 0; i < list.elements.size(); ++i) {
    FLOE_ASSIGN_OR_RETURN(const Tensor element,
                          ElementOrZeros(context, list, static_cast<int64_t>(i), PartialShape::UnknownRank()));
    if (element.rank() == 0) return absl::InvalidArgumentError("scalars cannot be joined; wanted elements of rows");
    const Shape row(element.shape().dims().subspan(1));
    if (!common.Matches(row)) return DoesNotFit(row, common);
    common = row;
    if (!CheckedAdd(rows, element.shape().dim(0), &rows)) return absl::InvalidArgumentError("too many rows");
    elements.push_back(element);
  }
  if (!common.IsFullyDefined()) {
    return absl::InvalidArgumentError(
        absl::StrCat("no elements, and the shape ", common.ToString(), " does not say how large they would be"));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const result, ResultOf(context, output, rows, common.ToShape()));
  FLOE_ASSIGN_OR_RETURN(Tensor lengths,
                        Tensor::Allocate(DType::kInt64, Shape({static_cast<int64_t>(elements.size())})));
  int64_t at = 0;
  for (size_t i = 0; i < elements.size(); ++i) {
    FLOE_RETURN_IF_ERROR(context.Copy(elements[i], 0, result, at, elements[i].num_elements()));
    at += elements[i].num_elements();
    lengths.mutable_data<int64_t>()[i] = elements[i].shape().dim(0);
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const written, context.Output(output + 1, lengths.shape()));
  return context.Write(lengths, written);
}

absl::Status SplitRows(EvalContext& context, const Tensor& tensor, absl::Span<const int64_t> lengths,
                       TensorList* list) {
  if (tensor.rank() == 0) return absl::InvalidArgumentError("wanted a tensor of rows, got a scalar");
  int64_t rows = 0;
  for (const int64_t length : lengths) {
    if (length < 0 || !CheckedAdd(rows, length, &rows)) {
      return absl::InvalidArgumentError(absl::StrCat("wanted lengths of 0 or more, got ", length));
    }
  }
  if (rows != tensor.shape().dim(0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("the lengths are ", rows, " rows together, and the tensor has ", tensor.shape().dim(0)));
  }
  FLOE_ASSIGN_OR_RETURN(const Tensor kept, Keep(context, tensor));
  int64_t at = 0;
  for (const int64_t length : lengths) {
    Tensor element = kept.Rows(at, at + length);
    FLOE_RETURN_IF_ERROR(WantElement(*list, element));
    list->elements.push_back(std::move(element));
    at += length;
  }
  return absl::OkStatus();
}

const ListInfo* KnownList(const InferContext& context, int input) { return context.input(input).list.get(); }

absl::StatusOr<PartialShape> ReadShape(const InferContext& context, int input, const PartialShape& wanted) {
  const ListInfo* const list = KnownList(context, input);
  if (list == nullptr) return wanted;
  const absl::StatusOr<PartialShape> known = MergeShapes(wanted, list->written.value_or(list->declared));
  // A read that contradicts what is in the list fails when it is run, and is not run in every branch.
  return known.ok() ? *known : wanted;
}

std::shared_ptr<const ListInfo> AfterWrite(const ListInfo* before, const PartialShape& shape, int64_t length) {
  if (before == nullptr) return nullptr;
  auto after = std::make_shared<ListInfo>(*before);
  after->written = before->written.has_value() ? RelaxShape(*before->written, shape) : shape;
  after->length = length;
  return after;
}

PartialShape RowShape(const PartialShape& shape) {
  if (!shape.has_rank() || shape.rank() == 0) return PartialShape::UnknownRank();
  return PartialShape(Dims(shape.dims().begin() + 1, shape.dims().end()));
}

PartialShape WithRows(int64_t rows, const PartialShape& row) {
  if (!row.has_rank()) return PartialShape::UnknownRank();
  Dims dims = {rows};
  dims.insert(dims.end(), row.dims().begin(), row.dims().end());
  return PartialShape(dims);
}

absl::Status InferConcatElements(InferContext& context, DType dtype) {
  FLOE_ASSIGN_OR_RETURN(const PartialShape element, ReadShape(context, 0, PartialShape::UnknownRank()));
  const ListInfo* const list = KnownList(context, 0);
  const int64_t length = list != nullptr ? list->length : kUnknown;
  int64_t rows = kUnknown;
  if (length >= 0 && element.has_rank() && element.rank() > 0 && element.dim(0) >= 0 &&
      !CheckedMul(length, element.dim(0), &rows)) {
    return absl::InvalidArgumentError("too many rows");
  }
  context.AddOutput(dtype, element.has_rank() ? WithRows(rows, RowShape(element)) : PartialShape::UnknownRank());
  context.AddOutput(DType::kInt64, PartialShape({length}));
  return absl::OkStatus();
}

PartialShape RelaxShape(const PartialShape& a, const PartialShape& b) {
  if (!a.has_rank() || !b.has_rank() || a.rank() != b.rank()) return PartialShape::UnknownRank();
  PartialShape relaxed = a;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (a.dim(axis) != b.dim(axis)) relaxed.set_dim(axis, PartialShape::kUnknownDim);
  }
  return relaxed;
}

std::shared_ptr<const ListInfo> RelaxList(const std::shared_ptr<const ListInfo>& a,
                                          const std::shared_ptr<const ListInfo>& b) {
  if (a == nullptr || b == nullptr) return nullptr;
  if (*a == *b) return a;
  if (a->dtype != b->dtype) return nullptr;
  auto relaxed = std::make_shared<ListInfo>(*a);
  relaxed->declared = RelaxShape(a->declared, b->declared);
  if (b->written.has_value()) relaxed->written = a->written ? RelaxShape(*a->written, *b->written) : *b->written;
  if (a->length != b->length) relaxed->length = PartialShape::kUnknownDim;
  return relaxed;
}

absl::Status ListZerosLike(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const from, ListOf(context.input(0)));
  auto zeros = std::make_shared<TensorList>(*from);
  for (Tensor& element : zeros->elements) {
    if (!element.valid()) continue;
    FLOE_ASSIGN_OR_RETURN(element, Zeros(context, element.dtype(), element.shape()));
  }
  return context.SetOutput(0, MakeListTensor(std::move(zeros)));
}

absl::Status ListAddN(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const TensorList* const first, ListOf(context.input(0)));
  auto sum = std::make_shared<TensorList>(*first);
  for (int k = 1; k < context.num_inputs(); ++k) {
    FLOE_ASSIGN_OR_RETURN(const TensorList* const other, ListOf(context.input(k)));
    if (other->dtype != sum->dtype || other->elements.size() != sum->elements.size()) {
      return absl::InvalidArgumentError(absl::StrCat("input ", k, ": wanted a list of ", sum->elements.size(), " ",
                                                     DTypeName(sum->dtype), ", got ", other->elements.size(), " ",
                                                     DTypeName(other->dtype)));
    }
    FLOE_ASSIGN_OR_RETURN(sum->element_shape, MergeShapes(sum->element_shape, other->element_shape));
  }
  for (size_t i = 0; i < sum->elements.size(); ++i) {
    for (int k = 1; k < context.num_inputs(); ++k) {
      FLOE_ASSIGN_OR_RETURN(const TensorList* const other, ListOf(context.input(k)));
      const Tensor& b = other->elements[i];
      Tensor& a = sum->elements[i];
      if (!b.valid()) continue;
      if (!a.valid()) {
        a = b;
        continue;
      }
      if (a.shape() != b.shape()) return DoesNotFit(b.shape(), a.shape());
      FLOE_ASSIGN_OR_RETURN(Tensor added, context.Allocate(a.dtype(), a.shape()));
      FLOE_RETURN_IF_ERROR(OnDType(NumberTypes(), a.dtype(), [&]<typename T>() -> absl::Status {
        for (int64_t j = 0; j < a.num_elements(); ++j) {
          added.mutable_data<T>()[j] = WrapAdd(a.data<T>()[j], b.data<T>()[j]);
        }
        return absl::OkStatus();
      }));
      a = std::move(added);
    }
  }
  return context.SetOutput(0, MakeListTensor(std::move(sum)));
}

}  // namespace floe
