// A fuzzer's bytes as choices, for harnesses that make their input instead of reading it.
#ifndef FLOE_TESTS_FUZZ_CHOICES_H_
#define FLOE_TESTS_FUZZ_CHOICES_H_

#include <cstdint>
#include <vector>

#include "absl/strings/string_view.h"

namespace floe::testing {

// The fuzzer's bytes as choices; the first of each once they have run out.
class Choices {
 public:
  explicit Choices(absl::string_view bytes) : rest_(bytes) {}
  int Pick(int n) {
    if (rest_.empty() || n == 0) return 0;
    const int byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte % n;
  }
  bool OneIn(int n) { return Pick(n) == n - 1; }
  template <typename T>
  const T& Of(const std::vector<T>& values) {
    return values[Pick(static_cast<int>(values.size()))];
  }
  bool empty() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_FUZZ_CHOICES_H_
