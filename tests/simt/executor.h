// Runs a kernel's blocks one after another on the calling thread, each thread of a block on a fiber once it must wait.
#ifndef FLOE_TESTS_SIMT_EXECUTOR_H_
#define FLOE_TESTS_SIMT_EXECUTOR_H_

#include <functional>
#include <string>

#include "cuda_runtime.h"

namespace simt {

// Empty, or what went wrong: a deadlock, a wrong mask, a fault. The rest of the grid does not run then.
std::string RunGrid(dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& thread);

}  // namespace simt

#endif  // FLOE_TESTS_SIMT_EXECUTOR_H_
