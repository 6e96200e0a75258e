// Shapes of every value of a program for given input shapes, and the elements of those that follow from shapes alone.
#ifndef FLOE_PLAN_RESOLVE_SHAPES_H_
#define FLOE_PLAN_RESOLVE_SHAPES_H_

#include <memory>
#include <optional>
#include <vector>

#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "plan/compiled_program.h"

namespace floe {

struct ResolvedValue {
  PartialShape shape;           // unknown in part where it depends on data
  std::optional<Tensor> value;  // of the program's constants too (sharing their elements), but for released ones
  std::shared_ptr<const ListInfo> list = nullptr;  // of lists, where anything is known
};

// What is known of a program's values, and of those inside its regions.
struct Resolution {
  std::vector<ResolvedValue> values;             // by value of the program
  std::vector<std::vector<Resolution>> regions;  // by op of the program; empty where it has none
  // Why a branch cannot be computed with these shapes; it may never be taken.
  absl::Status status;
};

// Which region of an If or Case is computed, where what chooses is known.
absl::StatusOr<std::optional<int>> KnownBranch(const Op& op, const std::optional<Tensor>& chooser, size_t branches);

// INVALID_ARGUMENT naming the node where the shapes do not fit the program.
absl::StatusOr<Resolution> ResolveShapes(const CompiledProgram& compiled, absl::Span<const Shape> input_shapes);

}  // namespace floe

#endif  // FLOE_PLAN_RESOLVE_SHAPES_H_
