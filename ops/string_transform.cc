#include "ops/string_transform.h"

#include <algorithm>
#include <string>
#include <vector>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/broadcast.h"
#include "ops/strings.h"
#include "ops/types.h"

namespace floe {
namespace {

// Letters past ASCII stay as they are; TensorFlow changes them too where encoding is "utf-8", which takes Unicode's
// tables.
absl::Status InferCase(InferContext& context) {
  FLOE_ASSIGN_OR_RETURN(const std::string encoding, context.attrs().String("encoding", ""));
  if (!encoding.empty()) {
    return absl::InvalidArgumentError(absl::StrCat("attribute 'encoding': wanted '' (ASCII), got '", encoding, "'"));
  }
  return InferFromStrings(context, 1, DType::kString);
}

absl::Status EvalLower(EvalContext& context) {
  return MapStrings<std::string>(context, [](const std::string& text, std::string* result) {
    *result = absl::AsciiStrToLower(text);
    return absl::OkStatus();
  });
}

absl::Status EvalUpper(EvalContext& context) {
  return MapStrings<std::string>(context, [](const std::string& text, std::string* result) {
    *result = absl::AsciiStrToUpper(text);
    return absl::OkStatus();
  });
}

absl::Status InferStrip(InferContext& context) { return InferFromStrings(context, 1, DType::kString); }

absl::Status EvalStrip(EvalContext& context) {
  return MapStrings<std::string>(context, [](const std::string& text, std::string* result) {
    *result = std::string(absl::StripAsciiWhitespace(text));
    return absl::OkStatus();
  });
}

// Whether positions count characters of UTF-8, or else bytes.
absl::StatusOr<bool> CountsCharacters(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string unit, attrs.String("unit", "BYTE"));
  if (unit == "BYTE") return false;
  if (unit == "UTF8_CHAR") return true;
  return absl::InvalidArgumentError(absl::StrCat("attribute 'unit': wanted BYTE or UTF8_CHAR, got '", unit, "'"));
}

bool IsTrailingByte(char byte) { return (static_cast<uint8_t>(byte) & 0xc0) == 0x80; }

int64_t CountCharacters(absl::string_view text) {
  return std::count_if(text.begin(), text.end(), [](char byte) { return !IsTrailingByte(byte); });
}

absl::Status InferLength(InferContext& context) {
  FLOE_RETURN_IF_ERROR(CountsCharacters(context.attrs()).status());
  return InferFromStrings(context, 1, DType::kInt32);
}

absl::Status EvalLength(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const bool characters, CountsCharacters(context.attrs()));
  return MapStrings<int32_t>(context, [&](const std::string& text, int32_t* length) {
    *length = static_cast<int32_t>(characters ? CountCharacters(text) : static_cast<int64_t>(text.size()));
    return absl::OkStatus();
  });
}

// The places where characters begin, and the end.
std::vector<size_t> CharacterStarts(absl::string_view text) {
  std::vector<size_t> starts;
  for (size_t i = 0; i < text.size(); ++i) {
    if (i == 0 || !IsTrailingByte(text[i])) starts.push_back(i);
  }
  starts.push_back(text.size());
  return starts;
}

// `length` bytes or characters from `position` on, which counts from the end where it is negative. A negative length
// means all bytes that follow, but no characters.
absl::StatusOr<absl::string_view> SubstringOf(absl::string_view text, int64_t position, int64_t length,
                                              bool characters) {
  std::vector<size_t> starts;
  if (characters) starts = CharacterStarts(text);
  const int64_t size = characters ? static_cast<int64_t>(starts.size()) - 1 : static_cast<int64_t>(text.size());
  if (position < -size || position > size) {
    return absl::InvalidArgumentError(absl::StrCat("position ", position, " is outside a string of ", size));
  }
  const int64_t begin = position < 0 ? position + size : position;
  const int64_t most = size - begin;
  const int64_t end = begin + (length < 0 ? (characters ? 0 : most) : std::min(length, most));
  const auto at = [&](int64_t index) {
    return characters ? starts[static_cast<size_t>(index)] : static_cast<size_t>(index);
  };
  return text.substr(at(begin), at(end) - at(begin));
}

