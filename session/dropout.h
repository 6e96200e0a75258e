// Dropout that keeps everything: what is left of it in a graph whose keep probability is 1, or whose rate is 0, when
// the graph is frozen (a constant, or a placeholder's default).
#ifndef FLOE_SESSION_DROPOUT_H_
#define FLOE_SESSION_DROPOUT_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "graph/graph.h"

namespace floe {

// Random numbers of [0, 1) that are only compared with such a bound decide nothing, in either spelling:
//   x / keep * floor(keep + random)            (TensorFlow before 1.13)
//   x * scale * cast(random >= rate), select(random >= rate, x * scale, 0)
// Their mask becomes what it always is, a product with it an Identity of the other factor, a choice by it an Identity
// of what is chosen. Returns the placeholders whose defaults decided, sorted.
absl::StatusOr<std::vector<std::string>> FoldIdleDropout(Graph* graph);

}  // namespace floe

#endif  // FLOE_SESSION_DROPOUT_H_
