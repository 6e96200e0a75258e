// Which ops there are, with which dtypes, on which devices: what `floe ops` lists.
#ifndef FLOE_MODEL_OP_SUPPORT_H_
#define FLOE_MODEL_OP_SUPPORT_H_

#include <string>
#include <vector>

#include "tensor/dtype.h"

namespace floe {

struct OpSupport {
  std::string op;
  std::vector<DType> dtypes;          // of its main input (of its result, where it has no inputs)
  std::vector<std::string> backends;  // "cpu", "cuda", "reference"
};

// Every op, by name. Takes some milliseconds: dtypes are found by asking the ops' own inference.
std::vector<OpSupport> ListOpSupport();

}  // namespace floe

#endif  // FLOE_MODEL_OP_SUPPORT_H_
