// libFuzzer: bytes choose a graph over the whole op table, mostly right and wrong in places, and what to feed it. It is
// loaded, planned and run on the reference evaluation without passes and on the CPU with all of them. Nothing may
// crash, leak or read past an end; where both give an answer it must be the same one.
#include <algorithm>
#include <cmath>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <memory>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "absl/time/clock.h"
#include "graph/graph.h"
#include "model/model.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "program/pass.h"

namespace floe {
namespace {

constexpr int kMaxNodes = 24;
constexpr int kMaxInputs = 4;
constexpr int64_t kMaxElements = 1 << 12;
constexpr int kTriesPerNode = 8;

// The fuzzer's bytes as choices; the first of each once they have run out.
class Choices {
 public:
  explicit Choices(absl::string_view bytes) : rest_(bytes) {}
  int Pick(int n) {
    if (rest_.empty() || n == 0) return 0;
    const int byte = static_cast<uint8_t>(rest_[0]);
    rest_.remove_prefix(1);
    return byte % n;
  }
  bool OneIn(int n) { return Pick(n) == n - 1; }
  template <typename T>
  const T& Of(const std::vector<T>& values) {
    return values[Pick(static_cast<int>(values.size()))];
  }
  bool empty() const { return rest_.empty(); }

 private:
  absl::string_view rest_;
};

// Ops whose results move little where their inputs do; behind others (a comparison, a quotient of differences) the last
// digit of one kernel against another's may be everything.
const char* const kTameOps[] = {
    "AddV2",
    "Add",
    "Sub",
    "Mul",
    "Maximum",
    "Minimum",
    "Relu",
    "Relu6",
    "LeakyRelu",
    "Tanh",
    "Sigmoid",
    "Softmax",
    "Neg",
    "Abs",
    "Identity",
    "Conv2D",
    "MatMul",
    "DepthwiseConv2dNative",
    "BiasAdd",
    "MaxPool",
    "AvgPool",
    "Pad",
    "PadV2",
    "MirrorPad",
    "ConcatV2",
    "Split",
    "Reshape",
    "Transpose",
    "Squeeze",
    "ExpandDims",
    "Pack",
    "Unpack",
    "Slice",
    "StridedSlice",
    "Tile",
    "Sum",
    "Mean",
    "Max",
    "Min",
    "GatherV2",
    "Shape",
    "BatchMatMulV2",
    "AddN",
    "Selu",
    "Elu",
    "ReverseV2",
    "ZerosLike",
    "OnesLike",
    "ResizeBilinear",
    "SpaceToBatchND",
    "BatchToSpaceND",
    "DepthToSpace",
    "SpaceToDepth",
    "Fill",
};

bool IsTame(absl::string_view op) {
  return std::find(std::begin(kTameOps), std::end(kTameOps), op) != std::end(kTameOps);
}

struct Made {
  std::string name;  // of the tensor
  TensorInfo info;
  std::shared_ptr<const Tensor> constant;
};

class Maker {
 public:
  explicit Maker(Choices& choices) : choices_(choices) {}

  Graph Make() {
    const int inputs = 1 + choices_.Pick(kMaxInputs);
    for (int i = 0; i < inputs; ++i) AddInput();
    const int nodes = 1 + choices_.Pick(kMaxNodes);
    for (int i = 0; i < nodes; ++i) AddNode();
    return std::move(graph_);
  }

  // Whether every op of the graph is tame.
  bool is_tame() const { return tame_; }

 private:
  DType AnyDType() {
    static const std::vector<DType> dtypes = {
        DType::kFloat,  DType::kFloat, DType::kFloat,    DType::kInt32, DType::kInt64,  DType::kBool,     DType::kHalf,
        DType::kDouble, DType::kUint8, DType::kBfloat16, DType::kInt8,  DType::kString, DType::kComplex64};
    return choices_.Of(dtypes);
  }

  PartialShape AnyShape() {
    static const std::vector<PartialShape> shapes = {
        {-1, 4},         {-1, 5, 5, 2}, {2, 3},    {},         {-1},   {3},
        {-1, -1, -1, 2}, {1, 1},        {2, 0, 3}, {-1, 3, 4}, {4, 4}, PartialShape::UnknownRank()};
    return choices_.Of(shapes);
  }

