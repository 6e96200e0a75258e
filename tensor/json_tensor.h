// String tensors as JSON: nested arrays of strings, {"b64": "..."} for an element that is not UTF-8. Other dtypes
// travel as .npy (tensor/npy.h).
#ifndef FLOE_TENSOR_JSON_TENSOR_H_
#define FLOE_TENSOR_JSON_TENSOR_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace floe {

// A string alone is a scalar. INVALID_ARGUMENT for what is no JSON, ragged arrays, and other elements.
absl::StatusOr<Tensor> ParseJsonTensor(absl::string_view text);
// INVALID_ARGUMENT for other dtypes than strings.
absl::StatusOr<std::string> SerializeJsonTensor(const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_TENSOR_JSON_TENSOR_H_
