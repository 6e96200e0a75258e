#include "tests/testing/golden_cases.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <filesystem>
#include <limits>
#include <map>
#include <memory>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/strip.h"
#include "base/file.h"
#include "base/status.h"
#include "graph/graph.h"
#include "graph/tensor_proto.h"
#include "graph/wire.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "tests/testing/shared_data.h"

namespace floe::testing {
namespace {

std::string Absolute(const std::string& directory) {
  return absl::StartsWith(directory, "/") ? directory : SharedPath(directory);
}

// How far a float may lie from TensorFlow's. Elementwise results are each measured against themselves; what sums many
// products is measured against the largest result, since its error grows with the terms and not with their sum.
struct Tolerance {
  double relative;
  bool of_largest;
  double least_magnitude;  // what lies below this is measured against this
};

// Where TensorFlow's own rounding is another than that of most ops.
struct ToleranceException {
  const char* op;
  double factor;           // of the dtype's tolerance
  double least_magnitude;  // of the largest result, even where the op is elementwise
  const char* reason;
};
constexpr char kCancels[] = "where the terms cancel, their own errors stay";
constexpr char kNearZero[] = "near its zeros it loses the digits that the argument's own rounding takes";
constexpr char kOneAdded[] = "it adds 1 to what may be close to -1";
constexpr char kHalfSteps[] = "TensorFlow rounds after each step of the cell, to float16 there too";
constexpr ToleranceException kToleranceExceptions[] = {
    {"Elu", 1, 0.25, "TensorFlow's takes exp(x) - 1 of the halves, rounded after each step"},
    {"Selu", 1, 1, "TensorFlow's takes exp(x) - 1"},
    {"Sin", 1, 0.1, kNearZero},
    {"Cos", 1, 0.1, kNearZero},
    {"Tan", 1, 0.1, kNearZero},
    {"Acos", 1, 0.1, kNearZero},
    {"Erf", 1, 0.1, kNearZero},
    {"Erfc", 1, 0.1, kNearZero},
    {"Atan2", 1, 0.1, kNearZero},
    {"Log", 1, 0.1, kNearZero},
    {"Log1p", 1, 0.1, kNearZero},
    {"Expm1", 1, 0.1, kNearZero},
    {"_FusedElementwise", 1, 1, kCancels},
    {"_Gelu", 1, 1, kOneAdded},
    {"_GeluTanh", 1, 1, kOneAdded},
    {"Sum", 1, 1, kCancels},
    {"Mean", 1, 1, kCancels},
    {"_FusedAttention", 4, 1, "the exponential makes what the scores were rounded by a part of each term"},
    {"LSTMBlockCell", 4, 0, kHalfSteps},
    {"BlockLSTM", 4, 0, kHalfSteps},
    {"BlockLSTMV2", 4, 0, kHalfSteps},
};

// Once a dtype; two units in the last place of the halves.
double RelativeTolerance(DType dtype) {
  switch (dtype) {
    case DType::kHalf:
      return 2e-3;
    case DType::kBfloat16:
      return 1.6e-2;
    case DType::kFloat:
    case DType::kComplex64:
      return 2e-6;
    default:
      return 1e-13;
  }
}

// Of results of products whose factors were rounded to so many bits: as if the results had been, of the largest.
double PrecisionTolerance(Precision precision) {
  switch (precision) {
    case Precision::kFp32:
      return 0;
    case Precision::kTf32:  // as many bits as halves, of a float's range
    case Precision::kFp16:
      return RelativeTolerance(DType::kHalf);
    case Precision::kBf16:
      return RelativeTolerance(DType::kBfloat16);
  }
  return 0;
}

Tolerance ToleranceOf(const OpInfo& op, DType dtype, Precision precision) {
  Tolerance tolerance = {std::max(RelativeTolerance(dtype), PrecisionTolerance(precision)), !op.is_elementwise(), 0};
  for (const ToleranceException& exception : kToleranceExceptions) {
    if (absl::string_view(exception.op) != op.name) continue;
    tolerance.relative *= exception.factor;
    tolerance.of_largest = true;
    tolerance.least_magnitude = exception.least_magnitude;
  }
  return tolerance;
}

template <typename T>
double Magnitude(T value) {
  if constexpr (kIsComplex<T>) {
    return std::abs(Complex128(value));
  } else {
    return std::abs(static_cast<double>(value));
  }
}

template <typename T>
double Distance(T a, T b) {
  if constexpr (kIsComplex<T>) {
    // Which parts of a product are NaN and which infinite hangs on the order of its terms.
    if (!std::isfinite(Magnitude(a)) && !std::isfinite(Magnitude(b))) return 0;
    return std::abs(Complex128(a) - Complex128(b));
  } else {
    const auto x = static_cast<double>(a), y = static_cast<double>(b);
    if (std::isnan(x) && std::isnan(y)) return 0;
    if (x == y) return 0;
    return std::isnan(x - y) ? HUGE_VAL : std::abs(x - y);
  }
}

template <typename T>
double SmallestNormal() {
  if constexpr (std::is_same_v<T, double> || std::is_same_v<T, Complex128>) return std::numeric_limits<double>::min();
  return std::numeric_limits<float>::min();
}

template <typename T>
absl::Status CompareFloats(const Tensor& expected, const Tensor& actual, Tolerance tolerance) {
  const T *const e = expected.data<T>(), *const a = actual.data<T>();
  double largest = tolerance.least_magnitude;
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    const double magnitude = Magnitude(e[i]);
    if (std::isfinite(magnitude)) largest = std::max(largest, magnitude);
  }
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    const double scale = tolerance.of_largest ? largest : Magnitude(e[i]);
    // TensorFlow takes what lies below the normal numbers for zero.
    const double allowed = std::isfinite(scale) ? std::max(tolerance.relative * scale, SmallestNormal<T>()) : 0;
    // Written so that a NaN distance fails.
    if (!(Distance(e[i], a[i]) <= allowed)) {
      return absl::InternalError(absl::StrCat(
          "element ", i, ": wanted ", expected.Reshaped(Shape({expected.num_elements()})).Rows(i, i + 1).Head(1),
          ", got ", actual.Reshaped(Shape({actual.num_elements()})).Rows(i, i + 1).Head(1), ", off by ",
          Distance(e[i], a[i]), ", allowed ", allowed));
    }
  }
  return absl::OkStatus();
}

