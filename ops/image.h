// Images, and what the decoders (ops/image_<format>.cc) and encoders (ops/encode_<format>.cc) of the formats share.
//
// A decoder looks at the header, checks what it says against kMaxImageBytes and the bytes at hand, asks for memory, and
// writes rows of interleaved samples. Malformed bytes are INVALID_ARGUMENT; nothing is decoded before its size is
// known.
#ifndef FLOE_OPS_IMAGE_H_
#define FLOE_OPS_IMAGE_H_

#include <cstdint>
#include <string>

#include "absl/functional/function_ref.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace floe {

// Larger ones are refused: TensorFlow's own limit, and a small file may claim anything.
inline constexpr int64_t kMaxImageBytes = int64_t{1} << 29;

struct ImageSize {
  int64_t frames = 1, height = 0, width = 0, channels = 0;

  int64_t row_samples() const { return width * channels; }
};

// The memory for an image of this size, frames, rows and samples one after another.
using AllocateImage = absl::FunctionRef<absl::StatusOr<void*>(const ImageSize&)>;

// INVALID_ARGUMENT where a side is not positive, RESOURCE_EXHAUSTED where the image is too large.
absl::Status CheckImageSize(const ImageSize& size, int64_t bytes_per_sample);

struct JpegOptions {
  int channels = 0;  // 1 or 3; 0: the image's own
  int ratio = 1;     // 1, 2, 4 or 8: the sides are divided by it
  bool fancy_upscaling = true;
  bool try_recover_truncated = false;
  float acceptable_fraction = 1;
  bool fast_dct = true;  // TensorFlow's default
  // Only these rows and columns.
  bool crop = false;
  int64_t crop_y = 0, crop_x = 0, crop_height = 0, crop_width = 0;
};
absl::Status DecodeJpegImage(absl::string_view bytes, const JpegOptions& options, AllocateImage allocate);

// `channels`: 1, 3 or 4; 0: the image's own. Samples are uint8, or uint16 where `sixteen_bits`.
absl::Status DecodePngImage(absl::string_view bytes, int channels, bool sixteen_bits, AllocateImage allocate);
// `channels`: 3 or 4; 0: the image's own.
absl::Status DecodeBmpImage(absl::string_view bytes, int channels, AllocateImage allocate);
// All frames, or the first one, as three channels.
absl::Status DecodeGifImage(absl::string_view bytes, bool all_frames, AllocateImage allocate);

struct JpegEncoding {
  int quality = 95;
  bool progressive = false, optimize_size = false, chroma_downsampling = true;
  bool per_centimetre = false;  // else per inch
  uint16_t x_density = 300, y_density = 300;
  std::string xmp_metadata;
};
// An image of one frame, of 1 or 3 channels, appended to `bytes`. INVALID_ARGUMENT with the library's reason.
absl::Status EncodeJpegImage(const uint8_t* samples, const ImageSize& size, const JpegEncoding& encoding,
                             std::string* bytes);
// Of 1 to 4 channels; samples are uint8, or uint16 where `sixteen_bits`. `compression`: 0 to 9; -1: the library's own.
absl::Status EncodePngImage(const void* samples, bool sixteen_bits, const ImageSize& size, int compression,
                            std::string* bytes);

}  // namespace floe

#endif  // FLOE_OPS_IMAGE_H_
