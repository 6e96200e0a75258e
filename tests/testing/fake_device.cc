#include "tests/testing/fake_device.h"

#include <algorithm>
#include <cstring>
#include <functional>
#include <optional>
#include <vector>

#include "base/status.h"

namespace floe::testing {

// Addresses of the device are no addresses of the host: the processor refuses them.
constexpr uintptr_t kDisguise = uintptr_t{1} << 60;
void* Disguised(void* real) { return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(real) + kDisguise); }
void* Real(const void* disguised) {
  return reinterpret_cast<void*>(reinterpret_cast<uintptr_t>(disguised) - kDisguise);
}

class FakeMemory final : public DeviceMemory {
 public:
  FakeMemory(const FakeDevice& device, int64_t bytes) : device_(device), tensor_(DType::kUint8, Shape({bytes})) {
    // What nobody wrote is nonsense.
    std::memset(tensor_.raw_mutable_data(), 0xee, static_cast<size_t>(bytes));
    device_.allocated_bytes_ += bytes;
  }
  ~FakeMemory() override { device_.allocated_bytes_ -= tensor_.byte_size(); }
  void* data() const override { return Disguised(const_cast<void*>(tensor_.raw_data())); }

 private:
  const FakeDevice& device_;
  Tensor tensor_;
};

class FakeStream final : public Stream {
 public:
  explicit FakeStream(const FakeDevice& device) : device_(device) {}

  void Add(std::function<absl::Status()> work) { queue_.push_back(std::move(work)); }

  absl::Status Synchronize() override {
    absl::Status status;
    for (const auto& work : queue_) {
      if (device_.fail_next_.exchange(false)) status.Update(absl::InternalError("the device failed"));
      status.Update(work());
    }
    queue_.clear();
    return status;
  }

 private:
  const FakeDevice& device_;
  std::vector<std::function<absl::Status()>> queue_;
};

namespace {

class FakePrepared final : public PreparedKernel {
 public:
  FakePrepared(const OpInfo& op, std::string name, AttrMap attrs, std::vector<DType> dtypes, std::vector<Tensor> packed,
               std::atomic<int>& launches)
      : op_(op),
        name_(std::move(name)),
        attrs_(std::move(attrs)),
        dtypes_(std::move(dtypes)),
        packed_(std::move(packed)),
        launches_(launches) {}

  std::string description() const override { return "fake"; }
  int64_t scratch_bytes() const override { return 100; }

  absl::Status Launch(const LaunchArgs& args) const override {
    ++launches_;
    std::vector<Tensor> inputs, outputs;
    for (int i = 0; i < args.num_inputs(); ++i)
      inputs.push_back(packed_[i].valid() ? packed_[i] : OnHost(args.input(i)));
    for (int i = 0; i < args.num_outputs(); ++i) outputs.push_back(OnHost(*args.output(i)));
    static_cast<FakeStream*>(args.stream())->Add([this, inputs, outputs, scratch = args.scratch()]() mutable {
      // Scratch is a kernel's own while it runs.
      std::memset(Real(scratch), 0x55, static_cast<size_t>(scratch_bytes()));
      return Compute(inputs, outputs);
    });
    return absl::OkStatus();
  }

 private:
  static Tensor OnHost(const Tensor& tensor) {
    return Tensor::View(tensor.dtype(), tensor.shape(), Real(tensor.raw_data()), tensor.object());
  }

  absl::Status Compute(std::vector<Tensor>& inputs, std::vector<Tensor>& outputs) const {
    std::vector<const Tensor*> from;
    std::vector<Tensor*> to;
    for (const Tensor& input : inputs) from.push_back(&input);
    for (Tensor& output : outputs) to.push_back(&output);
    EvalContext context(name_, attrs_, from, dtypes_, to);
    return op_.evaluate(context);
  }

  const OpInfo& op_;
  const std::string name_;
  const AttrMap attrs_;
  const std::vector<DType> dtypes_;
  const std::vector<Tensor> packed_;
  std::atomic<int>& launches_;
};

class FakeKernel final : public Kernel {
 public:
  FakeKernel(const OpSignature& op, bool packs, std::atomic<int>& launches)
      : op_(op.op), name_(op.name), attrs_(op.attrs), launches_(launches) {
    for (size_t i = 0; i < op.inputs.size(); ++i) {
      const Tensor* const value = i > 0 && packs ? op.inputs[i].value : nullptr;
      packed_.push_back(value != nullptr ? *value->Clone() : Tensor());
    }
  }

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(absl::Span<const TensorInfo>,
                                                          absl::Span<const TensorInfo> outputs) const override {
    std::vector<DType> dtypes;
    for (const TensorInfo& output : outputs) dtypes.push_back(output.dtype);
    return std::make_unique<FakePrepared>(op_, name_, attrs_, dtypes, packed_, launches_);
  }
  bool Reads(int input) const override { return !packed_[input].valid(); }

 private:
  const OpInfo& op_;
  const std::string name_;
  const AttrMap attrs_;
  std::vector<Tensor> packed_;
  std::atomic<int>& launches_;
};

}  // namespace

absl::Status FakeDevice::Supports(const OpSignature& op) const {
  if (ops_.contains(op.op.name)) return absl::OkStatus();
  return absl::UnimplementedError("the fake device does not take it");
}

absl::StatusOr<std::unique_ptr<Kernel>> FakeDevice::Create(const OpSignature& op) const {
  return std::make_unique<FakeKernel>(op, packs_, launches_);
}

absl::StatusOr<std::unique_ptr<DeviceMemory>> FakeDevice::Allocate(int64_t bytes) const {
  if (bytes > memory_bytes_ - allocated_bytes_) return absl::ResourceExhaustedError("the fake device is full");
  return std::make_unique<FakeMemory>(*this, bytes);
}

absl::StatusOr<std::unique_ptr<Stream>> FakeDevice::CreateStream() const { return std::make_unique<FakeStream>(*this); }

absl::Status FakeDevice::CopyToDevice(Stream* stream, const void* host, void* device, int64_t bytes) const {
  ++copies_;
  static_cast<FakeStream*>(stream)->Add([=] {
    std::memcpy(Real(device), host, static_cast<size_t>(bytes));
    return absl::OkStatus();
  });
  return absl::OkStatus();
}

absl::Status FakeDevice::CopyToHost(Stream* stream, const void* device, void* host, int64_t bytes) const {
  ++copies_;
  static_cast<FakeStream*>(stream)->Add([=] {
    std::memcpy(host, Real(device), static_cast<size_t>(bytes));
    return absl::OkStatus();
  });
  return absl::OkStatus();
}

absl::Status FakeDevice::CopyOnDevice(Stream* stream, const void* from, void* to, int64_t bytes) const {
  ++copies_;
  static_cast<FakeStream*>(stream)->Add([=] {
    std::memcpy(Real(to), Real(from), static_cast<size_t>(bytes));
    return absl::OkStatus();
  });
  return absl::OkStatus();
}

}  // namespace floe::testing
