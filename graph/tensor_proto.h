// Tensors in encoded tensorflow.TensorProto messages (tensor.proto).
#ifndef FLOE_GRAPH_TENSOR_PROTO_H_
#define FLOE_GRAPH_TENSOR_PROTO_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace floe {

// The encoded TensorShapeProto. INVALID_ARGUMENT for malformed ones and dimensions below -1.
absl::StatusOr<PartialShape> DecodeShapeProto(absl::string_view encoded);
std::string EncodeShapeProto(const PartialShape& shape);

// The tensor of an encoded TensorProto. Where the elements are tensor_content and lie aligned, they stay where they are
// and `owner` is kept; otherwise they are copied. Fewer typed elements than the shape has: the last one repeats.
absl::StatusOr<Tensor> DecodeTensorProto(absl::string_view encoded, const std::shared_ptr<const void>& owner);
// As TensorFlow's make_tensor_proto: tensor_content for more than one element of a numeric type, else the typed field.
std::string EncodeTensorProto(const Tensor& tensor);
// What EncodeTensorProto puts before the elements of a numeric tensor of more than one.
std::string EncodeTensorProtoHead(const Tensor& tensor);

}  // namespace floe

#endif  // FLOE_GRAPH_TENSOR_PROTO_H_
