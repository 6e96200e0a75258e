// AttrValue and AttrMap: the attributes of a node.
//
// An AttrValue is the encoded tensorflow.AttrValue message (attr_value.proto) and is decoded when asked, so that
// loading costs nothing an attribute, writing gives back the very bytes that were read, and a tensor stays a span of
// the mapped file, which the value keeps alive. A large tensor that is put into a graph is not copied either: the
// value keeps it beside the bytes that come before its elements. Immutable values; any thread.
#ifndef FLOE_GRAPH_ATTR_VALUE_H_
#define FLOE_GRAPH_ATTR_VALUE_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace floe {

class AttrMap;

class AttrValue {
 public:
  AttrValue() = default;
  // `encoded` lives as long as `owner`.
  AttrValue(absl::string_view encoded, std::shared_ptr<const void> owner)
      : encoded_(encoded), owner_(std::move(owner)) {}

  static AttrValue Int(int64_t value);
  static AttrValue Float(float value);
  static AttrValue Bool(bool value);
  static AttrValue String(absl::string_view value);
  static AttrValue Type(DType value);
  static AttrValue OfShape(const PartialShape& value);
  // As TensorFlow's make_tensor_proto writes it. Shares the elements of a large tensor.
  static AttrValue OfTensor(const Tensor& value);
  static AttrValue Ints(absl::Span<const int64_t> values);
  static AttrValue Floats(absl::Span<const float> values);
  static AttrValue Strings(absl::Span<const std::string> values);
  static AttrValue Types(absl::Span<const DType> values);
  static AttrValue Function(absl::string_view name);

  // INVALID_ARGUMENT ("wanted int, got string") where the value is of another kind or malformed.
  absl::StatusOr<int64_t> AsInt() const;
  absl::StatusOr<float> AsFloat() const;
  absl::StatusOr<bool> AsBool() const;
  absl::StatusOr<absl::string_view> AsString() const;
  absl::StatusOr<DType> AsType() const;
  absl::StatusOr<PartialShape> AsShape() const;
  // Shares the mapped bytes where the proto has aligned tensor_content, else decodes a copy.
  absl::StatusOr<Tensor> AsTensor() const;
  absl::StatusOr<std::vector<int64_t>> AsInts() const;
  absl::StatusOr<std::vector<float>> AsFloats() const;
  absl::StatusOr<std::vector<std::string>> AsStrings() const;
  absl::StatusOr<std::vector<DType>> AsTypes() const;
  absl::StatusOr<std::vector<PartialShape>> AsShapes() const;
  absl::StatusOr<std::string> AsFunctionName() const;
  // The attributes bound in a function value.
  absl::StatusOr<AttrMap> AsFunctionAttrs() const;
  absl::StatusOr<std::vector<std::string>> AsFunctionNames() const;
  // The name of a placeholder, in function bodies: the attribute takes the value that the caller binds to it.
  absl::StatusOr<std::string> AsPlaceholder() const;

  // "int", "list(type)", "tensor", ..., "nothing".
  std::string KindName() const;
  // The whole message. A shared tensor's is put together when it is first asked for, and kept.
  absl::string_view encoded() const;

  // The message in two parts, of which the second, the elements of a shared tensor, may be large; else it is empty.
  struct Parts {
    absl::string_view head, elements;
  };
  Parts parts() const;

  // The same bytes.
  friend bool operator==(const AttrValue& a, const AttrValue& b);

 private:
  struct SharedTensor;

  absl::string_view encoded_;
  std::shared_ptr<const void> owner_;
  std::shared_ptr<const SharedTensor> tensor_;  // of OfTensor; then encoded_ is empty
};

// Attributes by name, in the order of the names. A value type.
class AttrMap {
 public:
  void Set(absl::string_view name, AttrValue value);
  void Erase(absl::string_view name);
  const AttrValue* Find(absl::string_view name) const;
  bool Has(absl::string_view name) const { return Find(name) != nullptr; }
  const std::vector<std::pair<std::string, AttrValue>>& entries() const { return entries_; }
  bool empty() const { return entries_.empty(); }

  // Required: INVALID_ARGUMENT naming the attribute where it is missing or of another kind.
  absl::StatusOr<int64_t> Int(absl::string_view name) const;
  absl::StatusOr<float> Float(absl::string_view name) const;
  absl::StatusOr<bool> Bool(absl::string_view name) const;
  absl::StatusOr<std::string> String(absl::string_view name) const;
  absl::StatusOr<DType> Type(absl::string_view name) const;
  absl::StatusOr<PartialShape> OfShape(absl::string_view name) const;
  absl::StatusOr<Tensor> OfTensor(absl::string_view name) const;
  absl::StatusOr<std::vector<int64_t>> Ints(absl::string_view name) const;
  absl::StatusOr<std::vector<float>> Floats(absl::string_view name) const;
  absl::StatusOr<std::vector<std::string>> Strings(absl::string_view name) const;
  absl::StatusOr<std::vector<DType>> Types(absl::string_view name) const;
  // Optional: the op definition's default where the attribute is missing (exporters strip defaults).
  absl::StatusOr<int64_t> Int(absl::string_view name, int64_t missing) const;
  absl::StatusOr<float> Float(absl::string_view name, float missing) const;
  absl::StatusOr<bool> Bool(absl::string_view name, bool missing) const;
  absl::StatusOr<std::string> String(absl::string_view name, absl::string_view missing) const;
  absl::StatusOr<DType> Type(absl::string_view name, DType missing) const;
  absl::StatusOr<std::vector<int64_t>> Ints(absl::string_view name, std::vector<int64_t> missing) const;
  absl::StatusOr<std::vector<float>> Floats(absl::string_view name, std::vector<float> missing) const;
  absl::StatusOr<std::vector<std::string>> Strings(absl::string_view name, std::vector<std::string> missing) const;

  friend bool operator==(const AttrMap& a, const AttrMap& b);  // the same names with the same bytes

 private:
  std::vector<std::pair<std::string, AttrValue>> entries_;  // sorted by name
};

}  // namespace floe

#endif  // FLOE_GRAPH_ATTR_VALUE_H_
