// The stand-in for the CUDA runtime.
//
// Each stream has a thread that works through what was put into it, so that a copy or kernel whose end nobody waits for
// shows. Device memory lies between red zones and starts as garbage; copies must lie within one allocation, and go the
// way they say; host memory of an asynchronous copy must be pinned. What fails on a device fails the stream's next
// call, and every call after it.
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdio>
#include <cstdlib>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "control.h"
#include "cuda_runtime.h"
#include "executor.h"
#include "simt/launch.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#define FLOE_SIMT_ASAN 1
#else
#define FLOE_SIMT_ASAN 0
#endif

namespace simt {
namespace {

constexpr size_t kRedZoneBytes = 256;
constexpr unsigned char kRedZone = 0xa5;
constexpr unsigned char kGarbage = 0xff;  // NaN, -1
constexpr size_t kAlignmentBytes = 256;
// Of a block: what every kernel may have, and what one may that was allowed it, on the devices that have least.
constexpr size_t kAlwaysSharedBytes = 48 << 10, kMostSharedBytes = 99 << 10;

int64_t FromEnvironment(const char* name, int64_t otherwise) {
  const char* const text = std::getenv(name);
  return text != nullptr ? std::atoll(text) : otherwise;
}

bool IsSticky(int code) {
  return code == cudaErrorECCUncorrectable || code == cudaErrorNvlinkUncorrectable || code == cudaErrorUnknown ||
         (code >= cudaErrorIllegalAddress && code <= cudaErrorLaunchFailure);
}

struct Device {
  std::atomic<int64_t> calls{0};
  std::atomic<int64_t> fail_at{FromEnvironment("FLOE_SIMT_FAIL_AT", -1)};
  std::atomic<int> fail_code{static_cast<int>(FromEnvironment("FLOE_SIMT_FAIL_CODE", cudaErrorUnknown))};
  const char* const fail_file = std::getenv("FLOE_SIMT_FAIL_FILE");
  std::atomic<bool> fail_file_seen{false};
  std::atomic<int64_t> failures{0};
  std::atomic<int> lost{0};
  std::atomic<int64_t> kernels{0}, graphs{0};
  std::atomic<int64_t> handles{0};  // streams, events, graphs, what libraries made
  std::atomic<bool> has_algorithms{true};
  std::atomic<int64_t> library_products{0};

  std::mutex mutex;
  std::map<char*, size_t> device_memory;  // guarded by mutex, as is what follows
  std::map<char*, size_t> pinned_memory;
  int64_t device_bytes = 0;
  std::map<const void*, size_t> shared_bytes;  // what kernels were allowed

