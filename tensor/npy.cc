#include "tensor/npy.h"

#include <algorithm>
#include <cstring>
#include <optional>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "absl/strings/strip.h"
#include "base/checked_math.h"
#include "base/file.h"
#include "base/status.h"

namespace floe {
namespace {

constexpr absl::string_view kMagic("\x93NUMPY", 6);

struct Descr {
  const char* code;  // kind and bytes, without the byte order
  DType dtype;
};
constexpr Descr kDescrs[] = {{"f4", DType::kFloat},     {"f8", DType::kDouble},     {"f2", DType::kHalf},
                             {"i1", DType::kInt8},      {"i2", DType::kInt16},      {"i4", DType::kInt32},
                             {"i8", DType::kInt64},     {"u1", DType::kUint8},      {"u2", DType::kUint16},
                             {"u4", DType::kUint32},    {"u8", DType::kUint64},     {"b1", DType::kBool},
                             {"c8", DType::kComplex64}, {"c16", DType::kComplex128}};

absl::Status Malformed(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("not a .npy file: ", why));
}

// The text of the header dict after `'key':`.
std::optional<absl::string_view> FindValue(absl::string_view header, absl::string_view key) {
  for (const char quote : {'\'', '"'}) {
    const std::string quoted = absl::StrCat(std::string(1, quote), key, std::string(1, quote));
    const size_t at = header.find(quoted);
    if (at == absl::string_view::npos) continue;
    const size_t colon = header.find(':', at + quoted.size());
    if (colon == absl::string_view::npos) return std::nullopt;
    return absl::StripLeadingAsciiWhitespace(header.substr(colon + 1));
  }
  return std::nullopt;
}

absl::StatusOr<Shape> ParseShape(absl::string_view text) {
  const size_t close = text.find(')');
  if (text.empty() || text[0] != '(' || close == absl::string_view::npos) return Malformed("no shape in its header");
  Dims dims;
  for (absl::string_view part : absl::StrSplit(text.substr(1, close - 1), ',')) {
    part = absl::StripSuffix(absl::StripAsciiWhitespace(part), "L");
    if (part.empty()) continue;
    int64_t dim;
    if (!absl::SimpleAtoi(part, &dim)) return Malformed("a shape that is no list of numbers");
    dims.push_back(dim);
  }
  return Shape::Checked(dims);
}

void SwapBytes(char* data, int64_t count, int64_t element_bytes) {
  for (int64_t i = 0; i < count; ++i) std::reverse(data + i * element_bytes, data + (i + 1) * element_bytes);
}

void FortranToRowMajor(const char* from, const Shape& shape, int64_t element_bytes, char* to) {
  Dims index(shape.rank(), 0);
  Dims fortran_strides(shape.rank());
  int64_t stride = 1;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    fortran_strides[axis] = stride;
    stride *= shape.dim(axis);
  }
  for (int64_t i = 0; i < shape.num_elements(); ++i) {
    int64_t offset = 0;
    for (int axis = 0; axis < shape.rank(); ++axis) offset += index[axis] * fortran_strides[axis];
    std::memcpy(to + i * element_bytes, from + offset * element_bytes, static_cast<size_t>(element_bytes));
    for (int axis = shape.rank() - 1; axis >= 0 && ++index[axis] == shape.dim(axis); --axis) index[axis] = 0;
  }
}

}  // namespace

