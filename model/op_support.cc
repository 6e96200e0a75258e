#include "model/op_support.h"

#include <algorithm>
#include <iterator>
#include <map>
#include <set>

#include "model/devices.h"
#include "ops/op.h"
#include "ops/registry.h"

namespace floe {
namespace {

constexpr DType kDTypes[] = {DType::kHalf,   DType::kBfloat16, DType::kFloat,  DType::kDouble,    DType::kInt8,
                             DType::kInt16,  DType::kInt32,    DType::kInt64,  DType::kUint8,     DType::kUint16,
                             DType::kUint32, DType::kUint64,   DType::kBool,   DType::kComplex64, DType::kComplex128,
                             DType::kString, DType::kQint8,    DType::kQuint8, DType::kQint16,    DType::kQuint16,
                             DType::kQint32};

// Inputs beside the main ones are sizes, axes and indices, statistics, or conditions.
constexpr DType kSideDTypes[] = {DType::kInt32, DType::kFloat, DType::kBool, DType::kResource, DType::kInt64};
// Up to the first, every choice of side inputs is tried; past it only none, or the first.
constexpr int kMaxMixedInputs = 6, kMaxInputs = 9;

// Attributes that ops use in more than one way.
enum class Usage { kMainDType, kResultDType, kVolumes, kQuantized };
constexpr Usage kUsages[] = {Usage::kMainDType, Usage::kResultDType, Usage::kVolumes, Usage::kQuantized};

// One value for every attribute that some op requires; an op reads its own and leaves the rest.
AttrMap AnyAttributes(DType dtype, Usage usage) {
  AttrMap attrs;
  if (usage == Usage::kResultDType) dtype = DType::kUint8;
  if (usage == Usage::kQuantized) dtype = DType::kQint8;
  for (const char* name : {"T", "dtype", "type", "DstT"}) attrs.Set(name, AttrValue::Type(dtype));
  for (const char* name : {"num", "num_split"}) attrs.Set(name, AttrValue::Int(1));
  const std::vector<int64_t> ones(usage == Usage::kVolumes ? 5 : 4, 1);
  for (const char* name : {"strides", "ksize"}) attrs.Set(name, AttrValue::Ints(ones));
  for (const char* name : {"block_size", "num_buckets", "num_partitions", "seq_dim", "k"}) {
    attrs.Set(name, AttrValue::Int(2));
  }
  for (const char* name : {"Nsparse", "Ndense", "num_sparse"}) attrs.Set(name, AttrValue::Int(0));
  for (const char* name : {"sparse_types", "Tdense", "ragged_value_types", "ragged_split_types"}) {
    attrs.Set(name, AttrValue::Types({}));
  }
  for (const char* name : {"dense_shapes", "boundaries"}) attrs.Set(name, AttrValue::Floats({}));
  for (const char* name : {"pattern", "rewrite"}) attrs.Set(name, AttrValue::String("a"));
  attrs.Set("set_operation", AttrValue::String("union"));
  attrs.Set("interpolation", AttrValue::String("NEAREST"));
  attrs.Set("key", AttrValue::Ints({1, 2}));
  attrs.Set("equation", AttrValue::String("a->a"));
  if (usage == Usage::kResultDType) attrs.Set("out_type", AttrValue::Type(dtype));
  attrs.Set("padding", AttrValue::String("VALID"));
  attrs.Set("mode", AttrValue::String("REFLECT"));
  attrs.Set("shape", AttrValue::OfShape(PartialShape::UnknownRank()));
  attrs.Set("fused_ops", AttrValue::Strings({"BiasAdd"}));
  return attrs;
}

bool Infers(const OpInfo& op, const AttrMap& attrs, absl::Span<const TensorInfo> inputs) {
  InferContext context(op.name, attrs, inputs);
  return op.infer(context).ok() && !context.outputs().empty();
}

// Whether the op takes `dtype` for at least one input, with some number of inputs and some dtypes of the others.
bool TakesDType(const OpInfo& op, DType dtype, const AttrMap& attrs) {
  for (int count = 1; count <= kMaxInputs; ++count) {
    std::vector<TensorInfo> inputs(count);
    const uint32_t choices = count <= kMaxMixedInputs ? (1u << count) - 1 : 2;
    for (uint32_t sides = 0; sides < choices; ++sides) {
      for (const DType side : kSideDTypes) {
        for (int i = 0; i < count; ++i) inputs[i].dtype = (sides >> i & 1) != 0 ? side : dtype;
        // A condition in front of one other input is that op's main input itself (All, Any).
        const bool condition_first = (sides & 1) != 0 && side == DType::kBool;
        if (!(condition_first && count < 3) && Infers(op, attrs, inputs)) return true;
        if (sides == 0) break;  // no side inputs to try others for
      }
    }
  }
  return false;
}

bool TakesDType(const OpInfo& op, DType dtype) {
  if (Infers(op, AnyAttributes(dtype, Usage::kMainDType), {})) return true;
  return std::any_of(std::begin(kUsages), std::end(kUsages),
                     [&](Usage usage) { return TakesDType(op, dtype, AnyAttributes(dtype, usage)); });
}

// Whether the op makes `dtype` of sizes and seeds alone.
bool MakesDType(const OpInfo& op, DType dtype) {
  const AttrMap attrs = AnyAttributes(dtype, Usage::kMainDType);
  for (int count = 1; count <= 2; ++count) {
    std::vector<TensorInfo> inputs(count);
    for (TensorInfo& input : inputs) input.dtype = DType::kInt32;
    InferContext context(op.name, attrs, inputs);
    if (op.infer(context).ok() && !context.outputs().empty() && context.outputs()[0].dtype == dtype) return true;
  }
  return false;
}

}  // namespace

std::vector<OpSupport> ListOpSupport() {
  std::map<std::string, std::set<std::string>> takers;
  for (const Backend* backend : AllBackends()) {
    for (const std::string& op : backend->OpNames()) takers[op].insert(std::string(backend->name()));
  }
  std::vector<OpSupport> all;
  for (const OpInfo* op : AllOps()) {
    OpSupport& support = all.emplace_back();
    support.op = op->name;
    for (const DType dtype : kDTypes) {
      if (TakesDType(*op, dtype)) support.dtypes.push_back(dtype);
    }
    if (support.dtypes.empty()) {
      std::copy_if(std::begin(kDTypes), std::end(kDTypes), std::back_inserter(support.dtypes),
                   [&](DType dtype) { return MakesDType(*op, dtype); });
    }
    const std::set<std::string>& backends = takers[op->name];
    support.backends.assign(backends.begin(), backends.end());
  }
  return all;
}

}  // namespace floe
