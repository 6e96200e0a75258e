// Tensors and tensorflow.TensorProto messages (tensor.proto), as TensorFlow's Tensor::FromProto and AsProto* read and
// write them.
#ifndef FLOE_PROTO_TENSOR_CODEC_H_
#define FLOE_PROTO_TENSOR_CODEC_H_

#include <cstdint>

#include "absl/status/statusor.h"
#include "tensor/tensor.h"

namespace tensorflow {
class TensorProto;
class TensorShapeProto;
}  // namespace tensorflow

namespace floe {

// INVALID_ARGUMENT for an unknown rank, a negative dimension, or more elements than 64 bits count.
absl::StatusOr<Shape> ShapeFromProto(const tensorflow::TensorShapeProto& proto);
PartialShape PartialShapeFromProto(const tensorflow::TensorShapeProto& proto);
void ShapeToProto(const PartialShape& shape, tensorflow::TensorShapeProto* proto);

// A tensor of its own elements. tensor_content must fit dtype and shape exactly; of typed elements there may be fewer
// than the shape has: the last repeats (none: zeros). INVALID_ARGUMENT says what was wanted and what came;
// RESOURCE_EXHAUSTED past `max_bytes`.
absl::StatusOr<Tensor> TensorFromProto(const tensorflow::TensorProto& proto, int64_t max_bytes);

// `as_content`: elements as bytes where the dtype has a fixed size, else in the typed field.
void TensorToProto(const Tensor& tensor, bool as_content, tensorflow::TensorProto* proto);

}  // namespace floe

#endif  // FLOE_PROTO_TENSOR_CODEC_H_
