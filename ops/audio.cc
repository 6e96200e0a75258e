#include "ops/audio.h"

#include <algorithm>
#include <cmath>
#include <complex>
#include <numbers>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/fourier.h"
#include "ops/types.h"

namespace floe {
namespace {

constexpr int64_t kUnknown = PartialShape::kUnknownDim;

// ---- DecodeWav: 16-bit PCM in a RIFF file

struct Wave {
  int64_t channels = 0;
  uint32_t sample_rate = 0;
  absl::string_view samples;  // little-endian, channels side by side
};

absl::Status BadWave(absl::string_view why) {
  return absl::InvalidArgumentError(absl::StrCat("input 0: no WAV file: ", why));
}

uint16_t Unsigned16(absl::string_view bytes) {
  return static_cast<uint16_t>(static_cast<uint8_t>(bytes[0]) | static_cast<uint8_t>(bytes[1]) << 8);
}
uint32_t Unsigned32(absl::string_view bytes) {
  return Unsigned16(bytes) | static_cast<uint32_t>(Unsigned16(bytes.substr(2))) << 16;
}

absl::StatusOr<Wave> ParseWave(absl::string_view file) {
  constexpr size_t kHeader = 12, kChunkHeader = 8, kFormat = 16;
  if (file.size() < kHeader || file.substr(0, 4) != "RIFF" || file.substr(8, 4) != "WAVE") {
    return BadWave("it does not begin with RIFF and WAVE");
  }
  file.remove_prefix(kHeader);
  Wave wave;
  while (file.size() >= kChunkHeader) {
    const absl::string_view name = file.substr(0, 4);
    const size_t size = Unsigned32(file.substr(4));
    file.remove_prefix(kChunkHeader);
    if (name == "fmt ") {
      if (size < kFormat || file.size() < size) return BadWave("its format chunk is cut short");
      const uint16_t format = Unsigned16(file), bits = Unsigned16(file.substr(14)), frame = Unsigned16(file.substr(12));
      wave.channels = Unsigned16(file.substr(2));
      wave.sample_rate = Unsigned32(file.substr(4));
      if (format != 1 || bits != 16) {
        return BadWave(absl::StrCat("wanted PCM (format 1) of 16 bits, got format ", format, " of ", bits));
      }
      if (wave.channels < 1 || frame != 2 * wave.channels) return BadWave("its channels and frame size contradict");
    } else if (name == "data") {
      if (wave.channels == 0) return BadWave("its samples come before their format");
      if (size > file.size()) return BadWave("its samples are cut short");
      wave.samples = file.substr(0, size);
      return wave;
    }
    if (size > file.size()) return BadWave("a chunk is cut short");
    file.remove_prefix(size);
  }
  return BadWave("it has no samples");
}

struct WaveSize {
  int64_t channels, samples;  // -1: as many as the file has
};

absl::StatusOr<WaveSize> ParseWaveSize(const AttrMap& attrs) {
  WaveSize size{};
  FLOE_ASSIGN_OR_RETURN(size.channels, attrs.Int("desired_channels", -1));
  FLOE_ASSIGN_OR_RETURN(size.samples, attrs.Int("desired_samples", -1));
  if (size.channels < -1 || size.samples < -1) {
    return absl::InvalidArgumentError("desired_channels, desired_samples: wanted -1 or more");
  }
  return size;
}

absl::Status InferDecodeWav(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kString));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 0));
  FLOE_ASSIGN_OR_RETURN(const WaveSize size, ParseWaveSize(context.attrs()));
  context.AddOutput(DType::kFloat, PartialShape({size.samples, size.channels}));
  context.AddOutput(DType::kInt32, Shape());
  return absl::OkStatus();
}

