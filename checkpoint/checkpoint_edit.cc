#include "checkpoint/checkpoint_edit.h"

#include <algorithm>
#include <complex>
#include <functional>
#include <memory>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/object_graph.h"

namespace floe {
namespace {

absl::StatusOr<std::unique_ptr<CheckpointWriter>> Writer(const std::string& output, FileSystem& files) {
  CheckpointWriterOptions options;
  options.files = &files;
  return CheckpointWriter::Create(output, options);
}

// Calls `piece` with each slice of the tensor, or with all of it.
absl::Status ForEachPiece(const CheckpointTensor& tensor,
                          const std::function<absl::Status(const TensorSlice&)>& piece) {
  if (tensor.slices.empty()) return piece(WholeSlice(tensor.shape));
  for (const TensorSlice& slice : tensor.slices) FLOE_RETURN_IF_ERROR(piece(slice));
  return absl::OkStatus();
}

// Chunks keep the sums in the cache and their memory small.
constexpr int64_t kChunkElements = 8192;

template <typename T, typename Sum>
void Average(const std::vector<Tensor>& parts, Tensor* result) {
  std::vector<Sum> sums(kChunkElements);
  const auto count = static_cast<double>(parts.size());
  for (int64_t begin = 0; begin < result->num_elements(); begin += kChunkElements) {
    const int64_t size = std::min(kChunkElements, result->num_elements() - begin);
    std::fill(sums.begin(), sums.end(), Sum());
    for (const Tensor& part : parts) {
      const T* const values = part.data<T>() + begin;
      for (int64_t i = 0; i < size; ++i) sums[static_cast<size_t>(i)] += static_cast<Sum>(values[i]);
    }
    T* const out = result->mutable_data<T>() + begin;
    for (int64_t i = 0; i < size; ++i) {
      const Sum mean = sums[static_cast<size_t>(i)] / count;
      if constexpr (std::is_same_v<T, Half> || std::is_same_v<T, Bfloat16>) {
        out[i] = T(static_cast<float>(mean));
      } else {
        out[i] = static_cast<T>(mean);
      }
    }
  }
}

bool HasMean(DType dtype) { return IsFloating(dtype) || IsComplex(dtype); }

absl::StatusOr<Tensor> Mean(const std::vector<Tensor>& parts) {
  FLOE_ASSIGN_OR_RETURN(Tensor result, Tensor::Allocate(parts[0].dtype(), parts[0].shape()));
  DispatchDType<float, double, Half, Bfloat16>(result.dtype(),
                                               [&]<typename T>() { Average<T, double>(parts, &result); });
  DispatchDType<std::complex<float>, std::complex<double>>(
      result.dtype(), [&]<typename T>() { Average<T, std::complex<double>>(parts, &result); });
  return result;
}

bool SameElements(const Tensor& a, const Tensor& b) {
  if (a.dtype() == DType::kString) return a.flat<std::string>() == b.flat<std::string>();
  return a.bytes() == b.bytes();
}

// That both have the same tensors.
absl::Status CheckSameTensors(const CheckpointReader& a, const CheckpointReader& b) {
  for (const auto& [mine, other] : {std::pair(&a, &b), std::pair(&b, &a)}) {
    for (const CheckpointTensor& tensor : mine->tensors()) {
      const CheckpointTensor* const found = other->Find(tensor.name);
      if (found == nullptr) {
        return absl::InvalidArgumentError(absl::StrCat("tensor '", tensor.name, "' is in checkpoint '", mine->prefix(),
                                                       "' but not in '", other->prefix(), "'"));
      }
      if (found->dtype_name != tensor.dtype_name || found->shape != tensor.shape) {
        return absl::InvalidArgumentError(absl::StrCat(
            "tensor '", tensor.name, "' is ", tensor.dtype_name, " ", tensor.shape.ToString(), " in checkpoint '",
            mine->prefix(), "' but ", found->dtype_name, " ", found->shape.ToString(), " in '", other->prefix(), "'"));
      }
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status RenameTensors(const CheckpointReader& checkpoint, const std::map<std::string, std::string>& names,
                           const std::string& output, FileSystem& files) {
  for (const auto& [from, to] : names) FLOE_RETURN_IF_ERROR(checkpoint.FindOrError(from).status());
  const auto new_name = [&](const std::string& name) {
    const auto found = names.find(name);
    return found == names.end() ? name : found->second;
  };
  std::set<std::string> taken;
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (!taken.insert(new_name(tensor.name)).second) {
      return absl::AlreadyExistsError(absl::StrCat("two tensors of checkpoint '", checkpoint.prefix(),
                                                   "' would be called '", new_name(tensor.name), "'"));
    }
  }
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointWriter> writer, Writer(output, files));
  for (const CheckpointTensor& tensor : checkpoint.tensors()) {
    if (tensor.name == kObjectGraphKey) {
      FLOE_ASSIGN_OR_RETURN(const Tensor graph, RenamedObjectGraph(checkpoint, names));
      FLOE_RETURN_IF_ERROR(writer->Add(new_name(tensor.name), graph));
      continue;
    }
    FLOE_RETURN_IF_ERROR(ForEachPiece(tensor, [&](const TensorSlice& slice) -> absl::Status {
      FLOE_ASSIGN_OR_RETURN(const Tensor part, checkpoint.ReadSlice(tensor.name, slice));
      return writer->AddSlice(new_name(tensor.name), tensor.shape, slice, part);
    }));
  }
  return writer->Finish();
}

absl::StatusOr<std::vector<std::string>> AverageCheckpoints(const std::vector<const CheckpointReader*>& inputs,
                                                            const std::string& output, FileSystem& files) {
  if (inputs.empty()) return absl::InvalidArgumentError("no checkpoints to average");
  const CheckpointReader& last = *inputs.back();
  for (const CheckpointReader* input : inputs) FLOE_RETURN_IF_ERROR(CheckSameTensors(last, *input));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<CheckpointWriter> writer, Writer(output, files));
  std::vector<std::string> from_last;
  for (const CheckpointTensor& tensor : last.tensors()) {
    bool differs = false;
    FLOE_RETURN_IF_ERROR(ForEachPiece(tensor, [&](const TensorSlice& slice) -> absl::Status {
      std::vector<Tensor> parts;
      for (const CheckpointReader* input : inputs) {
        FLOE_ASSIGN_OR_RETURN(parts.emplace_back(), input->ReadSlice(tensor.name, slice));
      }
      if (HasMean(tensor.dtype)) {
        FLOE_ASSIGN_OR_RETURN(const Tensor mean, Mean(parts));
        return writer->AddSlice(tensor.name, tensor.shape, slice, mean);
      }
      differs = differs || std::any_of(parts.begin(), parts.end(),
                                       [&](const Tensor& part) { return !SameElements(part, parts.back()); });
      return writer->AddSlice(tensor.name, tensor.shape, slice, parts.back());
    }));
    if (differs) from_last.push_back(tensor.name);
  }
  FLOE_RETURN_IF_ERROR(writer->Finish());
  return from_last;
}

}  // namespace floe
