// A variable's value if it has one already, else its initial value: what one variable is initialised from another by,
// whichever is initialised first.
#ifndef FLOE_SESSION_INITIALIZED_VALUE_H_
#define FLOE_SESSION_INITIALIZED_VALUE_H_

#include <string>

#include "session/graph_builder.h"

namespace floe {

// As TensorFlow's `cond` makes it: an If (of a reference: a StatelessIf) with two functions, and an Identity of its
// result.
Output InitializedValue(GraphBuilder& graph, const VariableInfo& variable);
// The same once more for what depends on the reference variable `variable`: `value` (an InitializedValue) made anew
// with `variable` read only where it is initialised. New nodes are called OLD_`suffix`.
Output GuardedValue(GraphBuilder& graph, const VariableInfo& variable, const Output& value, const std::string& suffix);

}  // namespace floe

#endif  // FLOE_SESSION_INITIALIZED_VALUE_H_