// The last channel repeats where more are asked for than there are; what the samples lack is silence.
absl::Status EvalDecodeWav(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(WaveSize size, ParseWaveSize(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const Wave wave, ParseWave(*context.input(0).data<std::string>()));
  const auto given = static_cast<int64_t>(wave.samples.size()) / (2 * wave.channels);
  if (size.channels < 0) size.channels = wave.channels;
  if (size.samples < 0) size.samples = given;
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({size.samples, size.channels}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const audio, context.Output(0, shape));
  FLOE_ASSIGN_OR_RETURN(Tensor* const rate, context.Output(1, Shape()));
  *rate->mutable_data<int32_t>() = static_cast<int32_t>(wave.sample_rate);
  float* const to = audio->mutable_data<float>();
  std::fill_n(to, audio->num_elements(), 0.0f);
  for (int64_t s = 0; s < std::min(given, size.samples); ++s) {
    for (int64_t c = 0; c < size.channels; ++c) {
      const int64_t from = s * wave.channels + std::min(c, wave.channels - 1);
      const uint16_t raw = Unsigned16(wave.samples.substr(static_cast<size_t>(2 * from)));
      to[s * size.channels + c] = static_cast<float>(static_cast<int16_t>(raw)) / 32768.0f;
    }
  }
  return absl::OkStatus();
}

// ---- AudioSpectrogram: how strong each frequency is in each slice of the signal

struct Slicing {
  int64_t window, stride, points;  // points: of the transform, the next power of two
  bool squared;

  int64_t frequencies() const { return 1 + points / 2; }
  int64_t Slices(int64_t samples) const { return samples < window ? 0 : 1 + (samples - window) / stride; }
};

absl::StatusOr<Slicing> ParseSlicing(const AttrMap& attrs) {
  Slicing slicing{};
  FLOE_ASSIGN_OR_RETURN(slicing.window, attrs.Int("window_size"));
  FLOE_ASSIGN_OR_RETURN(slicing.stride, attrs.Int("stride"));
  FLOE_ASSIGN_OR_RETURN(slicing.squared, attrs.Bool("magnitude_squared", false));
  if (slicing.window < 2 || slicing.window > kMostFourierPoints || slicing.stride < 1) {
    return absl::InvalidArgumentError(absl::StrCat("window_size: wanted 2 or more, stride: 1 or more, got ",
                                                   slicing.window, " and ", slicing.stride));
  }
  slicing.points = 1;
  while (slicing.points < slicing.window) slicing.points *= 2;
  return slicing;
}

absl::Status InferSpectrogram(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(1));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 2));
  FLOE_ASSIGN_OR_RETURN(const Slicing slicing, ParseSlicing(context.attrs()));
  const int64_t samples = DimOrUnknown(context.shape(0), 0);
  context.AddOutput(DType::kFloat,
                    PartialShape({context.shape(0).has_rank() ? context.shape(0).dim(1) : kUnknown,
                                  samples < 0 ? kUnknown : slicing.Slices(samples), slicing.frequencies()}));
  return absl::OkStatus();
}

absl::Status EvalSpectrogram(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const Slicing slicing, ParseSlicing(context.attrs()));
  const int64_t samples = input.shape().dim(0), channels = input.shape().dim(1), slices = slicing.Slices(samples);
  FLOE_ASSIGN_OR_RETURN(const Shape shape, Shape::Checked({channels, slices, slicing.frequencies()}));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, shape));
  if (output->num_elements() == 0) return absl::OkStatus();
  FLOE_ASSIGN_OR_RETURN(const auto hann, Scratch<double>(slicing.window));
  for (int64_t i = 0; i < slicing.window; ++i) {
    hann[i] = 0.5 - 0.5 * std::cos(2 * std::numbers::pi * static_cast<double>(i) / static_cast<double>(slicing.window));
  }
  FLOE_ASSIGN_OR_RETURN(auto transform, FourierTransform<double>::Of(slicing.points, false));
  FLOE_ASSIGN_OR_RETURN(const auto line, Scratch<std::complex<double>>(slicing.points));
  float* to = output->mutable_data<float>();
  for (int64_t c = 0; c < channels; ++c) {
    for (int64_t s = 0; s < slices; ++s) {
      const float* const from = input.data<float>() + s * slicing.stride * channels + c;
      std::fill_n(line.get(), slicing.points, 0.0);
      for (int64_t i = 0; i < slicing.window; ++i) line[i] = hann[i] * static_cast<double>(from[i * channels]);
      transform.Run(line.get());
      for (int64_t f = 0; f < slicing.frequencies(); ++f) {
        const double power = std::norm(line[f]);
        *to++ = static_cast<float>(slicing.squared ? power : std::sqrt(power));
      }
    }
  }
  return absl::OkStatus();
}

