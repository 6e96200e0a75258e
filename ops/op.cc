#include "ops/op.h"

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/strided_copy.h"

namespace floe {

absl::Status InferContext::WantInputs(int count) const {
  if (num_inputs() == count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted ", count, " inputs, got ", num_inputs()));
}

absl::Status InferContext::WantAtLeast(int count) const {
  if (num_inputs() >= count) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("wanted at least ", count, " inputs, got ", num_inputs()));
}

absl::Status InferContext::WantRank(int input, int rank) const {
  if (!shape(input).has_rank() || shape(input).rank() == rank) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted a tensor of rank ", rank, ", got shape ", shape(input).ToString()));
}

absl::Status InferContext::WantDType(int input, DType wanted) const {
  if (dtype(input) == wanted) return absl::OkStatus();
  return absl::InvalidArgumentError(
      absl::StrCat("input ", input, ": wanted ", DTypeName(wanted), ", got ", DTypeName(dtype(input))));
}

absl::Status InferContext::WantSameDType(int a, int b) const {
  if (dtype(a) == dtype(b)) return absl::OkStatus();
  return absl::InvalidArgumentError(absl::StrCat("inputs ", a, " and ", b, " must have one dtype, got ",
                                                 DTypeName(dtype(a)), " and ", DTypeName(dtype(b))));
}

absl::StatusOr<std::optional<Dims>> InferContext::KnownInts(int input) const {
  const TensorInfo& info = inputs_[input];
  if (info.dtype != DType::kInt32 && info.dtype != DType::kInt64) {
    return absl::InvalidArgumentError(
        absl::StrCat("input ", input, ": wanted int32 or int64, got ", DTypeName(info.dtype)));
  }
  if (info.value == nullptr) return std::nullopt;
  FLOE_ASSIGN_OR_RETURN(Dims values, ToInt64s(*info.value));
  return values;
}

absl::StatusOr<Tensor*> EvalContext::Output(int i, const Shape& shape) {
  Tensor* output = outputs_[i];
  if (!output->valid()) {
    FLOE_ASSIGN_OR_RETURN(*output, Allocate(output_dtypes_[i], shape));
  } else if (output->shape() != shape) {
    return absl::InternalError(absl::StrCat("result ", i, " of '", name_, "' was planned as ",
                                            output->shape().ToString(), " and came out as ", shape.ToString()));
  }
  return output;
}

absl::Status EvalContext::SetOutput(int i, const Tensor& tensor) {
  if (!outputs_[i]->valid()) {
    *outputs_[i] = tensor;
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, Output(i, tensor.shape()));
  if (output->raw_data() == tensor.raw_data()) return absl::OkStatus();
  return Copy(tensor, 0, output, 0, tensor.num_elements());
}

absl::Status EvalContext::Copy(const Tensor& from, int64_t from_first, Tensor* to, int64_t to_first, int64_t count) {
  DeviceElements* const elements = allocator_ != nullptr ? allocator_->elements() : nullptr;
  if (elements == nullptr) {
    CopyElements(from, from_first, to, to_first, count);
    return absl::OkStatus();
  }
  const int64_t bytes = ElementBytes(from.dtype());
  return elements->Copy(static_cast<const char*>(from.raw_data()) + from_first * bytes,
                        static_cast<char*>(to->raw_mutable_data()) + to_first * bytes, count * bytes);
}

absl::Status EvalContext::Zero(Tensor* to) {
  DeviceElements* const elements = allocator_ != nullptr ? allocator_->elements() : nullptr;
  return elements == nullptr ? ZeroElements(to) : elements->Zero(to->raw_mutable_data(), to->byte_size());
}

absl::Status EvalContext::Write(const Tensor& from, Tensor* to) {
  DeviceElements* const elements = allocator_ != nullptr ? allocator_->elements() : nullptr;
  if (elements != nullptr) return elements->Write(from.raw_data(), to->raw_mutable_data(), from.byte_size());
  CopyElements(from, 0, to, 0, from.num_elements());
  return absl::OkStatus();
}

absl::StatusOr<std::vector<Tensor>> Evaluate(const OpInfo& op, absl::string_view name, const AttrMap& attrs,
                                             absl::Span<const Tensor> inputs, OpState* state) {
  const auto annotate = [&](const absl::Status& status) {
    return Annotate(status, absl::StrCat("node '", name, "' (", op.name, ")"));
  };
  if (op.evaluate == nullptr) return annotate(absl::UnimplementedError("it has no evaluation of its own"));
  std::vector<TensorInfo> infos;
  std::vector<const Tensor*> pointers;
  for (const Tensor& input : inputs) {
    infos.push_back({input.dtype(), input.shape(), &input});
    pointers.push_back(&input);
  }
  InferContext infer(name, attrs, infos);
  if (absl::Status status = op.infer(infer); !status.ok()) return annotate(status);
  std::vector<Tensor> results(infer.outputs().size());
  std::vector<DType> dtypes;
  std::vector<Tensor*> result_pointers;
  for (size_t i = 0; i < results.size(); ++i) {
    dtypes.push_back(infer.outputs()[i].dtype);
    result_pointers.push_back(&results[i]);
  }
  EvalContext context(name, attrs, pointers, dtypes, result_pointers);
  context.set_state(state);
  if (absl::Status status = op.evaluate(context); !status.ok()) return annotate(status);
  return results;
}

}  // namespace floe
