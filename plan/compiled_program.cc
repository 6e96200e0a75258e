#include "plan/compiled_program.h"

#include <algorithm>
#include <map>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "base/suggest.h"

namespace floe {
namespace {

// Ops whose results are all at most this many integers, and whose inputs are on the host, compute shapes and indices:
// no device is worth a copy for them.
constexpr int64_t kMaxShapeElements = 64;
// Constants up to this size are kept even where every kernel has packed them: shape inference may want their elements.
constexpr int64_t kMaxAlwaysKeptBytes = 4096;

bool IsShapeLike(const Value& value) {
  if (value.dtype != DType::kInt32 && value.dtype != DType::kInt64 && value.dtype != DType::kBool) return false;
  if (!value.shape.IsFullyDefined()) return false;
  const absl::StatusOr<Shape> shape = Shape::Checked(value.shape.dims());
  return shape.ok() && shape->num_elements() <= kMaxShapeElements;
}

// Booleans are of that kind where they are made of such integers: a loop's condition. `on_host`: by value.
bool ComputesShapes(const Program& program, const Op& op, const std::vector<bool>& on_host) {
  const auto is_shape_like = [&](ValueId id) { return IsShapeLike(program.values[id]); };
  const auto is_bool = [&](ValueId id) { return program.values[id].dtype == DType::kBool; };
  if (!std::all_of(op.outputs.begin(), op.outputs.end(), is_shape_like)) return false;
  if (std::any_of(op.outputs.begin(), op.outputs.end(), is_bool) &&
      !std::all_of(op.inputs.begin(), op.inputs.end(), is_shape_like)) {
    return false;
  }
  return op.info->is_from_shape() ||
         std::all_of(op.inputs.begin(), op.inputs.end(), [&](ValueId id) { return on_host[id]; });
}

// Attributes without the file they were read from, so that the ops do not keep its mapping alive.
AttrMap DetachedFromFile(const AttrMap& attrs) {
  AttrMap copy;
  for (const auto& [name, value] : attrs.entries()) {
    auto bytes = std::make_shared<const std::string>(value.encoded());
    const absl::string_view encoded = *bytes;
    copy.Set(name, AttrValue(encoded, std::move(bytes)));
  }
  return copy;
}

}  // namespace

// The ops that nobody takes, by name.
class Unsupported {
 public:
  void Add(const Program& program, const Op& op, const std::vector<std::string>& reasons) {
    Entry& entry = entries_[op.info->name];
    entry.nodes.push_back(op.name);
    std::vector<absl::string_view> dtypes;
    for (const ValueId id : op.inputs.empty() ? op.outputs : op.inputs)
      dtypes.push_back(DTypeName(program.values[id].dtype));
    const std::string kind = absl::StrCat(absl::StrJoin(dtypes, ","), ": ", absl::StrJoin(reasons, "; "));
    if (std::find(entry.kinds.begin(), entry.kinds.end(), kind) == entry.kinds.end()) entry.kinds.push_back(kind);
  }

  absl::Status ToStatus() const {
    if (entries_.empty()) return absl::OkStatus();
    return absl::UnimplementedError(absl::StrCat(
        "the graph has ", entries_.size(), entries_.size() == 1 ? " op" : " ops", " that no device here runs: ",
        absl::StrJoin(entries_, "; ",
                      [](std::string* out, const auto& item) {
                        absl::StrAppend(out, item.first, " (nodes ", ListNames(item.second.nodes, 3), "; ",
                                        absl::StrJoin(item.second.kinds, "; "), ")");
                      }),
        "; choose outputs that do not need them, or other dtypes; `floe ops` lists what there is"));
  }

