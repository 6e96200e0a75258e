// What all users of oneDNN need: the engine, statuses in place of exceptions, and a primitive with its arguments that
// can be launched at no cost of its own.
#ifndef FLOE_KERNELS_CPU_ONEDNN_H_
#define FLOE_KERNELS_CPU_ONEDNN_H_

#include <atomic>
#include <memory>
#include <new>
#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/string_view.h"
#include "oneapi/dnnl/dnnl.hpp"
#include "plan/kernel.h"

namespace floe {

// The process's CPU engine.
const dnnl::engine& OneDnnEngine();
// The calling thread's stream, made at its first use.
dnnl::stream& OneDnnStream();

// `what` names the op in the message.
absl::Status OneDnnError(absl::string_view what, dnnl_status_t status, absl::string_view message);

// Runs `body`, which returns a Status, and turns what oneDNN throws into one.
template <typename Body>
absl::Status CatchOneDnn(absl::string_view what, Body&& body) {
  try {
    return body();
  } catch (const dnnl::error& error) {
    return OneDnnError(what, error.status, error.what());
  } catch (const std::bad_alloc&) {
    return OneDnnError(what, dnnl_out_of_memory, "");
  }
}

// Whether an implementation is one of oneDNN's plain loops, slower by orders of magnitude.
bool IsOneDnnReference(absl::string_view implementation);

// A float32 memory descriptor with these strides.
dnnl::memory::desc OneDnnDesc(const dnnl::memory::dims& dims, const dnnl::memory::dims& strides);
// Row-major.
dnnl::memory::desc OneDnnDesc(const dnnl::memory::dims& dims);
dnnl::memory::desc OneDnnAnyDesc(const dnnl::memory::dims& dims);
// dims in oneDNN's logical order (batch, channels, height, width or depth, height, width), laid out NHWC or NDHWC.
dnnl::memory::desc OneDnnChannelsLastDesc(const dnnl::memory::dims& dims);

// The elements of `source`, laid out anew as `desc`. Throws what oneDNN throws.
dnnl::memory OneDnnReorder(const dnnl::memory& source, const dnnl::memory::desc& desc);

// A primitive and where its arguments lie at each launch. Immutable once built, so launches may run at once.
class OneDnnCall {
 public:
  OneDnnCall() = default;
  OneDnnCall(const OneDnnCall&) = delete;
  OneDnnCall& operator=(const OneDnnCall&) = delete;
  ~OneDnnCall() { delete spare_.load(); }

  void SetPrimitive(dnnl::primitive primitive) { primitive_ = std::move(primitive); }
  bool valid() const { return static_cast<bool>(primitive_); }
  void AddInput(int argument, const dnnl::memory::desc& desc, int input) { Add(argument, desc, Place::kInput, input); }
  void AddOutput(int argument, const dnnl::memory::desc& desc, int output) {
    Add(argument, desc, Place::kOutput, output);
  }
  void AddScratch(int argument, const dnnl::memory::desc& desc, int64_t offset_bytes) {
    Add(argument, desc, Place::kScratch, offset_bytes);
  }
  void AddFixed(int argument, const dnnl::memory& memory) {
    Add(argument, memory.get_desc(), Place::kFixed, 0);
    arguments_.back().fixed = memory;
  }
  // Makes ready for the first launch. Throws what oneDNN throws.
  void Finish();

  absl::Status Launch(const LaunchArgs& args) const;

 private:
  enum class Place { kInput, kOutput, kScratch, kFixed };
  struct Argument {
    int number;
    dnnl::memory::desc desc;
    Place place;
    int64_t where;  // index of the input or output, offset in the scratch
    dnnl::memory fixed;
  };
  // oneDNN's memory objects carry the addresses, so each launch under way needs its own.
  struct Bound {
    std::vector<dnnl::memory> memories;
    std::vector<dnnl_exec_arg_t> list;
  };

  void Add(int number, const dnnl::memory::desc& desc, Place place, int64_t where) {
    arguments_.push_back({number, desc, place, where, {}});
  }
  std::unique_ptr<Bound> Bind() const;

  dnnl::primitive primitive_;
  std::vector<Argument> arguments_;
  // One set kept between launches; a second launch at the same time makes its own.
  mutable std::atomic<Bound*> spare_{nullptr};
};

}  // namespace floe

#endif  // FLOE_KERNELS_CPU_ONEDNN_H_
