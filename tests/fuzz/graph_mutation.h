// What the fuzzers of graphs share: how to change a message inside so that it stays one, and which graphs are left out.
#ifndef FLOE_TESTS_FUZZ_GRAPH_MUTATION_H_
#define FLOE_TESTS_FUZZ_GRAPH_MUTATION_H_

#include <cstdint>
#include <optional>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"

extern "C" size_t LLVMFuzzerMutate(uint8_t* data, size_t size, size_t max_size);

namespace floe::testing {

// The bytes of field `number`, empty where there is none.
inline absl::string_view FieldOf(absl::string_view message, int number) {
  WireReader reader(message);
  WireField field;
  absl::string_view bytes;
  while (reader.Next(&field)) {
    if (field.number == number) bytes = field.bytes;
  }
  return bytes;
}

// Constants of a few bytes may mean gigabytes (one element that repeats). That is allowed, and nothing to fuzz with.
inline bool HasLargeConstant(const Graph& graph) {
  constexpr int64_t kLarge = 1 << 16;
  for (const Node& node : graph.nodes()) {
    const AttrValue* const value = node.attrs.Find("value");
    if (value == nullptr) continue;
    constexpr int kTensor = 8, kTensorShape = 2;  // in AttrValue and TensorProto
    const absl::StatusOr<PartialShape> shape =
        DecodeShapeProto(FieldOf(FieldOf(value->encoded(), kTensor), kTensorShape));
    if (!shape.ok() || !shape->IsFullyDefined()) continue;
    const absl::StatusOr<Shape> checked = Shape::Checked(shape->dims());
    if (checked.ok() && checked->num_elements() > kLarge) return true;
  }
  return false;
}

inline std::string MutateBytes(absl::string_view bytes, size_t growth) {
  std::string text(bytes);
  text.resize(bytes.size() + growth);
  text.resize(LLVMFuzzerMutate(reinterpret_cast<uint8_t*>(text.data()), bytes.size(), text.size()));
  return text;
}

// Changes one field somewhere inside, and mends the lengths around it: random bytes hardly ever get past the first.
// Nothing where there is none.
inline std::optional<std::string> MutateMessage(absl::string_view message, std::mt19937& random, int depth = 0) {
  constexpr int kMaxDepth = 12;
  std::vector<WireField> fields;
  WireReader reader(message);
  WireField field;
  while (reader.Next(&field)) fields.push_back(field);
  if (!reader.ok() || fields.empty()) return std::nullopt;
  const size_t chosen = random() % fields.size();
  std::string changed;
  const auto keep = [&](const WireField& kept) { changed.append(kept.encoded.data(), kept.encoded.size()); };
  for (size_t i = 0; i < fields.size(); ++i) {
    const WireField& each = fields[i];
    if (i != chosen) {
      keep(each);
      continue;
    }
    switch (random() % 8) {
      case 0:  // gone
        break;
      case 1:  // twice
        keep(each);
        keep(each);
        break;
      case 2: {  // another in its place
        const WireField& other = fields[random() % fields.size()];
        if (each.type == WireType::kBytes && other.type == WireType::kBytes) {
          AppendBytesField(each.number, other.bytes, &changed);
        } else {
          keep(other);
        }
        break;
      }
      default: {
        if (each.type != WireType::kBytes) {
          AppendVarintField(each.number, random() % 64, &changed);
          break;
        }
        std::optional<std::string> inner;
        if (depth < kMaxDepth) inner = MutateMessage(each.bytes, random, depth + 1);
        AppendBytesField(each.number, inner ? *inner : MutateBytes(each.bytes, 8), &changed);
      }
    }
  }
  return changed;
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_FUZZ_GRAPH_MUTATION_H_
