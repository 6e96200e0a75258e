// JPEG, by libjpeg-turbo.
#include <csetjmp>
#include <cstdio>
#include <string>

#include <jpeglib.h>

#include <jerror.h>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/image.h"
#include "ops/string_budget.h"

namespace floe {
namespace {

// What opens an APP1 segment that holds XMP; its last byte is the zero at its end.
constexpr char kXmpSegment[] = "http://ns.adobe.com/xap/1.0/";

// Encodes one image. libjpeg reports errors by a jump: see JpegDecoder in ops/image_jpeg.cc.
class JpegEncoder {
 public:
  JpegEncoder(const JpegEncoding& encoding, std::string* bytes) : encoding_(encoding), bytes_(*bytes) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = OnError;
    errors_.output_message = [](j_common_ptr) {};
    destination_.init_destination = Begin;
    destination_.empty_output_buffer = OnFull;
    destination_.term_destination = [](j_compress_ptr jpeg) { Of(jpeg).Flush(); };
    if (!encoding.xmp_metadata.empty()) {
      xmp_ = absl::StrCat(absl::string_view(kXmpSegment, sizeof(kXmpSegment)), encoding.xmp_metadata);
    }
  }
  JpegEncoder(const JpegEncoder&) = delete;
  JpegEncoder& operator=(const JpegEncoder&) = delete;
  ~JpegEncoder() { jpeg_destroy_compress(&jpeg_); }

  absl::Status Encode(const uint8_t* samples, const ImageSize& size) {
    jpeg_.client_data = this;
    if (Guarded([&] { Write(samples, size); })) return absl::OkStatus();
    FLOE_RETURN_IF_ERROR(too_large_);
    return absl::InvalidArgumentError(absl::StrCat("the image cannot be a JPEG file: ", message_));
  }

 private:
  static constexpr size_t kBlock = 1 << 14;

  static JpegEncoder& Of(j_compress_ptr jpeg) { return *static_cast<JpegEncoder*>(jpeg->client_data); }

  static void OnError(j_common_ptr jpeg) {
    auto& encoder = *static_cast<JpegEncoder*>(jpeg->client_data);
    jpeg->err->format_message(jpeg, encoder.message_);
    std::longjmp(encoder.jump_, 1);
  }

  static void Begin(j_compress_ptr jpeg) {
    jpeg->dest->next_output_byte = Of(jpeg).block_;
    jpeg->dest->free_in_buffer = kBlock;
  }
  static boolean OnFull(j_compress_ptr jpeg) {
    jpeg->dest->free_in_buffer = 0;  // not kept up to date by the library
    Of(jpeg).Flush();
    Begin(jpeg);
    return TRUE;
  }
  void Flush() {
    const size_t count = kBlock - destination_.free_in_buffer;
    too_large_ = budget_.Take(static_cast<int64_t>(count));
    if (!too_large_.ok()) std::longjmp(jump_, 1);
    bytes_.append(reinterpret_cast<const char*>(block_), count);
  }

  template <typename F>
  bool Guarded(F&& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  void Write(const uint8_t* samples, const ImageSize& size) {
    jpeg_create_compress(&jpeg_);
    jpeg_.client_data = this;
    jpeg_.dest = &destination_;
    jpeg_.image_width = static_cast<JDIMENSION>(size.width);
    jpeg_.image_height = static_cast<JDIMENSION>(size.height);
    jpeg_.input_components = static_cast<int>(size.channels);
    jpeg_.in_color_space = size.channels == 1 ? JCS_GRAYSCALE : JCS_RGB;
    jpeg_set_defaults(&jpeg_);
    jpeg_.optimize_coding = encoding_.optimize_size ? TRUE : FALSE;
    jpeg_.density_unit = encoding_.per_centimetre ? 2 : 1;
    jpeg_.X_density = encoding_.x_density;
    jpeg_.Y_density = encoding_.y_density;
    jpeg_set_quality(&jpeg_, encoding_.quality, TRUE);
    if (encoding_.progressive) jpeg_simple_progression(&jpeg_);
    for (int c = 0; !encoding_.chroma_downsampling && c < jpeg_.num_components; ++c) {
      jpeg_.comp_info[c].h_samp_factor = jpeg_.comp_info[c].v_samp_factor = 1;
    }
    jpeg_start_compress(&jpeg_, TRUE);
    if (!xmp_.empty()) {
      jpeg_write_marker(&jpeg_, JPEG_APP0 + 1, reinterpret_cast<const JOCTET*>(xmp_.data()),
                        static_cast<unsigned>(xmp_.size()));
    }
    for (int64_t y = 0; y < size.height; ++y) {
      auto* row = const_cast<JSAMPROW>(samples + y * size.row_samples());
      jpeg_write_scanlines(&jpeg_, &row, 1);
    }
    jpeg_finish_compress(&jpeg_);
  }

  const JpegEncoding& encoding_;
  std::string& bytes_;
  std::string xmp_;
  StringBudget budget_;
  absl::Status too_large_;
  jpeg_compress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_destination_mgr destination_ = {};
  std::jmp_buf jump_ = {};
  char message_[JMSG_LENGTH_MAX] = {};
  JOCTET block_[kBlock] = {};
};

}  // namespace

absl::Status EncodeJpegImage(const uint8_t* samples, const ImageSize& size, const JpegEncoding& encoding,
                             std::string* bytes) {
  FLOE_RETURN_IF_ERROR(CheckImageSize(size, 1));
  // The library counts in 32 bits before it looks at its own limit.
  if (size.width > JPEG_MAX_DIMENSION || size.height > JPEG_MAX_DIMENSION) {
    return absl::InvalidArgumentError(absl::StrCat("an image of ", size.height, " x ", size.width,
                                                   " cannot be a JPEG file: its sides are ", JPEG_MAX_DIMENSION,
                                                   " at most"));
  }
  return JpegEncoder(encoding, bytes).Encode(samples, size);
}

}  // namespace floe
