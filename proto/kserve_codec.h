// Tensors and what KServe v2 (grpc_service.proto, the REST binary extension) sends of them: datatype names, raw bytes,
// typed contents. Raw bytes and typed contents fit the shape exactly, so what a message can make us allocate is a small
// multiple of its own size.
#ifndef FLOE_PROTO_KSERVE_CODEC_H_
#define FLOE_PROTO_KSERVE_CODEC_H_

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace inference {
class InferTensorContents;
}  // namespace inference

namespace floe {

// "FP32", "INT64", "BYTES" (strings), ...; "" for the dtypes that KServe has no name for (complex, quantized, float8).
absl::string_view KServeDataType(DType dtype);
// INVALID_ARGUMENT, naming the nearest and all there are, for another name.
absl::StatusOr<DType> DTypeFromKServe(absl::string_view name);

// Row-major little-endian elements; for kString each element is four bytes of length (little-endian) and its bytes.
// INVALID_ARGUMENT, with what was wanted and what came, where they are not exactly the tensor's.
absl::StatusOr<Tensor> TensorFromRaw(DType dtype, const Shape& shape, absl::string_view raw);
// Replaces `raw`. INVALID_ARGUMENT for dtypes without a KServe name and for strings over 4 GiB.
absl::Status TensorToRaw(const Tensor& tensor, std::string* raw);

// The one field that belongs to the dtype holds exactly the tensor's elements, the others nothing; else
// INVALID_ARGUMENT. FP16 and BF16 have no field: they travel raw only.
absl::StatusOr<Tensor> TensorFromContents(DType dtype, const Shape& shape,
                                          const inference::InferTensorContents& contents);
// Replaces `contents`. INVALID_ARGUMENT for dtypes without a field.
absl::Status TensorToContents(const Tensor& tensor, inference::InferTensorContents* contents);

}  // namespace floe

#endif  // FLOE_PROTO_KSERVE_CODEC_H_
