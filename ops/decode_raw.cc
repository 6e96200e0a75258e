#include "ops/decode_raw.h"

#include <algorithm>
#include <bit>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;
using RawTypes = Join<TypeList<Half, Bfloat16, float, double, int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t>,
                      ComplexTypes, TypeList<bool>>;

absl::StatusOr<DType> RawDType(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, attrs.Type("out_type"));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(RawTypes(), "attribute 'out_type'", dtype));
  return dtype;
}

template <bool kPadded>
absl::Status InferRaw(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(kPadded ? 2 : 1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_ASSIGN_OR_RETURN(const DType dtype, RawDType(context.attrs()));
  FLOE_RETURN_IF_ERROR(context.attrs().Bool("little_endian", true).status());
  int64_t length = kUnknown;
  if (kPadded) {
    FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
    FLOE_ASSIGN_OR_RETURN(const std::optional<int64_t> bytes, KnownScalar(context, 1));
    if (bytes.has_value() && *bytes > 0) length = *bytes / ElementBytes(dtype);
  }
  PartialShape shape = context.shape(0);
  if (shape.has_rank()) shape.Append(length);
  context.AddOutput(dtype, std::move(shape));
  return absl::OkStatus();
}

// Numbers that are not in the machine's own order are turned around; a complex number is two.
void TurnAround(DType dtype, int64_t count, char* data) {
  const bool is_complex = dtype == DType::kComplex64 || dtype == DType::kComplex128;
  const int64_t bytes = ElementBytes(dtype) / (is_complex ? 2 : 1);
  for (int64_t i = 0; i < count * (is_complex ? 2 : 1); ++i) std::reverse(data + i * bytes, data + (i + 1) * bytes);
}

// `length`: the bytes of each string, the first of them where it is longer, zeros after it where it is shorter.
absl::Status WriteRows(EvalContext& context, DType dtype, int64_t length) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const bool little_endian, context.attrs().Bool("little_endian", true));
  Dims dims(input.shape().dims().begin(), input.shape().dims().end());
  dims.push_back(length / ElementBytes(dtype));
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked(dims));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  char* to = static_cast<char*>(output->raw_mutable_data());
  for (const std::string& text : input.flat<std::string>()) {
    const int64_t taken = std::min(static_cast<int64_t>(text.size()), length);
    if (taken > 0) std::memcpy(to, text.data(), static_cast<size_t>(taken));
    if (taken < length) std::memset(to + taken, 0, static_cast<size_t>(length - taken));
    if (little_endian != (std::endian::native == std::endian::little)) {
      TurnAround(dtype, length / ElementBytes(dtype), to);
    }
    if (dtype == DType::kBool) std::transform(to, to + length, to, [](char byte) { return byte != 0 ? 1 : 0; });
    to += length;
  }
  return absl::OkStatus();
}

absl::Status EvalRaw(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, RawDType(context.attrs()));
  const auto texts = context.input(0).flat<std::string>();
  const int64_t length = texts.empty() ? 0 : static_cast<int64_t>(texts[0].size());
  for (const std::string& text : texts) {
    if (static_cast<int64_t>(text.size()) == length) continue;
    return absl::InvalidArgumentError(
        absl::StrCat("input 0: wanted strings of one length, got ", length, " and ", text.size(), " bytes"));
  }
  if (length % ElementBytes(dtype) != 0) {
    return absl::InvalidArgumentError(absl::StrCat("input 0: ", length, " bytes are no whole number of ",
                                                   DTypeName(dtype), ", of ", ElementBytes(dtype), " bytes each"));
  }
  return WriteRows(context, dtype, length);
}

absl::Status EvalPadded(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const DType dtype, RawDType(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t length, ScalarInt(context.input(1), "input 1"));
  if (length <= 0 || length % ElementBytes(dtype) != 0) {
    return absl::InvalidArgumentError(
        absl::StrCat("input 1: wanted a length in bytes that holds whole ", DTypeName(dtype), "s, got ", length));
  }
  return WriteRows(context, dtype, length);
}

constexpr OpInfo kOps[] = {
    {"DecodeRaw", InferRaw<false>, EvalRaw},
    {"DecodePaddedRaw", InferRaw<true>, EvalPadded},
};

}  // namespace

absl::Span<const OpInfo> DecodeRawOps() { return kOps; }

}  // namespace floe
