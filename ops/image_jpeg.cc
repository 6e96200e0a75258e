// JPEG, by libjpeg-turbo.
#include <csetjmp>
#include <cstdio>
#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include <jpeglib.h>

#include <jerror.h>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/image.h"

namespace floe {
namespace {

// Every scan of a progressive image goes over all of it; no camera or tool writes more than some dozens.
constexpr int kMaxScans = 500;

// Decodes one image. libjpeg reports errors by a jump, so whatever may fail runs inside Guarded, whose body holds
// nothing that would have to be destroyed.
class JpegDecoder {
 public:
  JpegDecoder(absl::string_view bytes, const JpegOptions& options) : options_(options) {
    jpeg_.err = jpeg_std_error(&errors_);
    errors_.error_exit = OnError;
    errors_.output_message = [](j_common_ptr) {};
    jpeg_.client_data = this;
    source_.next_input_byte = reinterpret_cast<const JOCTET*>(bytes.data());
    source_.bytes_in_buffer = bytes.size();
    source_.init_source = [](j_decompress_ptr) {};
    source_.fill_input_buffer = OnEnd;
    source_.skip_input_data = Skip;
    source_.resync_to_restart = jpeg_resync_to_restart;
    source_.term_source = [](j_decompress_ptr) {};
    progress_.progress_monitor = OnProgress;
  }
  JpegDecoder(const JpegDecoder&) = delete;
  JpegDecoder& operator=(const JpegDecoder&) = delete;
  ~JpegDecoder() { jpeg_destroy_decompress(&jpeg_); }

  absl::Status Decode(AllocateImage allocate) {
    const bool has_header = Guarded([this] {
      jpeg_create_decompress(&jpeg_);
      jpeg_.client_data = this;
      jpeg_.src = &source_;
      jpeg_.progress = &progress_;
      if (jpeg_read_header(&jpeg_, TRUE) != JPEG_HEADER_OK) ERREXIT(&jpeg_, JERR_INPUT_EOF);
    });
    if (!has_header) return Failed("its header");
    FLOE_RETURN_IF_ERROR(Configure());
    // The largest image that the header can mean, before libjpeg takes memory for it.
    if (!Guarded([this] { jpeg_calc_output_dimensions(&jpeg_); })) return Failed("its header");
    FLOE_RETURN_IF_ERROR(
        CheckImageSize({1, jpeg_.output_height, jpeg_.output_width, jpeg_.output_components}, sizeof(uint8_t)));
    FLOE_ASSIGN_OR_RETURN(const ImageSize size, OutputSize());
    if (!Guarded([this] { started_ = jpeg_start_decompress(&jpeg_) != FALSE; }) || !started_) {
      return Failed("its data");
    }
    FLOE_ASSIGN_OR_RETURN(void* const memory, allocate(size));
    return ReadRows(size, static_cast<uint8_t*>(memory));
  }

 private:
  static JpegDecoder& Of(j_common_ptr jpeg) { return *static_cast<JpegDecoder*>(jpeg->client_data); }
  static JpegDecoder& Of(j_decompress_ptr jpeg) { return *static_cast<JpegDecoder*>(jpeg->client_data); }

  static void OnError(j_common_ptr jpeg) {
    jpeg->err->format_message(jpeg, Of(jpeg).message_);
    std::longjmp(Of(jpeg).jump_, 1);
  }

  // The bytes are at their end. Nothing (the library waits then), or the end of the image where what lacks is made up.
  static boolean OnEnd(j_decompress_ptr jpeg) {
    static constexpr JOCTET kEndOfImage[] = {0xff, JPEG_EOI};
    if (!Of(jpeg).options_.try_recover_truncated) return FALSE;
    jpeg->src->next_input_byte = kEndOfImage;
    jpeg->src->bytes_in_buffer = sizeof(kEndOfImage);
    return TRUE;
  }

  static void Skip(j_decompress_ptr jpeg, long count) {
    if (count <= 0) return;
    const size_t skipped = std::min(static_cast<size_t>(count), jpeg->src->bytes_in_buffer);
    jpeg->src->next_input_byte += skipped;
    jpeg->src->bytes_in_buffer -= skipped;
  }

  static void OnProgress(j_common_ptr jpeg) {
    if (jpeg->is_decompressor != FALSE && reinterpret_cast<j_decompress_ptr>(jpeg)->input_scan_number > kMaxScans) {
      std::snprintf(Of(jpeg).message_, JMSG_LENGTH_MAX, "more than %d scans", kMaxScans);
      std::longjmp(Of(jpeg).jump_, 1);
    }
  }

