// Cases of ops on made-up elements, with the ops' own evaluation as what is expected.
#ifndef FLOE_TESTS_KERNELS_MADE_UP_CASE_H_
#define FLOE_TESTS_KERNELS_MADE_UP_CASE_H_

#include <cmath>
#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "kernels/cpu/cpu_backend.h"
#include "ops/registry.h"
#include "tests/testing/golden_cases.h"

namespace floe::testing {

// Floats in [-2, 2), the same for the same seed.
inline Tensor RandomFloats(const Shape& shape, uint32_t seed) {
  Tensor tensor(DType::kFloat, shape);
  uint32_t state = seed * 2654435761u + 12345u;
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    state = state * 1664525u + 1013904223u;
    tensor.mutable_data<float>()[i] = static_cast<float>(state >> 8) / static_cast<float>(1 << 22) - 2.0f;
  }
  return tensor;
}

struct MadeUpCase {
  std::string op;
  AttrMap attrs;
  std::vector<Tensor> inputs;
  std::vector<bool> constant;  // empty: none is

  std::string ToString() const {
    std::string text = op;
    for (const Tensor& input : inputs) absl::StrAppend(&text, " ", input.shape().ToString());
    for (const auto& [name, value] : attrs.entries()) {
      if (name == "fused_ops" || name == "functions" || name == "padding")
        absl::StrAppend(&text, " ", name, "=", value.encoded());
    }
    if (const auto strides = attrs.Ints("strides"); strides.ok()) absl::StrAppend(&text, " stride ", (*strides)[1]);
    if (const auto dilations = attrs.Ints("dilations"); dilations.ok())
      absl::StrAppend(&text, " dilation ", (*dilations)[1]);
    return text;
  }
};

inline absl::StatusOr<GoldenCase> Expect(const MadeUpCase& made) {
  GoldenCase golden;
  golden.op = made.op;
  golden.name = "node";
  golden.attrs = made.attrs;
  golden.inputs = made.inputs;
  golden.constant = made.constant.empty() ? std::vector<bool>(made.inputs.size(), false) : made.constant;
  FLOE_ASSIGN_OR_RETURN(golden.expected, Evaluate(*FindOp(made.op), golden.name, golden.attrs, golden.inputs));
  return golden;
}

// OK where the backend's kernel gives what the op's own evaluation gives.
inline absl::Status CompareWithReference(const Backend& backend, const MadeUpCase& made,
                                         Precision precision = Precision::kFp32) {
  FLOE_ASSIGN_OR_RETURN(const GoldenCase golden, Expect(made));
  const absl::Status status = RunOnBackend(backend, *FindOp(made.op), golden, precision);
  return status.ok() ? status : Annotate(status, made.ToString());
}
inline absl::Status CompareWithReference(const MadeUpCase& made) { return CompareWithReference(CpuBackend(), made); }

}  // namespace floe::testing

#endif  // FLOE_TESTS_KERNELS_MADE_UP_CASE_H_
