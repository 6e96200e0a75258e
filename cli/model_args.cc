#include "cli/model_args.h"

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_format.h"
#include "absl/strings/str_split.h"
#include "base/file.h"
#include "base/status.h"
#include "base/suggest.h"
#include "tensor/json_tensor.h"
#include "tensor/npy.h"

namespace floe::cli {
namespace {

// By name or tensor name; null where there is none.
const TensorSpec* FindInput(const Model& model, const std::string& name) {
  for (const TensorSpec& spec : model.inputs()) {
    if (spec.name == name || spec.tensor_name == name) return &spec;
  }
  return nullptr;
}

absl::StatusOr<Tensor> ReadTensor(const std::string& path) {
  if (!absl::EndsWith(path, ".json")) return ReadNpy(path);
  FLOE_ASSIGN_OR_RETURN(const std::string text, ReadFile(path));
  absl::StatusOr<Tensor> tensor = ParseJsonTensor(text);
  if (!tensor.ok()) return Annotate(tensor.status(), path);
  return tensor;
}

absl::StatusOr<Shape> ParseShape(const std::string& text) {
  Dims dims;
  for (const absl::string_view size : absl::StrSplit(text, 'x', absl::SkipEmpty())) {
    int64_t value;
    if (!absl::SimpleAtoi(size, &value)) {
      return absl::InvalidArgumentError(absl::StrCat("'", text, "' is no shape; wanted one like 1x224x224x3"));
    }
    dims.push_back(value);
  }
  return Shape::Checked(dims);
}

}  // namespace

absl::StatusOr<std::pair<std::string, std::string>> SplitAssignment(const std::string& option,
                                                                    const std::string& text) {
  const size_t equals = text.rfind('=');
  if (equals == std::string::npos || equals == 0 || equals + 1 == text.size()) {
    return absl::InvalidArgumentError(absl::StrCat(option, ": wanted NAME=VALUE, got '", text, "'"));
  }
  return std::make_pair(text.substr(0, equals), text.substr(equals + 1));
}

void AddDeviceOptions(CLI::App& command, ModelOptions* options) {
  command.add_option("--device", options->device, "auto, cpu, cuda[:N] or reference")->capture_default_str();
  command
      .add_option("--precision", options->precision,
                  "What products are computed from on CUDA, in float32 sums: fp32, tf32, fp16 or bf16")
      ->capture_default_str();
}

void ModelArgs::AddTo(CLI::App& command) {
  command
      .add_option("MODEL", path, "A frozen .pb or .pbtxt, a SavedModel folder, or a checkpoint prefix with its .meta")
      ->required();
  command.add_option("--signature", options.signature, "The signature to use, where the model has several");
  AddDeviceOptions(command, &options);
  command.add_option("--threads", options.threads, "Threads to compute with; 0: one a processor")
      ->capture_default_str()
      ->check(CLI::NonNegativeNumber);
  command
      .add_option("--disable-pass", options.disabled_passes,
                  "A rewrite of the program to leave out, by name; all: every one")
      ->allow_extra_args(false);
  command.add_option("--dump-passes", dump_folder,
                     "A folder to write the program to after each rewrite that changed it: 01_fold_constants.txt, ...");
}

absl::StatusOr<std::shared_ptr<const Model>> ModelArgs::Load() const {
  if (dump_folder.empty()) return Model::Load(path, options);
  FLOE_RETURN_IF_ERROR(FileSystem::Posix().MakeDirectories(dump_folder));
  absl::Status written;
  int count = 0;
  ModelOptions dumping = options;
  dumping.after_pass = [&](absl::string_view pass, const std::string& program) {
    const std::string name = absl::StrFormat("%02d_%s.txt", ++count, pass);
    written.Update(WriteFileAtomically(JoinPath(dump_folder, name), program));
  };
  absl::StatusOr<std::shared_ptr<const Model>> model = Model::Load(path, dumping);
  FLOE_RETURN_IF_ERROR(written);
  return model;
}

void InputArgs::AddTo(CLI::App& command) {
  command.add_option("--input", files, "NAME=FILE: what to feed, a .npy, or a .json array for strings")
      ->allow_extra_args(false);
}

absl::StatusOr<std::vector<NamedTensor>> InputArgs::Read(const Model& model) const {
  std::vector<NamedTensor> tensors;
  for (const std::string& text : files) {
    FLOE_ASSIGN_OR_RETURN(auto assignment, SplitAssignment("--input", text));
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, ReadTensor(assignment.second));
    const TensorSpec* const spec = FindInput(model, assignment.first);
    if (spec != nullptr && spec->dtype == DType::kBfloat16 && tensor.dtype() == DType::kUint16) {
      tensor = Tensor::View(DType::kBfloat16, tensor.shape(), tensor.raw_data(), tensor.object());
    }
    tensors.push_back({std::move(assignment.first), std::move(tensor)});
  }
  return tensors;
}

void ShapeArgs::AddTo(CLI::App& command) {
  command.add_option("--shape", shapes, "NAME=1x224x224x3: an input's shape, where the model leaves it open")
      ->allow_extra_args(false);
  command.add_option("--batch", batch, "The size of an open first dimension")
      ->capture_default_str()
      ->check(CLI::PositiveNumber);
}

absl::StatusOr<std::vector<Shape>> ShapeArgs::Shapes(const Model& model) const {
  std::vector<std::optional<Shape>> given(model.inputs().size());
  for (const std::string& text : shapes) {
    FLOE_ASSIGN_OR_RETURN(const auto assignment, SplitAssignment("--shape", text));
    const TensorSpec* const spec = FindInput(model, assignment.first);
    if (spec == nullptr) {
      std::vector<std::string> names;
      for (const TensorSpec& input : model.inputs()) names.push_back(input.name);
      return absl::InvalidArgumentError(absl::StrCat("--shape: unknown input '", assignment.first, "'",
                                                     DidYouMean(assignment.first, names), "; the model's inputs are ",
                                                     ListNames(names)));
    }
    FLOE_ASSIGN_OR_RETURN(given[spec - model.inputs().data()], ParseShape(assignment.second));
  }
  std::vector<Shape> result;
  for (size_t i = 0; i < model.inputs().size(); ++i) {
    const TensorSpec& spec = model.inputs()[i];
    if (given[i]) {
      result.push_back(*given[i]);
      continue;
    }
    PartialShape shape = spec.shape;
    if (shape.has_rank() && shape.rank() > 0 && shape.dim(0) < 0) shape.set_dim(0, batch);
    if (!shape.IsFullyDefined()) {
      return absl::InvalidArgumentError(absl::StrCat("input '", spec.name, "' has shape ", spec.shape.ToString(),
                                                     "; give it whole: --shape ", spec.name, "=..."));
    }
    FLOE_ASSIGN_OR_RETURN(result.emplace_back(), Shape::Checked(shape.dims()));
  }
  return result;
}

}  // namespace floe::cli