absl::Status InferSubstr(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(WantIndexDType(context, 1));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(1, 2));
  FLOE_RETURN_IF_ERROR(CountsCharacters(context.attrs()).status());
  absl::StatusOr<PartialShape> same = MergeShapes(context.shape(1), context.shape(2));
  if (!same.ok()) return Annotate(same.status(), "inputs 1 and 2");
  absl::StatusOr<PartialShape> shape = BroadcastShapes(context.shape(0), *same);
  if (!shape.ok()) return Annotate(shape.status(), "inputs 0 and 1");
  context.AddOutput(DType::kString, *std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalSubstr(EvalContext& context) {
  const Tensor &input = context.input(0), &positions = context.input(1), &lengths = context.input(2);
  FLOE_ASSIGN_OR_RETURN(const bool characters, CountsCharacters(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, BroadcastShapes(input.shape(), positions.shape()));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(const Dims from, ToInt64s(positions));
  FLOE_ASSIGN_OR_RETURN(const Dims count, ToInt64s(lengths));
  const BroadcastWalk walk = BroadcastWalk::Of(shape, {&input.shape(), &positions.shape()});
  absl::Status status;
  ForEachRow(walk, [&](int64_t first, const auto& offsets) {
    for (int64_t i = 0; i < walk.row() && status.ok(); ++i) {
      const std::string& text = input.data<std::string>()[offsets[0] + i * walk.row_stride(0)];
      const auto at = static_cast<size_t>(offsets[1] + i * walk.row_stride(1));
      const absl::StatusOr<absl::string_view> part = SubstringOf(text, from[at], count[at], characters);
      status = part.status();
      if (part.ok()) output->mutable_data<std::string>()[first + i] = std::string(*part);
    }
  });
  return status;
}

// The axes to join along, each once, in the order given; all where none is.
absl::StatusOr<std::vector<int>> JoinedAxes(absl::Span<const int64_t> given, int rank) {
  std::vector<int> axes;
  for (const int64_t axis : given) {
    FLOE_ASSIGN_OR_RETURN(axes.emplace_back(), NormalAxis(axis, rank));
    if (std::count(axes.begin(), axes.end(), axes.back()) > 1) {
      return absl::InvalidArgumentError(absl::StrCat("input 1: axis ", axis, " is named twice"));
    }
  }
  return axes;
}

absl::StatusOr<Dims> JoinedDims(absl::Span<const int64_t> dims, const std::vector<int>& axes, bool keep) {
  Dims result;
  for (int axis = 0; axis < static_cast<int>(dims.size()); ++axis) {
    const bool joined = std::find(axes.begin(), axes.end(), axis) != axes.end();
    if (!joined) result.push_back(dims[static_cast<size_t>(axis)]);
    if (joined && keep) result.push_back(1);
  }
  return result;
}

absl::Status InferReduceJoin(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.attrs().String("separator", "").status());
  FLOE_ASSIGN_OR_RETURN(const bool keep, context.attrs().Bool("keep_dims", false));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> given, context.KnownInts(1));
  if (!context.shape(0).has_rank() || !given.has_value()) {
    context.AddOutput(DType::kString, PartialShape::UnknownRank());
    return absl::OkStatus();
  }
  FLOE_ASSIGN_OR_RETURN(const std::vector<int> axes, JoinedAxes(*given, context.shape(0).rank()));
  FLOE_ASSIGN_OR_RETURN(Dims dims, JoinedDims(context.shape(0).dims(), axes, keep));
  context.AddOutput(DType::kString, PartialShape(std::move(dims)));
  return absl::OkStatus();
}

absl::Status EvalReduceJoin(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const std::string separator, context.attrs().String("separator", ""));
  FLOE_ASSIGN_OR_RETURN(const bool keep, context.attrs().Bool("keep_dims", false));
  FLOE_ASSIGN_OR_RETURN(const Dims given, ToInt64s(context.input(1)));
  FLOE_ASSIGN_OR_RETURN(const std::vector<int> axes, JoinedAxes(given, input.rank()));
  FLOE_ASSIGN_OR_RETURN(const Dims dims, JoinedDims(input.shape().dims(), axes, keep));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape(dims)));
  // The axes that stay, then those that go: the first that is named changes fastest.
  std::vector<int> order;
  for (int axis = 0; axis < input.rank(); ++axis) {
    if (std::find(axes.begin(), axes.end(), axis) == axes.end()) order.push_back(axis);
  }
  order.insert(order.end(), axes.rbegin(), axes.rend());
  const Dims strides = input.shape().Strides();
  int64_t joined = 1;
  for (const int axis : axes) joined *= input.shape().dim(axis);
  std::vector<absl::string_view> parts(static_cast<size_t>(joined));
  for (int64_t k = 0; k < output->num_elements(); ++k) {
    for (int64_t j = 0; j < joined; ++j) {
      int64_t rest = k * joined + j, at = 0;
      for (size_t i = order.size(); i-- > 0;) {
        at += rest % input.shape().dim(order[i]) * strides[static_cast<size_t>(order[i])];
        rest /= input.shape().dim(order[i]);
      }
      parts[static_cast<size_t>(j)] = input.data<std::string>()[at];
    }
    output->mutable_data<std::string>()[k] = absl::StrJoin(parts, separator);
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"ReduceJoin", InferReduceJoin, EvalReduceJoin}, {"StringLength", InferLength, EvalLength},
    {"StringLower", InferCase, EvalLower},           {"StringStrip", InferStrip, EvalStrip},
    {"StringUpper", InferCase, EvalUpper},           {"Substr", InferSubstr, EvalSubstr},
};

}  // namespace

absl::Span<const OpInfo> StringTransformOps() { return kOps; }

}  // namespace floe