template <typename T>
absl::Status CompareExactly(const Tensor& expected, const Tensor& actual) {
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    if (expected.data<T>()[i] != actual.data<T>()[i]) {
      return absl::InternalError(
          absl::StrCat("element ", i, " differs: wanted ", expected.ToString(32), ", got ", actual.ToString(32)));
    }
  }
  return absl::OkStatus();
}

absl::Status CompareAll(const OpInfo& op, const GoldenCase& golden, absl::Span<const Tensor> results,
                        Precision precision = Precision::kFp32) {
  if (results.size() < golden.expected.size()) {
    return absl::InternalError(absl::StrCat("wanted ", golden.expected.size(), " results, got ", results.size()));
  }
  for (size_t i = 0; i < golden.expected.size(); ++i) {
    const absl::Status status = CompareGolden(op, golden.expected[i], results[i], precision);
    if (!status.ok()) return Annotate(status, absl::StrCat("result ", i));
  }
  return absl::OkStatus();
}

std::vector<TensorInfo> FullInfos(const GoldenCase& golden) {
  std::vector<TensorInfo> infos;
  for (const Tensor& input : golden.inputs) infos.push_back({input.dtype(), input.shape(), &input});
  return infos;
}

// What a load would know: constants wholly, of the rest dtype, rank and all dimensions but the first.
std::vector<TensorInfo> LoadTimeInfos(const GoldenCase& golden) {
  std::vector<TensorInfo> infos = FullInfos(golden);
  for (size_t i = 0; i < infos.size(); ++i) {
    if (golden.constant[i]) continue;
    infos[i].value = nullptr;
    if (infos[i].shape.rank() > 0) infos[i].shape.set_dim(0, PartialShape::kUnknownDim);
  }
  return infos;
}