  void Add(Node node) { (void)graph_.Add(std::move(node)); }
  std::string NewName() { return absl::StrCat("n", next_++); }

  void AddInput() {
    Node node;
    node.name = NewName();
    node.op = "Placeholder";
    const DType dtype = AnyDType();
    const PartialShape shape = AnyShape();
    node.attrs.Set("dtype", AttrValue::Type(dtype));
    node.attrs.Set("shape", AttrValue::OfShape(shape));
    made_.push_back({node.name, {dtype, shape, nullptr}, nullptr});
    Add(std::move(node));
  }

  int AddConstant(Tensor tensor) {
    Node node;
    node.name = NewName();
    node.op = "Const";
    node.attrs.Set("dtype", AttrValue::Type(tensor.dtype()));
    node.attrs.Set("value", AttrValue::OfTensor(tensor));
    auto kept = std::make_shared<const Tensor>(std::move(tensor));
    made_.push_back({node.name, {kept->dtype(), kept->shape(), kept.get()}, kept});
    Add(std::move(node));
    return static_cast<int>(made_.size()) - 1;
  }

  Tensor Ints(const Shape& shape, DType dtype) {
    Tensor tensor(dtype, shape);
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      const int value = choices_.OneIn(32) ? (choices_.Pick(2) == 0 ? INT32_MAX : INT32_MIN) : choices_.Pick(6) - 1;
      if (dtype == DType::kInt32) {
        tensor.mutable_data<int32_t>()[i] = value;
      } else {
        tensor.mutable_data<int64_t>()[i] = value;
      }
    }
    return tensor;
  }

  Tensor Reals(DType dtype, const Shape& shape) {
    Tensor tensor(dtype, shape);
    const bool known =
        DispatchDType<float, double, Half, Bfloat16, int32_t, int64_t, int8_t, uint8_t>(dtype, [&]<typename T>() {
          // By way of an integer for integers: a negative float is no unsigned one.
          using Between = std::conditional_t<kIsInteger<T>, int, float>;
          for (int64_t i = 0; i < tensor.num_elements(); ++i) {
            tensor.mutable_data<T>()[i] = static_cast<T>(static_cast<Between>(Real()));
          }
        });
    if (known || dtype == DType::kString) return tensor;
    std::fill_n(static_cast<char*>(tensor.raw_mutable_data()), tensor.byte_size(), char{1});
    return tensor;
  }
  float Real() { return static_cast<float>(choices_.Pick(9) - 4) * 0.5f; }

  // An input of a node: something there is, or a new constant that could fit beside the first input.
  int AnyInput(int position, int first) {
    const int kind = position == 0 ? 0 : choices_.Pick(8);
    const TensorInfo& main = made_[first].info;
    const int rank = main.shape.has_rank() ? main.shape.rank() : 2;
    const DType ints = choices_.Pick(4) == 3 ? DType::kInt64 : DType::kInt32;
    switch (kind) {
      case 3:
        return AddConstant(Ints(Shape(), ints));
      case 4:
        return AddConstant(Ints(Shape({rank}), ints));
      case 5:
        return AddConstant(Ints(rank > 0 && choices_.Pick(2) == 0 ? Shape({rank, 2}) : Shape({2}), ints));
      case 6:
        return AddConstant(Reals(main.dtype, Shape()));
      case 7:
        return AddConstant(Reals(main.dtype, WeightShape(main.shape)));
      default:
        // Half of the time what came last, so that chains grow.
        return choices_.Pick(2) == 0 ? static_cast<int>(made_.size()) - 1
                                     : choices_.Pick(static_cast<int>(made_.size()));
    }
  }

