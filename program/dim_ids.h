// Which dimensions that are not known before the inputs are will be equal all the same: the batch of a residual and of
// what it is added to, say.
//
// Every dimension of every value gets an id; equal ids, equal sizes whatever the inputs' are. Unequal ids say nothing.
// Holds while the program's values and ops are not changed (values added later have none).
#ifndef FLOE_PROGRAM_DIM_IDS_H_
#define FLOE_PROGRAM_DIM_IDS_H_

#include <vector>

#include "program/program.h"

namespace floe {

class DimIds {
 public:
  explicit DimIds(const Program& program);

  // One id a dimension; empty where the rank is not known. A known size is its own id, others are negative.
  const Dims& Of(ValueId id) const { return ids_[id]; }
  // Whether `b` spread over `a` has a's shape: each of its dimensions is 1 or a's own.
  bool SpreadsTo(ValueId b, ValueId a) const;

 private:
  std::vector<Dims> ids_;
};

}  // namespace floe

#endif  // FLOE_PROGRAM_DIM_IDS_H_
