#include "executor.h"

#include <boost/context/detail/fcontext.hpp>

#include <sys/mman.h>

#include <bit>
#include <cstdarg>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <utility>
#include <vector>

#include "simt/device.h"

#if defined(__SANITIZE_ADDRESS__)
#include <sanitizer/asan_interface.h>
#include <sanitizer/common_interface_defs.h>
#define FLOE_SIMT_ASAN 1
#else
#define FLOE_SIMT_ASAN 0
#endif

namespace simt {

thread_local Current current;

namespace {

namespace context = boost::context::detail;

constexpr size_t kStackBytes = FLOE_SIMT_ASAN ? 256 << 10 : 64 << 10;
constexpr size_t kPageBytes = 4096;
constexpr int kWarp = 32;
// Shared memory before the first write: a NaN, a large negative number, an address that nobody owns.
constexpr int kGarbage = 0xff;
constexpr size_t kRedZoneBytes = 1024;

// A stack with a page below it that nobody may touch.
class FiberStack {
 public:
  FiberStack()
      : base_(static_cast<char*>(mmap(nullptr, kStackBytes + kPageBytes, PROT_READ | PROT_WRITE,
                                      MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0))) {
    if (base_ == MAP_FAILED || mprotect(base_, kPageBytes, PROT_NONE) != 0) {
      std::perror("simt: a fiber's stack");
      std::abort();
    }
  }
  ~FiberStack() {
#if FLOE_SIMT_ASAN
    __asan_unpoison_memory_region(bottom(), kStackBytes);
#endif
    munmap(base_, kStackBytes + kPageBytes);
  }
  FiberStack(const FiberStack&) = delete;
  FiberStack& operator=(const FiberStack&) = delete;

  char* bottom() const { return base_ + kPageBytes; }
  char* top() const { return bottom() + kStackBytes; }

 private:
  char* const base_;
};

struct Fiber {
  FiberStack stack;
  context::fcontext_t context = nullptr;
  void* fake_stack = nullptr;  // the address sanitizer's
};

struct PendingCopy {
  void* to;
  const void* from;
  size_t bytes, source_bytes;
};

struct Thread {
  enum class State : uint8_t { kWaitsToStart, kRuns, kAtBarrier, kInWarp, kDone };
  State state = State::kWaitsToStart;
  Fiber* fiber = nullptr;
  Index3 index{};
  // While in a warp's collective.
  uint32_t mask = 0;
  const char* kind = "";
  const void* input = nullptr;
  void* output = nullptr;
  // cp.async: the copies of the open group, then the committed groups, oldest first.
  std::vector<PendingCopy> open_group;
  std::vector<std::vector<PendingCopy>> groups;
};

// One block at a time, on one thread of the host. Kept for that thread, so that stacks are made once.
class BlockRunner {
 public:
  ~BlockRunner() = default;

  std::string Run(dim3 block, Index3 block_index, size_t shared_bytes, const std::function<void()>& body,
                  bool backwards);

  void Barrier();
  void* Shared(size_t bytes);
  void Collective(uint32_t mask, const char* kind, const void* input, void* output, Compute compute);
  Thread& running() { return threads_[running_]; }
  int lane() const { return running_ % kWarp; }
  // Says what went wrong, as printf does. What is on the fiber's stack is never destroyed: callers own nothing there.
  [[noreturn]] __attribute__((format(printf, 2, 3))) void Fail(const char* format, ...);

 private:
  static void FiberMain(context::transfer_t from);
  void RunThreads();
  // To the scheduler, until it comes back.
  void Suspend();
  void SwitchTo(Fiber* fiber);
  void Wake(int thread) {
    threads_[thread].state = Thread::State::kRuns;
    ready_.push_back(thread);
  }
  std::string DescribeWaiting() const;

  int count_ = 0;
  const std::function<void()>* body_ = nullptr;
  bool backwards_ = false;
  std::vector<Thread> threads_;
  struct Warp {
    int in_collective = 0, done = 0;  // lanes
  };
  std::vector<Warp> warps_;
  int started_ = 0, done_ = 0, at_barrier_ = 0;
  int running_ = 0;
  std::vector<int> ready_;
  size_t next_ready_ = 0;
  std::string error_;