  // A bias, a matrix or a filter for a tensor.
  Shape WeightShape(const PartialShape& shape) {
    const int64_t channels =
        shape.has_rank() && shape.rank() > 0 && shape.dim(shape.rank() - 1) >= 0 && shape.dim(shape.rank() - 1) < 16
            ? shape.dim(shape.rank() - 1)
            : 2;
    switch (choices_.Pick(4)) {
      case 0:
        return Shape({channels});
      case 1:
        return Shape({channels, 3});
      case 2:
        return Shape({1 + choices_.Pick(3), 1 + choices_.Pick(3), channels, 2});
      default:
        return Shape({1, channels});
    }
  }

  // All attributes that ops of any family ask for; each op looks at its own.
  AttrMap AnyAttrs(const std::vector<int>& inputs) {
    AttrMap attrs;
    const auto size = [&] { return 1 + choices_.Pick(2); };
    const DType first = inputs.empty() ? DType::kFloat : made_[inputs[0]].info.dtype;
    attrs.Set("T", AttrValue::Type(first));
    attrs.Set("DstT", AttrValue::Type(AnyDType()));
    attrs.Set("out_type", AttrValue::Type(choices_.Pick(2) == 0 ? DType::kInt32 : DType::kInt64));
    attrs.Set("output_type", AttrValue::Type(choices_.Pick(2) == 0 ? DType::kInt64 : DType::kInt32));
    attrs.Set("dtype", AttrValue::Type(AnyDType()));
    const bool nchw = choices_.OneIn(8);
    const int64_t stride = size(), window = size(), dilation = choices_.OneIn(4) ? 2 : 1;
    const auto spatial = [&](int64_t s) {
      return nchw ? AttrValue::Ints({1, 1, s, s}) : AttrValue::Ints({1, s, s, 1});
    };
    attrs.Set("strides", spatial(stride));
    attrs.Set("ksize", spatial(window));
    attrs.Set("dilations", spatial(dilation));
    attrs.Set("rates", spatial(dilation));
    attrs.Set("data_format", AttrValue::String(nchw ? "NCHW" : "NHWC"));
    static const std::vector<std::string> paddings = {"SAME", "VALID", "EXPLICIT", "SAME"};
    attrs.Set("padding", AttrValue::String(choices_.Of(paddings)));
    attrs.Set("explicit_paddings",
              AttrValue::Ints({0, 0, choices_.Pick(3), choices_.Pick(3), choices_.Pick(3), 1, 0, 0}));
    attrs.Set("mode", AttrValue::String(choices_.Pick(2) == 0 ? "REFLECT" : "SYMMETRIC"));
    for (const char* flag : {"keep_dims", "transpose_a", "transpose_b", "adj_x", "adj_y", "align_corners",
                             "half_pixel_centers", "exclusive", "reverse", "is_training", "sorted"}) {
      if (choices_.OneIn(4)) attrs.Set(flag, AttrValue::Bool(true));
    }
    if (!attrs.Has("is_training")) attrs.Set("is_training", AttrValue::Bool(false));
    for (const char* count : {"N", "num", "num_split", "block_size"}) {
      attrs.Set(count, AttrValue::Int(absl::string_view(count) == "N" ? static_cast<int64_t>(inputs.size()) : 2));
    }
    for (const char* number : {"axis", "batch_dims", "begin_mask", "end_mask", "ellipsis_mask", "new_axis_mask",
                               "shrink_axis_mask", "blank_index"}) {
      if (choices_.OneIn(4)) attrs.Set(number, AttrValue::Int(choices_.Pick(5) - 1));
    }
    if (choices_.OneIn(4)) attrs.Set("squeeze_dims", AttrValue::Ints({choices_.Pick(4) - 1}));
    static const std::vector<std::string> equations = {"ij,jk->ik", "bij,bjk->bik", "ij->ji", "...ij,jk->...ik",
                                                       "ij,ij->i",  "ii->i",        "ij->"};
    attrs.Set("equation", AttrValue::String(choices_.Of(equations)));
    if (choices_.OneIn(32)) attrs.Set("T", AttrValue::String("wrong"));
    if (choices_.OneIn(32)) attrs.Erase(attrs.entries()[choices_.Pick(static_cast<int>(attrs.entries().size()))].first);
    return attrs;
  }

