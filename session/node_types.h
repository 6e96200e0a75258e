// The types and shapes of a node's outputs in a graph with variables: what ops/ knows, and besides that the ops on
// variables, files, random numbers and control flow.
#ifndef FLOE_SESSION_NODE_TYPES_H_
#define FLOE_SESSION_NODE_TYPES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/graph.h"
#include "tensor/tensor.h"

namespace floe {

struct OutputType {
  DType dtype = DType::kInvalid;  // kInvalid: not known
  PartialShape shape;
  bool is_ref = false;  // of a reference variable, and not a value
  // Of a handle (kResource): what the variable holds.
  DType handle_dtype = DType::kInvalid;
  PartialShape handle_shape;
  Tensor value;  // valid where it is a constant
};

// One a result. Nothing where Floe does not know the op. INVALID_ARGUMENT where its inputs or attributes do not fit.
struct NodeTypes {
  bool known = false;
  std::vector<OutputType> outputs;
};
absl::StatusOr<NodeTypes> InferNodeTypes(const Node& node, absl::Span<const OutputType* const> inputs);

}  // namespace floe

#endif  // FLOE_SESSION_NODE_TYPES_H_
