#include "cli/synthetic_inputs.h"

#include <algorithm>
#include <cstring>
#include <random>

#include "base/status.h"

namespace floe::cli {
namespace {

absl::StatusOr<Tensor> MakeUp(DType dtype, const Shape& shape) {
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(dtype, shape));
  std::mt19937 random(1);
  std::uniform_real_distribution<float> uniform(0, 1);
  const bool floating = DispatchDType<float, double, Half, Bfloat16>(dtype, [&]<typename T>() {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) tensor.mutable_data<T>()[i] = T(uniform(random));
  });
  if (!floating && tensor.byte_size() > 0) {
    std::memset(tensor.raw_mutable_data(), 0, static_cast<size_t>(tensor.byte_size()));
  }
  return tensor;
}

}  // namespace

absl::StatusOr<std::vector<NamedTensor>> CompleteInputs(const Model& model, absl::Span<const Shape> shapes,
                                                        std::vector<NamedTensor> given) {
  for (size_t i = 0; i < model.inputs().size(); ++i) {
    const TensorSpec& spec = model.inputs()[i];
    const bool has = std::any_of(given.begin(), given.end(), [&](const NamedTensor& named) {
      return named.first == spec.name || named.first == spec.tensor_name;
    });
    if (has) continue;
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, MakeUp(spec.dtype, shapes[i]));
    given.push_back({spec.name, std::move(tensor)});
  }
  return given;
}

}  // namespace floe::cli