  void AllowSharedBytes(const void* kernel, size_t bytes) {
    const std::lock_guard<std::mutex> lock(mutex);
    shared_bytes[kernel] = bytes;
  }
  size_t AllowedSharedBytes(const void* kernel) {
    const std::lock_guard<std::mutex> lock(mutex);
    const auto found = shared_bytes.find(kernel);
    return found == shared_bytes.end() ? kAlwaysSharedBytes : found->second;
  }
};

Device& TheDevice() {
  static Device* const device = new Device;
  return *device;
}

thread_local cudaError_t last_error = cudaSuccess;
// Which device the thread has chosen: CUDA would take 0, and hide that somebody forgot to.
thread_local bool has_chosen_device = false;

cudaError_t Fail(cudaError_t code, const char* call, const std::string& why) {
  if (!why.empty()) std::fprintf(stderr, "simt: %s: %s\n", call, why.c_str());
  return last_error = code;
}

// What every call begins with: the counted failure, or the error that ended the device.
cudaError_t Enter(bool wants_device = true) {
  Device& device = TheDevice();
  const int64_t call = device.calls++;
  const bool fails = call == device.fail_at || (device.fail_file != nullptr && access(device.fail_file, F_OK) == 0 &&
                                                !device.fail_file_seen.exchange(true));
  if (fails) {
    ++device.failures;
    if (IsSticky(device.fail_code)) device.lost = device.fail_code.load();
    return last_error = static_cast<cudaError_t>(device.fail_code.load());
  }
  if (device.lost != 0) return last_error = static_cast<cudaError_t>(device.lost.load());
  if (wants_device && !has_chosen_device) return Fail(cudaErrorInvalidDevice, "a call", "no cudaSetDevice before it");
  return cudaSuccess;
}

void Lose(cudaError_t code, const std::string& why) {
  std::fprintf(stderr, "simt: %s\n", why.c_str());
  TheDevice().lost = code;
}

// The allocation in which [data, data + bytes) lies.
bool LiesIn(const std::map<char*, size_t>& memory, const void* data, size_t bytes) {
  auto* const begin = static_cast<char*>(const_cast<void*>(data));
  auto after = memory.upper_bound(begin);
  if (after == memory.begin()) return false;
  --after;
  return begin + bytes <= after->first + after->second;
}
bool Overlaps(const std::map<char*, size_t>& memory, const void* data, size_t bytes) {
  auto* const begin = static_cast<char*>(const_cast<void*>(data));
  const auto after = memory.lower_bound(begin + std::max<size_t>(bytes, 1));
  if (after == memory.begin()) return false;
  const auto before = std::prev(after);
  return before->first + before->second > begin;
}

#if FLOE_SIMT_ASAN
// The sanitizer watches them, and names the line.
bool RedZonesAreWhole(char*, size_t) { return true; }
#else
bool RedZonesAreWhole(char* data, size_t bytes) {
  const auto whole = [](const char* zone) {
    return std::all_of(zone, zone + kRedZoneBytes,
                       [](char byte) { return static_cast<unsigned char>(byte) == kRedZone; });
  };
  return whole(data - kRedZoneBytes) && whole(data + bytes);
}
#endif

// After kernels: whoever wrote beside an allocation is found before the answer is believed.
void CheckRedZones() {
  Device& device = TheDevice();
  const std::lock_guard<std::mutex> lock(device.mutex);
  for (const auto& [data, bytes] : device.device_memory) {
    if (!RedZonesAreWhole(data, bytes)) return Lose(cudaErrorIllegalAddress, "a kernel wrote beside an allocation");
  }
}

size_t BlockBytes(size_t bytes) {
  return (bytes + 2 * kRedZoneBytes + kAlignmentBytes - 1) / kAlignmentBytes * kAlignmentBytes;
}

char* AllocateBetweenRedZones(size_t bytes) {
  auto* const block = static_cast<char*>(std::aligned_alloc(kAlignmentBytes, BlockBytes(bytes)));
  if (block == nullptr) return nullptr;
  std::memset(block, kRedZone, BlockBytes(bytes));
  char* const data = block + kRedZoneBytes;
  std::memset(data, kGarbage, bytes);
#if FLOE_SIMT_ASAN
  __asan_poison_memory_region(block, kRedZoneBytes);
  __asan_poison_memory_region(data + bytes, BlockBytes(bytes) - kRedZoneBytes - bytes);
#endif
  return data;
}
void FreeBetweenRedZones(char* data, [[maybe_unused]] size_t bytes) {
  char* const block = data - kRedZoneBytes;
#if FLOE_SIMT_ASAN
  __asan_unpoison_memory_region(block, BlockBytes(bytes));
#endif
  std::free(block);
}

}  // namespace

// Work in order, on a thread.
class StreamThread {
 public:
  StreamThread() : thread_([this] { Work(); }) {}
  ~StreamThread() {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }

  void Add(std::function<void()> work) {
    {
      const std::lock_guard<std::mutex> lock(mutex_);
      queue_.push_back(std::move(work));
    }
    changed_.notify_all();
  }
  void Wait() {
    std::unique_lock<std::mutex> lock(mutex_);
    changed_.wait(lock, [this] { return queue_.empty() && !working_; });
  }

