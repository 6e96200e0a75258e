#include "session/saver_def.h"

#include <algorithm>
#include <set>
#include <utility>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"

namespace floe {
namespace {

constexpr char kDefaultFilename[] = "model";

// "50 8 0,17:0,8"
std::string SliceSpec(const SliceInfo& slice) {
  std::vector<std::string> extents;
  for (size_t i = 0; i < slice.offset.size(); ++i)
    extents.push_back(absl::StrCat(slice.offset[i], ",", slice.shape[i]));
  return absl::StrCat(absl::StrJoin(slice.full_shape, " "), " ", absl::StrJoin(extents, ":"));
}

Tensor StringVector(const std::vector<std::string>& values) {
  return Tensor::FromSpan<std::string>(Shape({static_cast<int64_t>(values.size())}), values);
}

absl::StatusOr<Saveable> SaveableOf(GraphState& graph, const Output& output) {
  const VariableInfo* const info = output.index == 0 ? graph.FindVariable(output.node) : nullptr;
  if (info == nullptr) {
    return absl::InvalidArgumentError(
        absl::StrCat("Saver: '", output.valid() ? output.name() : "", "' is no variable of this graph"));
  }
  return Saveable{info->variable.node, *info, false};
}

class Adder {
 public:
  Adder(GraphState& graph, bool reshape, CheckpointFormat version)
      : graph_(graph), reshape_(reshape), version_(version) {}

  SaverDef Add(const std::vector<Saveable>& saveables, const std::string& scope_name, bool sharded) {
    NodeScope scope(graph_, scope_name);
    const Output filename = WithDefault(WithDefault(Output{}, "filename"), "Const");
    SaverDef def;
    Output save;
    Operation restore;
    if (sharded) {
      std::map<std::string, std::vector<Saveable>> by_device;
      for (const Saveable& saveable : saveables) by_device[DeviceOf(saveable)].push_back(saveable);
      save = version_ == CheckpointFormat::kV2 ? SaveShards(filename, by_device) : SaveV1Shards(filename, by_device);
      std::vector<Operation> restores;
      for (const auto& [device, of_device] : by_device) {
        DeviceScope place(graph_, device);
        restores.push_back(Restore(filename, of_device, "restore_shard"));
      }
      restore = AddGroup(graph_, restores, "restore_all");
    } else {
      save = Save(filename, saveables);
      restore = Restore(filename, saveables, "restore_all");
    }
    def.filename_tensor = filename.name();
    def.save_tensor = save.name();
    def.restore_op = restore.name;
    def.sharded = sharded;
    def.version = version_;
    return def;
  }

 private:
  std::string DeviceOf(const Saveable& saveable) const {
    const Node* const node = graph_.FindNode(saveable.variable.variable.node);
    return node == nullptr ? "" : node->device;
  }

  Output AddNode(GraphState::NodeSpec spec) {
    const std::string name = spec.name;
    return graph_.AddNode(std::move(spec)) < 0 ? Output{} : Output{name, 0};
  }

  // A placeholder for `input`, or for a constant beside it.
  Output WithDefault(Output input, const char* name) {
    NodeScope scope(graph_, name);
    if (!input.valid()) input = AddConst(graph_, Tensor::Scalar<std::string>(kDefaultFilename), "input");
    return AddNode({.op = "PlaceholderWithDefault",
                    .name = scope.name(),
                    .inputs = {input},
                    .attrs = {{"dtype", AttrValue::Type(DType::kString)}, {"shape", AttrValue::OfShape(Shape())}}});
  }

  Output Identity(const Output& input) {
    const DType dtype = graph_.TypeOf(input).dtype;
    return AddNode({.op = "Identity",
                    .name = graph_.UniqueName("Identity"),
                    .inputs = {input},
                    .attrs = {{"T", AttrValue::Type(dtype)}}});
  }

