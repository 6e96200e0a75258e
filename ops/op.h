// What an op MEANS: the types and shapes of its results, and a plain reference evaluation. Kernels may only be faster.
//
// One OpInfo an op, in its family's table (ops/<family>.cc); ops/registry.h finds it by name. OpInfos live for the
// whole process. Functions here are pure and may be called from any thread.
#ifndef FLOE_OPS_OP_H_
#define FLOE_OPS_OP_H_

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "graph/attr_value.h"
#include "tensor/allocator.h"
#include "tensor/tensor.h"

namespace floe {

// What is known of a list (ops/tensor_list.h) before it is there.
struct ListInfo {
  DType dtype = DType::kInvalid;
  PartialShape declared;                // what the list was made for
  std::optional<PartialShape> written;  // what all elements have in common that were written; nothing where none was
  int64_t length = PartialShape::kUnknownDim;

  friend bool operator==(const ListInfo& a, const ListInfo& b) {
    return a.dtype == b.dtype && a.declared == b.declared && a.written == b.written && a.length == b.length;
  }
};

// What is known of a tensor before it is computed.
struct TensorInfo {
  DType dtype = DType::kInvalid;
  PartialShape shape;
  // The elements where they are known already, else null. Not owned.
  const Tensor* value = nullptr;
  // Of a list, where anything is known; else null.
  std::shared_ptr<const ListInfo> list = nullptr;
};

// The arguments and results of shape inference for one op. Inputs' shapes may be unknown in part or whole.
class InferContext {
 public:
  InferContext(absl::string_view name, const AttrMap& attrs, absl::Span<const TensorInfo> inputs)
      : name_(name), attrs_(attrs), inputs_(inputs) {}

  absl::string_view name() const { return name_; }
  const AttrMap& attrs() const { return attrs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  const TensorInfo& input(int i) const { return inputs_[i]; }
  const PartialShape& shape(int i) const { return inputs_[i].shape; }
  DType dtype(int i) const { return inputs_[i].dtype; }

  // INVALID_ARGUMENT unless there are so many inputs.
  absl::Status WantInputs(int count) const;
  absl::Status WantAtLeast(int count) const;
  // The rank where known must be `rank`; INVALID_ARGUMENT names the input by number.
  absl::Status WantRank(int input, int rank) const;
  absl::Status WantDType(int input, DType dtype) const;
  absl::Status WantSameDType(int a, int b) const;
  // The known elements of an int32/int64 input, or nothing where they are not known yet.
  absl::StatusOr<std::optional<Dims>> KnownInts(int input) const;

  void AddOutput(DType dtype, PartialShape shape) { outputs_.push_back({dtype, std::move(shape), nullptr}); }
  // A list; `info` may be null.
  void AddList(std::shared_ptr<const ListInfo> info) {
    outputs_.push_back({DType::kVariant, Shape(), nullptr, std::move(info)});
  }
  const std::vector<TensorInfo>& outputs() const { return outputs_; }
  std::vector<TensorInfo>& mutable_outputs() { return outputs_; }

 private:
  absl::string_view name_;
  const AttrMap& attrs_;
  absl::Span<const TensorInfo> inputs_;
  std::vector<TensorInfo> outputs_;
};

// What a node keeps from one evaluation to the next: a generator's place among its numbers. Evaluations of one node may
// run at once, so it synchronises itself.
class OpState {
 public:
  virtual ~OpState() = default;
  // As it was when it was made.
  virtual void Restart() = 0;
};

// The arguments and results of one evaluation, on the host.
class EvalContext {
 public:
  // `inputs` outlive the context. `outputs`: one a result; where it is valid() already (dtype and shape known
  // beforehand, memory laid out by the caller), it is written in place.
  EvalContext(absl::string_view name, const AttrMap& attrs, absl::Span<const Tensor* const> inputs,
              absl::Span<const DType> output_dtypes, absl::Span<Tensor* const> outputs)
      : name_(name), attrs_(attrs), inputs_(inputs), output_dtypes_(output_dtypes), outputs_(outputs) {}

