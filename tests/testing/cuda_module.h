// The CUDA module that FLOE_CUDA_MODULE names, for tests that want backends of their own.
#ifndef FLOE_TESTS_TESTING_CUDA_MODULE_H_
#define FLOE_TESTS_TESTING_CUDA_MODULE_H_

#include "kernels/cuda/module.h"

namespace floe::testing {

// Ends the process where it cannot be loaded.
const CudaModule& TestCudaModule();

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_CUDA_MODULE_H_
