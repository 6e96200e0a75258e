// GIF, by giflib: frames drawn over one another, as a viewer shows them.
#include <gif_lib.h>

#include <algorithm>
#include <cstring>
#include <memory>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/image.h"

namespace floe {
namespace {

constexpr int kRgb = 3;
// A code of at least three bits stands for at most 4096 pixels.
constexpr int64_t kMostInflation = 4096 * 8 / 3;

int ReadFrom(GifFileType* gif, GifByteType* to, int count) {
  auto* const rest = static_cast<absl::string_view*>(gif->UserData);
  const size_t taken = std::min(static_cast<size_t>(count), rest->size());
  std::memcpy(to, rest->data(), taken);
  rest->remove_prefix(taken);
  return static_cast<int>(taken);
}

absl::Status Damaged(int code) {
  const char* const message = GifErrorString(code);
  return absl::InvalidArgumentError(absl::StrCat("the GIF image is cut short or damaged",
                                                 message == nullptr ? "" : ": ", message == nullptr ? "" : message));
}

struct CloseGif {
  void operator()(GifFileType* gif) const { DGifCloseFile(gif, nullptr); }
};
using Gif = std::unique_ptr<GifFileType, CloseGif>;

absl::StatusOr<Gif> Open(absl::string_view* rest) {
  int error = D_GIF_SUCCEEDED;
  Gif gif(DGifOpen(rest, ReadFrom, &error));
  if (gif == nullptr) return Damaged(error);
  return gif;
}

// The sizes of all frames, from the records alone: giflib's own reading of the whole file would first take as much
// memory as the file says.
absl::Status CheckFrames(absl::string_view bytes) {
  absl::string_view rest = bytes;
  FLOE_ASSIGN_OR_RETURN(const Gif gif, Open(&rest));
  int64_t pixels = 0;
  GifRecordType record = UNDEFINED_RECORD_TYPE;
  while (record != TERMINATE_RECORD_TYPE) {
    if (DGifGetRecordType(gif.get(), &record) == GIF_ERROR) break;
    GifByteType* block = nullptr;
    int code = 0;
    if (record == IMAGE_DESC_RECORD_TYPE) {
      if (DGifGetImageDesc(gif.get()) == GIF_ERROR || DGifGetCode(gif.get(), &code, &block) == GIF_ERROR) break;
      const GifImageDesc& frame = gif->Image;
      int64_t of_frame;
      if (!CheckedMul(int64_t{frame.Width}, int64_t{frame.Height}, &of_frame) ||
          !CheckedAdd(pixels, of_frame, &pixels)) {
        return absl::ResourceExhaustedError("the GIF image is too large");
      }
      while (block != nullptr && DGifGetCodeNext(gif.get(), &block) != GIF_ERROR) {
      }
    } else if (record == EXTENSION_RECORD_TYPE) {
      if (DGifGetExtension(gif.get(), &code, &block) == GIF_ERROR) break;
      while (block != nullptr && DGifGetExtensionNext(gif.get(), &block) != GIF_ERROR) {
      }
    }
  }
  if (pixels > kMaxImageBytes || pixels > static_cast<int64_t>(bytes.size()) * kMostInflation) {
    return absl::ResourceExhaustedError(
        absl::StrCat("the GIF image's ", pixels, " pixels are more than its ", bytes.size(), " bytes may hold"));
  }
  return absl::OkStatus();
}

// Draws frame `index` into `image`, over what is there.
absl::Status Draw(const GifFileType& gif, int index, const ImageSize& size, uint8_t* image) {
  const SavedImage& frame = gif.SavedImages[index];
  const GifImageDesc& place = frame.ImageDesc;
  const ColorMapObject* const colors = place.ColorMap != nullptr ? place.ColorMap : gif.SColorMap;
  if (colors == nullptr) return absl::InvalidArgumentError(absl::StrCat("GIF frame ", index, " has no colors"));
  GraphicsControlBlock control;
  const bool has_control = DGifSavedExtensionToGCB(const_cast<GifFileType*>(&gif), index, &control) == GIF_OK;
  const int transparent = has_control ? control.TransparentColor : NO_TRANSPARENT_COLOR;
  const int64_t bottom = std::min<int64_t>(int64_t{place.Top} + place.Height, size.height);
  const int64_t right = std::min<int64_t>(int64_t{place.Left} + place.Width, size.width);
  for (int64_t y = std::max<int64_t>(place.Top, 0); y < bottom; ++y) {
    for (int64_t x = std::max<int64_t>(place.Left, 0); x < right; ++x) {
      const int color = frame.RasterBits[(y - place.Top) * place.Width + (x - place.Left)];
      if (color == transparent) continue;
      if (color >= colors->ColorCount) {
        return absl::InvalidArgumentError(
            absl::StrCat("GIF frame ", index, " uses color ", color, " of ", colors->ColorCount));
      }
      const GifColorType& rgb = colors->Colors[color];
      uint8_t* const to = image + (y * size.width + x) * kRgb;
      to[0] = rgb.Red;
      to[1] = rgb.Green;
      to[2] = rgb.Blue;
    }
  }
  return absl::OkStatus();
}

}  // namespace

absl::Status DecodeGifImage(absl::string_view bytes, bool all_frames, AllocateImage allocate) {
  FLOE_RETURN_IF_ERROR(CheckFrames(bytes));
  absl::string_view rest = bytes;
  FLOE_ASSIGN_OR_RETURN(const Gif gif, Open(&rest));
  if (DGifSlurp(gif.get()) != GIF_OK) return Damaged(gif->Error);
  if (gif->ImageCount <= 0) return absl::InvalidArgumentError("the GIF image has no frames");
  const ImageSize size{all_frames ? gif->ImageCount : 1, gif->SHeight, gif->SWidth, kRgb};
  FLOE_RETURN_IF_ERROR(CheckImageSize(size, sizeof(uint8_t)));
  FLOE_ASSIGN_OR_RETURN(void* const memory, allocate(size));
  auto* image = static_cast<uint8_t*>(memory);
  const auto frame_bytes = static_cast<size_t>(size.height * size.row_samples());
  for (int i = 0; i < static_cast<int>(size.frames); ++i, image += frame_bytes) {
    if (i == 0) {
      std::memset(image, 0, frame_bytes);
    } else {
      std::memcpy(image, image - frame_bytes, frame_bytes);
    }
    FLOE_RETURN_IF_ERROR(Draw(*gif, i, size, image));
  }
  return absl::OkStatus();
}

}  // namespace floe
