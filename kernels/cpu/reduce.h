// The kinds of reductions that reduce.cc has; a header because each instruction set compiles that file anew.
#ifndef FLOE_KERNELS_CPU_REDUCE_H_
#define FLOE_KERNELS_CPU_REDUCE_H_

namespace floe {

enum class ReduceKind { kSum, kMean, kMax, kMin };

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_REDUCE_H_
