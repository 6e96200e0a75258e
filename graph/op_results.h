// How the results of an op are counted: inside functions a result is called NODE:ARGUMENT:NUMBER, by the name of the
// op's output argument, and in graphs NODE:NUMBER. Pure; any thread.
#ifndef FLOE_GRAPH_OP_RESULTS_H_
#define FLOE_GRAPH_OP_RESULTS_H_

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "graph/attr_value.h"

namespace floe {

// The number of result `number` of output argument `argument`, over all results of an op with these attributes.
// INVALID_ARGUMENT where an op that is known to have several output arguments has none of this name.
absl::StatusOr<int> ResultNumber(absl::string_view op, absl::string_view argument, int number, const AttrMap& attrs);

}  // namespace floe

#endif  // FLOE_GRAPH_OP_RESULTS_H_
