// Checks a request's inputs and outputs against a model before anything is decoded, and puts them together. Errors are
// INVALID_ARGUMENT and name the input or output, what was wanted and what came. One thread a binder.
#ifndef FLOE_SERVER_BIND_REQUEST_H_
#define FLOE_SERVER_BIND_REQUEST_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "model/model.h"
#include "server/repository/served_model.h"

namespace floe {

class InputBinder {
 public:
  // `dtype_name` is how the request's API calls a dtype.
  InputBinder(const ServedModel* model, absl::string_view (*dtype_name)(DType));

  // The place of the input called `name`, which must not have been asked for before, for elements of this dtype and
  // these dimensions (as they came off the wire); `shape` is those, checked.
  absl::StatusOr<size_t> Claim(const std::string& name, DType dtype, absl::Span<const int64_t> dims, Shape* shape);
  void Set(size_t place, Tensor tensor) { inputs_[place].second = std::move(tensor); }
  // All inputs, in the model's order; an error where one is missing.
  absl::StatusOr<std::vector<NamedTensor>> Take();

 private:
  const ServedModel* const model_;  // not owned
  absl::string_view (*const dtype_name_)(DType);
  std::vector<NamedTensor> inputs_;
  std::vector<bool> claimed_;
};

// The outputs' places in model.outputs() for the names a request asks for; all of them where it asks for none.
absl::StatusOr<std::vector<size_t>> BindOutputs(const ServedModel& model, const std::vector<std::string>& names);

}  // namespace floe

#endif  // FLOE_SERVER_BIND_REQUEST_H_
