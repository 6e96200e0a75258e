// Bindings: a model's inputs and outputs by name, and the checks of what users feed and fetch.
//
// Immutable; any thread.
#ifndef FLOE_MODEL_BINDINGS_H_
#define FLOE_MODEL_BINDINGS_H_

#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "model/model.h"

namespace floe {

class Bindings {
 public:
  // INVALID_ARGUMENT where two inputs or two outputs have one name.
  static absl::StatusOr<Bindings> Create(std::vector<TensorSpec> inputs, std::vector<TensorSpec> outputs);

  const std::vector<TensorSpec>& inputs() const { return inputs_; }
  const std::vector<TensorSpec>& outputs() const { return outputs_; }

  // The tensors in the order of inputs(). INVALID_ARGUMENT naming the input that is unknown, missing, given twice, or
  // of another dtype or shape than the model takes.
  absl::StatusOr<std::vector<Tensor>> BindInputs(absl::Span<const NamedTensor> tensors) const;
  // Which outputs; all of them where nothing is named. INVALID_ARGUMENT for an unknown name.
  absl::StatusOr<std::vector<int>> BindFetches(absl::Span<const std::string> fetches) const;
  // Whether tensors of these shapes, in the order of inputs(), can be fed.
  absl::Status CheckShapes(absl::Span<const Shape> shapes) const;

 private:
  using Index = absl::flat_hash_map<std::string, int>;
  Bindings() = default;
  static absl::StatusOr<Index> MakeIndex(absl::string_view what, const std::vector<TensorSpec>& specs);

  std::vector<TensorSpec> inputs_;
  std::vector<TensorSpec> outputs_;
  Index input_index_;  // by name and by tensor_name
  Index output_index_;
};

}  // namespace floe

#endif  // FLOE_MODEL_BINDINGS_H_