  // What is saved of a variable. A part of one is read anew on its own device, and brought to the host.
  Output TensorOf(const Saveable& saveable) {
    const VariableInfo& variable = saveable.variable;
    if (!variable.is_resource) return saveable.as_slice ? variable.snapshot : variable.variable;
    if (!saveable.as_slice) return variable.snapshot;
    DeviceScope place(graph_, DeviceOf(saveable));
    Output read;
    {
      NodeScope scope(graph_, "Read");
      AddNode(
          {.op = "DisableCopyOnRead", .name = graph_.UniqueName("DisableCopyOnRead"), .inputs = {variable.variable}});
      read = AddNode({.op = "ReadVariableOp",
                      .name = graph_.UniqueName("ReadVariableOp"),
                      .inputs = {variable.variable},
                      .attrs = {{"dtype", AttrValue::Type(graph_.TypeOf(variable.variable).handle_dtype)}}});
    }
    read = Identity(read);
    DeviceScope host(graph_, "/device:CPU:0");
    return Identity(read);
  }

  static DType DTypeOf(const GraphState& graph, const Saveable& saveable) {
    const OutputType& type = graph.TypeOf(saveable.variable.variable);
    return type.handle_dtype != DType::kInvalid ? type.handle_dtype : type.dtype;
  }

  // Saves under the filename, which comes out again once that is done.
  Output Save(const Output& filename, const std::vector<Saveable>& saveables) {
    std::vector<std::string> names, slices;
    std::vector<Output> tensors;
    std::vector<DType> dtypes;
    for (const Saveable& saveable : saveables) {
      names.push_back(saveable.name);
      slices.push_back(saveable.as_slice ? SliceSpec(*saveable.variable.slice) : "");
      tensors.push_back(TensorOf(saveable));
      dtypes.push_back(DTypeOf(graph_, saveable));
    }
    const bool v2 = version_ == CheckpointFormat::kV2;
    std::string save;
    {
      NodeScope scope(graph_, v2 ? "SaveV2" : "save");
      save = scope.name();
      GraphState::NodeSpec spec{.op = v2 ? "SaveV2" : "SaveSlices", .name = save};
      spec.inputs = {filename, AddConst(graph_, StringVector(names), "tensor_names"),
                     AddConst(graph_, StringVector(slices), v2 ? "shape_and_slices" : "shapes_and_slices")};
      spec.inputs.insert(spec.inputs.end(), tensors.begin(), tensors.end());
      spec.attrs = {{v2 ? "dtypes" : "T", AttrValue::Types(dtypes)}};
      AddNode(std::move(spec));
    }
    NodeScope scope(graph_, "control_dependency");
    ControlsScope wait(graph_, {save});
    return AddNode({.op = "Identity",
                    .name = scope.name(),
                    .inputs = {filename},
                    .attrs = {{"T", AttrValue::Type(DType::kString)}},
                    .colocate = {filename.node}});
  }

  Output ShardName(const Output& prefix, int shard, const Output& num_shards) {
    NodeScope scope(graph_, "ShardedFilename");
    const Output number = AddConst(graph_, Tensor::Scalar<int32_t>(shard), "shard");
    return AddNode({.op = "ShardedFilename", .name = scope.name(), .inputs = {prefix, number, num_shards}});
  }

  // A directory beside the checkpoint (on an object store, a name) in which the shards are written before they are
  // merged.
  Output TemporaryPrefix(const Output& prefix) {
    DeviceScope place(graph_, "CPU");
    const Output remote = AddNode({.op = "StaticRegexFullMatch",
                                   .name = graph_.UniqueName("StaticRegexFullMatch"),
                                   .inputs = {prefix},
                                   .attrs = {{"pattern", AttrValue::String("^s3://.*")}}});
    const Output name = AddConst(graph_, Tensor::Scalar<std::string>(".part"), "Const");
    const Output directory = AddConst(graph_, Tensor::Scalar<std::string>("_temp/part"), "Const");
    const Output suffix = AddNode({.op = "Select",
                                   .name = graph_.UniqueName("Select"),
                                   .inputs = {remote, name, directory},
                                   .attrs = {{"T", AttrValue::Type(DType::kString)}}});
    return AddNode({.op = "StringJoin",
                    .name = graph_.UniqueName("StringJoin"),
                    .inputs = {prefix, suffix},
                    .attrs = {{"N", AttrValue::Int(2)}, {"separator", AttrValue::String("")}}});
  }

