// Shapes in encoded tensorflow.TensorShapeProto messages. A file of its own, as attr_tensor.cc is: what reads
// attributes and no tensors is then free of protobuf, which the CUDA module must be.
#include <cstdint>
#include <utility>

#include "absl/strings/str_cat.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"

namespace floe {
namespace {

// Field numbers of tensor_shape.proto.
constexpr int kShapeDim = 2, kShapeUnknownRank = 3, kDimSize = 1;

}  // namespace

absl::StatusOr<PartialShape> DecodeShapeProto(absl::string_view encoded) {
  Dims dims;
  bool unknown_rank = false;
  WireReader reader(encoded);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number == kShapeUnknownRank && field.type == WireType::kVarint) unknown_rank = field.value != 0;
    if (field.number != kShapeDim || field.type != WireType::kBytes) continue;
    int64_t size = 0;
    WireReader dim_reader(field.bytes);
    WireField dim_field;
    while (dim_reader.Next(&dim_field)) {
      if (dim_field.number == kDimSize && dim_field.type == WireType::kVarint)
        size = static_cast<int64_t>(dim_field.value);
    }
    if (!dim_reader.ok()) return absl::DataLossError("malformed shape");
    if (size < -1) return absl::InvalidArgumentError(absl::StrCat("dimension ", size, " in a shape"));
    dims.push_back(size);
    if (dims.size() > kMaxRank) return absl::InvalidArgumentError("a shape of too many dimensions");
  }
  if (!reader.ok()) return absl::DataLossError("malformed shape");
  return unknown_rank ? PartialShape::UnknownRank() : PartialShape(std::move(dims));
}

std::string EncodeShapeProto(const PartialShape& shape) {
  std::string out;
  if (!shape.has_rank()) {
    AppendVarintField(kShapeUnknownRank, 1, &out);
    return out;
  }
  for (const int64_t size : shape.dims()) {
    std::string dim;
    if (size != 0) AppendVarintField(kDimSize, static_cast<uint64_t>(size), &dim);
    AppendBytesField(kShapeDim, dim, &out);
  }
  return out;
}

}  // namespace floe
