// What tests may ask of the stand-in runtime, and do to it. From any thread.
//
// The same by environment variables, for programs that load it: FLOE_SIMT_SM (75, 80 ...; 80), FLOE_SIMT_MEMORY_BYTES,
// FLOE_SIMT_DEVICES (1), FLOE_SIMT_FAIL_AT and FLOE_SIMT_FAIL_CODE as in simt_fail_at, FLOE_SIMT_FAIL_FILE (the name of
// a file: the first call after it is there fails).
#ifndef FLOE_TESTS_SIMT_CONTROL_H_
#define FLOE_TESTS_SIMT_CONTROL_H_

#include <cstdint>

extern "C" {

// Calls of the runtime so far, launches included.
int64_t simt_calls();
// The call after `calls` more returns `code` (a cudaError_t) instead of doing its work; a code after which CUDA answers
// nothing else is returned by every later call too. Negative: no call fails.
void simt_fail_at(int64_t calls, int code);
// How many calls have failed because of the above, so far.
int64_t simt_failures();
// As if the process had started anew: forgets a lost device.
void simt_recover();

// Whether the stand-in for cuBLASLt finds an algorithm for anything; it does at first.
void simt_set_algorithms(bool any);
// Products that the stand-ins for cuBLASLt and cuBLAS have been asked for, so far.
int64_t simt_library_products();

// What has been made and not been given back: device and pinned memory, streams, events, graphs, libraries' objects.
int64_t simt_live_objects();
int64_t simt_live_device_bytes();
// Kernels run, and graphs launched, so far.
int64_t simt_kernels_run();
int64_t simt_graphs_launched();
}

#endif  // FLOE_TESTS_SIMT_CONTROL_H_