  static bool IsSmall(const TensorInfo& info) {
    if (!info.shape.has_rank()) return true;
    double elements = 1;
    for (const int64_t dim : info.shape.dims()) elements *= static_cast<double>(dim < 0 ? 3 : dim);
    return elements <= static_cast<double>(kMaxElements);
  }

  void AddNode() {
    static const std::vector<std::string> ops = AllOpNames();
    // Two bytes: there are more ops than one has values.
    const std::string& op = ops[(static_cast<size_t>(choices_.Pick(256)) * 256 + choices_.Pick(256)) % ops.size()];
    if (op == "Placeholder" || op == "Const") return;
    const OpInfo& info = *FindOp(op);
    for (int attempt = 0; attempt < kTriesPerNode; ++attempt) {
      const int first = AnyInput(0, 0);
      std::vector<int> inputs;
      const int arity = choices_.OneIn(16) ? choices_.Pick(7) : 1 + (attempt + choices_.Pick(3)) % 3;
      for (int k = 0; k < arity; ++k) inputs.push_back(k == 0 ? first : AnyInput(k, first));
      const AttrMap attrs = AnyAttrs(inputs);
      std::vector<TensorInfo> infos;
      for (const int input : inputs) infos.push_back(made_[input].info);
      InferContext context("n", attrs, infos);
      const bool right = info.infer(context).ok();
      if (!right && !choices_.OneIn(64)) continue;
      if (!std::all_of(context.outputs().begin(), context.outputs().end(), IsSmall)) continue;
      AddOp(op, inputs, attrs, context.outputs());
      return;
    }
  }

  void AddOp(const std::string& op, const std::vector<int>& inputs, const AttrMap& attrs,
             const std::vector<TensorInfo>& outputs) {
    Node node;
    node.name = NewName();
    node.op = op;
    node.attrs = attrs;
    for (const int input : inputs) node.inputs.push_back(made_[input].name);
    // Now and then an input that is not there, that comes later, or that is itself.
    if (choices_.OneIn(128) && !node.inputs.empty()) node.inputs[0] = absl::StrCat("n", next_ - 1 + choices_.Pick(3));
    tame_ = tame_ && IsTame(op);
    for (size_t k = 0; k < outputs.size(); ++k) {
      const std::string name = k == 0 ? node.name : absl::StrCat(node.name, ":", k);
      made_.push_back({name, {outputs[k].dtype, outputs[k].shape, nullptr}, nullptr});
    }
    Add(std::move(node));
  }

  Choices& choices_;
  Graph graph_;
  std::vector<Made> made_;
  int next_ = 0;
  bool tame_ = true;
};

Tensor AnyTensor(Choices& choices, const TensorSpec& spec) {
  Dims dims;
  const PartialShape shape = spec.shape.has_rank() ? spec.shape : PartialShape({2, 3});
  // One size for all that are open: those that are to fit mostly do.
  const int64_t open = 1 + choices.Pick(3);
  for (const int64_t dim : shape.dims()) dims.push_back(dim >= 0 ? dim : open);
  absl::StatusOr<Tensor> tensor = Tensor::Allocate(spec.dtype, Shape(dims));
  if (!tensor.ok() || tensor->num_elements() > kMaxElements) return Tensor();
  const bool known = DispatchDType<float, double, Half, Bfloat16>(spec.dtype, [&]<typename T>() {
    for (int64_t i = 0; i < tensor->num_elements(); ++i) {
      tensor->mutable_data<T>()[i] = T(static_cast<float>(choices.Pick(9) - 4) * 0.5f);
    }
  });
  if (known) return *std::move(tensor);
  if (spec.dtype == DType::kString) {
    static const std::vector<std::string> words = {"", "a", "12", "b c", "-0.5"};
    for (int64_t i = 0; i < tensor->num_elements(); ++i) tensor->mutable_data<std::string>()[i] = choices.Of(words);
    return *std::move(tensor);
  }
  const bool integer = DispatchDType<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t>(
      spec.dtype, [&]<typename T>() {
        for (int64_t i = 0; i < tensor->num_elements(); ++i) {
          tensor->mutable_data<T>()[i] = static_cast<T>(choices.Pick(6) - 1);
        }
      });
  if (!integer) std::fill_n(static_cast<char*>(tensor->raw_mutable_data()), tensor->byte_size(), char{0});
  return *std::move(tensor);
}

[[noreturn]] void Fail(const std::string& what) {
  std::fprintf(stderr, "graph_run_fuzz: %s\n", what.c_str());
  std::abort();
}

// The largest difference by the largest magnitude; 0 where a result is not finite, since the other may have overflowed
// a step earlier or later.
double Difference(const Tensor& a, const Tensor& b) {
  double largest = 1, difference = 0;
  const absl::Status status = OnDType(RealTypes(), a.dtype(), [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < a.num_elements(); ++i) {
      const auto x = static_cast<double>(static_cast<Wide<T>>(a.data<T>()[i]));
      const auto y = static_cast<double>(static_cast<Wide<T>>(b.data<T>()[i]));
      if (!std::isfinite(x) || !std::isfinite(y)) return absl::OutOfRangeError("");
      largest = std::max(largest, std::abs(x));
      difference = std::max(difference, std::abs(x - y));
    }
    return absl::OkStatus();
  });
  return status.ok() ? difference / largest : 0;
}

