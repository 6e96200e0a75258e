// libFuzzer: a name, a line's end, and bytes that choose a golden case of the op of that name (of any op, where there
// is none) and what to change in it: dtypes, shapes, elements, attributes, which inputs there are. It is evaluated by
// the op's own evaluation. What comes out must be a status or results of the dtypes and shapes that inference said,
// however little it was told; nothing may crash, read past an end or take memory without bound.
#include <algorithm>
#include <cstdint>
#include <cstdio>
#include <cstdlib>
#include <limits>
#include <string>
#include <type_traits>
#include <vector>

#include "absl/hash/hash.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "ops/registry.h"
#include "ops/types.h"
#include "tests/fuzz/choices.h"
#include "tests/testing/golden_cases.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::Choices;
using testing::GoldenCase;

constexpr int64_t kMaxElements = 1 << 12;
constexpr int kMaxChanges = 4;
constexpr int kMaxRank = 6;

struct OpCases {
  const OpInfo* op;
  std::vector<GoldenCase> cases;
};

bool IsSmall(const GoldenCase& golden) {
  return std::all_of(golden.inputs.begin(), golden.inputs.end(),
                     [](const Tensor& input) { return input.num_elements() <= kMaxElements; });
}

// Every op that is a function of tensors; those without cases of their own borrow another's.
const std::vector<OpCases>& AllCases() {
  static const std::vector<OpCases>* const all = [] {
    const std::string directory = testing::SourcePath("tests/ops/golden");
    auto* ops = new std::vector<OpCases>;
    for (const OpInfo* op : AllOps()) {
      if (op->evaluate == nullptr) continue;
      OpCases entry{op, {}};
      for (const auto& loaded :
           {testing::LoadGoldenCases(op->name, directory), testing::LoadRefusedCases(op->name, directory)}) {
        if (!loaded.ok()) continue;
        std::copy_if(loaded->begin(), loaded->end(), std::back_inserter(entry.cases), IsSmall);
      }
      ops->push_back(std::move(entry));
    }
    return ops;
  }();
  return *all;
}

// ---- Changing a case

DType AnyDType(Choices& choices) {
  static const std::vector<DType> dtypes = {
      DType::kFloat,  DType::kInt32, DType::kInt64,  DType::kBool,     DType::kHalf,       DType::kDouble,
      DType::kUint8,  DType::kInt8,  DType::kString, DType::kBfloat16, DType::kComplex64,  DType::kInt16,
      DType::kUint16, DType::kQint8, DType::kUint32, DType::kUint64,   DType::kComplex128, DType::kQuint8};
  return choices.Of(dtypes);
}

template <typename T>
T EdgeElement(Choices& choices) {
  if constexpr (std::is_same_v<T, std::string>) {
    static const std::vector<std::string> texts = {
        "", "a", "-1", "1e9", "NaN", std::string("\0\xff", 2), "\xe4\xb8\x96"};
    return choices.Of(texts);
  } else if constexpr (std::is_same_v<T, bool>) {
    return choices.Pick(2) == 1;
  } else if constexpr (kIsInteger<T>) {
    static const std::vector<T> numbers = {T(0),
                                           T(1),
                                           T(2),
                                           T(3),
                                           T(-1),
                                           T(-2),
                                           T(7),
                                           T(100),
                                           std::numeric_limits<T>::max(),
                                           std::numeric_limits<T>::min()};
    return choices.Of(numbers);
  } else {
    static const std::vector<float> numbers = {0,
                                               -0.0f,
                                               1,
                                               -1,
                                               0.5f,
                                               2.5f,
                                               1e-30f,
                                               3e38f,
                                               std::numeric_limits<float>::infinity(),
                                               std::numeric_limits<float>::quiet_NaN()};
    return T(choices.Of(numbers));
  }
}

// Calls `body.operator()<T>()` for the dtypes that have elements a fuzzer can write.
template <typename Body>
void OnAnyDType(DType dtype, Body&& body) {
  (void)OnDType(Join<NumberTypes, TypeList<bool, std::string>>(), PlainDType(dtype), [&]<typename T>() -> absl::Status {
    body.template operator()<T>();
    return absl::OkStatus();
  });
}

// `shape` with the elements of `from` over and over, where it has that dtype; else with chosen ones.
Tensor Filled(Choices& choices, DType dtype, const Shape& shape, const Tensor& from) {
  Tensor tensor(dtype, shape);
  const bool repeats = from.dtype() == dtype && from.num_elements() > 0;
  OnAnyDType(dtype, [&]<typename T>() {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      tensor.mutable_data<T>()[i] = repeats ? from.data<T>()[i % from.num_elements()] : EdgeElement<T>(choices);
    }
  });
  return tensor;
}

