// The devices that a model can be compiled for.
#ifndef FLOE_MODEL_DEVICES_H_
#define FLOE_MODEL_DEVICES_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "plan/kernel.h"

namespace floe {

struct Device {
  std::string name;                      // "cpu", "cuda:0", "sm_80", "reference"
  std::vector<const Backend*> backends;  // in order of preference; each lives for the whole process
  Precision precision = Precision::kFp32;
};

// For "auto", "cpu", "cuda[:N]" or "reference". With a target ("sm_80") the device is a kind of CUDA device, to plan
// for and not to run on. INVALID_ARGUMENT for anything else, and for a precision that the device lacks;
// FAILED_PRECONDITION where the device is not there.
absl::StatusOr<Device> FindDevice(const std::string& name, const std::string& target = "",
                                  const std::string& precision = "fp32");

// Every backend of this build, the reference last; CUDA's where its module is there, with a device or without.
std::vector<const Backend*> AllBackends();

}  // namespace floe

#endif  // FLOE_MODEL_DEVICES_H_
