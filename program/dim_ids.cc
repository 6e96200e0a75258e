#include "program/dim_ids.h"

#include <algorithm>
#include <array>

#include "absl/container/flat_hash_map.h"
#include "absl/strings/string_view.h"
#include "ops/arguments.h"
#include "ops/window.h"

namespace floe {
namespace {

class Analysis {
 public:
  Analysis(const Program& program, std::vector<Dims>* ids) : program_(program), ids_(*ids) {}

  void Run() {
    ids_.resize(program_.values.size());
    for (size_t id = 0; id < program_.values.size(); ++id) ids_[id] = KnownOrNew(program_.values[id].shape);
    for (const Op& op : program_.ops) Visit(op);
  }

 private:
  Dims KnownOrNew(const PartialShape& shape) {
    Dims dims;
    if (!shape.has_rank()) return dims;
    for (const int64_t dim : shape.dims()) dims.push_back(dim >= 0 ? dim : NewId());
    return dims;
  }
  int64_t NewId() { return --last_id_; }

  int Rank(ValueId id) const { return static_cast<int>(ids_[id].size()); }
  bool HasRank(ValueId id) const { return program_.values[id].shape.has_rank(); }

  // Dimension `axis` of the op's first result is of this id, where it is not known.
  void Set(const Op& op, int axis, int64_t id) {
    int64_t& own = ids_[op.outputs[0]][axis];
    if (own < 0) own = id;
  }

  void Visit(const Op& op) {
    if (op.outputs.empty() || op.inputs.empty() || !HasRank(op.outputs[0]) || !HasRank(op.inputs[0])) return;
    const absl::string_view name = op.info->name;
    const Dims input = ids_[op.inputs[0]];
    const int rank = Rank(op.outputs[0]);
    if (op.info->is_elementwise()) {
      VisitElementwise(op, rank);
    } else if (name == "Conv2D" || name == "_FusedConv2D") {
      VisitConvolution(op, ComputeConv2DGeometry);
    } else if (name == "DepthwiseConv2dNative" || name == "_FusedDepthwiseConv2dNative") {
      VisitConvolution(op, ComputeDepthwiseConv2DGeometry);
    } else if (name == "MaxPool" || name == "AvgPool") {
      const absl::StatusOr<Pool2DGeometry> geometry =
          ComputePool2DGeometry(op.attrs, program_.values[op.inputs[0]].shape);
      if (geometry.ok() && rank == 4) VisitWindows(op, geometry->channels_first, geometry->height, geometry->width);
    } else if (IsOneOf(name, {"BiasAdd", "BiasAddV1", "FusedBatchNorm", "FusedBatchNormV2", "FusedBatchNormV3",
                              "_FusedBatchNormEx", "Softmax", "LogSoftmax", "Identity", "_LayerNorm"})) {
      if (Rank(op.inputs[0]) == rank) VisitSame(op, input);
    } else if (name == "Select") {
      if (Rank(op.inputs[1]) == rank) VisitSame(op, ids_[op.inputs[1]]);
    } else if (name == "MatMul" || name == "_FusedMatMul") {
      const bool transposed = op.attrs.Bool("transpose_a", false).value_or(true);
      if (!transposed && rank == 2 && input.size() == 2) Set(op, 0, input[0]);
    } else if (IsOneOf(name, {"ResizeBilinear", "ResizeNearestNeighbor"})) {
      if (rank == 4 && input.size() == 4) {
        Set(op, 0, input[0]);
        Set(op, 3, input[3]);
      }
    } else if (name == "ConcatV2") {
      VisitConcat(op, input, rank);
    } else if (name == "Pad" || name == "PadV2" || name == "MirrorPad") {
      VisitPad(op, input, rank);
    }
  }

  static bool IsOneOf(absl::string_view name, std::initializer_list<absl::string_view> names) {
    return std::find(names.begin(), names.end(), name) != names.end();
  }

  void VisitSame(const Op& op, const Dims& dims) {
    for (size_t axis = 0; axis < dims.size(); ++axis) Set(op, static_cast<int>(axis), dims[axis]);
  }

