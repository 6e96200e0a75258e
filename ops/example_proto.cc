#include "ops/example_proto.h"

#include <bit>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/wire.h"

namespace floe {
namespace {

constexpr int kBytesList = 1, kFloatList = 2, kInt64List = 3;

absl::Status Malformed(absl::string_view what) {
  return absl::InvalidArgumentError(absl::StrCat("the bytes are no ", what));
}

DType DTypeOfList(int number) {
  switch (number) {
    case kBytesList:
      return DType::kString;
    case kFloatList:
      return DType::kFloat;
    default:
      return DType::kInt64;
  }
}

bool AppendPackedFloats(absl::string_view bytes, std::vector<float>* values) {
  if (bytes.size() % sizeof(float) != 0) return false;
  const size_t first = values->size();
  values->resize(first + bytes.size() / sizeof(float));
  if (!bytes.empty()) std::memcpy(values->data() + first, bytes.data(), bytes.size());
  return true;
}

bool AppendPackedInts(absl::string_view bytes, std::vector<int64_t>* values) {
  uint64_t value;
  while (!bytes.empty()) {
    if (!ReadVarint(&bytes, &value)) return false;
    values->push_back(static_cast<int64_t>(value));
  }
  return true;
}

// One field of a list into the column; false where it is malformed.
bool AppendField(const WireField& field, FeatureColumn* column) {
  if (field.number != 1) return true;
  switch (column->dtype) {
    case DType::kString:
      if (field.type != WireType::kBytes) return false;
      column->strings.emplace_back(field.bytes);
      return true;
    case DType::kFloat:
      if (field.type == WireType::kBytes) return AppendPackedFloats(field.bytes, &column->floats);
      if (field.type != WireType::kFixed32) return false;
      column->floats.push_back(field.AsFloat());
      return true;
    default:
      if (field.type == WireType::kBytes) return AppendPackedInts(field.bytes, &column->ints);
      if (field.type != WireType::kVarint) return false;
      column->ints.push_back(static_cast<int64_t>(field.value));
      return true;
  }
}

int64_t SizeOf(const FeatureColumn& column) {
  return static_cast<int64_t>(column.floats.size() + column.ints.size() + column.strings.size());
}

// The entries of a Features or FeatureLists message; false where it is malformed.
bool ReadMap(const WireField& field, FeatureMap* map) {
  if (field.type != WireType::kBytes) return false;
  WireReader reader(field.bytes);
  WireField entry;
  while (reader.Next(&entry)) {
    if (entry.number != 1) continue;
    if (entry.type != WireType::kBytes) return false;
    absl::string_view key, value;
    WireReader pair_reader(entry.bytes);
    WireField part;
    while (pair_reader.Next(&part)) {
      if (part.type != WireType::kBytes) continue;
      if (part.number == 1) key = part.bytes;
      if (part.number == 2) value = part.bytes;
    }
    if (!pair_reader.ok()) return false;
    (*map)[key] = value;
  }
  return reader.ok();
}

}  // namespace

absl::Status ReadExample(absl::string_view example, FeatureMap* features) {
  features->clear();
  WireReader reader(example);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != 1) continue;
    if (!ReadMap(field, features)) return Malformed("Example");
  }
  return reader.ok() ? absl::OkStatus() : Malformed("Example");
}

absl::Status ReadSequenceExample(absl::string_view example, FeatureMap* context, FeatureMap* lists) {
  context->clear();
  lists->clear();
  WireReader reader(example);
  WireField field;
  while (reader.Next(&field)) {
    if (field.number != 1 && field.number != 2) continue;
    if (!ReadMap(field, field.number == 1 ? context : lists)) return Malformed("SequenceExample");
  }
  return reader.ok() ? absl::OkStatus() : Malformed("SequenceExample");
}

absl::Status AppendFeature(absl::string_view feature, FeatureColumn* column) {
  const int64_t before = SizeOf(*column);
  bool present = false;
  WireReader feature_reader(feature);
  WireField list;
  while (feature_reader.Next(&list)) {
    if (list.number < kBytesList || list.number > kInt64List) continue;
    if (list.type != WireType::kBytes) return Malformed("Feature");
    if (DTypeOfList(list.number) != column->dtype) {
      return absl::InvalidArgumentError(
          absl::StrCat("wanted ", DTypeName(column->dtype), ", got ", DTypeName(DTypeOfList(list.number))));
    }
    present = true;
    WireReader list_reader(list.bytes);
    WireField field;
    while (list_reader.Next(&field)) {
      if (!AppendField(field, column)) return Malformed("Feature");
    }
    if (!list_reader.ok()) return Malformed("Feature");
  }
  if (!feature_reader.ok()) return Malformed("Feature");
  column->counts.push_back(present ? SizeOf(*column) - before : FeatureColumn::kAbsent);
  return absl::OkStatus();
}

absl::StatusOr<int64_t> AppendFeatureList(absl::string_view list, FeatureColumn* column) {
  int64_t features = 0;
  WireReader reader(list);
  WireField feature;
  while (reader.Next(&feature)) {
    if (feature.number != 1) continue;
    if (feature.type != WireType::kBytes) return Malformed("FeatureList");
    FLOE_RETURN_IF_ERROR(AppendFeature(feature.bytes, column));
    ++features;
  }
  if (!reader.ok()) return Malformed("FeatureList");
  return features;
}

void AppendAbsent(FeatureColumn* column) { column->counts.push_back(FeatureColumn::kAbsent); }

}  // namespace floe
