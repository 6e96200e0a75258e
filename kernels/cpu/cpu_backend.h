// The CPU's kernels: oneDNN for convolutions and matrix products, own vector loops (Highway, dispatched at run time)
// for what is around them. float32, NHWC; what it does not take is left to the reference evaluation.
//
// Lives for the whole process; any thread. Prepare a kernel on the thread that launches it, or on one whose OpenMP team
// is as large: oneDNN divides the work, and sizes its scratch, by the team of the thread that prepares.
#ifndef FLOE_KERNELS_CPU_CPU_BACKEND_H_
#define FLOE_KERNELS_CPU_CPU_BACKEND_H_

#include "plan/kernel.h"

namespace floe {

const Backend& CpuBackend();

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_CPU_BACKEND_H_
