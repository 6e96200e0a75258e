// PNG, by libpng.
#include <png.h>

#include <algorithm>
#include <bit>
#include <csetjmp>
#include <cstring>
#include <memory>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/image.h"

namespace floe {
namespace {

// Deflate makes at most 1032 bytes of one; an image that claims more than its file can hold is not started.
constexpr int64_t kMostInflation = 1032;

// Decodes one image. libpng reports errors by a jump, so whatever may fail runs inside Guarded, whose body holds
// nothing that would have to be destroyed.
class PngDecoder {
 public:
  PngDecoder(absl::string_view bytes, int channels, bool sixteen_bits)
      : rest_(bytes), bytes_(static_cast<int64_t>(bytes.size())), channels_(channels), sixteen_bits_(sixteen_bits) {}
  PngDecoder(const PngDecoder&) = delete;
  PngDecoder& operator=(const PngDecoder&) = delete;
  ~PngDecoder() { png_destroy_read_struct(&png_, &info_, nullptr); }

  absl::Status Decode(AllocateImage allocate) {
    png_ = png_create_read_struct(PNG_LIBPNG_VER_STRING, this, OnError, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return absl::ResourceExhaustedError("no memory for a PNG decoder");
    if (!Guarded([this] { ReadHeader(); })) return Failed();
    const int64_t bits = png_get_bit_depth(png_, info_) * png_get_channels(png_, info_);
    const ImageSize stored{1, png_get_image_height(png_, info_), png_get_image_width(png_, info_), 1};
    FLOE_RETURN_IF_ERROR(CheckImageSize(stored, 1));
    if (stored.height * stored.width / 8 * bits > bytes_ * kMostInflation) {
      return absl::InvalidArgumentError(
          absl::StrCat("the PNG image of ", stored.height, " x ", stored.width, " cannot be in ", bytes_, " bytes"));
    }
    if (!Guarded([this] { Configure(); })) return Failed();
    const ImageSize size{1, stored.height, stored.width, channels_};
    FLOE_RETURN_IF_ERROR(CheckImageSize(size, sixteen_bits_ ? 2 : 1));
    FLOE_ASSIGN_OR_RETURN(void* const memory, allocate(size));
    auto* const image = static_cast<uint8_t*>(memory);
    const int64_t row_bytes = size.row_samples() * (sixteen_bits_ ? 2 : 1);
    if (!Guarded([&] { ReadRows(image, size, row_bytes); })) return Failed();
    if (widen_) Widen(reinterpret_cast<uint16_t*>(image), size.height * size.row_samples());
    return absl::OkStatus();
  }

 private:
  static void OnError(png_structp png, png_const_charp message) {
    auto* const decoder = static_cast<PngDecoder*>(png_get_error_ptr(png));
    std::strncpy(decoder->message_, message, sizeof(message_) - 1);
    std::longjmp(decoder->jump_, 1);
  }

  static void OnRead(png_structp png, png_bytep to, size_t count) {
    auto* const decoder = static_cast<PngDecoder*>(png_get_io_ptr(png));
    if (count > decoder->rest_.size()) png_error(png, "the bytes end too early");
    std::memcpy(to, decoder->rest_.data(), count);
    decoder->rest_.remove_prefix(count);
  }

  template <typename F>
  bool Guarded(F&& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  absl::Status Failed() const {
    return absl::InvalidArgumentError(absl::StrCat("the PNG image is cut short or damaged: ", message_));
  }

  void ReadHeader() {
    png_set_read_fn(png_, this, OnRead);
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // CheckImageSize has the say
    png_read_info(png_, info_);
  }

  // Asks libpng for the samples that are wanted, whatever the file has.
  void Configure() {
    const int color = png_get_color_type(png_, info_), bits = png_get_bit_depth(png_, info_);
    const bool has_palette = color == PNG_COLOR_TYPE_PALETTE, is_gray = (color & PNG_COLOR_MASK_COLOR) == 0;
    const bool has_key = png_get_valid(png_, info_, PNG_INFO_tRNS) != 0;
    const bool has_alpha = (color & PNG_COLOR_MASK_ALPHA) != 0;
    if (channels_ == 0) channels_ = has_palette ? (has_key ? 4 : 3) : png_get_channels(png_, info_);
    if (channels_ % 2 == 0) {
      if (has_key) {
        png_set_tRNS_to_alpha(png_);
      } else if (!has_alpha) {
        png_set_add_alpha(png_, (1u << bits) - 1, PNG_FILLER_AFTER);
      }
    } else if (has_alpha || has_key) {
      png_set_strip_alpha(png_);
    }
    if (bits > 8 && !sixteen_bits_) png_set_strip_16(png_);
    widen_ = bits <= 8 && sixteen_bits_;
    png_set_packing(png_);
    passes_ = png_set_interlace_handling(png_);
    if (sixteen_bits_ && std::endian::native == std::endian::little) png_set_swap(png_);
    if (has_palette) png_set_palette_to_rgb(png_);
    if (is_gray && bits < 8) png_set_expand_gray_1_2_4_to_8(png_);
    if (channels_ < 3 && !is_gray) {
      constexpr double kRed = 0.299, kGreen = 0.587;
      png_set_rgb_to_gray(png_, PNG_ERROR_ACTION_NONE, kRed, kGreen);
    } else if (channels_ >= 3 && is_gray) {
      png_set_gray_to_rgb(png_);
    }
    png_read_update_info(png_, info_);
  }

  // Samples of one byte fill the front half of rows that are to be of two.
  void ReadRows(uint8_t* image, const ImageSize& size, int64_t row_bytes) {
    if (static_cast<int64_t>(png_get_rowbytes(png_, info_)) != (widen_ ? size.row_samples() : row_bytes)) {
      png_error(png_, "rows of another length than its header says");
    }
    const int64_t stride = widen_ ? size.row_samples() : row_bytes;
    for (int pass = 0; pass < passes_; ++pass) {
      for (int64_t y = 0; y < size.height; ++y) png_read_row(png_, image + y * stride, nullptr);
    }
    png_read_end(png_, nullptr);
  }

  // In place from the back: eight bits v become sixteen that stand for the same brightness.
  static void Widen(uint16_t* samples, int64_t count) {
    const auto* const narrow = reinterpret_cast<const uint8_t*>(samples);
    for (int64_t i = count - 1; i >= 0; --i) samples[i] = static_cast<uint16_t>(narrow[i] * 257);
  }

  absl::string_view rest_;
  const int64_t bytes_;
  int channels_;
  const bool sixteen_bits_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_ = {};
  char message_[128] = {};
  bool widen_ = false;
  int passes_ = 1;
};

}  // namespace

absl::Status DecodePngImage(absl::string_view bytes, int channels, bool sixteen_bits, AllocateImage allocate) {
  return PngDecoder(bytes, channels, sixteen_bits).Decode(allocate);
}

}  // namespace floe
