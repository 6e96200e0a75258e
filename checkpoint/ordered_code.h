// The keys that checkpoint tables give to slices of tensors. Their bytes sort as what they encode.
//
//   number          a byte n, then its n significant bytes, the highest first (0: n is 0)
//   string          its bytes, 0x00 as 00 ff and 0xff as ff 00, then 00 01
//   signed number   the shortest two's complement, the highest byte first, with a header in its top bits: n ones for n
//                   bytes and then a zero, all of it inverted where the number is negative
//   slice key       number 0, string name, number rank, and a signed start and length for each dimension (length -1:
//                   the whole dimension)
#ifndef FLOE_CHECKPOINT_ORDERED_CODE_H_
#define FLOE_CHECKPOINT_ORDERED_CODE_H_

#include <cstdint>
#include <string>

#include "absl/strings/string_view.h"
#include "checkpoint/tensor_slice.h"

namespace floe {

void AppendOrderedNumber(uint64_t value, std::string* out);
void AppendOrderedString(absl::string_view text, std::string* out);
void AppendOrderedSigned(int64_t value, std::string* out);

std::string EncodeSliceKey(absl::string_view tensor_name, const TensorSlice& slice);
// Slice keys begin with number 0, whose only byte is zero; no tensor's own key does.
inline bool IsSliceKey(absl::string_view key) { return !key.empty() && key[0] == '\0'; }

}  // namespace floe

#endif  // FLOE_CHECKPOINT_ORDERED_CODE_H_
