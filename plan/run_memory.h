// RunMemory: what a run takes beyond its plan's arenas, counted and bounded: tensors whose size depends on data, list
// elements, variables of loops.
//
// One a run, of the thread that runs. Tensors may outlive it and be let go by any thread; each counts until its last
// copy goes, and on a device until the device has been waited for after that: it may still be using the memory, which
// somebody else would get.
#ifndef FLOE_PLAN_RUN_MEMORY_H_
#define FLOE_PLAN_RUN_MEMORY_H_

#include <atomic>
#include <cstdint>
#include <functional>
#include <memory>
#include <mutex>
#include <utility>
#include <vector>

#include "absl/status/statusor.h"
#include "plan/kernel.h"
#include "tensor/allocator.h"

namespace floe {

class RunMemory {
 public:
  // `wait` waits for all devices of the run: called where memory is refused and some could be let go.
  explicit RunMemory(int64_t max_bytes, std::function<absl::Status()> wait = nullptr)
      : counter_(std::make_shared<Counter>(max_bytes)), wait_(std::move(wait)) {}

  // In the memory of `device`; null: on the host. RESOURCE_EXHAUSTED past the bound, and where memory is refused.
  absl::StatusOr<Tensor> Allocate(const Backend* device, DType dtype, const Shape& shape);
  // The same elements, counted from now on where they were not: of tensors that a kernel made by itself.
  absl::StatusOr<Tensor> Adopt(Tensor tensor);
  int64_t used_bytes() const { return counter_->used; }
  // The devices have been waited for. Returns whether there was anything to let go.
  bool LetGo();

 private:
  struct Counter {
    explicit Counter(int64_t max) : max_bytes(max) {}
    absl::Status Add(int64_t bytes);
    const int64_t max_bytes;
    std::atomic<int64_t> used{0};
    std::mutex mutex;
    std::vector<std::shared_ptr<const void>> held;  // guarded by mutex: what a device may be using
    int64_t held_bytes = 0;                         // guarded by mutex
  };
  // Deletes nothing but the claim on the memory.
  struct Charge {
    std::shared_ptr<Counter> counter;
    std::shared_ptr<const void> memory;
    int64_t bytes;
    bool on_device;
    void operator()(const void*);
  };

  absl::StatusOr<Tensor> TryAllocate(const Backend* device, DType dtype, const Shape& shape);

  std::shared_ptr<Counter> counter_;
  std::function<absl::Status()> wait_;
};

// Memory of one space, for kernels.
class SpaceAllocator final : public TensorAllocator {
 public:
  SpaceAllocator(RunMemory* memory, const Backend* device) : memory_(memory), device_(device) {}
  absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) override {
    return memory_->Allocate(device_, dtype, shape);
  }

 private:
  RunMemory* memory_;      // not owned
  const Backend* device_;  // null: the host
};

}  // namespace floe

#endif  // FLOE_PLAN_RUN_MEMORY_H_