  template <typename F>
  bool Guarded(F&& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  absl::Status Failed(absl::string_view what) const {
    return absl::InvalidArgumentError(
        absl::StrCat("the JPEG image is cut short or damaged in ", what, message_[0] == 0 ? "" : ": ", message_));
  }

  absl::Status Configure() {
    const int channels = options_.channels != 0 ? options_.channels : std::min(jpeg_.num_components, 3);
    if (channels == 1) {
      jpeg_.out_color_space = JCS_GRAYSCALE;
    } else if (channels != 3) {
      return absl::InvalidArgumentError(absl::StrCat("a JPEG image has 1 or 3 channels, not ", channels));
    } else {
      from_cmyk_ = jpeg_.jpeg_color_space == JCS_CMYK || jpeg_.jpeg_color_space == JCS_YCCK;
      jpeg_.out_color_space = from_cmyk_ ? JCS_CMYK : JCS_RGB;
    }
    channels_ = channels;
    jpeg_.do_fancy_upsampling = options_.fancy_upscaling ? TRUE : FALSE;
    jpeg_.scale_num = 1;
    jpeg_.scale_denom = static_cast<unsigned>(options_.ratio);
    jpeg_.dct_method = options_.fast_dct ? JDCT_IFAST : JDCT_ISLOW;
    return absl::OkStatus();
  }

  absl::StatusOr<ImageSize> OutputSize() const {
    const int64_t height = jpeg_.output_height, width = jpeg_.output_width;
    if (!options_.crop) return ImageSize{1, height, width, channels_};
    const JpegOptions& crop = options_;
    const bool inside = crop.crop_height > 0 && crop.crop_width > 0 && crop.crop_y >= 0 && crop.crop_x >= 0 &&
                        crop.crop_height <= height - crop.crop_y && crop.crop_width <= width - crop.crop_x;
    if (inside) return ImageSize{1, crop.crop_height, crop.crop_width, channels_};
    return absl::InvalidArgumentError(absl::StrCat("the window of ", crop.crop_height, " x ", crop.crop_width, " at (",
                                                   crop.crop_y, ", ", crop.crop_x, ") is not inside the image of ",
                                                   height, " x ", width));
  }

  // Rows and columns outside the window are not decoded, which changes the colors at its edge: those of the pixels
  // beside it are not known.
  bool SkipToWindow() {
    return Guarded([this] {
      auto first = static_cast<JDIMENSION>(options_.crop_x), width = static_cast<JDIMENSION>(options_.crop_width);
      jpeg_crop_scanline(&jpeg_, &first, &width);
      first_column_ = options_.crop_x - static_cast<int64_t>(first);
      if (options_.crop_y > 0) jpeg_skip_scanlines(&jpeg_, static_cast<JDIMENSION>(options_.crop_y));
    });
  }

  absl::Status ReadRows(const ImageSize& size, uint8_t* image) {
    if (options_.crop && !SkipToWindow()) return Failed("its data");
    const auto samples = static_cast<size_t>(jpeg_.output_width) * static_cast<size_t>(jpeg_.output_components);
    const auto row = std::make_unique<JSAMPLE[]>(samples);
    JSAMPROW rows[] = {row.get()};
    for (int64_t y = 0; y < size.height; ++y) {
      int lines = 0;
      if (!Guarded([&] { lines = static_cast<int>(jpeg_read_scanlines(&jpeg_, rows, 1)); })) lines = 0;
      if (lines == 0) return FillMissing(size, y, image);
      uint8_t* const to = image + y * size.row_samples();
      if (from_cmyk_) {
        CmykToRgb(row.get() + first_column_ * kCmykChannels, size.width, to);
      } else {
        std::memcpy(to, row.get() + first_column_ * channels_, static_cast<size_t>(size.row_samples()));
      }
    }
    return absl::OkStatus();
  }

  // The image ended after `read` of its rows.
  absl::Status FillMissing(const ImageSize& size, int64_t read, uint8_t* image) const {
    const float fraction = static_cast<float>(read) / static_cast<float>(size.height);
    if (!options_.try_recover_truncated && fraction < std::min(options_.acceptable_fraction, 1.0f)) {
      return Failed(absl::StrCat("row ", read, " of ", size.height));
    }
    for (int64_t y = read; y < size.height; ++y) {
      uint8_t* const row = image + y * size.row_samples();
      if (y == 0 || !options_.try_recover_truncated) {
        std::memset(row, 0, static_cast<size_t>(size.row_samples()));
      } else {
        std::memcpy(row, row - size.row_samples(), static_cast<size_t>(size.row_samples()));
      }
    }
    return absl::OkStatus();
  }

  static constexpr int kCmykChannels = 4;

  // Adobe's programs store CMYK inverted, and say so.
  void CmykToRgb(const uint8_t* from, int64_t width, uint8_t* to) const {
    const bool inverted = jpeg_.saw_Adobe_marker != FALSE;
    for (int64_t x = 0; x < width; ++x, from += kCmykChannels) {
      for (int c = 0; c < 3; ++c) {
        const int key = inverted ? from[3] : 255 - from[3], ink = inverted ? from[c] : 255 - from[c];
        *to++ = static_cast<uint8_t>(key * ink / 255);
      }
    }
  }

  const JpegOptions& options_;
  jpeg_decompress_struct jpeg_ = {};
  jpeg_error_mgr errors_ = {};
  jpeg_source_mgr source_ = {};
  jpeg_progress_mgr progress_ = {};
  std::jmp_buf jump_ = {};
  char message_[JMSG_LENGTH_MAX] = {};
  bool started_ = false;
  bool from_cmyk_ = false;
  int channels_ = 0;
  int64_t first_column_ = 0;  // of the window, in the rows that are decoded
};

}  // namespace

absl::Status DecodeJpegImage(absl::string_view bytes, const JpegOptions& options, AllocateImage allocate) {
  return JpegDecoder(bytes, options).Decode(allocate);
}

}  // namespace floe
