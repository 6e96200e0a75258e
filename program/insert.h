// Ops that a pass puts between those of a program. Not synchronised; the program outlives it.
#ifndef FLOE_PROGRAM_INSERT_H_
#define FLOE_PROGRAM_INSERT_H_

#include <map>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "program/program.h"

namespace floe {

// A vector of int32 or int64.
Tensor IntVector(absl::Span<const int64_t> values, DType dtype);

class Insertions {
 public:
  explicit Insertions(Program& program) : program_(program) {}

  // The first result of a new op that will stand before the op at `index`, behind those put there earlier. Types and
  // shapes are inferred; a constant comes of constants.
  absl::StatusOr<ValueId> Add(int index, absl::string_view op, std::string name, std::vector<ValueId> inputs,
                              AttrMap attrs = {});
  // The numbers as a constant vector of int32.
  ValueId Ints(std::string name, const Dims& numbers);

  // Puts the ops in and drops those whose index is marked.
  void Apply(const std::vector<bool>& erase);

 private:
  Program& program_;
  std::map<int, std::vector<Op>> before_;
};

}  // namespace floe

#endif  // FLOE_PROGRAM_INSERT_H_