 private:
  void Work() {
    std::unique_lock<std::mutex> lock(mutex_);
    while (true) {
      changed_.wait(lock, [this] { return stopping_ || !queue_.empty(); });
      if (queue_.empty()) return;
      std::function<void()> work = std::move(queue_.front());
      queue_.pop_front();
      working_ = true;
      lock.unlock();
      // A device that was lost does nothing more.
      if (TheDevice().lost == 0) work();
      work = nullptr;
      lock.lock();
      working_ = false;
      changed_.notify_all();
    }
  }

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<std::function<void()>> queue_;
  bool working_ = false, stopping_ = false;
  std::thread thread_;
};

}  // namespace simt

struct CUgraph_st {
  std::vector<std::function<void()>> nodes;
};
struct CUgraphExec_st {
  std::shared_ptr<const std::vector<std::function<void()>>> nodes;
};
struct CUevent_st {
  std::mutex mutex;
  std::condition_variable changed;
  bool recorded = false;
  int pending = 0;
};
struct CUstream_st {
  std::unique_ptr<CUgraph_st> recording;  // what is captured, while something is
  bool spoilt = false;                    // a call that cannot be captured was made meanwhile
  simt::StreamThread worker;

  void Add(std::function<void()> work) {
    if (recording != nullptr) {
      recording->nodes.push_back(std::move(work));
    } else {
      worker.Add(std::move(work));
    }
  }
};

namespace simt {
namespace {

// Streams that the calling thread records on: what allocates or waits must not be called meanwhile.
thread_local int recordings_here = 0;

cudaError_t NoRecording(const char* call) {
  if (recordings_here == 0) return cudaSuccess;
  return Fail(cudaErrorStreamCaptureUnsupported, call, "called while the thread records a stream");
}

#define SIMT_RETURN_IF_ERROR(call)                  \
  do {                                              \
    const cudaError_t simt_code = (call);           \
    if (simt_code != cudaSuccess) return simt_code; \
  } while (false)

}  // namespace

cudaError_t Launch(const void* kernel, dim3 grid, dim3 block, size_t shared_bytes, cudaStream_t stream,
                   std::function<void()> thread) {
  SIMT_RETURN_IF_ERROR(Enter());
  if (stream == nullptr) return Fail(cudaErrorInvalidResourceHandle, "a launch", "on the default stream");
  constexpr unsigned kMostThreads = 1024, kMostYZ = 65535;
  const uint64_t threads = uint64_t{block.x} * block.y * block.z;
  if (grid.x == 0 || grid.y == 0 || grid.z == 0 || threads == 0 || threads > kMostThreads || block.z > 64 ||
      grid.x > 0x7fffffffu || grid.y > kMostYZ || grid.z > kMostYZ || shared_bytes > kMostSharedBytes) {
    return Fail(cudaErrorInvalidConfiguration, "a launch", "of a grid or block that no device runs");
  }
  if (shared_bytes > kAlwaysSharedBytes && shared_bytes > TheDevice().AllowedSharedBytes(kernel)) {
    return Fail(cudaErrorInvalidValue, "a launch", "with more shared memory than the kernel was allowed");
  }
  stream->Add([=, thread = std::move(thread)] {
    ++TheDevice().kernels;
    const std::string error = RunGrid(grid, block, shared_bytes, thread);
    if (!error.empty()) return Lose(cudaErrorLaunchFailure, error);
    CheckRedZones();
  });
  return cudaSuccess;
}

cudaError_t BeginCall() { return Enter(); }
bool IsRecording() { return recordings_here > 0; }
bool IsOnDevice(const void* data, size_t bytes) {
  const std::lock_guard<std::mutex> lock(TheDevice().mutex);
  return LiesIn(TheDevice().device_memory, data, bytes);
}
void CountObjects(int more) { TheDevice().handles += more; }
bool HasAlgorithms() { return TheDevice().has_algorithms; }
void CountProduct() { ++TheDevice().library_products; }

}  // namespace simt

using namespace simt;  // NOLINT(google-build-using-namespace): what follows is the C face of the above