Shape ChangedShape(Choices& choices, const Shape& shape) {
  Dims dims(shape.dims().begin(), shape.dims().end());
  const int axis = choices.Pick(std::max(shape.rank(), 1));
  switch (choices.Pick(6)) {
    case 0:
      return Shape();
    case 1:
      if (!dims.empty()) dims.erase(dims.begin() + axis);
      break;
    case 2:
      if (static_cast<int>(dims.size()) < kMaxRank) dims.insert(dims.begin() + axis, choices.Pick(3));
      break;
    case 3:
      if (!dims.empty()) std::swap(dims[static_cast<size_t>(axis)], dims.back());
      break;
    default:
      if (!dims.empty()) dims[static_cast<size_t>(axis)] = choices.Pick(6);
  }
  return Shape(std::move(dims));
}

void ChangeInput(Choices& choices, GoldenCase* golden) {
  if (golden->inputs.empty()) return;
  Tensor& input = golden->inputs[static_cast<size_t>(choices.Pick(static_cast<int>(golden->inputs.size())))];
  switch (choices.Pick(4)) {
    case 0: {
      const DType before = input.dtype(), after = AnyDType(choices);
      input = Filled(choices, after, input.shape(), input);
      if (choices.OneIn(4)) return;
      // The attributes that named the dtype, and the inputs that shared it.
      for (Tensor& other : golden->inputs) {
        if (other.dtype() == before) other = Filled(choices, after, other.shape(), other);
      }
      const AttrMap attrs = golden->attrs;
      for (const auto& [name, value] : attrs.entries()) {
        const absl::StatusOr<DType> dtype = value.AsType();
        if (dtype.ok() && *dtype == before) golden->attrs.Set(name, AttrValue::Type(after));
      }
      return;
    }
    case 1: {
      const Shape shape = ChangedShape(choices, input.shape());
      if (shape.num_elements() <= kMaxElements) input = Filled(choices, input.dtype(), shape, input);
      return;
    }
    default: {
      if (input.num_elements() == 0) return;
      Tensor changed = Filled(choices, input.dtype(), input.shape(), input);
      const int64_t place = choices.Pick(256) % changed.num_elements();
      OnAnyDType(changed.dtype(), [&]<typename T>() { changed.mutable_data<T>()[place] = EdgeElement<T>(choices); });
      input = std::move(changed);
    }
  }
}

AttrValue AnyAttr(Choices& choices, const AttrValue& old) {
  static const std::vector<std::string> words = {"",     "SAME",    "VALID",  "EXPLICIT", "NHWC",
                                                 "NCHW", "REFLECT", "SCALED", "x"};
  const std::string kind = old.KindName();
  const auto number = [&] { return EdgeElement<int64_t>(choices); };
  if (kind == "bool") return AttrValue::Bool(choices.Pick(2) == 1);
  if (kind == "float") return AttrValue::Float(EdgeElement<float>(choices));
  if (kind == "string") return AttrValue::String(choices.Of(words));
  if (kind == "type") return AttrValue::Type(AnyDType(choices));
  if (kind == "shape")
    return AttrValue::OfShape(choices.Pick(2) == 0 ? PartialShape() : PartialShape({-1, choices.Pick(4)}));
  if (kind == "list(int)") {
    absl::StatusOr<std::vector<int64_t>> ints = old.AsInts();
    if (!ints.ok() || ints->empty() || choices.OneIn(4)) return AttrValue::Ints({number(), number()});
    (*ints)[static_cast<size_t>(choices.Pick(static_cast<int>(ints->size())))] = number();
    return AttrValue::Ints(*ints);
  }
  return AttrValue::Int(number());
}

void ChangeAttr(Choices& choices, GoldenCase* golden) {
  const auto& entries = golden->attrs.entries();
  if (entries.empty()) return;
  const auto [name, value] = entries[static_cast<size_t>(choices.Pick(static_cast<int>(entries.size())))];
  if (choices.OneIn(8)) {
    golden->attrs.Erase(name);
  } else {
    golden->attrs.Set(name, AnyAttr(choices, value));
  }
}

void ChangeInputs(Choices& choices, GoldenCase* golden) {
  std::vector<Tensor>& inputs = golden->inputs;
  if (inputs.empty()) return;
  const auto at = static_cast<size_t>(choices.Pick(static_cast<int>(inputs.size())));
  switch (choices.Pick(3)) {
    case 0:
      inputs.erase(inputs.begin() + static_cast<std::ptrdiff_t>(at));
      break;
    case 1:
      inputs.push_back(inputs[at]);
      break;
    default:
      std::swap(inputs[at], inputs.back());
  }
}

void Change(Choices& choices, GoldenCase* golden) {
  const int what = choices.Pick(8);
  if (what < 5) {
    ChangeInput(choices, golden);
  } else if (what < 7) {
    ChangeAttr(choices, golden);
  } else {
    ChangeInputs(choices, golden);
  }
}

// ---- Checking what comes of it

