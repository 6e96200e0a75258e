#include "session/session.h"

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace floe {
namespace {

// How many kinds of runs stay prepared; past that, all are prepared anew.
constexpr size_t kMaxPrepared = 64;

}  // namespace

Session::Session(const GraphBuilder& graph, SessionOptions options) : graph_(graph), functions_(&state_) {
  state_.files = options.files;
}

absl::StatusOr<const ExecGraph*> Session::Prepare(const std::vector<std::string>& feeds,
                                                  const std::vector<std::string>& fetches,
                                                  const std::vector<std::string>& targets) {
  const std::string key =
      absl::StrCat(absl::StrJoin(feeds, ","), ";", absl::StrJoin(fetches, ","), ";", absl::StrJoin(targets, ","));
  const auto found = prepared_.find(key);
  if (found != prepared_.end()) return found->second.get();
  FLOE_ASSIGN_OR_RETURN(ExecGraph made, MakeExecGraph(graph_.state()->graph(), feeds, fetches, targets));
  if (prepared_.size() >= kMaxPrepared) prepared_.clear();
  return prepared_.emplace(key, std::make_unique<ExecGraph>(std::move(made))).first->second.get();
}

absl::StatusOr<std::vector<Tensor>> Session::Run(const Feeds& feeds, const std::vector<GraphElement>& fetches,
                                                 const std::vector<GraphElement>& targets) {
  FLOE_RETURN_IF_ERROR(graph_.status());
  std::vector<std::string> feed_names, fetch_names, target_names;
  std::vector<EdgeValue> values;
  for (const auto& [element, tensor] : feeds) {
    if (!tensor.valid()) return absl::InvalidArgumentError(absl::StrCat("feed '", element.text, "': no tensor"));
    FLOE_ASSIGN_OR_RETURN(const Output output, graph_.FindOutput(element.text));
    const OutputType& type = graph_.state()->TypeOf(output);
    if (type.dtype != DType::kInvalid && (type.dtype != tensor.dtype() || !type.shape.Matches(tensor.shape()))) {
      return absl::InvalidArgumentError(absl::StrCat("feed '", element.text, "': wanted ", DTypeName(type.dtype), " ",
                                                     type.shape.ToString(), ", got ", DTypeName(tensor.dtype()), " ",
                                                     tensor.shape().ToString()));
    }
    feed_names.push_back(element.text);
    values.push_back({tensor, nullptr});
  }
  for (const GraphElement& element : fetches) fetch_names.push_back(element.text);
  for (const GraphElement& element : targets) target_names.push_back(element.text);
  FLOE_ASSIGN_OR_RETURN(const ExecGraph* const graph, Prepare(feed_names, fetch_names, target_names));
  FLOE_RETURN_IF_ERROR(functions_.SetLibrary(graph_.state()->graph().shared_library()));
  FLOE_ASSIGN_OR_RETURN(const std::vector<EdgeValue> results, Execute(*graph, values, state_, functions_, 0));
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < results.size(); ++i) {
    Tensor tensor = results[i].tensor;
    if (tensor.dtype() == DType::kResource) {
      const absl::StatusOr<std::shared_ptr<VariableState>> variable = state_.variables.OfHandle(tensor);
      if (variable.ok()) {
        FLOE_ASSIGN_OR_RETURN(tensor, (*variable)->Read());
      }
    }
    tensors.push_back(std::move(tensor));
  }
  return tensors;
}

absl::StatusOr<Tensor> Session::Run(const GraphElement& fetch) {
  FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> tensors, Run({}, {fetch}));
  return std::move(tensors[0]);
}

absl::StatusOr<Tensor> Session::VariableValue(const std::string& name) const {
  const VariableState* const variable = state_.variables.Find(name);
  if (variable != nullptr) return variable->Read();
  return absl::FailedPreconditionError(
      absl::StrCat("variable '", name, "' is not initialized in this session: run its initializer, or restore it"));
}

absl::Status Session::Run(const Operation& target) { return Run({}, {}, {target}).status(); }

}  // namespace floe
