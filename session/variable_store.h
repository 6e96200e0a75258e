// The variables of a Session. Not synchronised: a session is used by one thread at a time.
#ifndef FLOE_SESSION_VARIABLE_STORE_H_
#define FLOE_SESSION_VARIABLE_STORE_H_

#include <memory>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "tensor/tensor.h"

namespace floe {

struct VariableState {
  std::string name;
  DType dtype = DType::kInvalid;
  PartialShape shape;  // as declared
  Tensor value;        // not valid before it is initialised

  // FAILED_PRECONDITION naming the variable where it has no value yet.
  absl::StatusOr<Tensor> Read() const;
  // INVALID_ARGUMENT where the dtype, or with `validate_shape` the shape, is not the variable's.
  absl::Status Write(const Tensor& value, bool validate_shape);
};

class VariableStore {
 public:
  // The variable of this name, made where there is none. INVALID_ARGUMENT where it has another dtype.
  absl::StatusOr<std::shared_ptr<VariableState>> FindOrAdd(const std::string& name, DType dtype,
                                                           const PartialShape& shape);
  // Null where there is none.
  const VariableState* Find(absl::string_view name) const;

  // A handle of a variable, and the variable of a handle. INVALID_ARGUMENT for a tensor that is none of this store's.
  static Tensor Handle(const std::shared_ptr<VariableState>& variable);
  absl::StatusOr<std::shared_ptr<VariableState>> OfHandle(const Tensor& handle) const;

 private:
  absl::flat_hash_map<std::string, std::shared_ptr<VariableState>> by_name_;
  absl::flat_hash_set<const void*> addresses_;
};

}  // namespace floe

#endif  // FLOE_SESSION_VARIABLE_STORE_H_