extern "C" {

int64_t simt_calls() { return TheDevice().calls; }
void simt_fail_at(int64_t calls, int code) {
  TheDevice().fail_code = code;
  TheDevice().fail_at = calls < 0 ? -1 : TheDevice().calls + calls;
}
int64_t simt_failures() { return TheDevice().failures; }
void simt_recover() {
  TheDevice().fail_at = -1;
  TheDevice().lost = 0;
}
void simt_set_algorithms(bool any) { TheDevice().has_algorithms = any; }
int64_t simt_library_products() { return TheDevice().library_products; }
int64_t simt_live_objects() {
  Device& device = TheDevice();
  const std::lock_guard<std::mutex> lock(device.mutex);
  return device.handles + static_cast<int64_t>(device.device_memory.size() + device.pinned_memory.size());
}
int64_t simt_live_device_bytes() {
  Device& device = TheDevice();
  const std::lock_guard<std::mutex> lock(device.mutex);
  return device.device_bytes;
}
int64_t simt_kernels_run() { return TheDevice().kernels; }
int64_t simt_graphs_launched() { return TheDevice().graphs; }

cudaError_t cudaGetDeviceCount(int* count) {
  SIMT_RETURN_IF_ERROR(Enter(false));
  *count = static_cast<int>(FromEnvironment("FLOE_SIMT_DEVICES", 1));
  return *count > 0 ? cudaSuccess : last_error = cudaErrorNoDevice;
}
cudaError_t cudaSetDevice(int device) {
  SIMT_RETURN_IF_ERROR(Enter(false));
  if (device < 0 || device >= FromEnvironment("FLOE_SIMT_DEVICES", 1)) return last_error = cudaErrorInvalidDevice;
  has_chosen_device = true;
  return cudaSuccess;
}
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int) {
  SIMT_RETURN_IF_ERROR(Enter(false));
  const auto sm = static_cast<int>(FromEnvironment("FLOE_SIMT_SM", 80));
  switch (attribute) {
    case cudaDevAttrComputeCapabilityMajor:
      *value = sm / 10;
      return cudaSuccess;
    case cudaDevAttrComputeCapabilityMinor:
      *value = sm % 10;
      return cudaSuccess;
    case cudaDevAttrMultiProcessorCount:
      *value = 4;
      return cudaSuccess;
  }
  return last_error = cudaErrorInvalidValue;
}
cudaError_t cudaMemGetInfo(size_t* free_bytes, size_t* total_bytes) {
  SIMT_RETURN_IF_ERROR(Enter());
  *total_bytes = static_cast<size_t>(FromEnvironment("FLOE_SIMT_MEMORY_BYTES", int64_t{8} << 30));
  *free_bytes = *total_bytes - static_cast<size_t>(simt_live_device_bytes());
  return cudaSuccess;
}
cudaError_t cudaGetLastError() { return std::exchange(last_error, cudaSuccess); }

const char* cudaGetErrorName(cudaError_t code) {
  switch (code) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorIllegalAddress:
      return "cudaErrorIllegalAddress";
    case cudaErrorLaunchFailure:
      return "cudaErrorLaunchFailure";
    default:
      return "cudaError";
  }
}
const char* cudaGetErrorString(cudaError_t code) {
  switch (code) {
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInsufficientDriver:
      return "CUDA driver version is insufficient for CUDA runtime version";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorIllegalAddress:
      return "an illegal memory access was encountered";
    case cudaErrorLaunchFailure:
      return "unspecified launch failure";
    default:
      return "an error of the stand-in runtime";
  }
}