[[noreturn]] void Fail(const GoldenCase& golden, const std::string& what) {
  std::fprintf(stderr, "op_fuzz: %s %s: %s\n", golden.op.c_str(), golden.name.c_str(), what.c_str());
  for (const Tensor& input : golden.inputs) std::fprintf(stderr, "  %s\n", input.ToString(64).c_str());
  std::abort();
}

enum class Knowledge { kAll, kShapes, kDTypes };

absl::StatusOr<std::vector<TensorInfo>> InferFrom(const OpInfo& op, const GoldenCase& golden, Knowledge knowledge) {
  std::vector<TensorInfo> infos;
  for (const Tensor& input : golden.inputs) {
    infos.push_back({input.dtype(), knowledge == Knowledge::kDTypes ? PartialShape() : PartialShape(input.shape()),
                     knowledge == Knowledge::kAll ? &input : nullptr});
  }
  InferContext context(golden.name, golden.attrs, infos);
  const absl::Status status = op.infer(context);
  if (!status.ok()) return status;
  std::vector<TensorInfo> outputs = context.outputs();
  for (TensorInfo& output : outputs) output.value = nullptr;
  return outputs;
}

double LargestInteger(const GoldenCase& golden) {
  double largest = 0;
  for (const Tensor& input : golden.inputs) {
    (void)OnDType(IntegerTypes(), input.dtype(), [&]<typename T>() -> absl::Status {
      for (const T value : input.flat<T>()) largest = std::max(largest, std::abs(static_cast<double>(value)));
      return absl::OkStatus();
    });
  }
  return largest;
}

// Whether an evaluation may be tried: a large but possible result would only tell that the machine has the memory.
bool IsAffordable(const GoldenCase& golden, const std::vector<TensorInfo>& outputs) {
  constexpr double kLeastRefused = 1e13;  // elements that no machine has the memory for
  for (const TensorInfo& output : outputs) {
    double elements = output.shape.IsFullyDefined() ? 1 : LargestInteger(golden);
    if (output.shape.IsFullyDefined()) {
      for (const int64_t dim : output.shape.dims()) elements *= static_cast<double>(dim);
    }
    if (elements > static_cast<double>(kMaxElements) && elements < kLeastRefused) return false;
  }
  return true;
}

void Run(absl::string_view input) {
  const std::vector<OpCases>& all = AllCases();
  const size_t end = std::min(input.find('\n'), input.size());
  const absl::string_view name = input.substr(0, end);
  Choices choices(input.substr(std::min(end + 1, input.size())));
  auto found = std::find_if(all.begin(), all.end(), [&](const OpCases& one) { return name == one.op->name; });
  if (found == all.end()) {
    uint32_t place = 2166136261u;  // the same in every process, unlike absl's hashes
    for (const char c : name) place = (place ^ static_cast<uint8_t>(c)) * 16777619u;
    found = all.begin() + static_cast<std::ptrdiff_t>(place % all.size());
  }
  size_t lender = static_cast<size_t>(found - all.begin());
  if (found->cases.empty()) lender = static_cast<size_t>(choices.Pick(256)) * 7 % all.size();
  while (all[lender].cases.empty()) lender = (lender + 1) % all.size();
  const int which = choices.Pick(256);
  GoldenCase golden = all[lender].cases[static_cast<size_t>(which) % all[lender].cases.size()];
  golden.op = found->op->name;
  for (int changes = choices.Pick(kMaxChanges + 1); changes > 0; --changes) Change(choices, &golden);

  const OpInfo& op = *found->op;
  const absl::StatusOr<std::vector<TensorInfo>> known = InferFrom(op, golden, Knowledge::kAll);
  if (!known.ok()) {
    if (absl::IsInternal(known.status())) Fail(golden, known.status().ToString());
    return;
  }
  if (!IsAffordable(golden, *known)) return;
  const absl::StatusOr<std::vector<Tensor>> results = Evaluate(op, golden.name, golden.attrs, golden.inputs);
  if (!results.ok()) {
    if (absl::IsInternal(results.status())) Fail(golden, results.status().ToString());
    return;
  }
  for (const Knowledge knowledge : {Knowledge::kAll, Knowledge::kShapes, Knowledge::kDTypes}) {
    const absl::StatusOr<std::vector<TensorInfo>> inferred = InferFrom(op, golden, knowledge);
    if (!inferred.ok()) Fail(golden, absl::StrCat("inference refuses what evaluates: ", inferred.status().ToString()));
    if (inferred->size() != results->size()) Fail(golden, "inference said another number of results");
    for (size_t i = 0; i < results->size(); ++i) {
      const Tensor& result = (*results)[i];
      const TensorInfo& said = (*inferred)[i];
      if (said.dtype == result.dtype() && said.shape.Matches(result.shape())) continue;
      Fail(golden, absl::StrCat("result ", i, ": inference said ", DTypeName(said.dtype), " ", said.shape.ToString(),
                                ", it is ", result.ToString()));
    }
  }
}

}  // namespace
}  // namespace floe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