  absl::string_view name() const { return name_; }
  const AttrMap& attrs() const { return attrs_; }
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Tensor& input(int i) const { return *inputs_[i]; }
  DType output_dtype(int i) const { return output_dtypes_[i]; }
  // Where memory for results and list elements comes from. Not owned; Tensor::Allocate where it is not set.
  void set_allocator(TensorAllocator* allocator) { allocator_ = allocator; }
  absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) {
    return allocator_ != nullptr ? allocator_->Allocate(dtype, shape) : Tensor::Allocate(dtype, shape);
  }
  // Elements of results, of what `Allocate` gives, and of inputs that lie in the same memory, a device's for lists
  // there: whoever evaluates lists moves them by these. `count` elements, contiguous on both sides.
  absl::Status Copy(const Tensor& from, int64_t from_first, Tensor* to, int64_t to_first, int64_t count);
  absl::Status Zero(Tensor* to);
  // The same elements as the host's tensor `from`.
  absl::Status Write(const Tensor& from, Tensor* to);
  // Bit i: nobody reads input i after this evaluation, so that a list which nobody else holds may be changed in place.
  void set_last_uses(uint64_t inputs) { last_uses_ = inputs; }
  bool is_last_use(int i) const { return i < 64 && ((last_uses_ >> i) & 1) != 0; }
  // Of an op that has any; null where this is the only evaluation, which then is a first one. Not owned.
  void set_state(OpState* state) { state_ = state; }
  OpState* state() const { return state_; }
  // Result i, of this shape, to be written now. RESOURCE_EXHAUSTED; INTERNAL where the caller laid out another shape.
  absl::StatusOr<Tensor*> Output(int i, const Shape& shape);
  // Result i is this tensor (shared where the caller has not laid out memory, else copied).
  absl::Status SetOutput(int i, const Tensor& tensor);

 private:
  absl::string_view name_;
  const AttrMap& attrs_;
  absl::Span<const Tensor* const> inputs_;
  absl::Span<const DType> output_dtypes_;
  absl::Span<Tensor* const> outputs_;
  TensorAllocator* allocator_ = nullptr;
  uint64_t last_uses_ = 0;
  OpState* state_ = nullptr;
};

enum OpFlags : uint32_t {
  kNoFlags = 0,
  // Output 0 is input 0's elements, in the same order, perhaps under another shape; further inputs only say which.
  kView = 1 << 0,
  // Has effects or results that differ from call to call: never folded, merged or dropped.
  kStateful = 1 << 1,
  // Each result element depends on the broadcast inputs' elements at its place only.
  kElementwise = 1 << 2,
  // The results depend on the inputs' shapes only, never on their elements.
  kFromShape = 1 << 3,
  // Of lists among the inputs it looks at the list only, never into its elements, wherever those are.
  kFromLists = 1 << 4,
};

struct OpInfo {
  const char* name;
  // Adds the outputs to the context, or says what is wrong with attributes, types or shapes.
  absl::Status (*infer)(InferContext& context);
  // Null where an op is more than a function of tensors (control flow): lowering or the executor knows it by itself.
  absl::Status (*evaluate)(EvalContext& context);
  uint32_t flags = kNoFlags;
  // What a node keeps between evaluations, made where the node is; null for most ops, which keep nothing.
  absl::StatusOr<std::unique_ptr<OpState>> (*make_state)(const AttrMap& attrs) = nullptr;

  bool is_view() const { return (flags & kView) != 0; }
  bool is_stateful() const { return (flags & kStateful) != 0; }
  bool is_elementwise() const { return (flags & kElementwise) != 0; }
  bool is_from_shape() const { return (flags & kFromShape) != 0; }
  bool is_from_lists() const { return (flags & kFromLists) != 0; }
};

// The results of one op over tensors at hand: infers, then evaluates. Errors name the op's node. `state`: see
// EvalContext::state.
absl::StatusOr<std::vector<Tensor>> Evaluate(const OpInfo& op, absl::string_view name, const AttrMap& attrs,
                                             absl::Span<const Tensor> inputs, OpState* state = nullptr);

}  // namespace floe

#endif  // FLOE_OPS_OP_H_
