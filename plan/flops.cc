#include "plan/flops.h"

#include <algorithm>
#include <limits>
#include <set>

#include "absl/strings/match.h"
#include "absl/strings/str_split.h"
#include "absl/strings/string_view.h"
#include "base/checked_math.h"
#include "ops/attention.h"
#include "ops/elementwise_program.h"
#include "ops/matmul.h"
#include "ops/window.h"

namespace floe {
namespace {

constexpr absl::string_view kSums[] = {"Sum",        "Mean",   "Prod",   "Max",     "Min",
                                       "SegmentSum", "L2Loss", "Cumsum", "BiasAdd", "UnsortedSegmentSum"};
// A few operations an element: a maximum or mean, a difference, a function, a quotient.
constexpr absl::string_view kNormalizations[] = {
    "Softmax", "LogSoftmax", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3", "_FusedBatchNormEx", "LRN"};
constexpr int64_t kNormalizationFlops = 4;
constexpr int64_t kFlopsOfBilinear = 8;

bool IsOneOf(absl::string_view name, absl::Span<const absl::string_view> names) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// A product that stays at the most that can be counted.
int64_t Times(int64_t a, int64_t b) {
  int64_t product;
  return CheckedMul(a, b, &product) ? product : std::numeric_limits<int64_t>::max();
}

int64_t Elements(absl::Span<const int64_t> dims) {
  int64_t elements = 1;
  for (const int64_t dim : dims) elements = Times(elements, dim);
  return elements;
}

int64_t CountMatMul(const AttrMap& attrs, const PartialShape& a, const PartialShape& b) {
  const absl::StatusOr<MatMulGeometry> geometry = ComputeMatMulGeometry(attrs, a, b);
  if (!geometry.ok()) return 0;
  const int64_t products = Times(Times(geometry->m, geometry->k), geometry->n);
  return Times(Times(products, 2), Elements(geometry->batch));
}

int64_t CountConv2D(absl::string_view name, const AttrMap& attrs, const PartialShape& input,
                    const PartialShape& filter) {
  const absl::StatusOr<Conv2DGeometry> geometry = absl::StrContains(name, "Depthwise")
                                                      ? ComputeDepthwiseConv2DGeometry(attrs, input, filter)
                                                      : ComputeConv2DGeometry(attrs, input, filter);
  return geometry.ok() ? geometry->Flops() : 0;
}

// filter [depth, height, width, in, out]: every output element is a sum over all but the last.
int64_t CountConv3D(const PartialShape& filter, int64_t outputs) {
  if (filter.rank() != 5) return 0;
  return Times(Times(outputs, 2), Elements(filter.dims().subspan(0, 4)));
}

int64_t CountPool(const AttrMap& attrs, const PartialShape& input, int64_t outputs) {
  const absl::StatusOr<Pool2DGeometry> geometry = ComputePool2DGeometry(attrs, input);
  return geometry.ok() ? Times(Times(outputs, geometry->height.filter), geometry->width.filter) : 0;
}

// Every combination of the labels is one product, and one sum where there are more of them than of the result's.
int64_t CountEinsum(const AttrMap& attrs, absl::Span<const TensorInfo> inputs, int64_t outputs) {
  const absl::StatusOr<std::string> equation = attrs.String("equation");
  if (!equation.ok()) return 0;
  const std::vector<std::string> sides = absl::StrSplit(*equation, "->");
  const std::vector<std::string> operands = absl::StrSplit(sides[0], ',');
  if (sides.size() != 2 || operands.size() != inputs.size()) return 0;
  int64_t combinations = outputs;
  std::set<char> seen(sides[1].begin(), sides[1].end());
  for (size_t i = 0; i < operands.size(); ++i) {
    // From the end: an ellipsis, which is of the result too, comes first where there is one.
    const std::string labels(operands[i].rbegin(), operands[i].rend());
    int axis = inputs[i].shape.rank();
    for (const char label : labels) {
      if (label == '.' || --axis < 0) break;
      if (seen.insert(label).second) combinations = Times(combinations, inputs[i].shape.dim(axis));
    }
  }
  return Times(combinations, inputs.size() == 2 ? 2 : 1);
}

// Every step once an element.
int64_t CountFusedElementwise(const AttrMap& attrs, size_t inputs, int64_t outputs) {
  const absl::StatusOr<ElementwiseProgram> program = ParseElementwiseProgram(attrs, static_cast<int>(inputs));
  return program.ok() ? Times(outputs, static_cast<int64_t>(program->steps.size())) : 0;
}

}  // namespace

int64_t CountFlops(const OpInfo& op, const AttrMap& attrs, absl::Span<const TensorInfo> inputs,
                   absl::Span<const TensorInfo> outputs) {
  const absl::string_view name = op.name;
  const auto is_known = [](const TensorInfo& info) { return info.shape.IsFullyDefined(); };
  if (inputs.empty() || outputs.empty() || !is_known(outputs[0])) return 0;
  if (!std::all_of(inputs.begin(), inputs.end(), is_known)) return 0;
  const int64_t result = Elements(outputs[0].shape.dims());
  const PartialShape& first = inputs[0].shape;
  if (name == "_FusedElementwise") return CountFusedElementwise(attrs, inputs.size(), result);
  if (op.is_elementwise()) return result;
  if (IsOneOf(name, kSums)) return Elements(first.dims());
  if (IsOneOf(name, kNormalizations)) return Times(result, kNormalizationFlops);
  if (name == "ResizeBilinear") return Times(result, kFlopsOfBilinear);
  if (name == "_FusedAttention") {
    const absl::StatusOr<AttentionGeometry> geometry = ComputeAttentionGeometry(attrs, inputs);
    return geometry.ok() ? geometry->flops() : 0;
  }
  if (name == "Einsum") return CountEinsum(attrs, inputs, result);
  if (name == "SparseTensorDenseMatMul") {
    const int64_t columns = outputs[0].shape.dim(1);
    return Times(Times(Elements(inputs[1].shape.dims()), columns), 2);
  }
  if (inputs.size() >= 2 && absl::StrContains(name, "MatMul")) return CountMatMul(attrs, first, inputs[1].shape);
  if (inputs.size() >= 2 && name == "Conv3D") return CountConv3D(inputs[1].shape, result);
  if (inputs.size() >= 2 && absl::StrContains(name, "Conv2")) return CountConv2D(name, attrs, first, inputs[1].shape);
  if (name == "MaxPool" || name == "AvgPool") return CountPool(attrs, first, result);
  return 0;
}

}  // namespace floe
