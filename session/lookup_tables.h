// Lookup tables of a graph that is being frozen: their contents become constants.
#ifndef FLOE_SESSION_LOOKUP_TABLES_H_
#define FLOE_SESSION_LOOKUP_TABLES_H_

#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "graph/graph.h"
#include "session/convert_variables.h"
#include "session/init_graph.h"
#include "tensor/tensor.h"

namespace floe {

struct FrozenTables {
  int tables = 0;
  std::vector<absl::Status> problems;  // why a table cannot be frozen, one each
};

// Each HashTable stays, and gets one TABLE/init (InitializeTableV2) from the constants TABLE/keys and TABLE/values;
// what uses the table waits for it, so that any TensorFlow runs the graph as it is. The contents come from what
// initialises the table in `init`: constants, or a text file, whose path is an asset's, absolute, or relative to
// `folder` or the working directory.
FrozenTables FreezeTables(InitGraph* init, const VariableValue& variable, const std::string& folder, Graph* graph);

}  // namespace floe

#endif  // FLOE_SESSION_LOOKUP_TABLES_H_
