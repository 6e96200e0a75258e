// Where a node is placed, as TensorFlow writes it: "/job:worker/replica:0/task:1/device:CPU:0".
#ifndef FLOE_SESSION_DEVICE_SPEC_H_
#define FLOE_SESSION_DEVICE_SPEC_H_

#include <string>

#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"

namespace floe {

struct DeviceSpec {
  std::string job, replica, task, type, index;  // empty: not said

  // Short forms, too: "/cpu:0", "cpu", "/gpu:1". INVALID_ARGUMENT for what is no device.
  static absl::StatusOr<DeviceSpec> Parse(absl::string_view text);
  // What `inner` says, and where it says nothing what this one does.
  DeviceSpec MergedWith(const DeviceSpec& inner) const;
  std::string ToString() const;
};

// The CPU of the host that a device is on: where checkpoints are written.
std::string HostOf(const std::string& device);

}  // namespace floe

#endif  // FLOE_SESSION_DEVICE_SPEC_H_