absl::StatusOr<Tensor> ParseNpy(absl::string_view bytes) {
  if (!absl::StartsWith(bytes, kMagic) || bytes.size() < 10) return Malformed("it does not start with \\x93NUMPY");
  const auto byte = [&](size_t at) { return static_cast<size_t>(static_cast<uint8_t>(bytes[at])); };
  const size_t major = byte(6);
  if (major < 1 || major > 3) return Malformed(absl::StrCat("unknown format version ", major));
  const size_t length_bytes = major == 1 ? 2 : 4;
  if (bytes.size() < 8 + length_bytes) return Malformed("truncated header");
  size_t header_size = 0;
  for (size_t i = 0; i < length_bytes; ++i) header_size |= byte(8 + i) << (8 * i);
  absl::string_view rest = bytes.substr(8 + length_bytes);
  if (header_size > rest.size()) return Malformed("truncated header");
  const absl::string_view header = rest.substr(0, header_size);
  rest.remove_prefix(header_size);

  const auto descr = FindValue(header, "descr");
  const auto order = FindValue(header, "fortran_order");
  const auto shape_text = FindValue(header, "shape");
  if (!descr || !order || !shape_text) return Malformed("descr, fortran_order or shape is missing in its header");
  if (descr->size() < 3 || ((*descr)[0] != '\'' && (*descr)[0] != '"')) return Malformed("a structured dtype");
  const size_t end = descr->find((*descr)[0], 1);
  if (end == absl::string_view::npos || end < 3) return Malformed("a dtype that is no text");
  const char byte_order = (*descr)[1];
  const absl::string_view code = descr->substr(2, end - 2);
  const Descr* found =
      std::find_if(std::begin(kDescrs), std::end(kDescrs), [&](const Descr& d) { return code == d.code; });
  if (found == std::end(kDescrs)) {
    return absl::InvalidArgumentError(absl::StrCat(".npy dtype '", descr->substr(1, end - 1), "' is no tensor's"));
  }
  FLOE_ASSIGN_OR_RETURN(const Shape shape, ParseShape(*shape_text));
  int64_t wanted;
  if (!CheckedMul(shape.num_elements(), ElementBytes(found->dtype), &wanted) ||
      wanted != static_cast<int64_t>(rest.size())) {
    return Malformed(absl::StrCat(DTypeName(found->dtype), " ", shape.ToString(), " does not take the ", rest.size(),
                                  " bytes behind its header"));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(found->dtype, shape));
  char* out = static_cast<char*>(tensor.raw_mutable_data());
  const int64_t element_bytes = ElementBytes(found->dtype);
  if (absl::StartsWith(*order, "True")) {
    FortranToRowMajor(rest.data(), shape, element_bytes, out);
  } else if (!rest.empty()) {
    std::memcpy(out, rest.data(), rest.size());
  }
  if (byte_order == '>') {
    const bool complex = IsComplex(found->dtype);
    SwapBytes(out, shape.num_elements() * (complex ? 2 : 1), complex ? element_bytes / 2 : element_bytes);
  }
  return tensor;
}

absl::StatusOr<Tensor> ReadNpy(const std::string& path) {
  FLOE_ASSIGN_OR_RETURN(const auto file, FileSystem::Posix().Map(path));
  absl::StatusOr<Tensor> tensor = ParseNpy(file->bytes());
  if (!tensor.ok()) return Annotate(tensor.status(), absl::StrCat("'", path, "'"));
  return tensor;
}

absl::StatusOr<std::string> SerializeNpy(const Tensor& tensor) {
  const DType dtype = tensor.dtype() == DType::kBfloat16 ? DType::kUint16 : tensor.dtype();
  const Descr* found =
      std::find_if(std::begin(kDescrs), std::end(kDescrs), [&](const Descr& d) { return dtype == d.dtype; });
  if (found == std::end(kDescrs)) {
    return absl::InvalidArgumentError(
        absl::StrCat("a tensor of dtype ", DTypeName(tensor.dtype()), " cannot be written as .npy"));
  }
  std::string dims;
  for (const int64_t dim : tensor.shape().dims()) absl::StrAppend(&dims, dims.empty() ? "" : " ", dim, ",");
  if (tensor.rank() > 1) dims.pop_back();
  std::string header = absl::StrCat("{'descr': '", ElementBytes(dtype) == 1 ? "|" : "<", found->code,
                                    "', 'fortran_order': False, 'shape': (", dims, "), }");
  // Magic, version, length and header together end on a multiple of 64, as NumPy writes it.
  const size_t unpadded = kMagic.size() + 4 + header.size() + 1;
  header.append((64 - unpadded % 64) % 64, ' ');
  header.push_back('\n');
  std::string out(kMagic);
  out.append({'\x01', '\x00', static_cast<char>(header.size() & 0xff), static_cast<char>(header.size() >> 8)});
  absl::StrAppend(&out, header, tensor.bytes());
  return out;
}

absl::Status WriteNpy(const std::string& path, const Tensor& tensor) {
  FLOE_ASSIGN_OR_RETURN(const std::string bytes, SerializeNpy(tensor));
  return WriteFileAtomically(path, bytes);
}

}  // namespace floe
