// PNG, by libpng.
#include <png.h>

#include <bit>
#include <csetjmp>
#include <cstring>
#include <string>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "ops/image.h"
#include "ops/string_budget.h"

namespace floe {
namespace {

// Encodes one image. libpng reports errors by a jump: see PngDecoder in ops/image_png.cc.
class PngEncoder {
 public:
  explicit PngEncoder(std::string* bytes) : bytes_(*bytes) {}
  PngEncoder(const PngEncoder&) = delete;
  PngEncoder& operator=(const PngEncoder&) = delete;
  ~PngEncoder() { png_destroy_write_struct(&png_, &info_); }

  absl::Status Encode(const uint8_t* samples, bool sixteen_bits, const ImageSize& size, int compression) {
    png_ = png_create_write_struct(PNG_LIBPNG_VER_STRING, this, OnError, [](png_structp, png_const_charp) {});
    if (png_ != nullptr) info_ = png_create_info_struct(png_);
    if (info_ == nullptr) return absl::ResourceExhaustedError("no memory for a PNG encoder");
    if (Guarded([&] { Write(samples, sixteen_bits, size, compression); })) return absl::OkStatus();
    FLOE_RETURN_IF_ERROR(too_large_);
    return absl::InvalidArgumentError(absl::StrCat("the image cannot be a PNG file: ", message_));
  }

 private:
  static void OnError(png_structp png, png_const_charp message) {
    auto* const encoder = static_cast<PngEncoder*>(png_get_error_ptr(png));
    std::strncpy(encoder->message_, message, sizeof(message_) - 1);
    std::longjmp(encoder->jump_, 1);
  }

  static void OnWrite(png_structp png, png_bytep from, size_t count) {
    auto* const encoder = static_cast<PngEncoder*>(png_get_io_ptr(png));
    encoder->too_large_ = encoder->budget_.Take(static_cast<int64_t>(count));
    if (!encoder->too_large_.ok()) png_error(png, "too large");
    encoder->bytes_.append(reinterpret_cast<const char*>(from), count);
  }

  template <typename F>
  bool Guarded(F&& body) {
    if (setjmp(jump_) != 0) return false;
    body();
    return true;
  }

  void Write(const uint8_t* samples, bool sixteen_bits, const ImageSize& size, int compression) {
    constexpr int kColors[] = {PNG_COLOR_TYPE_GRAY, PNG_COLOR_TYPE_GRAY_ALPHA, PNG_COLOR_TYPE_RGB, PNG_COLOR_TYPE_RGBA};
    constexpr int kMostMemory = 9;
    png_set_write_fn(png_, this, OnWrite, [](png_structp) {});
    png_set_user_limits(png_, PNG_UINT_31_MAX, PNG_UINT_31_MAX);  // CheckImageSize has the say
    png_set_compression_level(png_, compression);
    png_set_compression_mem_level(png_, kMostMemory);
    png_set_IHDR(png_, info_, static_cast<png_uint_32>(size.width), static_cast<png_uint_32>(size.height),
                 sixteen_bits ? 16 : 8, kColors[size.channels - 1], PNG_INTERLACE_NONE, PNG_COMPRESSION_TYPE_DEFAULT,
                 PNG_FILTER_TYPE_DEFAULT);
    png_write_info(png_, info_);
    if (sixteen_bits && std::endian::native == std::endian::little) png_set_swap(png_);
    const int64_t row_bytes = size.row_samples() * (sixteen_bits ? 2 : 1);
    for (int64_t y = 0; y < size.height; ++y) png_write_row(png_, samples + y * row_bytes);
    png_write_end(png_, nullptr);
  }

  std::string& bytes_;
  StringBudget budget_;
  absl::Status too_large_;
  png_structp png_ = nullptr;
  png_infop info_ = nullptr;
  std::jmp_buf jump_ = {};
  char message_[128] = {};
};

}  // namespace

absl::Status EncodePngImage(const void* samples, bool sixteen_bits, const ImageSize& size, int compression,
                            std::string* bytes) {
  FLOE_RETURN_IF_ERROR(CheckImageSize(size, sixteen_bits ? 2 : 1));
  return PngEncoder(bytes).Encode(static_cast<const uint8_t*>(samples), sixteen_bits, size, compression);
}

}  // namespace floe