  Output SaveShards(const Output& prefix, const std::map<std::string, std::vector<Saveable>>& by_device) {
    const Output temporary = TemporaryPrefix(prefix);
    const auto count = static_cast<int32_t>(by_device.size());
    const Output num_shards = AddConst(graph_, Tensor::Scalar<int32_t>(count), "num_shards");
    std::vector<Output> names;
    std::vector<std::string> saves;
    std::string last_host;
    for (const auto& [device, saveables] : by_device) {
      last_host = HostOf(device);
      DeviceScope place(graph_, last_host);
      names.push_back(ShardName(temporary, static_cast<int>(names.size()), num_shards));
      saves.push_back(Save(names.back(), saveables).node);
    }
    ControlsScope wait(graph_, saves);
    DeviceScope place(graph_, last_host);
    std::string merge;
    {
      NodeScope scope(graph_, "MergeV2Checkpoints");
      merge = scope.name();
      const Output prefixes = AddNode(
          {.op = "Pack",
           .name = graph_.UniqueName("checkpoint_prefixes"),
           .inputs = names,
           .attrs = {
               {"N", AttrValue::Int(count)}, {"T", AttrValue::Type(DType::kString)}, {"axis", AttrValue::Int(0)}}});
      AddNode({.op = "MergeV2Checkpoints",
               .name = merge,
               .inputs = {prefixes, prefix},
               .attrs = {{"delete_old_dirs", AttrValue::Bool(true)}, {"allow_missing_files", AttrValue::Bool(false)}}});
    }
    ControlsScope merged(graph_, {merge});
    return Identity(prefix);
  }

  Output SaveV1Shards(const Output& prefix, const std::map<std::string, std::vector<Saveable>>& by_device) {
    const auto count = static_cast<int32_t>(by_device.size());
    const Output num_shards = AddConst(graph_, Tensor::Scalar<int32_t>(count), "num_shards");
    std::vector<std::string> saves;
    for (const auto& [device, saveables] : by_device) {
      DeviceScope place(graph_, device);
      const Output name = ShardName(prefix, static_cast<int>(saves.size()), num_shards);
      saves.push_back(Save(name, saveables).node);
    }
    ControlsScope wait(graph_, saves);
    return AddNode(
        {.op = "ShardedFilespec", .name = graph_.UniqueName("ShardedFilespec"), .inputs = {prefix, num_shards}});
  }

  Operation Restore(const Output& filename, const std::vector<Saveable>& saveables, const char* name) {
    std::string restore;
    {
      DeviceScope host(graph_, "cpu:0");
      NodeScope scope(graph_, "RestoreV2");
      restore = scope.name();
      std::vector<std::string> names, slices;
      std::vector<DType> dtypes;
      for (const Saveable& saveable : saveables) {
        names.push_back(saveable.name);
        slices.push_back(saveable.as_slice ? SliceSpec(*saveable.variable.slice) : "");
        dtypes.push_back(DTypeOf(graph_, saveable));
      }
      const Output tensor_names = AddConst(graph_, StringVector(names), "tensor_names");
      const Output shape_and_slices = AddConst(graph_, StringVector(slices), "shape_and_slices");
      AddNode({.op = "RestoreV2",
               .name = restore,
               .inputs = {filename, tensor_names, shape_and_slices},
               .attrs = {{"dtypes", AttrValue::Types(dtypes)}}});
    }
    std::vector<Operation> assigns;
    for (size_t i = 0; i < saveables.size(); ++i) {
      assigns.push_back(AssignRestored(saveables[i], {restore, static_cast<int>(i)}));
    }
    return graph_.ok() ? AddGroup(graph_, assigns, name) : Operation{};
  }