  std::vector<std::unique_ptr<Fiber>> fibers_;
  std::vector<Fiber*> idle_;
  Fiber* on_ = nullptr;                      // whose turn it is
  context::fcontext_t scheduler_ = nullptr;  // where to go back to
#if FLOE_SIMT_ASAN
  void* scheduler_fake_stack_ = nullptr;
  const void* scheduler_bottom_ = nullptr;
  size_t scheduler_bytes_ = 0;
#endif

  std::vector<char> shared_;
  size_t shared_bytes_ = 0;
};

thread_local std::unique_ptr<BlockRunner> runner;

char* AlignedShared(std::vector<char>& memory) {
  constexpr uintptr_t kAlignment = 128;
  const auto address = reinterpret_cast<uintptr_t>(memory.data());
  return memory.data() + (kAlignment - address % kAlignment) % kAlignment;
}

void BlockRunner::Fail(const char* format, ...) {
  const Index3 &t = threads_[running_].index, &b = current.block;
  char text[512];
  const int where =
      std::snprintf(text, sizeof text, "block (%u,%u,%u), thread (%u,%u,%u): ", b.x, b.y, b.z, t.x, t.y, t.z);
  va_list args;
  va_start(args, format);
  std::vsnprintf(text + where, sizeof text - static_cast<size_t>(where), format, args);
  va_end(args);
  if (error_.empty()) error_ = text;
  // The fiber is left as it is: nobody resumes it.
  Suspend();
  std::abort();
}

void BlockRunner::SwitchTo(Fiber* fiber) {
  on_ = fiber;
#if FLOE_SIMT_ASAN
  __sanitizer_start_switch_fiber(&scheduler_fake_stack_, fiber->stack.bottom(), kStackBytes);
#endif
  const context::transfer_t back = context::jump_fcontext(fiber->context, this);
#if FLOE_SIMT_ASAN
  __sanitizer_finish_switch_fiber(scheduler_fake_stack_, nullptr, nullptr);
#endif
  fiber->context = back.fctx;
}

void BlockRunner::Suspend() {
  [[maybe_unused]] Fiber* const fiber = on_;
#if FLOE_SIMT_ASAN
  __sanitizer_start_switch_fiber(&fiber->fake_stack, scheduler_bottom_, scheduler_bytes_);
#endif
  const context::transfer_t back = context::jump_fcontext(scheduler_, nullptr);
#if FLOE_SIMT_ASAN
  __sanitizer_finish_switch_fiber(fiber->fake_stack, &scheduler_bottom_, &scheduler_bytes_);
#endif
  scheduler_ = back.fctx;
}

void BlockRunner::FiberMain(context::transfer_t from) {
  auto* const self = static_cast<BlockRunner*>(from.data);
#if FLOE_SIMT_ASAN
  __sanitizer_finish_switch_fiber(nullptr, &self->scheduler_bottom_, &self->scheduler_bytes_);
#endif
  self->scheduler_ = from.fctx;
  while (true) {
    self->RunThreads();
    self->idle_.push_back(self->on_);
    self->Suspend();
  }
}

// Thread after thread as plain calls, until all have started. One that waits keeps this fiber's stack, and the rest
// start on another.
void BlockRunner::RunThreads() {
  while (started_ < count_ && error_.empty()) {
    const int thread = backwards_ ? count_ - 1 - started_ : started_;
    ++started_;
    running_ = thread;
    Thread& self = threads_[thread];
    self.state = Thread::State::kRuns;
    self.fiber = on_;
    current.thread = self.index;
    (*body_)();
    // The thread that ended is not always the one that began here: others had their turns in between.
    Thread& ended = threads_[running_];
    if (!ended.open_group.empty() || !ended.groups.empty()) Fail("ended with asynchronous copies nobody waited for");
    ended.state = Thread::State::kDone;
    ++warps_[running_ / kWarp].done;
    ++done_;
  }
}

std::string BlockRunner::DescribeWaiting() const {
  std::string text;
  int shown = 0;
  for (int i = 0; i < count_ && shown < 4; ++i) {
    const Thread& thread = threads_[i];
    char line[128];
    if (thread.state == Thread::State::kAtBarrier) {
      std::snprintf(line, sizeof line, "; thread %d at __syncthreads", i);
    } else if (thread.state == Thread::State::kInWarp) {
      std::snprintf(line, sizeof line, "; thread %d in %s with mask %08x", i, thread.kind, thread.mask);
    } else {
      continue;
    }
    text += line;
    ++shown;
  }
  return text;
}

std::string BlockRunner::Run(dim3 block, Index3 block_index, size_t shared_bytes, const std::function<void()>& body,
                             bool backwards) {
  count_ = static_cast<int>(block.x * block.y * block.z);
  body_ = &body;
  backwards_ = backwards;
  started_ = done_ = at_barrier_ = 0;
  ready_.clear();
  next_ready_ = 0;
  error_.clear();
  if (static_cast<int>(threads_.size()) < count_) threads_.resize(count_);
  warps_.assign(static_cast<size_t>((count_ + kWarp - 1) / kWarp), {});
  for (int i = 0; i < count_; ++i) {
    const auto n = static_cast<unsigned>(i);
    threads_[i].state = Thread::State::kWaitsToStart;
    threads_[i].index = {n % block.x, n / block.x % block.y, n / (block.x * block.y)};
    threads_[i].open_group.clear();
    threads_[i].groups.clear();
  }
  current.block = block_index;
  shared_bytes_ = shared_bytes;
  if (shared_.size() < shared_bytes + 128 + kRedZoneBytes) {
    shared_ = std::vector<char>(shared_bytes + 128 + kRedZoneBytes);
  }
  char* const shared = AlignedShared(shared_);
  std::memset(shared, kGarbage, shared_bytes);
#if FLOE_SIMT_ASAN
  __asan_poison_memory_region(shared + shared_bytes, kRedZoneBytes);
#else
  std::memset(shared + shared_bytes, kGarbage, kRedZoneBytes);
#endif
  while (error_.empty() && done_ < count_) {
    if (next_ready_ < ready_.size()) {
      running_ = ready_[next_ready_++];
      current.thread = threads_[running_].index;
      SwitchTo(threads_[running_].fiber);
    } else if (started_ < count_) {
      if (idle_.empty()) {
        fibers_.push_back(std::make_unique<Fiber>());
        Fiber* const fiber = fibers_.back().get();
        fiber->context = context::make_fcontext(fiber->stack.top(), kStackBytes, FiberMain);
        idle_.push_back(fiber);
      }
      Fiber* const fiber = idle_.back();
      idle_.pop_back();
      SwitchTo(fiber);
    } else {
      error_ = "deadlock: nobody can go on" + DescribeWaiting();
    }
    if (next_ready_ == ready_.size()) {
      ready_.clear();
      next_ready_ = 0;
    }
  }
#if FLOE_SIMT_ASAN
  __asan_unpoison_memory_region(shared + shared_bytes, kRedZoneBytes);
#else
  for (size_t i = 0; i < kRedZoneBytes && error_.empty(); ++i) {
    if (shared[shared_bytes + i] != static_cast<char>(kGarbage)) error_ = "wrote past the end of shared memory";
  }
#endif
  if (!error_.empty()) {
    // Fibers that still wait in this block are of no more use.
    idle_.clear();
    fibers_.clear();
  }
  return error_;
}

void BlockRunner::Barrier() {
  Thread& self = running();
  self.state = Thread::State::kAtBarrier;
  ++at_barrier_;
  if (done_ > 0) Fail("__syncthreads after another thread of the block has ended");
  if (at_barrier_ == count_) {
    at_barrier_ = 0;
    const int me = running_;
    self.state = Thread::State::kRuns;
    for (int i = 0; i < count_; ++i) {
      const int thread = backwards_ ? count_ - 1 - i : i;
      if (thread != me) Wake(thread);
    }
    return;
  }
  Suspend();
}

void* BlockRunner::Shared(size_t bytes) {
  if (bytes > shared_bytes_) {
    Fail("the launch gave %zu bytes of shared memory, the kernel wants %zu", shared_bytes_, bytes);
  }
  return AlignedShared(shared_);
}

void BlockRunner::Collective(uint32_t mask, const char* kind, const void* input, void* output, Compute compute) {
  Thread& self = running();
  const int me = running_, warp = me / kWarp * kWarp;
  if ((mask >> (me - warp) & 1) == 0) Fail("%s: the caller is not in its own mask", kind);
  self.state = Thread::State::kInWarp;
  self.mask = mask;
  self.kind = kind;
  self.input = input;
  self.output = output;
  // Most come while others lack, and where every lane is there to come nothing else can be wrong yet.
  Warp& state = warps_[me / kWarp];
  ++state.in_collective;
  if (state.done == 0 && warp + kWarp <= count_ && state.in_collective < std::popcount(mask)) return Suspend();
  const void* inputs[kWarp] = {};
  void* outputs[kWarp] = {};
  bool all = true;
  for (int lane = 0; lane < kWarp; ++lane) {
    if ((mask >> lane & 1) == 0) continue;
    if (warp + lane >= count_) Fail("%s: the mask names a lane that the block does not have", kind);
    const Thread& other = threads_[warp + lane];
    if (other.state == Thread::State::kDone) Fail("%s: the mask names a lane that has ended", kind);
    all = all && other.state == Thread::State::kInWarp && other.mask == mask && other.kind == kind;
    inputs[lane] = other.input;
    outputs[lane] = other.output;
  }
  if (!all) return Suspend();
  self.state = Thread::State::kRuns;
  state.in_collective -= std::popcount(mask);
  compute(inputs, outputs, mask);
  for (int lane = 0; lane < kWarp; ++lane) {
    if ((mask >> lane & 1) != 0 && warp + lane != me) Wake(warp + lane);
  }
}

void Arrive(std::vector<PendingCopy>& copies) {
  for (const PendingCopy& copy : copies) {
    std::memcpy(copy.to, copy.from, copy.source_bytes);
    std::memset(static_cast<char*>(copy.to) + copy.source_bytes, 0, copy.bytes - copy.source_bytes);
  }
  copies.clear();
}

}  // namespace

void BlockBarrier() { runner->Barrier(); }
void* SharedMemory(size_t bytes) { return runner->Shared(bytes); }
void WarpCollective(uint32_t mask, const char* kind, const void* input, void* output, Compute compute) {
  runner->Collective(mask, kind, input, output, compute);
}
int Lane() { return runner->lane(); }
void Fault(const char* what) { runner->Fail("%s", what); }

void CopyAsync(void* shared, const void* global, size_t bytes, size_t source_bytes) {
  if (bytes != 4 && bytes != 8 && bytes != 16) Fault("cp.async copies 4, 8 or 16 bytes");
  if (reinterpret_cast<uintptr_t>(shared) % bytes != 0 || reinterpret_cast<uintptr_t>(global) % bytes != 0) {
    Fault("cp.async between addresses that are not aligned");
  }
  runner->running().open_group.push_back({shared, global, bytes, source_bytes});
}
void CommitCopies() {
  Thread& self = runner->running();
  self.groups.push_back(std::exchange(self.open_group, {}));
}
void WaitForCopies(int pending) {
  Thread& self = runner->running();
  const size_t keep = static_cast<size_t>(pending);
  while (self.groups.size() > keep) {
    Arrive(self.groups.front());
    self.groups.erase(self.groups.begin());
  }
}

std::string RunGrid(dim3 grid, dim3 block, size_t shared_bytes, const std::function<void()>& thread) {
  if (runner == nullptr) runner = std::make_unique<BlockRunner>();
  current.block_dim = {block.x, block.y, block.z};
  current.grid_dim = {grid.x, grid.y, grid.z};
  const uint64_t blocks = uint64_t{grid.x} * grid.y * grid.z;
  for (uint64_t i = 0; i < blocks; ++i) {
    const Index3 index = {static_cast<unsigned>(i % grid.x), static_cast<unsigned>(i / grid.x % grid.y),
                          static_cast<unsigned>(i / grid.x / grid.y)};
    // Every other block runs its threads backwards: what depends on their order shows.
    std::string error = runner->Run(block, index, shared_bytes, thread, i % 2 != 0);
    if (!error.empty()) return error;
  }
  return "";
}

}  // namespace simt