// Outputs of the inferred shapes, allocated; invalid where the shape depends on data.
absl::StatusOr<std::vector<Tensor>> LayOut(absl::Span<const TensorInfo> outputs) {
  std::vector<Tensor> tensors(outputs.size());
  for (size_t i = 0; i < outputs.size(); ++i) {
    if (!outputs[i].shape.IsFullyDefined()) continue;
    FLOE_ASSIGN_OR_RETURN(tensors[i], Tensor::Allocate(outputs[i].dtype, outputs[i].shape.ToShape()));
  }
  return tensors;
}

}  // namespace

absl::StatusOr<std::map<std::string, Tensor>> LoadGoldenTensors(const std::string& path) {
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const MappedFile> file, FileSystem::Posix().Map(path));
  std::map<std::string, Tensor> tensors;
  WireReader reader(file->bytes());
  WireField entry;
  while (reader.Next(&entry)) {
    if (entry.number != 1 || entry.type != WireType::kBytes) continue;
    absl::string_view key, value;
    WireReader fields(entry.bytes);
    WireField field;
    while (fields.Next(&field)) (field.number == 1 ? key : value) = field.bytes;
    FLOE_ASSIGN_OR_RETURN(tensors[std::string(key)], DecodeTensorProto(value, file));
  }
  if (!reader.ok()) return absl::DataLossError(absl::StrCat("'", path, "' is no PredictResponse"));
  return tensors;
}

std::vector<std::string> GoldenOps(const std::string& directory) {
  std::vector<std::string> ops;
  std::error_code ignored;
  for (const auto& entry : std::filesystem::directory_iterator(Absolute(directory), ignored)) {
    absl::string_view name = ops.emplace_back(entry.path().filename().string());
    if (absl::ConsumeSuffix(&name, ".graph.pb")) {
      ops.back().resize(name.size());
    } else {
      ops.pop_back();
    }
  }
  std::sort(ops.begin(), ops.end());
  return ops;
}

namespace {

// The cases with results, or those without: what TensorFlow itself refused.
absl::StatusOr<std::vector<GoldenCase>> LoadCases(const std::string& op, const std::string& directory, bool refused) {
  const std::string prefix = absl::StrCat(Absolute(directory), "/", op);
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Load(prefix + ".graph.pb"));
  FLOE_ASSIGN_OR_RETURN(const auto tensors, LoadGoldenTensors(prefix + ".golden.pb"));
  std::vector<GoldenCase> cases;
  for (const Node& node : graph.nodes()) {
    if (!absl::EndsWith(node.name, "/y") || tensors.contains(absl::StrCat(node.name, ":0")) == refused) continue;
    GoldenCase& golden = cases.emplace_back();
    golden.op = node.op;
    golden.name = std::string(absl::StripSuffix(node.name, "/y"));
    golden.attrs = node.attrs;
    for (const std::string& input : node.inputs) {
      FLOE_ASSIGN_OR_RETURN(const InputRef ref, ParseInputRef(input));
      FLOE_ASSIGN_OR_RETURN(const int source, graph.FindOrError(ref.node));
      golden.constant.push_back(graph.node(source).op == "Const");
      if (golden.constant.back()) {
        FLOE_ASSIGN_OR_RETURN(golden.inputs.emplace_back(), graph.node(source).attrs.OfTensor("value"));
        continue;
      }
      const auto fed = tensors.find(absl::StrCat(ref.node, ":0"));
      if (fed == tensors.end())
        return absl::NotFoundError(absl::StrCat("'", input, "' is not among the tensors of ", op));
      golden.inputs.push_back(fed->second);
    }
    for (int i = 0;; ++i) {
      const auto result = tensors.find(absl::StrCat(node.name, ":", i));
      if (result == tensors.end()) break;
      golden.expected.push_back(result->second);
    }
  }
  return cases;
}

