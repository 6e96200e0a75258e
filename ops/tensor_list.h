// TensorList: the value of TensorFlow's tensor lists and, by way of the flow edge, of its tensor arrays: one tensor of
// dtype variant whose object is a list of tensors.
//
// Its elements are tensors in the memory of whoever made them: on the host here, of a device where that device's
// kernels made the list; the list itself is the host's. A list is immutable once others see it. MutableList gives the
// very list where the op is its last user and no other value holds it, so that a loop which writes n elements costs n,
// and else a copy, which shares the elements.
#ifndef FLOE_OPS_TENSOR_LIST_H_
#define FLOE_OPS_TENSOR_LIST_H_

#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "tensor/tensor.h"

namespace floe {

struct TensorList {
  DType dtype = DType::kInvalid;
  PartialShape element_shape;     // which every element fits
  std::vector<Tensor> elements;   // not valid() where nothing was written
  int64_t max_elements = -1;      // -1: no limit
  bool dynamic_size = false;      // of a tensor array: writing past the end makes it longer
  bool identical_shapes = false;  // of a tensor array: the first element's shape is everyone's
};

Tensor MakeListTensor(std::shared_ptr<const TensorList> list);
// INVALID_ARGUMENT where the tensor is no list. The list lives as long as the tensor.
absl::StatusOr<const TensorList*> ListOf(const Tensor& tensor);

// Input `input` as a list that may be changed and become a result.
absl::StatusOr<std::shared_ptr<TensorList>> MutableList(const EvalContext& context, int input);
// A tensor whose elements stay what they are: itself where it shares its memory, else a copy of it.
absl::StatusOr<Tensor> Keep(EvalContext& context, const Tensor& tensor);

// OK where an element of this shape may be in the list.
absl::Status WantElement(const TensorList& list, const Tensor& element);
// The shape of the elements that were never written: what is declared, by the list and by `wanted`, and what the others
// have. INVALID_ARGUMENT where that leaves a dimension open.
absl::StatusOr<Shape> UnwrittenShape(const TensorList& list, const PartialShape& wanted);
// Element `index`, zeros where it was never written; the caller has checked the index.
absl::StatusOr<Tensor> ElementOrZeros(EvalContext& context, const TensorList& list, int64_t index,
                                      const PartialShape& wanted);
// Result `output`: elements one behind the other along a new first dimension.
absl::Status StackElements(EvalContext& context, int output, const TensorList& list, absl::Span<const int64_t> indices,
                           const PartialShape& wanted);
// The rows of a tensor as elements.
absl::Status AppendRows(EvalContext& context, const Tensor& tensor, TensorList* list);
// Result `output`: the elements one behind the other along their first dimension; result `output` + 1: how long each
// is.
absl::Status ConcatElements(EvalContext& context, int output, const TensorList& list, const PartialShape& wanted);
// Elements of these many rows each out of one tensor.
absl::Status SplitRows(EvalContext& context, const Tensor& tensor, absl::Span<const int64_t> lengths, TensorList* list);

// Of inference. What is known of a list input, or null.
const ListInfo* KnownList(const InferContext& context, int input);
// What is known of each element that is read: what is `wanted` and what the list says, where it is known.
absl::StatusOr<PartialShape> ReadShape(const InferContext& context, int input, const PartialShape& wanted);
// What is known of a list behind a write of elements of `shape`.
std::shared_ptr<const ListInfo> AfterWrite(const ListInfo* before, const PartialShape& shape, int64_t length);
// What both have in common.
PartialShape RelaxShape(const PartialShape& a, const PartialShape& b);
// Null where nothing is known of one of them.
std::shared_ptr<const ListInfo> RelaxList(const std::shared_ptr<const ListInfo>& a,
                                          const std::shared_ptr<const ListInfo>& b);

// ZerosLike and AddN of lists.
absl::Status ListZerosLike(EvalContext& context);
absl::Status ListAddN(EvalContext& context);

}  // namespace floe

#endif  // FLOE_OPS_TENSOR_LIST_H_