 private:
  struct Entry {
    std::vector<std::string> nodes;
    std::vector<std::string> kinds;  // dtypes and why
  };
  std::map<std::string, Entry> entries_;
};

namespace {

// The first backend that takes the op, or nothing; `reasons` says why each did not. A backend that takes the op and
// then fails (out of memory, a lost device) is an error, and no reason to be slow without a word.
absl::StatusOr<Placement> PlaceOp(const Program& program, const Op& op, const std::vector<bool>& on_host,
                                  absl::Span<const Backend* const> backends, Precision precision,
                                  std::vector<std::string>* reasons) {
  const std::vector<TensorInfo> inputs = program.Infos(op.inputs), outputs = program.Infos(op.outputs);
  const OpSignature signature{*op.info, op.name, op.attrs, inputs, outputs, precision};
  const bool host_first = ComputesShapes(program, op, on_host);
  for (const bool second_round : {false, true}) {
    for (const Backend* backend : backends) {
      if (host_first && backend->on_host() == second_round) continue;
      absl::Status status = backend->Supports(signature);
      if (status.ok()) {
        absl::StatusOr<std::unique_ptr<Kernel>> kernel = backend->Create(signature);
        if (kernel.ok()) return Placement{backend, *std::move(kernel)};
        status = kernel.status();
        if (!absl::IsUnimplemented(status)) {
          return Annotate(status, absl::StrCat("node '", op.name, "' (", op.info->name, ")"));
        }
      }
      reasons->push_back(absl::StrCat(backend->name(), ": ", status.message()));
    }
    if (!host_first) break;
  }
  return Placement();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const CompiledProgram>> CompiledProgram::Compile(
    Program program, absl::Span<const Backend* const> backends, Precision precision) {
  FLOE_RETURN_IF_ERROR(program.Verify());
  Unsupported unsupported;
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<const CompiledProgram> compiled,
                        CompileRegions(std::move(program), backends, precision, &unsupported));
  FLOE_RETURN_IF_ERROR(unsupported.ToStatus());
  return compiled;
}

absl::StatusOr<std::shared_ptr<CompiledProgram>> CompiledProgram::CompileRegions(
    Program program, absl::Span<const Backend* const> backends, Precision precision, Unsupported* unsupported) {
  std::shared_ptr<CompiledProgram> compiled(new CompiledProgram);
  compiled->program_ = std::move(program);
  compiled->spaces_.push_back(nullptr);
  for (const Backend* backend : backends) {
    if (!backend->on_host()) compiled->spaces_.push_back(backend);
  }
  // Which values come to be on the host; of what enters, and of what regions give, those that it computes shapes with.
  std::vector<bool> on_host;
  for (const Value& value : compiled->program_.values) on_host.push_back(value.constant || IsShapeLike(value));
  for (Op& op : compiled->program_.ops) {
    op.attrs = DetachedFromFile(op.attrs);
    compiled->has_effects_ = compiled->has_effects_ || HasEffects(op);
    std::vector<std::shared_ptr<const CompiledProgram>>& regions = compiled->regions_.emplace_back();
    for (Program& region : op.regions) {
      FLOE_ASSIGN_OR_RETURN(regions.emplace_back(),
                            CompileRegions(std::move(region), backends, precision, unsupported));
      compiled->weight_bytes_ += regions.back()->weight_bytes();
    }
    op.regions.clear();
    if (op.info->is_view() || !regions.empty()) {
      compiled->placements_.emplace_back();
      if (op.info->is_view()) on_host[op.outputs[0]] = on_host[op.inputs[0]];
      continue;
    }
    std::vector<std::string> reasons;
    Placement& placement = compiled->placements_.emplace_back();
    FLOE_ASSIGN_OR_RETURN(placement, PlaceOp(compiled->program_, op, on_host, backends, precision, &reasons));
    if (placement.kernel == nullptr) unsupported->Add(compiled->program_, op, reasons);
    for (const ValueId id : op.outputs) on_host[id] = placement.backend != nullptr && placement.backend->on_host();
  }
  compiled->ReleasePackedConstants();
  compiled->uploads_.resize(compiled->spaces_.size());
  return compiled;
}

void CompiledProgram::Restart() const {
  for (const Placement& placement : placements_) {
    if (placement.kernel != nullptr) placement.kernel->Restart();
  }
  for (const auto& regions : regions_) {
    for (const std::shared_ptr<const CompiledProgram>& region : regions) region->Restart();
  }
}

std::vector<int> CompiledProgram::OutputSpaces(absl::Span<const int> input_spaces) const {
  std::vector<int> space_of(program_.values.size(), kHostSpace);
  for (size_t i = 0; i < program_.inputs.size(); ++i) space_of[program_.inputs[i]] = input_spaces[i];
  for (size_t i = 0; i < program_.ops.size(); ++i) {
    const Op& op = program_.ops[i];
    if (regions_[i].empty()) {
      const int space = op.info->is_view() ? space_of[op.inputs[0]] : SpaceOf(*placements_[i].backend);
      for (const ValueId id : op.outputs) space_of[id] = space;
      continue;
    }
    std::vector<int> inside;
    const bool loops = absl::string_view(op.info->name) == "While";
    for (size_t k = loops ? 0 : 1; k < op.inputs.size(); ++k) inside.push_back(space_of[op.inputs[k]]);
    const std::vector<int> spaces = regions_[i].back()->OutputSpaces(inside);
    for (size_t k = 0; k < op.outputs.size(); ++k) space_of[op.outputs[k]] = spaces[k];
  }
  std::vector<int> spaces;
  for (const ValueId id : program_.outputs) spaces.push_back(space_of[id]);
  return spaces;
}

void CompiledProgram::CountOps(std::map<std::string, int>* counts) const {
  for (const Op& op : program_.ops) ++(*counts)[op.info->name];
  for (const auto& regions : regions_) {
    for (const auto& region : regions) region->CountOps(counts);
  }
}

void CompiledProgram::ReleasePackedConstants() {
  std::vector<bool> kept(program_.values.size(), false);
  for (const ValueId id : program_.outputs) kept[id] = true;
  for (size_t i = 0; i < program_.ops.size(); ++i) {
    const Op& op = program_.ops[i];
    const Kernel* const kernel = placements_[i].kernel.get();
    for (size_t k = 0; k < op.inputs.size(); ++k) {
      if (kernel == nullptr || kernel->Reads(static_cast<int>(k))) kept[op.inputs[k]] = true;
    }
  }
  released_.assign(program_.values.size(), false);
  int64_t kept_bytes = 0, released_bytes = 0;
  for (size_t id = 0; id < program_.values.size(); ++id) {
    std::optional<Tensor>& constant = program_.values[id].constant;
    if (!constant) continue;
    weight_bytes_ += constant->byte_size();
    if (kept[id] || constant->byte_size() <= kMaxAlwaysKeptBytes) {
      kept_bytes += constant->byte_size();
      continue;
    }
    released_bytes += constant->byte_size();
    released_[id] = true;
    constant.reset();
  }
  // A few constants left in the mapped file would keep all of it: they move out. Where most are left, they stay.
  if (kept_bytes >= released_bytes) return;
  for (Value& value : program_.values) {
    if (!value.constant) continue;
    if (absl::StatusOr<Tensor> copy = value.constant->Clone(); copy.ok()) value.constant = *std::move(copy);
  }
}

int CompiledProgram::SpaceOf(const Backend& backend) const {
  if (backend.on_host()) return kHostSpace;
  return static_cast<int>(std::find(spaces_.begin(), spaces_.end(), &backend) - spaces_.begin());
}

absl::Status CompiledProgram::Health() const {
  for (const Placement& placement : placements_) {
    if (placement.backend != nullptr) FLOE_RETURN_IF_ERROR(placement.backend->Health());
  }
  for (const auto& regions : regions_) {
    for (const auto& region : regions) FLOE_RETURN_IF_ERROR(region->Health());
  }
  return absl::OkStatus();
}

absl::StatusOr<Tensor> CompiledProgram::UploadedConstant(ValueId id, int space) const {
  const std::lock_guard<std::mutex> lock(uploads_mutex_);
  std::vector<Tensor>& uploads = uploads_[space];
  uploads.resize(program_.values.size());
  if (uploads[id].valid()) return uploads[id];
  const Backend& backend = *spaces_[space];
  const Tensor& constant = *program_.values[id].constant;
  FLOE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceMemory> memory, backend.Allocate(constant.byte_size()));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, backend.CreateStream());
  FLOE_RETURN_IF_ERROR(backend.CopyToDevice(stream.get(), constant.raw_data(), memory->data(), constant.byte_size()));
  FLOE_RETURN_IF_ERROR(stream->Synchronize());
  void* const data = memory->data();
  uploads[id] = Tensor::View(constant.dtype(), constant.shape(), data, std::move(memory));
  return uploads[id];
}

}  // namespace floe
