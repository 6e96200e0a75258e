#ifndef FLOE_TESTS_FUZZ_READ_EVERYTHING_H_
#define FLOE_TESTS_FUZZ_READ_EVERYTHING_H_

#include <cstdint>
#include <cstdlib>
#include <memory>
#include <string>

#include "base/file.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/crc32c.h"

namespace floe::testing {

// All that a checkpoint may ask for, and that results are as long as they say.
inline void ReadEverything(const std::string& prefix, FileSystem& files) {
  const absl::StatusOr<std::unique_ptr<CheckpointReader>> reader = CheckpointReader::Open(prefix, files);
  if (!reader.ok()) return;
  for (const CheckpointTensor& stored : (*reader)->tensors()) {
    const absl::StatusOr<Tensor> tensor = (*reader)->Read(stored.name);
    const absl::Status verified = (*reader)->Verify(stored.name);
    if (!tensor.ok()) continue;
    if (!verified.ok() || tensor->shape() != stored.shape || tensor->dtype() != stored.dtype) std::abort();
    if (tensor->ToString().empty()) std::abort();
    uint32_t sum = Crc32c(tensor->bytes());  // touches every byte
    if (tensor->dtype() == DType::kString) {
      for (const std::string& text : tensor->flat<std::string>()) sum = ExtendCrc32c(sum, text);
    }
    volatile uint32_t kept = sum;
    (void)kept;
  }
}

}  // namespace floe::testing

#endif  // FLOE_TESTS_FUZZ_READ_EVERYTHING_H_
