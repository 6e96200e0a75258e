#include "kernels/cpu/onednn.h"

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "oneapi/dnnl/dnnl_debug.h"

namespace floe {

const dnnl::engine& OneDnnEngine() {
  static const dnnl::engine* const engine = new dnnl::engine(dnnl::engine::kind::cpu, 0);
  return *engine;
}

dnnl::stream& OneDnnStream() {
  thread_local dnnl::stream stream(OneDnnEngine());
  return stream;
}

absl::Status OneDnnError(absl::string_view what, dnnl_status_t status, absl::string_view message) {
  const std::string text = absl::StrCat(what, ": oneDNN: ", message.empty() ? dnnl_status2str(status) : message);
  switch (status) {
    case dnnl_unimplemented:
      return absl::UnimplementedError(text);
    case dnnl_out_of_memory:
      return absl::ResourceExhaustedError(text);
    default:
      return absl::InternalError(text);
  }
}

bool IsOneDnnReference(absl::string_view implementation) {
  return absl::StartsWith(implementation, "ref") || absl::StartsWith(implementation, "simple");
}

dnnl::memory::desc OneDnnDesc(const dnnl::memory::dims& dims, const dnnl::memory::dims& strides) {
  return {dims, dnnl::memory::data_type::f32, strides};
}

dnnl::memory::desc OneDnnDesc(const dnnl::memory::dims& dims) {
  dnnl::memory::dims strides(dims.size(), 1);
  for (size_t i = dims.size() - 1; i-- > 0;) strides[i] = strides[i + 1] * dims[i + 1];
  return OneDnnDesc(dims, strides);
}

dnnl::memory::desc OneDnnAnyDesc(const dnnl::memory::dims& dims) {
  return {dims, dnnl::memory::data_type::f32, dnnl::memory::format_tag::any};
}

dnnl::memory::desc OneDnnChannelsLastDesc(const dnnl::memory::dims& dims) {
  const auto tag = dims.size() == 4 ? dnnl::memory::format_tag::nhwc : dnnl::memory::format_tag::ndhwc;
  return {dims, dnnl::memory::data_type::f32, tag};
}

dnnl::memory OneDnnReorder(const dnnl::memory& source, const dnnl::memory::desc& desc) {
  dnnl::memory target(desc, OneDnnEngine());
  dnnl::memory from = source;
  dnnl::reorder(from, target).execute(OneDnnStream(), from, target);
  OneDnnStream().wait();
  return target;
}

void OneDnnCall::Finish() { spare_.store(Bind().release()); }

std::unique_ptr<OneDnnCall::Bound> OneDnnCall::Bind() const {
  auto bound = std::make_unique<Bound>();
  for (const Argument& argument : arguments_) {
    bound->memories.push_back(argument.place == Place::kFixed
                                  ? argument.fixed
                                  : dnnl::memory(argument.desc, OneDnnEngine(), DNNL_MEMORY_NONE));
    bound->list.push_back({argument.number, bound->memories.back().get()});
  }
  return bound;
}

absl::Status OneDnnCall::Launch(const LaunchArgs& args) const {
  std::unique_ptr<Bound> bound(spare_.exchange(nullptr));
  if (bound == nullptr) {
    const absl::Status status = CatchOneDnn("launch", [&] {
      bound = Bind();
      return absl::OkStatus();
    });
    if (!status.ok()) return status;
  }
  for (size_t i = 0; i < arguments_.size(); ++i) {
    const Argument& argument = arguments_[i];
    const void* address = nullptr;
    switch (argument.place) {
      case Place::kInput:
        address = args.input(static_cast<int>(argument.where)).raw_data();
        break;
      case Place::kOutput:
        address = args.output(static_cast<int>(argument.where))->raw_mutable_data();
        break;
      case Place::kScratch:
        address = static_cast<char*>(args.scratch()) + argument.where;
        break;
      case Place::kFixed:
        continue;
    }
    const dnnl_status_t status = dnnl_memory_set_data_handle(bound->memories[i].get(), const_cast<void*>(address));
    if (status != dnnl_success) return OneDnnError("launch", status, "");
  }
  const dnnl_status_t status = dnnl_primitive_execute(primitive_.get(), OneDnnStream().get(),
                                                      static_cast<int>(bound->list.size()), bound->list.data());
  Bound* none = nullptr;
  if (spare_.compare_exchange_strong(none, bound.get())) bound.release();
  return status == dnnl_success ? absl::OkStatus() : OneDnnError("launch", status, "");
}

}  // namespace floe
