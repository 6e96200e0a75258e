// BMP, uncompressed. All numbers are little-endian:
//   14 bytes  "BM", file size (4), reserved (4), where the pixels begin (4)
//   40+ bytes header size (4), width (4), height (4; negative: top row first), planes (2), bits a pixel (2),
//             compression (4) ...
//   pixels    rows padded to four bytes, the bottom row first; blue, green, red and perhaps alpha
#include <cstdlib>
#include <cstring>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/image.h"

namespace floe {
namespace {

constexpr size_t kHeaderBytes = 54;

int64_t Int32At(absl::string_view bytes, size_t offset) {
  int32_t value;
  std::memcpy(&value, bytes.data() + offset, sizeof(value));
  return value;
}

// One pixel of `stored` bytes to `channels`; gray is its own red, green and blue.
void ConvertPixel(const uint8_t* from, int64_t stored, int64_t channels, uint8_t* to) {
  if (channels == 1) {
    to[0] = from[0];
    return;
  }
  for (int c = 0; c < 3; ++c) to[c] = stored == 1 ? from[0] : from[2 - c];
  if (channels == 4) to[3] = stored == 4 ? from[3] : uint8_t{255};
}

}  // namespace

absl::Status DecodeBmpImage(absl::string_view bytes, int channels, AllocateImage allocate) {
  if (bytes.size() < kHeaderBytes) {
    return absl::InvalidArgumentError(
        absl::StrCat("a BMP image has a header of ", kHeaderBytes, " bytes, there are ", bytes.size()));
  }
  const int64_t first = Int32At(bytes, 10), width = Int32At(bytes, 18), signed_height = Int32At(bytes, 22);
  const int64_t bits = Int32At(bytes, 28) & 0xffff, height = std::abs(signed_height), stored = bits / 8;
  if (first < 0) return absl::InvalidArgumentError("the BMP image's pixels begin before it");
  if (bits % 8 != 0 || (stored != 1 && stored != 3 && stored != 4)) {
    return absl::InvalidArgumentError(absl::StrCat("BMP: wanted 8, 24 or 32 bits a pixel, got ", bits));
  }
  const ImageSize size{1, height, width, channels == 0 ? stored : channels};
  FLOE_RETURN_IF_ERROR(CheckImageSize(size, sizeof(uint8_t)));
  const int64_t row_bytes = (width * stored + 3) / 4 * 4;
  // The padding of the last row may lack.
  const int64_t wanted = first + (height - 1) * row_bytes + width * stored;
  if (wanted > static_cast<int64_t>(bytes.size())) {
    return absl::InvalidArgumentError(
        absl::StrCat("the BMP image is cut short: wanted ", wanted, " bytes, got ", bytes.size()));
  }
  FLOE_ASSIGN_OR_RETURN(void* const memory, allocate(size));
  auto* to = static_cast<uint8_t*>(memory);
  const auto* const pixels = reinterpret_cast<const uint8_t*>(bytes.data()) + first;
  for (int64_t y = 0; y < height; ++y) {
    const uint8_t* from = pixels + (signed_height > 0 ? height - 1 - y : y) * row_bytes;
    for (int64_t x = 0; x < width; ++x, from += stored, to += size.channels) {
      ConvertPixel(from, stored, size.channels, to);
    }
  }
  return absl::OkStatus();
}

}  // namespace floe
