// All ops by name.
#ifndef FLOE_OPS_REGISTRY_H_
#define FLOE_OPS_REGISTRY_H_

#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "ops/op.h"

namespace floe {

// Null where Floe does not know the op.
const OpInfo* FindOp(absl::string_view name);
// Every op, sorted by name.
std::vector<const OpInfo*> AllOps();
std::vector<std::string> AllOpNames();

}  // namespace floe

#endif  // FLOE_OPS_REGISTRY_H_