// ---- Mfcc: a spectrogram's frequencies gathered in mel bands, and the cosine transform of their logarithms

struct MfccAttrs {
  double upper, lower;
  int64_t bands, coefficients;

  static absl::StatusOr<MfccAttrs> Of(const AttrMap& attrs) {
    MfccAttrs mfcc{};
    FLOE_ASSIGN_OR_RETURN(const float upper, attrs.Float("upper_frequency_limit", 4000.0f));
    FLOE_ASSIGN_OR_RETURN(const float lower, attrs.Float("lower_frequency_limit", 20.0f));
    FLOE_ASSIGN_OR_RETURN(mfcc.bands, attrs.Int("filterbank_channel_count", 40));
    FLOE_ASSIGN_OR_RETURN(mfcc.coefficients, attrs.Int("dct_coefficient_count", 13));
    mfcc.upper = static_cast<double>(upper);
    mfcc.lower = static_cast<double>(lower);
    constexpr int64_t kMostBands = 1 << 16;
    if (mfcc.bands < 1 || mfcc.bands > kMostBands || mfcc.coefficients < 1 || mfcc.coefficients > mfcc.bands) {
      return absl::InvalidArgumentError(absl::StrCat("wanted 1 to ", kMostBands,
                                                     " bands and at most as many coefficients, got ", mfcc.bands,
                                                     " and ", mfcc.coefficients));
    }
    if (!(mfcc.lower >= 0) || !(mfcc.upper > mfcc.lower) || !std::isfinite(mfcc.upper)) {
      return absl::InvalidArgumentError(absl::StrCat("no frequencies lie between ", mfcc.lower, " and ", mfcc.upper));
    }
    return mfcc;
  }
};

// Triangles that overlap, each reaching from its neighbours' peaks to its own, evenly spaced in mel.
class MelBands {
 public:
  static absl::StatusOr<MelBands> Of(const MfccAttrs& mfcc, int64_t frequencies, int32_t sample_rate) {
    if (frequencies < 2 || sample_rate <= 0) {
      return absl::InvalidArgumentError(
          absl::StrCat("no mel bands of ", frequencies, " frequencies at ", sample_rate, " samples a second"));
    }
    MelBands bands;
    const double step = 0.5 * sample_rate / static_cast<double>(frequencies - 1);
    if (mfcc.upper / step >= static_cast<double>(frequencies)) {
      return absl::InvalidArgumentError(absl::StrCat("upper_frequency_limit ", mfcc.upper,
                                                     " is beyond the spectrogram's ",
                                                     step * static_cast<double>(frequencies - 1)));
    }
    const double low = Mel(mfcc.lower), spacing = (Mel(mfcc.upper) - low) / static_cast<double>(mfcc.bands + 1);
    const auto peak = [&](int64_t band) { return low + spacing * static_cast<double>(band + 1); };
    bands.first_ = static_cast<int64_t>(1.5 + mfcc.lower / step);
    int64_t band = 0;
    for (int64_t f = bands.first_; f <= static_cast<int64_t>(mfcc.upper / step); ++f) {
      const double mel = Mel(static_cast<double>(f) * step);
      while (band < mfcc.bands && peak(band) < mel) ++band;
      // The share of the band below; -1 is what lies below the first.
      const double above = peak(band), below = band > 0 ? peak(band - 1) : low;
      bands.parts_.push_back({band - 1, (above - mel) / (above - below)});
    }
    return bands;
  }