  // A dimension is the one that all inputs have which are not known to be 1 there.
  void VisitElementwise(const Op& op, int rank) {
    for (int axis = 0; axis < rank; ++axis) {
      int64_t common = 1;
      bool agree = true;
      for (const ValueId id : op.inputs) {
        if (!HasRank(id)) return;
        const int at = axis - (rank - Rank(id));
        const int64_t dim = at < 0 ? 1 : ids_[id][at];
        if (dim == 1) continue;
        agree = agree && (common == 1 || common == dim);
        common = dim;
      }
      if (agree && common != 1) Set(op, axis, common);
    }
  }

  template <typename Compute>
  void VisitConvolution(const Op& op, Compute compute) {
    const absl::StatusOr<Conv2DGeometry> geometry =
        compute(op.attrs, program_.values[op.inputs[0]].shape, program_.values[op.inputs[1]].shape);
    if (geometry.ok()) VisitWindows(op, geometry->channels_first, geometry->height, geometry->width);
  }

  // Windows of the same kind over equal sizes give equal sizes.
  void VisitWindows(const Op& op, bool channels_first, const Window1D& height, const Window1D& width) {
    if (Rank(op.inputs[0]) != 4) return;
    const Dims input = ids_[op.inputs[0]];
    const absl::StatusOr<std::string> padding = op.attrs.String("padding");
    Set(op, 0, input[0]);
    const int first = channels_first ? 2 : 1;
    const Window1D* const sides[] = {&height, &width};
    for (int i = 0; i < 2; ++i) {
      const Window1D& side = *sides[i];
      const int64_t size = input[first + i];
      if (size >= 0 || side.filter < 0) continue;
      const bool same = padding.ok() && *padding == "SAME";
      if (same && side.stride == 1) {
        Set(op, first + i, size);
        continue;
      }
      // Of padding only the sum matters, and SAME depends on nothing but the stride.
      const int64_t reach = same ? -1 : (side.filter - 1) * side.dilation - side.pad_before - side.pad_after;
      const auto [known, inserted] = windows_.try_emplace({size, same ? 0 : 1, side.stride, reach}, 0);
      if (inserted) known->second = NewId();
      Set(op, first + i, known->second);
    }
  }

  void VisitConcat(const Op& op, const Dims& input, int rank) {
    const Tensor* const constant = program_.ConstantOf(op.inputs.back());
    if (constant == nullptr || static_cast<int>(input.size()) != rank) return;
    const absl::StatusOr<int64_t> axis = ScalarInt(*constant, "axis");
    if (!axis.ok()) return;
    for (int i = 0; i < rank; ++i) {
      if (i != (*axis < 0 ? *axis + rank : *axis)) Set(op, i, input[i]);
    }
  }

  void VisitPad(const Op& op, const Dims& input, int rank) {
    const Tensor* const constant = program_.ConstantOf(op.inputs[1]);
    if (constant == nullptr || static_cast<int>(input.size()) != rank) return;
    const absl::StatusOr<Dims> pairs = ToInt64s(*constant);
    if (!pairs.ok() || static_cast<int>(pairs->size()) != 2 * rank) return;
    for (int i = 0; i < rank; ++i) {
      if ((*pairs)[2 * i] == 0 && (*pairs)[2 * i + 1] == 0) Set(op, i, input[i]);
    }
  }

  const Program& program_;
  std::vector<Dims>& ids_;
  int64_t last_id_ = 0;
  absl::flat_hash_map<std::array<int64_t, 4>, int64_t> windows_;
};

}  // namespace

DimIds::DimIds(const Program& program) { Analysis(program, &ids_).Run(); }

bool DimIds::SpreadsTo(ValueId b, ValueId a) const {
  if (std::max(a, b) >= static_cast<ValueId>(ids_.size())) return false;
  const Dims &from = ids_[b], &to = ids_[a];
  // A scalar and an unknown rank look alike here; neither is worth the distinction.
  if (from.empty() || from.size() > to.size()) return false;
  for (size_t i = 0; i < from.size(); ++i) {
    const int64_t dim = from[from.size() - 1 - i];
    if (dim != 1 && dim != to[to.size() - 1 - i]) return false;
  }
  return true;
}

}  // namespace floe
