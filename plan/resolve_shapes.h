// Shapes of every value of a program for given input shapes, and the elements of those that follow from shapes alone.
#ifndef FLOE_PLAN_RESOLVE_SHAPES_H_
#define FLOE_PLAN_RESOLVE_SHAPES_H_

#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/compiled_program.h"

namespace floe {

struct ResolvedValue {
  PartialShape shape;           // unknown in part where it depends on data
  std::optional<Tensor> value;  // of the program's constants too (sharing their elements), but for released ones
};

// One entry a value of the program. INVALID_ARGUMENT naming the node where the shapes do not fit the program.
absl::StatusOr<std::vector<ResolvedValue>> ResolveShapes(const CompiledProgram& compiled,
                                                         absl::Span<const Shape> input_shapes);

}  // namespace floe

#endif  // FLOE_PLAN_RESOLVE_SHAPES_H_