cudaError_t cudaMalloc(void** data, size_t bytes) {
  SIMT_RETURN_IF_ERROR(Enter());
  SIMT_RETURN_IF_ERROR(NoRecording("cudaMalloc"));
  Device& device = TheDevice();
  const std::lock_guard<std::mutex> lock(device.mutex);
  const int64_t limit = FromEnvironment("FLOE_SIMT_MEMORY_BYTES", int64_t{8} << 30);
  if (bytes == 0) return Fail(cudaErrorInvalidValue, "cudaMalloc", "of no bytes");
  if (bytes > static_cast<size_t>(limit - device.device_bytes)) return last_error = cudaErrorMemoryAllocation;
  char* const memory = AllocateBetweenRedZones(bytes);
  if (memory == nullptr) return last_error = cudaErrorMemoryAllocation;
  device.device_memory[memory] = bytes;
  device.device_bytes += static_cast<int64_t>(bytes);
  *data = memory;
  return cudaSuccess;
}
cudaError_t cudaFree(void* data) {
  Enter(false);
  Device& device = TheDevice();
  const std::lock_guard<std::mutex> lock(device.mutex);
  const auto found = device.device_memory.find(static_cast<char*>(data));
  if (found == device.device_memory.end()) return Fail(cudaErrorInvalidValue, "cudaFree", "of no allocation");
  const bool whole = RedZonesAreWhole(found->first, found->second);
  device.device_bytes -= static_cast<int64_t>(found->second);
  FreeBetweenRedZones(found->first, found->second);
  device.device_memory.erase(found);
  if (!whole) Lose(cudaErrorIllegalAddress, "somebody wrote beside an allocation");
  return cudaSuccess;
}
cudaError_t cudaMallocHost(void** data, size_t bytes) {
  SIMT_RETURN_IF_ERROR(Enter());
  SIMT_RETURN_IF_ERROR(NoRecording("cudaMallocHost"));
  char* const memory = AllocateBetweenRedZones(bytes);
  if (memory == nullptr) return last_error = cudaErrorMemoryAllocation;
  const std::lock_guard<std::mutex> lock(TheDevice().mutex);
  TheDevice().pinned_memory[memory] = bytes;
  *data = memory;
  return cudaSuccess;
}
cudaError_t cudaFreeHost(void* data) {
  Enter(false);
  const std::lock_guard<std::mutex> lock(TheDevice().mutex);
  const auto found = TheDevice().pinned_memory.find(static_cast<char*>(data));
  if (found == TheDevice().pinned_memory.end()) {
    return Fail(cudaErrorInvalidValue, "cudaFreeHost", "of no pinned memory");
  }
  FreeBetweenRedZones(found->first, found->second);
  TheDevice().pinned_memory.erase(found);
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  SIMT_RETURN_IF_ERROR(Enter());
  if (stream == nullptr) return Fail(cudaErrorInvalidResourceHandle, "cudaMemcpyAsync", "on the default stream");
  {
    Device& device = TheDevice();
    const std::lock_guard<std::mutex> lock(device.mutex);
    const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
    if (to_device ? !LiesIn(device.device_memory, to, bytes) : Overlaps(device.device_memory, to, bytes)) {
      return Fail(cudaErrorInvalidValue, "cudaMemcpyAsync", "the target is not where it says, or too small");
    }
    if (from_device ? !LiesIn(device.device_memory, from, bytes) : Overlaps(device.device_memory, from, bytes)) {
      return Fail(cudaErrorInvalidValue, "cudaMemcpyAsync", "the source is not where it says, or too small");
    }
    if ((!to_device && !LiesIn(device.pinned_memory, to, bytes)) ||
        (!from_device && !LiesIn(device.pinned_memory, from, bytes))) {
      return Fail(cudaErrorInvalidValue, "cudaMemcpyAsync", "the host's memory is not pinned");
    }
  }
  stream->Add([=] { std::memcpy(to, from, bytes); });
  return cudaSuccess;
}
cudaError_t cudaMemsetAsync(void* to, int value, size_t bytes, cudaStream_t stream) {
  SIMT_RETURN_IF_ERROR(Enter());
  {
    const std::lock_guard<std::mutex> lock(TheDevice().mutex);
    if (!LiesIn(TheDevice().device_memory, to, bytes)) {
      return Fail(cudaErrorInvalidValue, "cudaMemsetAsync", "the target is no device memory, or too small");
    }
  }
  stream->Add([=] { std::memset(to, value, bytes); });
  return cudaSuccess;
}

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags) {
  SIMT_RETURN_IF_ERROR(Enter());
  if (flags != cudaStreamNonBlocking) {
    return Fail(cudaErrorInvalidValue, "cudaStreamCreateWithFlags", "a stream that waits for the default stream");
  }
  *stream = new CUstream_st;
  ++TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  Enter(false);
  delete stream;
  --TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  const cudaError_t before = Enter(false);
  if (stream->recording != nullptr) {
    stream->spoilt = true;
    return Fail(cudaErrorStreamCaptureUnsupported, "cudaStreamSynchronize", "of a stream that is recorded");
  }
  stream->worker.Wait();
  if (before != cudaSuccess) return before;
  return TheDevice().lost != 0 ? last_error = static_cast<cudaError_t>(TheDevice().lost.load()) : cudaSuccess;
}
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  SIMT_RETURN_IF_ERROR(Enter());
  *event = new CUevent_st;
  ++TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaEventDestroy(cudaEvent_t event) {
  Enter(false);
  delete event;
  --TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  SIMT_RETURN_IF_ERROR(Enter());
  {
    const std::lock_guard<std::mutex> lock(event->mutex);
    event->recorded = true;
    ++event->pending;
  }
  // The event may not be destroyed before this has run; streams are waited for first.
  stream->Add([event] {
    const std::lock_guard<std::mutex> lock(event->mutex);
    --event->pending;
    event->changed.notify_all();
  });
  return cudaSuccess;
}
cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  SIMT_RETURN_IF_ERROR(Enter());
  std::unique_lock<std::mutex> lock(event->mutex);
  // A lost device completes nothing.
  while (event->pending > 0 && TheDevice().lost == 0) {
    event->changed.wait_for(lock, std::chrono::milliseconds(5));
  }
  return TheDevice().lost != 0 ? last_error = static_cast<cudaError_t>(TheDevice().lost.load()) : cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  SIMT_RETURN_IF_ERROR(Enter());
  if (stream->recording != nullptr) return Fail(cudaErrorIllegalState, "cudaStreamBeginCapture", "begun already");
  stream->recording = std::make_unique<CUgraph_st>();
  stream->spoilt = false;
  ++recordings_here;
  return cudaSuccess;
}
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  const cudaError_t before = Enter();
  *graph = nullptr;
  if (stream->recording == nullptr) return Fail(cudaErrorIllegalState, "cudaStreamEndCapture", "nothing was begun");
  // Whatever happens, the recording has ended.
  std::unique_ptr<CUgraph_st> recorded = std::move(stream->recording);
  --recordings_here;
  if (before != cudaSuccess) return before;
  if (stream->spoilt) return last_error = cudaErrorStreamCaptureInvalidated;
  *graph = recorded.release();
  ++TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* ready, cudaGraph_t graph, unsigned long long) {
  SIMT_RETURN_IF_ERROR(Enter());
  *ready = new CUgraphExec_st{std::make_shared<const std::vector<std::function<void()>>>(graph->nodes)};
  ++TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  Enter(false);
  delete graph;
  --TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t ready) {
  Enter(false);
  delete ready;
  --TheDevice().handles;
  return cudaSuccess;
}
cudaError_t cudaGraphLaunch(cudaGraphExec_t ready, cudaStream_t stream) {
  SIMT_RETURN_IF_ERROR(Enter());
  ++TheDevice().graphs;
  for (const std::function<void()>& node : *ready->nodes) stream->Add(node);
  return cudaSuccess;
}
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value) {
  SIMT_RETURN_IF_ERROR(Enter());
  if (attribute != cudaFuncAttributeMaxDynamicSharedMemorySize || value < 0 ||
      static_cast<size_t>(value) > kMostSharedBytes) {
    return Fail(cudaErrorInvalidValue, "cudaFuncSetAttribute", "of what no device has");
  }
  TheDevice().AllowSharedBytes(kernel, static_cast<size_t>(value));
  return cudaSuccess;
}

}  // extern "C"
