// Memory of many GiB of which only what is touched is there: zeros until something is put somewhere.
#ifndef FLOE_TESTS_KERNELS_SPARSE_MEMORY_H_
#define FLOE_TESTS_KERNELS_SPARSE_MEMORY_H_

#include <sys/mman.h>

#include <cstdint>
#include <cstdio>
#include <cstdlib>

#include "tensor/tensor.h"

namespace floe::testing {

class SparseMemory {
 public:
  explicit SparseMemory(int64_t bytes) : bytes_(static_cast<size_t>(bytes)) {
    data_ = mmap(nullptr, bytes_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (data_ == MAP_FAILED) {
      std::perror("addresses for a large tensor");
      std::abort();
    }
    madvise(data_, bytes_, MADV_NOHUGEPAGE);  // so that a touch costs 4 KiB
  }
  SparseMemory(DType dtype, const Shape& shape) : SparseMemory(shape.num_elements() * ElementBytes(dtype)) {
    tensor_ = Tensor::View(dtype, shape, data_, nullptr);
  }
  ~SparseMemory() { munmap(data_, bytes_); }
  SparseMemory(const SparseMemory&) = delete;
  SparseMemory& operator=(const SparseMemory&) = delete;

  const Tensor& tensor() const { return tensor_; }
  template <typename T>
  T* data() const {
    return static_cast<T*>(data_);
  }

 private:
  const size_t bytes_;
  void* data_;
  Tensor tensor_;
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_KERNELS_SPARSE_MEMORY_H_