// Files of images by what they show: how tightly the libraries pack it changes from version to version.
absl::Status CompareFiles(const OpInfo& op, const Tensor& expected, const Tensor& actual) {
  const bool png = absl::string_view(op.name) == "EncodePng";
  AttrMap attrs;
  attrs.Set("dtype", AttrValue::Type(png ? DType::kUint16 : DType::kUint8));
  for (int64_t i = 0; i < expected.num_elements(); ++i) {
    std::vector<Tensor> shown;
    for (const Tensor* files : {&expected, &actual}) {
      FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> decoded,
                            Evaluate(*FindOp(png ? "DecodePng" : "DecodeJpeg"), op.name, attrs,
                                     {Tensor::Scalar<std::string>(files->data<std::string>()[i])}));
      shown.push_back(std::move(decoded[0]));
    }
    if (shown[0].shape() != shown[1].shape()) {
      return absl::InternalError(
          absl::StrCat("file ", i, ": wanted ", shown[0].ToString(0), ", got ", shown[1].ToString(0)));
    }
    const absl::Status same =
        png ? CompareExactly<uint16_t>(shown[0], shown[1]) : CompareExactly<uint8_t>(shown[0], shown[1]);
    if (!same.ok()) return Annotate(same, absl::StrCat("file ", i));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<GoldenCase>> LoadGoldenCases(const std::string& op, const std::string& directory) {
  return LoadCases(op, directory, false);
}

absl::StatusOr<std::vector<GoldenCase>> LoadRefusedCases(const std::string& op, const std::string& directory) {
  return LoadCases(op, directory, true);
}

absl::Status CompareGolden(const OpInfo& op, const Tensor& expected, const Tensor& actual, Precision precision) {
  if (expected.dtype() != actual.dtype() || expected.shape() != actual.shape()) {
    return absl::InternalError(absl::StrCat("wanted ", expected.ToString(0), ", got ", actual.ToString(0)));
  }
  absl::Status status;
  const DType dtype = expected.dtype();
  if (DispatchDType<Half, Bfloat16, float, double, Complex64, Complex128>(dtype, [&]<typename T>() {
        status = CompareFloats<T>(expected, actual, ToleranceOf(op, dtype, precision));
      })) {
    return status;
  }
  if (absl::string_view(op.name) == "EncodePng" || absl::StartsWith(op.name, "EncodeJpeg")) {
    return CompareFiles(op, expected, actual);
  }
  if (dtype == DType::kString) return CompareExactly<std::string>(expected, actual);
  if (DispatchDType<int8_t, int16_t, int32_t, int64_t, uint8_t, uint16_t, uint32_t, uint64_t, bool>(
          dtype, [&]<typename T>() { status = CompareExactly<T>(expected, actual); })) {
    return status;
  }
  if (expected.bytes() != actual.bytes()) return absl::InternalError("the bytes differ");
  return absl::OkStatus();
}

absl::Status RunOnReference(const OpInfo& op, const GoldenCase& golden) {
  FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> fresh, Evaluate(op, golden.name, golden.attrs, golden.inputs));
  FLOE_RETURN_IF_ERROR(CompareAll(op, golden, fresh));
  const std::vector<TensorInfo> infos = FullInfos(golden);
  InferContext infer(golden.name, golden.attrs, infos);
  FLOE_RETURN_IF_ERROR(op.infer(infer));
  FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> laid_out, LayOut(infer.outputs()));
  std::vector<const Tensor*> inputs;
  std::vector<Tensor*> outputs;
  std::vector<DType> dtypes;
  for (const Tensor& input : golden.inputs) inputs.push_back(&input);
  for (size_t i = 0; i < laid_out.size(); ++i) {
    outputs.push_back(&laid_out[i]);
    dtypes.push_back(infer.outputs()[i].dtype);
  }
  EvalContext context(golden.name, golden.attrs, inputs, dtypes, outputs);
  FLOE_RETURN_IF_ERROR(op.evaluate(context));
  const absl::Status status = CompareAll(op, golden, laid_out);
  return status.ok() ? status : Annotate(status, "into memory laid out beforehand");
}

