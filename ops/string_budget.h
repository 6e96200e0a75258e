// A bound on the strings that one evaluation makes. A tensor of strings is small by its shape however long they are:
// what joins or repeats them counts their bytes before it copies them.
#ifndef FLOE_OPS_STRING_BUDGET_H_
#define FLOE_OPS_STRING_BUDGET_H_

#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "tensor/tensor.h"

namespace floe {

// Bytes of the elements; of strings with what they hold.
inline int64_t HeldBytes(const Tensor& tensor) {
  if (tensor.dtype() != DType::kString) return tensor.byte_size();
  auto bytes = tensor.num_elements() * static_cast<int64_t>(sizeof(std::string));
  for (const std::string& text : tensor.flat<std::string>()) bytes += static_cast<int64_t>(text.size());
  return bytes;
}

class StringBudget {
 public:
  // RESOURCE_EXHAUSTED where what was taken so far and `times` times `bytes` come to too much.
  absl::Status Take(int64_t bytes, int64_t times = 1) {
    int64_t more;
    if (CheckedMul(bytes, times, &more) && CheckedAdd(taken_, more, &taken_) && taken_ <= kMaxBytes) {
      return absl::OkStatus();
    }
    return absl::ResourceExhaustedError(
        absl::StrCat("the strings of the result would take more than ", kMaxBytes, " bytes"));
  }

 private:
  static constexpr int64_t kMaxBytes = int64_t{256} << 20;
  int64_t taken_ = 0;
};

}  // namespace floe

#endif  // FLOE_OPS_STRING_BUDGET_H_