  void Gather(const float* spectrum, std::vector<double>* energies) const {
    std::fill(energies->begin(), energies->end(), 0.0);
    for (size_t i = 0; i < parts_.size(); ++i) {
      const double value = std::sqrt(static_cast<double>(spectrum[first_ + static_cast<int64_t>(i)]));
      const double below = value * parts_[i].share;
      const auto band = parts_[i].band;
      if (band >= 0) (*energies)[static_cast<size_t>(band)] += below;
      if (band + 1 < static_cast<int64_t>(energies->size()))
        (*energies)[static_cast<size_t>(band) + 1] += value - below;
    }
  }

 private:
  struct Part {
    int64_t band;
    double share;
  };
  static double Mel(double frequency) { return 1127.0 * std::log1p(frequency / 700.0); }

  int64_t first_ = 0;
  std::vector<Part> parts_;  // of the frequencies from first_ on
};

absl::Status InferMfcc(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(2));
  FLOE_RETURN_IF_ERROR(context.WantDType(0, DType::kFloat));
  FLOE_RETURN_IF_ERROR(context.WantDType(1, DType::kInt32));
  FLOE_RETURN_IF_ERROR(context.WantRank(0, 3));
  FLOE_RETURN_IF_ERROR(context.WantRank(1, 0));
  FLOE_ASSIGN_OR_RETURN(const MfccAttrs mfcc, MfccAttrs::Of(context.attrs()));
  PartialShape shape = context.shape(0).has_rank() ? context.shape(0) : PartialShape::UnknownDims(3);
  shape.set_dim(2, mfcc.coefficients);
  context.AddOutput(DType::kFloat, std::move(shape));
  return absl::OkStatus();
}

absl::Status EvalMfcc(EvalContext& context) {
  const Tensor& input = context.input(0);
  FLOE_ASSIGN_OR_RETURN(const MfccAttrs mfcc, MfccAttrs::Of(context.attrs()));
  FLOE_ASSIGN_OR_RETURN(const int64_t rate, ScalarInt(context.input(1), "input 1"));
  const int64_t frequencies = input.shape().dim(2), frames = input.shape().dim(0) * input.shape().dim(1);
  FLOE_ASSIGN_OR_RETURN(const MelBands bands, MelBands::Of(mfcc, frequencies, static_cast<int32_t>(rate)));
  FLOE_ASSIGN_OR_RETURN(Tensor* const output,
                        context.Output(0, Shape({input.shape().dim(0), input.shape().dim(1), mfcc.coefficients})));
  constexpr double kFloor = 1e-12;  // keeps the logarithm of silence finite
  const double norm = std::sqrt(2.0 / static_cast<double>(mfcc.bands)),
               turn = std::numbers::pi / static_cast<double>(mfcc.bands);
  std::vector<double> energies(static_cast<size_t>(mfcc.bands));
  float* to = output->mutable_data<float>();
  for (int64_t frame = 0; frame < frames; ++frame) {
    bands.Gather(input.data<float>() + frame * frequencies, &energies);
    for (double& energy : energies) energy = std::log(std::max(energy, kFloor));
    for (int64_t k = 0; k < mfcc.coefficients; ++k) {
      double sum = 0;
      for (int64_t b = 0; b < mfcc.bands; ++b) {
        sum += norm * std::cos(static_cast<double>(k) * turn * (static_cast<double>(b) + 0.5)) *
               energies[static_cast<size_t>(b)];
      }
      *to++ = static_cast<float>(sum);
    }
  }
  return absl::OkStatus();
}

constexpr OpInfo kOps[] = {
    {"DecodeWav", InferDecodeWav, EvalDecodeWav},
    {"AudioSpectrogram", InferSpectrogram, EvalSpectrogram},
    {"Mfcc", InferMfcc, EvalMfcc},
};

}  // namespace

absl::Span<const OpInfo> AudioOps() { return kOps; }

}  // namespace floe
