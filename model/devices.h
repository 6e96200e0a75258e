// The devices that a model can be compiled for.
#ifndef FLOE_MODEL_DEVICES_H_
#define FLOE_MODEL_DEVICES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plan/kernel.h"

namespace floe {

struct Device {
  std::string name;                      // "cpu", "cuda:0", "reference"
  std::vector<const Backend*> backends;  // in order of preference; each lives for the whole process
};

// For "auto", "cpu", "cuda[:N]" or "reference". INVALID_ARGUMENT for anything else, FAILED_PRECONDITION where the
// device is not there.
absl::StatusOr<Device> FindDevice(const std::string& name);

// Every backend of this build, the reference last.
std::vector<const Backend*> AllBackends();

}  // namespace floe

#endif  // FLOE_MODEL_DEVICES_H_