absl::Status CheckInference(const OpInfo& op, const GoldenCase& golden) {
  const auto infer = [&](std::vector<TensorInfo> infos, bool exact, absl::string_view known) -> absl::Status {
    InferContext context(golden.name, golden.attrs, infos);
    absl::Status status = op.infer(context);
    if (!status.ok()) return Annotate(status, absl::StrCat("inference with ", known));
    for (size_t i = 0; i < golden.expected.size(); ++i) {
      if (i >= context.outputs().size())
        return absl::InternalError(absl::StrCat("inference with ", known, " found too few results"));
      const TensorInfo& output = context.outputs()[i];
      const Tensor& expected = golden.expected[i];
      const bool right = output.shape.Matches(expected.shape()) && (!exact || output.shape.IsFullyDefined());
      if (output.dtype != expected.dtype() || !right) {
        return absl::InternalError(absl::StrCat("inference with ", known, ", result ", i, ": wanted ",
                                                expected.ToString(0), ", got ", DTypeName(output.dtype), " ",
                                                output.shape.ToString()));
      }
    }
    return absl::OkStatus();
  };
  // These results' shapes are in the elements of what is fed.
  static const char* const kDataDependent[] = {"Where",
                                               "ListDiff",
                                               "DecodeWav",
                                               "StringNGrams",
                                               "UnicodeDecode",
                                               "UnicodeDecodeWithOffsets",
                                               "RaggedRange",
                                               "RaggedTensorToSparse",
                                               "RaggedTensorToTensor",
                                               "SparseFillEmptyRows",
                                               "SparseSlice",
                                               "Unique",
                                               "UniqueV2",
                                               "UniqueWithCounts",
                                               "UniqueWithCountsV2",
                                               "NonMaxSuppressionWithOverlaps",
                                               "StringSplit",
                                               "StringSplitV2",
                                               "NonMaxSuppression",
                                               "NonMaxSuppressionV2",
                                               "NonMaxSuppressionV3",
                                               "NonMaxSuppressionV4",
                                               "NonMaxSuppressionV5",
                                               "SegmentSum",
                                               "ParseExample",
                                               "ParseExampleV2",
                                               "ParseSingleExample",
                                               "ParseSequenceExample",
                                               "RaggedGather",
                                               "CTCGreedyDecoder",
                                               "CTCBeamSearchDecoder",
                                               "SparseCross",
                                               "SparseCrossV2",
                                               "SparseCrossHashed",
                                               "DenseToDenseSetOperation",
                                               "DenseToSparseSetOperation",
                                               "SparseToSparseSetOperation",
                                               "DenseCountSparseOutput",
                                               "SparseCountSparseOutput",
                                               "RaggedCountSparseOutput",
                                               "SparseAdd",
                                               "SparseReduceSumSparse",
                                               "SparseReduceMaxSparse",
                                               "SparseSplit",
                                               "ParseSequenceExampleV2",
                                               "ParseSingleSequenceExample",
                                               "DynamicPartition",
                                               "DecodeRaw",
                                               "DecodeAndCropJpeg",
                                               "DecodeBmp",
                                               "DecodeGif",
                                               "DecodeImage",
                                               "DecodeJpeg",
                                               "DecodePng"};
  const bool data_dependent = std::any_of(std::begin(kDataDependent), std::end(kDataDependent),
                                          [&](absl::string_view name) { return name == op.name; });
  const std::vector<TensorInfo> full = FullInfos(golden);
  FLOE_RETURN_IF_ERROR(infer(full, !data_dependent, "everything known"));
  FLOE_RETURN_IF_ERROR(infer(LoadTimeInfos(golden), false, "what a load knows"));
  std::vector<TensorInfo> shapes = full, ranks = full, nothing = full;
  for (size_t i = 0; i < full.size(); ++i) {
    shapes[i].value = ranks[i].value = nothing[i].value = nullptr;
    ranks[i].shape = PartialShape::UnknownDims(full[i].shape.rank());
    nothing[i].shape = PartialShape::UnknownRank();
  }
  FLOE_RETURN_IF_ERROR(infer(shapes, false, "shapes known"));
  FLOE_RETURN_IF_ERROR(infer(ranks, false, "ranks known"));
  return infer(nothing, false, "dtypes known");
}

