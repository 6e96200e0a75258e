// Attributes inside a function's body that take their value from the caller ({placeholder: "T"}).
#ifndef FLOE_GRAPH_BIND_ATTRS_H_
#define FLOE_GRAPH_BIND_ATTRS_H_

#include "absl/status/status.h"
#include "graph/attr_value.h"

namespace floe {

// Puts what `bound` has in place of placeholders, those in function values included. INVALID_ARGUMENT naming the
// attribute and the placeholder where nothing is bound to it.
absl::Status BindAttrs(const AttrMap& bound, AttrMap* attrs);

}  // namespace floe

#endif  // FLOE_GRAPH_BIND_ATTRS_H_
