#include "session/variable_source.h"

#include <algorithm>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"
#include "checkpoint/object_graph.h"

namespace floe {
namespace {

// Reference variables may leave it unknown, in either of two forms.
absl::StatusOr<PartialShape> ShapeOf(const Node& variable) {
  if (!variable.attrs.Has("shape")) return PartialShape::UnknownRank();
  return variable.attrs.OfShape("shape");
}

}  // namespace

VariableSource::VariableSource(const MetaGraph& meta, VariableKeys keys, const CheckpointReader* checkpoint,
                               InitGraph* init, const FreezeOptions& options)
    : meta_(meta), keys_(std::move(keys)), checkpoint_(checkpoint), init_(init), options_(options) {
  for (const char* const name : {"trainable_variables", "moving_average_variables"}) {
    const auto found = meta.variable_collections.find(name);
    if (found == meta.variable_collections.end()) continue;
    averages_listed_ = true;
    may_be_averaged_.insert(found->second.begin(), found->second.end());
  }
  if (checkpoint == nullptr) return;
  // It only helps to find names: a damaged one shows when a variable is not found.
  if (auto by_name = ObjectKeysByName(*checkpoint); by_name.ok()) object_keys_ = *std::move(by_name);
}

absl::StatusOr<Tensor> VariableSource::Read(const Node& variable) {
  absl::StatusOr<Tensor> value = ReadValue(variable);
  if (!value.ok()) return Annotate(value.status(), absl::StrCat("variable '", variable.name, "'"));
  return value;
}

absl::StatusOr<Tensor> VariableSource::ReadValue(const Node& variable) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, variable.attrs.Type("dtype"));
  FLOE_ASSIGN_OR_RETURN(const PartialShape shape, ShapeOf(variable));
  const std::string wanted = absl::StrCat(DTypeName(dtype), " ", shape.ToString());
  VariableKey key = keys_.Of(variable);
  const CheckpointTensor* const stored = checkpoint_ == nullptr ? nullptr : Find(variable, &key);
  if (stored == nullptr) {
    FLOE_ASSIGN_OR_RETURN(std::optional<Tensor> assigned,
                          init_->AssignedValue(variable.name, [this](const Node& other) { return Read(other); }));
    if (assigned.has_value()) return *std::move(assigned);
    if (checkpoint_ == nullptr) {
      return absl::NotFoundError(absl::StrCat("wanted ", wanted, ", but there is no checkpoint"));
    }
    return absl::NotFoundError(absl::StrCat("wanted ", wanted, ", but checkpoint '", checkpoint_->prefix(),
                                            "' has no tensor '", key.key, "'",
                                            DidYouMean(key.key, checkpoint_->Names())));
  }
  floe::Shape stored_shape = stored->shape;
  if (key.slice.has_value()) {
    FLOE_ASSIGN_OR_RETURN(key.slice, ResolveSlice(*key.slice, stored->shape));
    stored_shape = SliceShape(*key.slice);
  }
  if (stored->dtype != dtype || !shape.Matches(stored_shape)) {
    return absl::InvalidArgumentError(absl::StrCat("wanted ", wanted, ", but checkpoint '", checkpoint_->prefix(),
                                                   "' has ", stored->dtype_name, " ", stored_shape.ToString(), " as '",
                                                   key.key, "'"));
  }
  return key.slice.has_value() ? checkpoint_->ReadSlice(key.key, *key.slice) : checkpoint_->Read(key.key);
}

const CheckpointTensor* VariableSource::Find(const Node& variable, VariableKey* key) {
  if (std::optional<VariableKey> average = MovingAverage(variable, *key); average.has_value()) {
    *key = *std::move(average);
    ++averaged_;
    return checkpoint_->Find(key->key);
  }
  if (const CheckpointTensor* const stored = checkpoint_->Find(key->key); stored != nullptr) return stored;
  if (key->slice.has_value()) return nullptr;
  if (std::optional<VariableKey> part = PartOfPartitioned(key->key); part.has_value()) {
    *key = *std::move(part);
    return checkpoint_->Find(key->key);
  }
  const auto object_key = object_keys_.find(VariableName(variable));
  if (object_key == object_keys_.end()) return nullptr;
  const CheckpointTensor* const stored = checkpoint_->Find(object_key->second);
  if (stored != nullptr) key->key = object_key->second;
  return stored;
}

std::optional<VariableKey> VariableSource::MovingAverage(const Node& variable, const VariableKey& key) const {
  if (!options_.moving_average) return std::nullopt;
  if (averages_listed_ && !may_be_averaged_.contains(variable.name)) return std::nullopt;
  // The average is a variable of its own, and the saver may have given it another key.
  const int shadow = meta_.graph.Find(absl::StrCat(variable.name, "/", options_.moving_average_name));
  if (shadow >= 0 && IsVariable(meta_.graph.node(shadow).op)) {
    VariableKey shadow_key = keys_.Of(meta_.graph.node(shadow));
    if (checkpoint_->Find(shadow_key.key) != nullptr) return shadow_key;
  }
  VariableKey average{absl::StrCat(key.key, "/", options_.moving_average_name), key.slice};
  if (checkpoint_->Find(average.key) != nullptr) return average;
  return std::nullopt;
}

// "emb/part_1" is the second slice of "emb", for graphs without their saver.
std::optional<VariableKey> VariableSource::PartOfPartitioned(const std::string& name) const {
  const size_t slash = name.rfind("/part_");
  uint32_t number;
  if (slash == std::string::npos || !absl::SimpleAtoi(name.substr(slash + 6), &number)) return std::nullopt;
  const CheckpointTensor* const whole = checkpoint_->Find(name.substr(0, slash));
  if (whole == nullptr || number >= whole->slices.size()) return std::nullopt;
  std::vector<TensorSlice> slices = whole->slices;
  std::sort(slices.begin(), slices.end(), [](const TensorSlice& a, const TensorSlice& b) {
    return std::lexicographical_compare(a.begin(), a.end(), b.begin(), b.end(),
                                        [](const SliceExtent& x, const SliceExtent& y) { return x.start < y.start; });
  });
  return VariableKey{whole->name, slices[number]};
}

}  // namespace floe
