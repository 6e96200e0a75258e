// NumPy's .npy files (format 1.0 to 3.0: magic, version, header length, a Python dict of descr, fortran_order and
// shape, then elements). bfloat16 travels as its bits in uint16; strings do not travel here (see tensor/json_tensor.h).
#ifndef FLOE_TENSOR_NPY_H_
#define FLOE_TENSOR_NPY_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace floe {

// The tensor of a .npy file's bytes. Both byte orders and Fortran order are read. INVALID_ARGUMENT for what is no .npy,
// is truncated, has bytes left over, or has a dtype that no tensor has.
absl::StatusOr<Tensor> ParseNpy(absl::string_view bytes);
absl::StatusOr<Tensor> ReadNpy(const std::string& path);

// Little-endian, C order. INVALID_ARGUMENT for strings and opaque tensors.
absl::StatusOr<std::string> SerializeNpy(const Tensor& tensor);
absl::Status WriteNpy(const std::string& path, const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_TENSOR_NPY_H_
