// Changes of one element that threads make at the same time, by comparing and swapping the word that holds it.
#ifndef FLOE_KERNELS_CUDA_ATOMICS_H_
#define FLOE_KERNELS_CUDA_ATOMICS_H_

#include <cuda_runtime.h>

#include <cstring>
#include <type_traits>

namespace floe {

// *address = change(*address). For types of 2, 4 and 8 bytes.
template <typename T, typename Change>
__device__ void AtomicChange(T* address, Change change) {
  static_assert(sizeof(T) == 2 || sizeof(T) == 4 || sizeof(T) == 8);
  using Word = std::conditional_t<
      sizeof(T) == 2, unsigned short,  // NOLINT(google-runtime-int): the types that atomicCAS has
      std::conditional_t<sizeof(T) == 4, unsigned int, unsigned long long>>;  // NOLINT(google-runtime-int)
  auto* const word = reinterpret_cast<Word*>(address);
  // The first read is atomic too: a plain one would race with the others' writes.
  Word seen = atomicCAS(word, Word{0}, Word{0});
  for (;;) {
    T value;
    std::memcpy(&value, &seen, sizeof(T));
    value = change(value);
    Word wanted;
    std::memcpy(&wanted, &value, sizeof(T));
    if (wanted == seen) return;
    const Word before = atomicCAS(word, seen, wanted);
    if (before == seen) return;
    seen = before;
  }
}

}  // namespace floe

#endif  // FLOE_KERNELS_CUDA_ATOMICS_H_
