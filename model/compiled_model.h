// CompiledModel: the one kind of Model there is: a compiled program with names for its inputs and outputs.
#ifndef FLOE_MODEL_COMPILED_MODEL_H_
#define FLOE_MODEL_COMPILED_MODEL_H_

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "model/model.h"

namespace floe {

// What to compute of a graph: tensors in and out, with the names that users call them by.
struct ModelBoundary {
  std::string signature_name = "serving_default";
  // name, tensor name
  std::vector<std::pair<std::string, std::string>> inputs;
  std::vector<std::pair<std::string, std::string>> outputs;
  std::vector<ModelSignature> signatures;  // all that the model's files have
};

// Lowers, optimises and compiles. The graph may go afterwards.
absl::StatusOr<std::shared_ptr<const Model>> CompileModel(const Graph& graph, const ModelBoundary& boundary,
                                                          const ModelOptions& options);

}  // namespace floe

#endif  // FLOE_MODEL_COMPILED_MODEL_H_
