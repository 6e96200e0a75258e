#include "session/variable_def.h"

#include <limits>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "tensorflow/core/framework/variable.pb.h"

namespace floe {
namespace {

absl::StatusOr<Output> TensorOf(const std::string& name, const std::string& prefix) {
  FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(name));
  return Output{absl::StrCat(prefix, ref.node), ref.output};
}

}  // namespace

bool IsVariableCollection(absl::string_view collection) {
  for (const char* name : {kGlobalVariables, kTrainableVariables, kLocalVariables, kMovingAverageVariables,
                           "model_variables", "metric_variables", "concatenated_variables", "global_step"}) {
    if (collection == name) return true;
  }
  return false;
}

std::string EncodeVariableDef(const VariableInfo& variable) {
  tensorflow::VariableDef def;
  def.set_variable_name(variable.variable.name());
  def.set_initializer_name(variable.initializer);
  if (variable.snapshot.valid()) def.set_snapshot_name(variable.snapshot.name());
  if (variable.initial_value.valid()) def.set_initial_value_name(variable.initial_value.name());
  def.set_is_resource(variable.is_resource);
  def.set_trainable(variable.trainable);
  def.set_synchronization(static_cast<tensorflow::VariableSynchronization>(variable.synchronization));
  def.set_aggregation(static_cast<tensorflow::VariableAggregation>(variable.aggregation));
  if (variable.slice.has_value()) {
    tensorflow::SaveSliceInfoDef* const slice = def.mutable_save_slice_info_def();
    slice->set_full_name(variable.slice->full_name);
    for (const int64_t dim : variable.slice->full_shape) slice->add_full_shape(dim);
    for (const int64_t start : variable.slice->offset) slice->add_var_offset(start);
    for (const int64_t length : variable.slice->shape) slice->add_var_shape(length);
  }
  return def.SerializeAsString();
}

absl::StatusOr<VariableInfo> DecodeVariableDef(absl::string_view encoded, const std::string& prefix) {
  tensorflow::VariableDef def;
  if (encoded.size() > std::numeric_limits<int>::max() ||
      !def.ParseFromArray(encoded.data(), static_cast<int>(encoded.size()))) {
    return absl::DataLossError("malformed VariableDef");
  }
  VariableInfo variable;
  FLOE_ASSIGN_OR_RETURN(variable.variable, TensorOf(def.variable_name(), prefix));
  variable.initializer = absl::StrCat(prefix, def.initializer_name());
  if (!def.snapshot_name().empty()) {
    FLOE_ASSIGN_OR_RETURN(variable.snapshot, TensorOf(def.snapshot_name(), prefix));
  }
  if (!def.initial_value_name().empty()) {
    FLOE_ASSIGN_OR_RETURN(variable.initial_value, TensorOf(def.initial_value_name(), prefix));
  }
  variable.is_resource = def.is_resource();
  variable.trainable = def.trainable();
  variable.synchronization = static_cast<int>(def.synchronization());
  variable.aggregation = static_cast<int>(def.aggregation());
  if (def.has_save_slice_info_def()) {
    const tensorflow::SaveSliceInfoDef& slice = def.save_slice_info_def();
    variable.slice = SliceInfo{prefix + slice.full_name(),
                               {slice.full_shape().begin(), slice.full_shape().end()},
                               {slice.var_offset().begin(), slice.var_offset().end()},
                               {slice.var_shape().begin(), slice.var_shape().end()}};
    const size_t rank = variable.slice->full_shape.size();
    if (variable.slice->offset.size() != rank || variable.slice->shape.size() != rank) {
      return absl::InvalidArgumentError(
          absl::StrCat("variable '", def.variable_name(), "': its slice has not one extent a dimension"));
    }
  }
  return variable;
}

}  // namespace floe
