// Whether memory is there before it is taken. Linux hands out more than it has, and kills whoever writes to it then.
#ifndef FLOE_BASE_AVAILABLE_MEMORY_H_
#define FLOE_BASE_AVAILABLE_MEMORY_H_

#include <cstdint>

namespace floe {

// What this process could take now: the machine's available memory, or what its control group is allowed beyond what it
// has, whichever is less. Takes some microseconds. Any thread.
int64_t AvailableMemoryBytes();

// False where so many bytes are not to be had now. What is small is not asked for: a refusal of the allocator is
// enough.
bool FitsInMemory(int64_t bytes);

}  // namespace floe

#endif  // FLOE_BASE_AVAILABLE_MEMORY_H_