namespace {

// Of results whose shape depends on data.
class DeviceAllocator final : public TensorAllocator {
 public:
  explicit DeviceAllocator(const Backend& backend) : backend_(backend) {}
  absl::StatusOr<Tensor> Allocate(DType dtype, const Shape& shape) override {
    FLOE_ASSIGN_OR_RETURN(std::shared_ptr<DeviceMemory> memory,
                          backend_.Allocate(shape.num_elements() * ElementBytes(dtype)));
    const void* const data = memory->data();
    return Tensor::View(dtype, shape, data, std::move(memory));
  }

 private:
  const Backend& backend_;
};

// Launches a prepared kernel on a device with memory of its own, twice: directly, and out of a recording where it can
// be recorded. `slots` are the host's; results come back into those after `inputs`.
absl::Status LaunchOnDevice(const Backend& backend, const Kernel& whole, const PreparedKernel& kernel,
                            std::vector<Tensor>& slots, const std::vector<int>& inputs,
                            const std::vector<int>& outputs) {
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Stream> stream, backend.CreateStream());
  std::vector<std::unique_ptr<DeviceMemory>> memory;
  std::vector<Tensor> on_device;
  const auto stays = [&](size_t i) { return i < inputs.size() && whole.ReadsOnHost(static_cast<int>(i)); };
  for (size_t i = 0; i < slots.size(); ++i) {
    const Tensor& slot = slots[i];
    if (!slot.valid() || stays(i)) {
      on_device.push_back(slot);
      continue;
    }
    FLOE_ASSIGN_OR_RETURN(memory.emplace_back(), backend.Allocate(slot.byte_size()));
    on_device.push_back(Tensor::View(slot.dtype(), slot.shape(), memory.back()->data(), nullptr));
  }
  for (const int i : inputs) {
    if (stays(static_cast<size_t>(i))) continue;
    FLOE_RETURN_IF_ERROR(
        backend.CopyToDevice(stream.get(), slots[i].raw_data(), on_device[i].raw_mutable_data(), slots[i].byte_size()));
  }
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<DeviceMemory> scratch,
                        backend.Allocate(std::max<int64_t>(kernel.scratch_bytes(), 1)));
  DeviceAllocator allocator(backend);
  const LaunchArgs args(stream.get(), on_device.data(), inputs, outputs, scratch->data(), &allocator);
  FLOE_RETURN_IF_ERROR(kernel.Launch(args));
  FLOE_RETURN_IF_ERROR(stream->Synchronize());
  std::unique_ptr<Recording> recording;
  if (backend.records() && kernel.recordable()) {
    FLOE_RETURN_IF_ERROR(stream->BeginRecording());
    const absl::Status launched = kernel.Launch(args);
    FLOE_ASSIGN_OR_RETURN(recording, stream->EndRecording());
    FLOE_RETURN_IF_ERROR(launched);
    // What the first run left must not be what is read below.
    for (const int i : outputs) {
      std::memset(slots[i].raw_mutable_data(), 0xee, static_cast<size_t>(slots[i].byte_size()));
      FLOE_RETURN_IF_ERROR(backend.CopyToDevice(stream.get(), slots[i].raw_data(), on_device[i].raw_mutable_data(),
                                                slots[i].byte_size()));
    }
    FLOE_RETURN_IF_ERROR(recording->Replay(stream.get()));
  }
  for (const int i : outputs) {
    if (!slots[i].valid()) {
      FLOE_ASSIGN_OR_RETURN(slots[i], Tensor::Allocate(on_device[i].dtype(), on_device[i].shape()));
    }
    FLOE_RETURN_IF_ERROR(
        backend.CopyToHost(stream.get(), on_device[i].raw_data(), slots[i].raw_mutable_data(), slots[i].byte_size()));
  }
  return stream->Synchronize();
}

}  // namespace

