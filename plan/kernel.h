// The seam between a plan and the kernels of a device.
//
// Backend::Supports / Backend::Create -> Kernel (once a program: immutable, shared by all plans, holds packed weights)
//   Kernel::Prepare -> PreparedKernel (once a plan: algorithm chosen for these shapes, scratch size known)
//     PreparedKernel::Launch (every run: neither allocates nor synchronises)
// A Backend lives for the whole process. Supports, Create and Prepare may be called from any thread, also at once;
// Launch from the plan's thread.
#ifndef FLOE_PLAN_KERNEL_H_
#define FLOE_PLAN_KERNEL_H_

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/string_view.h"
#include "absl/types/span.h"
#include "ops/op.h"
#include "tensor/tensor.h"

namespace floe {

// What products of float32 tensors are computed from; they are summed in float32 always. For backends that can.
enum class Precision : uint8_t { kFp32, kTf32, kFp16, kBf16 };

// One op of a program, as a backend is asked about it. Inputs that are constant have their value. References live for
// the call.
struct OpSignature {
  const OpInfo& op;
  absl::string_view name;  // the node's
  const AttrMap& attrs;
  absl::Span<const TensorInfo> inputs;
  absl::Span<const TensorInfo> outputs;
  Precision precision = Precision::kFp32;
};

class Recording;

// Work on a device in order. Hosts compute at once and have none.
class Stream {
 public:
  virtual ~Stream() = default;
  // Waits until all that was launched is done; what failed in between is returned here.
  virtual absl::Status Synchronize() = 0;

  // For backends that record. What is launched between the two does not run; it is kept, addresses and all. Whatever
  // was launched, each begin has its end.
  virtual absl::Status BeginRecording();
  virtual absl::StatusOr<std::unique_ptr<Recording>> EndRecording();
};

// A stretch of launches, to run as one. Goes before the memory that it works on.
class Recording {
 public:
  virtual ~Recording() = default;
  // On the stream that recorded it, or another of the same backend.
  virtual absl::Status Replay(Stream* stream) const = 0;
};

// The buffers of one launch: tensors whose addresses are the device's. Slots are owned by the caller.
class LaunchArgs {
 public:
  // `allocator`: null where no kernel allocates. `last_uses`: see is_last_use.
  LaunchArgs(Stream* stream, Tensor* slots, absl::Span<const int> inputs, absl::Span<const int> outputs, void* scratch,
             TensorAllocator* allocator = nullptr, uint64_t last_uses = 0)
      : stream_(stream),
        slots_(slots),
        inputs_(inputs),
        outputs_(outputs),
        scratch_(scratch),
        allocator_(allocator),
        last_uses_(last_uses) {}

  Stream* stream() const { return stream_; }  // null on the host
  int num_inputs() const { return static_cast<int>(inputs_.size()); }
  int num_outputs() const { return static_cast<int>(outputs_.size()); }
  const Tensor& input(int i) const { return slots_[inputs_[i]]; }
  // Laid out before the launch, but for results whose shape depends on data (see PreparedKernel::Launch).
  Tensor* output(int i) const { return &slots_[outputs_[i]]; }
  // As many bytes as scratch_bytes() said, 64-byte aligned.
  void* scratch() const { return scratch_; }
  // Where results of run-time size and the elements of lists come from, in the memory of the kernel's backend.
  TensorAllocator* allocator() const { return allocator_; }
  // Whether nobody reads input i after this launch, so that a list which nobody else holds may be changed in place
  // (ops/tensor_list.h).
  bool is_last_use(int i) const { return i < 64 && ((last_uses_ >> i) & 1) != 0; }
  uint64_t last_uses() const { return last_uses_; }

 private:
  Stream* stream_;
  Tensor* slots_;
  absl::Span<const int> inputs_;
  absl::Span<const int> outputs_;
  void* scratch_;
  TensorAllocator* allocator_;
  uint64_t last_uses_;
};

class PreparedKernel {
 public:
  virtual ~PreparedKernel() = default;
  virtual int64_t scratch_bytes() const { return 0; }
  // Multiplications and additions of one launch, for the plan's own account; 0 where they do not matter.
  virtual int64_t flops() const { return 0; }
  // What was chosen, for people: "brgconv:avx2", "highway", "reference".
  virtual std::string description() const = 0;
  // Whether Launch only puts work into the stream, so that it may be recorded once and replayed.
  virtual bool recordable() const { return true; }
  // Computes all outputs. An output that is not valid() on entry has a shape that depends on data: the kernel allocates
  // it by args.allocator(). A list (dtype variant) is a host object whose elements are in the backend's memory.
  virtual absl::Status Launch(const LaunchArgs& args) const = 0;
};

class Kernel {
 public:
  virtual ~Kernel() = default;
  // `inputs` have full shapes here; `outputs` too, but where they depend on data. Constant inputs have their value.
  virtual absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo> inputs,
                                                                  absl::Span<const TensorInfo> outputs) const = 0;
  // Whether Prepare or Launch look at the elements of input i. False for a constant that Create has packed: where
  // nobody else looks at it either, its elements are let go, and its slot has a shape and no elements.
  virtual bool Reads(int input) const { return true; }
  // Whether input i is wanted in the host's memory, though the kernel's backend has another: indices and sizes of
  // lists, which are objects of the host. Launch reads them at once.
  virtual bool ReadsOnHost(int input) const { return false; }
  // What the op keeps from run to run is as it was when the kernel was made. From any thread.
  virtual void Restart() const {}
};

// Memory of a device, freed when destroyed.
class DeviceMemory {
 public:
  virtual ~DeviceMemory() = default;
  virtual void* data() const = 0;
};

class Backend {
 public:
  virtual ~Backend() = default;
  virtual absl::string_view name() const = 0;  // "cpu", "cuda", "reference"
  // Whether buffers are host addresses. Backends on the host share memory; between others the plan puts copies.
  virtual bool on_host() const { return true; }

  // OK, or UNIMPLEMENTED and why. Asked with shapes as far as they are known at load.
  virtual absl::Status Supports(const OpSignature& op) const = 0;
  virtual absl::StatusOr<std::unique_ptr<Kernel>> Create(const OpSignature& op) const = 0;
  // The ops that Supports takes with some attributes and dtypes at least, for people.
  virtual std::vector<std::string> OpNames() const = 0;

  // OK until the device can do nothing more for this process; then why.
  virtual absl::Status Health() const { return absl::OkStatus(); }

  // For backends with memory of their own.
  // Whether streams record stretches of launches.
  virtual bool records() const { return false; }
  virtual absl::StatusOr<std::unique_ptr<DeviceMemory>> Allocate(int64_t bytes) const;
  virtual absl::StatusOr<std::unique_ptr<Stream>> CreateStream() const;
  virtual absl::Status CopyToDevice(Stream* stream, const void* host, void* device, int64_t bytes) const;
  virtual absl::Status CopyToHost(Stream* stream, const void* device, void* host, int64_t bytes) const;
  // Within the device.
  virtual absl::Status CopyOnDevice(Stream* stream, const void* from, void* to, int64_t bytes) const;
};

// The backend of last resort: the ops' own evaluations, for every op that has one. Lives for the whole process.
const Backend& ReferenceBackend();

}  // namespace floe

#endif  // FLOE_PLAN_KERNEL_H_
