#include "ops/string_format.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

using PrintedTypes = Join<RealTypes, TypeList<bool, std::string>>;

// The fewest of the two lengths TensorFlow tries that say the number.
template <typename T>
std::string Digits(T value) {
  char text[40];
  std::snprintf(text, sizeof text, "%.*g", std::numeric_limits<T>::digits10, static_cast<double>(value));
  if (static_cast<T>(std::strtod(text, nullptr)) != value && value == value) {
    std::snprintf(text, sizeof text, "%.*g", std::numeric_limits<T>::max_digits10, static_cast<double>(value));
  }
  return value == value ? text : "nan";
}

template <typename T>
std::string Printed(const T& value) {
  if constexpr (std::is_same_v<T, std::string>) {
    return absl::StrCat("\"", absl::Utf8SafeCEscape(value), "\"");
  } else if constexpr (kIsFloat<T>) {
    return Digits<Wide<T>>(value);
  } else {
    return absl::StrCat(static_cast<std::conditional_t<std::is_same_v<T, uint64_t>, uint64_t, int64_t>>(value));
  }
}

// A tensor as nested lists, of each axis at most `at_ends` elements from its two ends.
template <typename T>
class Printer {
 public:
  Printer(const Tensor& tensor, int64_t at_ends, StringBudget* budget)
      : tensor_(tensor), strides_(tensor.shape().Strides()), at_ends_(at_ends), budget_(budget) {}

  absl::Status Print(int axis, int64_t offset, std::string* text) const {
    if (axis == tensor_.rank()) {
      const std::string element = Printed(tensor_.data<T>()[offset]);
      FLOE_RETURN_IF_ERROR(budget_->Take(static_cast<int64_t>(element.size()) + axis + 2));
      text->append(element);
      return absl::OkStatus();
    }
    text->push_back('[');
    const int64_t size = tensor_.shape().dim(axis);
    for (int64_t i = 0; i < std::min(at_ends_, size); ++i) {
      if (i > 0) AppendSpace(axis, text);
      FLOE_RETURN_IF_ERROR(Print(axis + 1, offset + i * strides_[axis], text));
    }
    if (size > at_ends_ && size - at_ends_ > at_ends_) {
      AppendSpace(axis, text);
      text->append("...");
    }
    for (int64_t i = std::max(at_ends_, size - at_ends_); i < size; ++i) {
      AppendSpace(axis, text);
      FLOE_RETURN_IF_ERROR(Print(axis + 1, offset + i * strides_[axis], text));
    }
    text->push_back(']');
    return absl::OkStatus();
  }

 private:
  void AppendSpace(int axis, std::string* text) const {
    const int inner = tensor_.rank() - 1 - axis;
    text->append(static_cast<size_t>(inner), '\n');
    text->append(inner == 0 ? 1 : static_cast<size_t>(axis) + 1, ' ');
  }

  const Tensor& tensor_;
  const Dims strides_;
  const int64_t at_ends_;
  StringBudget* const budget_;
};

// Complex numbers TensorFlow does not print; it says how many there are.
std::string Questions(const Tensor& tensor, int64_t most) {
  if (tensor.rank() == 0) return "?";
  std::string text = "[";
  for (int64_t i = 0; i < most; ++i) absl::StrAppend(&text, i == 0 ? "" : " ", "?");
  return absl::StrCat(text, most < tensor.num_elements() ? "...]" : "]");
}

// The pieces between the places where a tensor goes.
absl::StatusOr<std::vector<std::string>> Pieces(const AttrMap& attrs, int tensors) {
  FLOE_ASSIGN_OR_RETURN(const std::string text, attrs.String("template", "%s"));
  FLOE_ASSIGN_OR_RETURN(const std::string placeholder, attrs.String("placeholder", "%s"));
  std::vector<std::string> pieces = absl::StrSplit(text, placeholder);
  if (static_cast<int64_t>(pieces.size()) == int64_t{tensors} + 1) return pieces;
  return absl::InvalidArgumentError(absl::StrCat("attribute 'template': it has ", pieces.size() - 1, " times '",
                                                 absl::CHexEscape(placeholder), "', there are ", tensors, " inputs"));
}

absl::Status InferFormat(InferContext& context) {
  FLOE_RETURN_IF_ERROR(Pieces(context.attrs(), context.num_inputs()).status());
  FLOE_RETURN_IF_ERROR(context.attrs().Int("summarize", 3).status());
  for (int i = 0; i < context.num_inputs(); ++i) {
    const std::string input = absl::StrCat("input ", i);
    FLOE_RETURN_IF_ERROR(WantDTypeIn(Join<PrintedTypes, ComplexTypes>(), input, context.dtype(i)));
  }
  context.AddOutput(DType::kString, Shape());
  return absl::OkStatus();
}

absl::Status EvalFormat(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<std::string> pieces, Pieces(context.attrs(), context.num_inputs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t summarize, context.attrs().Int("summarize", 3));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape()));
  std::string& text = *output->mutable_data<std::string>();
  text = pieces[0];
  StringBudget budget;
  for (int i = 0; i < context.num_inputs(); ++i) {
    const Tensor& input = context.input(i);
    const int64_t count = input.num_elements(), at_ends = summarize < 0 ? count : std::min(summarize, count);
    if (Contains(ComplexTypes(), input.dtype())) {
      FLOE_RETURN_IF_ERROR(budget.Take(2, at_ends));
      text.append(Questions(input, at_ends));
    } else {
      FLOE_RETURN_IF_ERROR(OnDType(PrintedTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
        return Printer<T>(input, at_ends, &budget).Print(0, 0, &text);
      }));
    }
    text.append(pieces[static_cast<size_t>(i) + 1]);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"StringFormat", InferFormat, EvalFormat},
};

}  // namespace

absl::Span<const OpInfo> StringFormatOps() { return kOps; }

}  // namespace floe