  Operation AssignRestored(const Saveable& saveable, Output restored) {
    const VariableInfo& variable = saveable.variable;
    const OutputType type = graph_.TypeOf(variable.variable);
    const PartialShape& shape = variable.is_resource ? type.handle_shape : type.shape;
    if (reshape_) restored = Reshape(restored, saveable, shape);
    if (!variable.is_resource) {
      return AddNode({.op = "Assign",
                      .name = graph_.UniqueName("Assign"),
                      .inputs = {variable.variable, restored},
                      .attrs = {{"T", AttrValue::Type(type.dtype)},
                                {"use_locking", AttrValue::Bool(true)},
                                {"validate_shape", AttrValue::Bool(!reshape_ && shape.IsFullyDefined())}},
                      .colocate = {variable.variable.node}})
          .op();
    }
    DeviceScope place(graph_, DeviceOf(saveable));
    const Output here = Identity(restored);
    return AddNode(
               {.op = "AssignVariableOp",
                .name = graph_.UniqueName("AssignVariableOp"),
                .inputs = {variable.variable, here},
                .attrs = {{"dtype", AttrValue::Type(type.handle_dtype)}, {"validate_shape", AttrValue::Bool(false)}}})
        .op();
  }

  Output Reshape(const Output& restored, const Saveable& saveable, const PartialShape& shape) {
    if (!shape.IsFullyDefined()) {
      graph_.Fail(absl::InvalidArgumentError(absl::StrCat("Saver: variable '", saveable.variable.variable.node,
                                                          "' cannot be reshaped: its shape is not known")));
      return {};
    }
    NodeScope scope(graph_, "Reshape");
    const std::vector<int32_t> dims(shape.dims().begin(), shape.dims().end());
    const Output sizes =
        AddConst(graph_, Tensor::FromSpan<int32_t>(Shape({static_cast<int64_t>(dims.size())}), dims), "shape");
    return AddNode(
        {.op = "Reshape",
         .name = scope.name(),
         .inputs = {restored, sizes},
         .attrs = {{"T", AttrValue::Type(graph_.TypeOf(restored).dtype)}, {"Tshape", AttrValue::Type(DType::kInt32)}}});
  }

  GraphState& graph_;
  const bool reshape_;
  const CheckpointFormat version_;
};

}  // namespace

absl::StatusOr<std::vector<Saveable>> SaveablesOf(GraphState& graph, const std::vector<Output>& variables) {
  std::vector<Output> sorted = variables;
  std::sort(sorted.begin(), sorted.end(), [](const Output& a, const Output& b) { return a.name() < b.name(); });
  std::vector<Saveable> saveables;
  std::map<std::string, bool> names;  // and whether slices are saved under it
  for (const Output& output : sorted) {
    FLOE_ASSIGN_OR_RETURN(Saveable saveable, SaveableOf(graph, output));
    saveable.as_slice = saveable.variable.slice.has_value();
    if (saveable.as_slice) saveable.name = saveable.variable.slice->full_name;
    const auto [found, fresh] = names.emplace(saveable.name, saveable.as_slice);
    if (!fresh && !(found->second && saveable.as_slice)) {
      return absl::AlreadyExistsError(
          absl::StrCat("Saver: at least two variables would be saved as '", saveable.name, "'"));
    }
    saveables.push_back(std::move(saveable));
  }
  std::stable_sort(saveables.begin(), saveables.end(),
                   [](const Saveable& a, const Saveable& b) { return a.name < b.name; });
  return saveables;
}

absl::StatusOr<std::vector<Saveable>> SaveablesOf(GraphState& graph, const std::map<std::string, Output>& variables) {
  std::vector<Saveable> saveables;
  std::set<std::string> seen;
  for (const auto& [name, output] : variables) {
    FLOE_ASSIGN_OR_RETURN(Saveable saveable, SaveableOf(graph, output));
    if (!seen.insert(saveable.variable.variable.node).second) {
      return absl::AlreadyExistsError(
          absl::StrCat("Saver: variable '", saveable.variable.variable.node, "' is given under two names"));
    }
    saveable.name = name;
    saveables.push_back(std::move(saveable));
  }
  return saveables;
}

SaverDef AddSaver(GraphState& graph, const std::vector<Saveable>& saveables, const std::string& scope_name,
                  bool sharded, bool reshape, CheckpointFormat version) {
  return Adder(graph, reshape, version).Add(saveables, scope_name, sharded);
}

}  // namespace floe
