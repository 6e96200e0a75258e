// A device for tests: memory of its own, which the host cannot touch, and a stream that does nothing until it is waited
// for. It computes the ops it is told to take by their reference evaluations.
//
// A plan that forgets a copy or a wait, or uses memory again too early, gives wrong answers here or dies.
#ifndef FLOE_TESTS_TESTING_FAKE_DEVICE_H_
#define FLOE_TESTS_TESTING_FAKE_DEVICE_H_

#include <atomic>
#include <memory>
#include <set>
#include <string>

#include "plan/kernel.h"

namespace floe::testing {

class FakeDevice final : public Backend {
 public:
  // `packs`: its kernels keep constant inputs past the first for themselves, as those that pack weights do.
  explicit FakeDevice(std::set<std::string> ops, bool packs = false, std::string name = "fake")
      : ops_(std::move(ops)), packs_(packs), name_(std::move(name)) {}

  absl::string_view name() const override { return name_; }
  bool on_host() const override { return false; }
  absl::Status Supports(const OpSignature& op) const override;
  absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) const override;
  std::vector<std::string> OpNames() const override { return {ops_.begin(), ops_.end()}; }
  absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(int64_t bytes) const override;
  absl::StatusOr<std::unique_ptr<Stream>> CreateStream() const override;
  absl::Status CopyToDevice(Stream* stream, const void* host, void* device, int64_t bytes) const override;
  absl::Status CopyToHost(Stream* stream, const void* device, void* host, int64_t bytes) const override;
  absl::Status CopyOnDevice(Stream* stream, const void* from, void* to, int64_t bytes) const override;

  // What has happened so far.
  int64_t allocated_bytes() const { return allocated_bytes_; }
  int launches() const { return launches_; }
  int copies() const { return copies_; }
  // The next operation that runs on a stream fails.
  void FailOnce() { fail_next_ = true; }
  // Allocations past this are refused.
  void set_memory_bytes(int64_t bytes) { memory_bytes_ = bytes; }

 private:
  friend class FakeStream;
  friend class FakeMemory;
  const std::set<std::string> ops_;
  const bool packs_;
  const std::string name_;
  mutable std::atomic<int64_t> allocated_bytes_{0};
  mutable std::atomic<int> launches_{0};
  mutable std::atomic<int> copies_{0};
  mutable std::atomic<bool> fail_next_{false};
  std::atomic<int64_t> memory_bytes_{int64_t{1} << 32};
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_FAKE_DEVICE_H_
