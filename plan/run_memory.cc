#include "plan/run_memory.h"

#include <utility>

#include "absl/strings/str_cat.h"
#include "base/checked_math.h"
#include "base/status.h"
#include "ops/string_budget.h"

namespace floe {
namespace {

int64_t BytesOf(DType dtype, const Shape& shape) {
  int64_t bytes;
  return CheckedMul(shape.num_elements(), ElementMemoryBytes(dtype), &bytes) ? bytes : INT64_MAX;
}

}  // namespace

absl::Status RunMemory::Counter::Add(int64_t bytes) {
  const int64_t before = used;
  if (bytes > max_bytes - before) {
    return absl::ResourceExhaustedError(absl::StrCat("tensors whose size depends on data would take ", bytes,
                                                     " bytes more than the ", before, " they have, past the ",
                                                     max_bytes, " allowed"));
  }
  used += bytes;
  return absl::OkStatus();
}

void RunMemory::Charge::operator()(const void*) {
  if (on_device) {
    const std::lock_guard<std::mutex> lock(counter->mutex);
    counter->held.push_back(std::move(memory));
    counter->held_bytes += bytes;
    return;
  }
  memory = nullptr;
  counter->used -= bytes;
}

bool RunMemory::LetGo() {
  std::vector<std::shared_ptr<const void>> held;
  {
    const std::lock_guard<std::mutex> lock(counter_->mutex);
    held.swap(counter_->held);
    counter_->used -= std::exchange(counter_->held_bytes, 0);
  }
  return !held.empty();
}

absl::StatusOr<Tensor> RunMemory::Allocate(const Backend* device, DType dtype, const Shape& shape) {
  absl::StatusOr<Tensor> tensor = TryAllocate(device, dtype, shape);
  if (!absl::IsResourceExhausted(tensor.status()) || wait_ == nullptr) return tensor;
  FLOE_RETURN_IF_ERROR(wait_());
  return LetGo() ? TryAllocate(device, dtype, shape) : tensor;
}

absl::StatusOr<Tensor> RunMemory::TryAllocate(const Backend* device, DType dtype, const Shape& shape) {
  FLOE_RETURN_IF_ERROR(Shape::Checked(shape.dims()).status());
  const int64_t bytes = BytesOf(dtype, shape);
  FLOE_RETURN_IF_ERROR(counter_->Add(bytes));
  Charge charge{counter_, nullptr, bytes, device != nullptr};
  const void* data = nullptr;
  absl::Status status;
  if (device == nullptr) {
    absl::StatusOr<Tensor> tensor = Tensor::Allocate(dtype, shape);
    status = tensor.status();
    if (status.ok()) {
      data = tensor->raw_data();
      charge.memory = tensor->object();
    }
  } else {
    absl::StatusOr<std::shared_ptr<DeviceMemory>> memory = device->Allocate(bytes);
    status = memory.status();
    if (status.ok()) {
      data = (*memory)->data();
      charge.memory = *std::move(memory);
    }
  }
  if (!status.ok()) {
    counter_->used -= bytes;
    return status;
  }
  return Tensor::View(dtype, shape, data, std::shared_ptr<const void>(data, std::move(charge)));
}

absl::StatusOr<Tensor> RunMemory::Adopt(Tensor tensor) {
  if (ElementBytes(tensor.dtype()) == 0 && tensor.dtype() != DType::kString) return tensor;
  const int64_t bytes = HeldBytes(tensor);
  if (Charge* const charge = std::get_deleter<Charge>(tensor.object()); charge != nullptr) {
    // Strings have become longer since they were allocated.
    if (tensor.dtype() != DType::kString || bytes <= charge->bytes) return tensor;
    FLOE_RETURN_IF_ERROR(counter_->Add(bytes - charge->bytes));
    charge->bytes = bytes;
    return tensor;
  }
  FLOE_RETURN_IF_ERROR(counter_->Add(bytes));
  const void* const data = tensor.raw_data();
  return Tensor::View(tensor.dtype(), tensor.shape(), data,
                      std::shared_ptr<const void>(data, Charge{counter_, tensor.object(), bytes, false}));
}

}  // namespace floe