void Compare(const std::vector<Tensor>& wanted, const std::vector<Tensor>& got, bool values) {
  for (size_t i = 0; i < wanted.size(); ++i) {
    const std::string both =
        absl::StrCat("output ", i, ": reference ", wanted[i].ToString(64), ", cpu ", got[i].ToString(64));
    if (wanted[i].dtype() != got[i].dtype()) Fail(both);
    if (!values) continue;
    if (wanted[i].shape() != got[i].shape()) Fail(both);
    const bool coarse = wanted[i].dtype() == DType::kHalf || wanted[i].dtype() == DType::kBfloat16;
    if (Difference(wanted[i], got[i]) > (coarse ? 0.2 : 1e-3)) Fail(both);
  }
}

absl::StatusOr<std::vector<Tensor>> RunOn(const std::string& device, const std::string& graph,
                                          const std::vector<std::string>& disabled, Choices choices) {
  ModelOptions options;
  options.device = device;
  options.threads = 1;
  options.disabled_passes = disabled;
  absl::StatusOr<std::shared_ptr<const Model>> model = Model::FromGraphDef(graph, options);
  if (!model.ok()) return model.status();
  std::vector<NamedTensor> inputs;
  for (const TensorSpec& spec : (*model)->inputs()) inputs.emplace_back(spec.name, AnyTensor(choices, spec));
  absl::StatusOr<std::unique_ptr<ModelInstance>> instance = (*model)->CreateInstance();
  if (!instance.ok()) return instance.status();
  RunControl control;
  control.deadline = absl::Now() + absl::Seconds(5);
  absl::StatusOr<std::vector<Tensor>> once = (*instance)->Run(inputs, {}, control);
  // Memory is used again in the second run.
  const absl::StatusOr<std::vector<Tensor>> again = (*instance)->Run(inputs, {}, control);
  if (absl::IsInternal(once.status())) Fail(absl::StrCat(device, ": ", once.status().ToString()));
  if (once.ok() != again.ok())
    Fail(absl::StrCat(device, ": ", once.status().ToString(), ", then ", again.status().ToString()));
  return once;
}

void Run(absl::string_view bytes) {
  Choices choices(bytes);
  Maker maker(choices);
  const Graph graph = maker.Make();
  const absl::StatusOr<std::string> encoded = graph.Serialize();
  if (!encoded.ok()) return;
  std::vector<std::string> passes;
  for (const Pass& pass : StandardPasses()) passes.emplace_back(pass.name);
  const auto wanted = RunOn("reference", *encoded, passes, choices);
  const auto got = RunOn("cpu", *encoded, {}, choices);
  if (wanted.ok() && got.ok()) Compare(*wanted, *got, maker.is_tame());
  if (wanted.ok() && !got.ok() && maker.is_tame() && !absl::IsResourceExhausted(got.status())) {
    Fail(absl::StrCat("the reference has an answer, cpu says ", got.status().ToString()));
  }
}

}  // namespace
}  // namespace floe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
