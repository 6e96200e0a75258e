// CRC-32C (Castagnoli, RFC 3720), and the masked form that checkpoints store. Any thread.
#ifndef FLOE_CHECKPOINT_CRC32C_H_
#define FLOE_CHECKPOINT_CRC32C_H_

#include <cstdint>

#include "absl/strings/string_view.h"

namespace floe {

// The CRC of what `crc` covers followed by `bytes`; start with 0. Takes the processor's instruction where it has one.
uint32_t ExtendCrc32c(uint32_t crc, absl::string_view bytes);
inline uint32_t Crc32c(absl::string_view bytes) { return ExtendCrc32c(0, bytes); }

// Tables of the portable form alone, for machines without the instruction.
uint32_t ExtendCrc32cPortable(uint32_t crc, absl::string_view bytes);

// A CRC that is stored among the bytes that another CRC covers is masked, or the second one would come out constant.
inline uint32_t MaskCrc32c(uint32_t crc) { return ((crc >> 15) | (crc << 17)) + 0xa282ead8u; }

}  // namespace floe

#endif  // FLOE_CHECKPOINT_CRC32C_H_
