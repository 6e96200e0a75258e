// RunMemory: what a run takes beyond its plan's arenas, counted and bounded: tensors whose size depends on data, list
// elements, variables of loops.
//
// One a run, of the thread that runs. Tensors may outlive it and be let go by any thread; each counts until its last
// copy goes.
#ifndef FLOE_PLAN_RUN_MEMORY_H_
#define FLOE_PLAN_RUN_MEMORY_H_

#include <atomic>
#include <cstdint>
#include <memory>

#include "absl/status/statusor.h"
#include "plan/kernel.h"
#include "tensor/allocator.h"

namespace floe {

class RunMemory {
 public:
  explicit RunMemory(int64_t max_bytes) : counter_(std::make_shared<Counter>(max_bytes)) {}

  // In the memory of `device`; null: on the host. RESOURCE_EXHAUSTED past the bound, and where memory is refused.
  absl::StatusOr<Tensor> Allocate(const Backend* device, DType dtype, const Shape& shape);
  // The same elements, counted from now on where they were not: of tensors that a kernel made by itself.
  absl::StatusOr<Tensor> Adopt(Tensor tensor);
  int64_t used_bytes() const { return counter_->used; }

 private:
  struct Counter {
    explicit Counter(int64_t max) : max_bytes(max) {}
    absl::Status Add(int64_t bytes);
    const int64_t max_bytes;
    std::atomic<int64_t> used{0};
  };
  // Deletes nothing but the claim on the memory.
  struct Charge {
    std::shared_ptr<Counter> counter;
    std::shared_ptr<const void> memory;
    int64_t bytes;
    void operator()(const void*) {
      memory = nullptr;
      counter->used -= bytes;
    }
  };

  std::shared_ptr<Counter> counter_;
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
