// WAV files, spectrograms and mel-frequency cepstral coefficients.
#ifndef FLOE_OPS_AUDIO_H_
#define FLOE_OPS_AUDIO_H_

#include "absl/types/span.h"
#include "ops/op.h"

namespace floe {

absl::Span<const OpInfo> AudioOps();

}  // namespace floe

#endif  // FLOE_OPS_AUDIO_H_
