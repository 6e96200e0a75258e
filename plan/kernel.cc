#include "plan/kernel.h"

#include "absl/strings/str_cat.h"

namespace floe {
namespace {

absl::Status NoMemoryOfItsOwn(const Backend& backend) {
  return absl::InternalError(absl::StrCat("backend ", backend.name(), " has no memory of its own"));
}

}  // namespace

absl::Status Stream::BeginRecording() { return absl::UnimplementedError("this stream does not record"); }
absl::StatusOr<std::unique_ptr<Recording>> Stream::EndRecording() {
  return absl::UnimplementedError("this stream does not record");
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> Backend::Allocate(int64_t) const { return NoMemoryOfItsOwn(*this); }
absl::StatusOr<std::unique_ptr<Stream>> Backend::CreateStream() const { return NoMemoryOfItsOwn(*this); }
absl::Status Backend::CopyToDevice(Stream*, const void*, void*, int64_t) const { return NoMemoryOfItsOwn(*this); }
absl::Status Backend::CopyToHost(Stream*, const void*, void*, int64_t) const { return NoMemoryOfItsOwn(*this); }
absl::Status Backend::CopyOnDevice(Stream*, const void*, void*, int64_t) const { return NoMemoryOfItsOwn(*this); }

}  // namespace floe
