#include "server/bind_request.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

std::vector<std::string> Names(const std::vector<TensorSpec>& specs) {
  std::vector<std::string> names;
  for (const TensorSpec& spec : specs) names.push_back(spec.name);
  return names;
}

// The place of the tensor that `name` calls, by either of its names.
absl::StatusOr<size_t> FindSpec(absl::string_view kind, const ServedModel& model, const std::vector<TensorSpec>& specs,
                                const std::string& name) {
  for (size_t i = 0; i < specs.size(); ++i) {
    if (specs[i].name == name || specs[i].tensor_name == name) return i;
  }
  const std::vector<std::string> names = Names(specs);
  return absl::InvalidArgumentError(absl::StrCat("model '", model.name(), "' has no ", kind, " '", name, "'; it has ",
                                                 ListNames(names), DidYouMean(name, names)));
}

}  // namespace

InputBinder::InputBinder(const ServedModel* model, absl::string_view (*dtype_name)(DType))
    : model_(model), dtype_name_(dtype_name), claimed_(model->inputs().size()) {
  for (const TensorSpec& spec : model->inputs()) inputs_.emplace_back(spec.name, Tensor());
}

absl::StatusOr<size_t> InputBinder::Claim(const std::string& name, DType dtype, absl::Span<const int64_t> dims,
                                          Shape* shape) {
  FLOE_ASSIGN_OR_RETURN(const size_t place, FindSpec("input", *model_, model_->inputs(), name));
  const TensorSpec& spec = model_->inputs()[place];
  if (claimed_[place]) return absl::InvalidArgumentError(absl::StrCat("input '", name, "' came twice"));
  claimed_[place] = true;
  if (dtype != spec.dtype) {
    return absl::InvalidArgumentError(
        absl::StrCat("input '", name, "' takes ", dtype_name_(spec.dtype), ", got ", dtype_name_(dtype)));
  }
  absl::StatusOr<Shape> checked = Shape::Checked(dims);
  if (!checked.ok()) return Annotate(checked.status(), absl::StrCat("input '", name, "'"));
  *shape = *std::move(checked);
  if (!spec.shape.Matches(*shape)) {
    const bool rank = spec.shape.rank() != shape->rank();
    return absl::InvalidArgumentError(absl::StrCat("input '", name, "' takes the shape ", spec.shape.ToString(),
                                                   ", got ", shape->ToString(),
                                                   rank ? absl::StrCat(" of rank ", shape->rank()) : ""));
  }
  const int max_batch_size = model_->config().max_batch_size();
  if (max_batch_size > 0 && shape->rank() > 0 && shape->dim(0) > max_batch_size) {
    return absl::InvalidArgumentError(absl::StrCat("input '", name, "' has a batch of ", shape->dim(0), "; model '",
                                                   model_->name(), "' takes at most ", max_batch_size));
  }
  return place;
}

absl::StatusOr<std::vector<NamedTensor>> InputBinder::Take() {
  std::vector<std::string> missing;
  for (size_t i = 0; i < claimed_.size(); ++i) {
    if (!claimed_[i]) missing.push_back(inputs_[i].first);
  }
  if (!missing.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("model '", model_->name(), "' takes ", claimed_.size(),
                                                   " inputs, got ", claimed_.size() - missing.size(),
                                                   "; missing: ", ListNames(missing)));
  }
  return std::move(inputs_);
}

absl::StatusOr<std::vector<size_t>> BindOutputs(const ServedModel& model, const std::vector<std::string>& names) {
  const std::vector<TensorSpec>& outputs = model.outputs();
  std::vector<size_t> places;
  if (names.empty()) {
    for (size_t i = 0; i < outputs.size(); ++i) places.push_back(i);
    return places;
  }
  // Before anything is done for each of them.
  if (names.size() > outputs.size()) {
    return absl::InvalidArgumentError(absl::StrCat("model '", model.name(), "' has ", outputs.size(), " outputs (",
                                                   ListNames(Names(outputs)), "), asked for ", names.size()));
  }
  for (const std::string& name : names) {
    FLOE_ASSIGN_OR_RETURN(const size_t place, FindSpec("output", model, outputs, name));
    if (std::find(places.begin(), places.end(), place) != places.end()) {
      return absl::InvalidArgumentError(absl::StrCat("output '", name, "' is asked for twice"));
    }
    places.push_back(place);
  }
  return places;
}

}  // namespace floe