absl::Status RunOnBackend(const Backend& backend, const OpInfo& op, const GoldenCase& golden, Precision precision) {
  const std::vector<TensorInfo> at_load = LoadTimeInfos(golden);
  InferContext load(golden.name, golden.attrs, at_load);
  FLOE_RETURN_IF_ERROR(op.infer(load));
  const OpSignature signature{op, golden.name, golden.attrs, at_load, load.outputs(), precision};
  FLOE_RETURN_IF_ERROR(backend.Supports(signature));
  // From here on UNIMPLEMENTED would break the backend's promise.
  const auto promised = [](const absl::Status& status) {
    return absl::IsUnimplemented(status) ? absl::InternalError(absl::StrCat("after Supports: ", status.message()))
                                         : status;
  };
  absl::StatusOr<std::unique_ptr<Kernel>> kernel = backend.Create(signature);
  if (!kernel.ok()) return promised(kernel.status());
  std::vector<TensorInfo> full = FullInfos(golden);
  InferContext infer(golden.name, golden.attrs, full);
  FLOE_RETURN_IF_ERROR(op.infer(infer));
  for (size_t i = 0; i < full.size(); ++i) {
    if (!golden.constant[i]) full[i].value = nullptr;
  }
  absl::StatusOr<std::unique_ptr<PreparedKernel>> prepared = (*kernel)->Prepare(full, infer.outputs());
  if (!prepared.ok()) return promised(prepared.status());
  std::vector<Tensor> slots = golden.inputs;
  FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> laid_out, LayOut(infer.outputs()));
  slots.insert(slots.end(), laid_out.begin(), laid_out.end());
  std::vector<int> inputs, outputs;
  for (int i = 0; i < static_cast<int>(slots.size()); ++i)
    (i < static_cast<int>(golden.inputs.size()) ? inputs : outputs).push_back(i);
  if (!backend.on_host()) {
    FLOE_RETURN_IF_ERROR(promised(LaunchOnDevice(backend, **kernel, **prepared, slots, inputs, outputs)));
    return CompareAll(op, golden, absl::MakeSpan(slots).subspan(golden.inputs.size()), precision);
  }
  FLOE_ASSIGN_OR_RETURN(Tensor scratch, Tensor::Allocate(DType::kUint8, Shape({(*prepared)->scratch_bytes()})));
  const LaunchArgs args(nullptr, slots.data(), inputs, outputs, scratch.raw_mutable_data());
  if (const absl::Status status = (*prepared)->Launch(args); !status.ok()) return promised(status);
  return CompareAll(op, golden, absl::MakeSpan(slots).subspan(golden.inputs.size()), precision);
}

GoldenReport RunGolden(const Backend* backend, const std::string& directory) {
  GoldenReport report;
  for (const std::string& name : GoldenOps(directory)) {
    const absl::StatusOr<std::vector<GoldenCase>> cases = LoadGoldenCases(name, directory);
    if (!cases.ok()) {
      report.failures.push_back(absl::StrCat(name, ": ", cases.status().ToString()));
      continue;
    }
    for (const GoldenCase& golden : *cases) {
      ++report.cases;
      const OpInfo* const op = FindOp(golden.op);
      if (op == nullptr) {
        if (backend == nullptr)
          report.failures.push_back(absl::StrCat(name, " ", golden.name, ": nobody knows the op"));
        continue;
      }
      const absl::Status status =
          backend == nullptr ? RunOnReference(*op, golden) : RunOnBackend(*backend, *op, golden);
      if (backend != nullptr && absl::IsUnimplemented(status)) continue;
      ++report.supported;
      if (!status.ok()) report.failures.push_back(absl::StrCat(name, " ", golden.name, ": ", status.ToString()));
    }
  }
  return report;
}

}  // namespace floe::testing
