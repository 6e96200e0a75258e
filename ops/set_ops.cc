#include "ops/set_ops.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <string>
#include <type_traits>

#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"
#include "base/status.h"
#include "ops/arguments.h"
#include "ops/scratch.h"
#include "ops/sparse_tensor.h"
#include "ops/types.h"

namespace floe {
namespace {

using MemberTypes = Join<SignedTypes, TypeList<uint8_t, uint16_t, std::string>>;

// A dense operand is one input; a sparse one three: indices, values, dense shape.
enum class Kind : uint8_t { kDense, kSparse };
constexpr int InputsOf(Kind kind) { return kind == Kind::kDense ? 1 : 3; }

enum class Operation : uint8_t { kFirstOnly, kSecondOnly, kBoth, kAny };

absl::StatusOr<Operation> OperationOf(const AttrMap& attrs) {
  FLOE_ASSIGN_OR_RETURN(const std::string given, attrs.String("set_operation"));
  const std::string name = absl::AsciiStrToLower(given);
  if (name == "a-b") return Operation::kFirstOnly;
  if (name == "b-a") return Operation::kSecondOnly;
  if (name == "intersection") return Operation::kBoth;
  if (name == "union") return Operation::kAny;
  return absl::InvalidArgumentError(
      absl::StrCat("attribute 'set_operation': wanted a-b, b-a, intersection or union, got '", given, "'"));
}

// The rank, where it is known, of an operand whose inputs begin at `first`.
absl::StatusOr<int64_t> InferOperand(const InferContext& context, Kind kind, int first) {
  int64_t rank = PartialShape::kUnknownDim;
  if (kind == Kind::kDense) {
    if (context.shape(first).has_rank()) rank = context.shape(first).rank();
  } else {
    FLOE_ASSIGN_OR_RETURN(rank, WantSparse(context, first));
  }
  if (rank == 0 || rank == 1) {
    return absl::InvalidArgumentError(absl::StrCat("input ", first, ": wanted sets of rank 2 or more, got ", rank));
  }
  return rank;
}

template <typename T>
struct Member {
  int64_t group = 0;
  std::conditional_t<std::is_same_v<T, std::string>, absl::string_view, T> value{};

  friend bool operator<(const Member& a, const Member& b) {
    return a.group != b.group ? a.group < b.group : a.value < b.value;
  }
  friend bool operator==(const Member& a, const Member& b) { return a.group == b.group && a.value == b.value; }
};

// The sets of one operand: each member once, group by group, in order.
template <typename T>
struct Sets {
  Dims groups;  // the dimensions but the last
  std::unique_ptr<Member<T>[]> members;
  int64_t count = 0;

  const Member<T>* begin() const { return members.get(); }
  const Member<T>* end() const { return members.get() + count; }

  void Sort() {
    std::sort(members.get(), members.get() + count);
    count = std::unique(members.get(), members.get() + count) - members.get();
  }
};

template <typename T>
absl::StatusOr<Sets<T>> ReadDense(const Tensor& tensor) {
  Sets<T> sets;
  const int last = tensor.rank() - 1;
  sets.groups = Dims(tensor.shape().dims().begin(), tensor.shape().dims().end() - 1);
  sets.count = tensor.num_elements();
  FLOE_ASSIGN_OR_RETURN(sets.members, Scratch<Member<T>>(sets.count));
  for (int64_t i = 0; i < sets.count; ++i) sets.members[i] = {i / tensor.shape().dim(last), tensor.data<T>()[i]};
  sets.Sort();
  return sets;
}

std::string ShowIndex(absl::Span<const int64_t> index) { return Shape(index).ToString(); }

template <typename T>
absl::StatusOr<Sets<T>> ReadSparse(const EvalContext& context, int first, bool validates) {
  const Tensor &indices = context.input(first), &values = context.input(first + 1);
  FLOE_ASSIGN_OR_RETURN(const Dims dims, ToInt64s(context.input(first + 2)));
  FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(dims).status(), absl::StrCat("input ", first + 2)));
  Sets<T> sets;
  sets.groups = Dims(dims.begin(), dims.end() - 1);
  FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(sets.groups).status(), absl::StrCat("input ", first + 2)));
  sets.count = values.num_elements();
  FLOE_ASSIGN_OR_RETURN(sets.members, Scratch<Member<T>>(sets.count));
  const size_t rank = dims.size();
  for (int64_t i = 0; i < sets.count; ++i) {
    const absl::Span<const int64_t> index = indices.flat<int64_t>().subspan(static_cast<size_t>(i) * rank, rank);
    int64_t group = 0;
    for (size_t axis = 0; axis < rank; ++axis) {
      if (index[axis] < 0 || index[axis] >= dims[axis]) {
        return absl::InvalidArgumentError(absl::StrCat("input ", first, ": index ", ShowIndex(index), " of element ", i,
                                                       " is out of range for shape ", ShowIndex(dims)));
      }
      if (axis + 1 < rank) group = group * dims[axis] + index[axis];
    }
    const auto is_after = [&](const int64_t* before) {
      return std::lexicographical_compare(before, before + rank, index.begin(), index.end());
    };
    if (validates && i > 0 && !is_after(index.data() - rank)) {
      return absl::InvalidArgumentError(absl::StrCat("input ", first, ": index ", ShowIndex(index), " of element ", i,
                                                     " is out of order or repeated"));
    }
    sets.members[i] = {group, values.data<T>()[i]};
  }
  sets.Sort();
  return sets;
}

template <typename T>
absl::StatusOr<Sets<T>> Read(const EvalContext& context, Kind kind, int first) {
  FLOE_ASSIGN_OR_RETURN(const bool validates, context.attrs().Bool("validate_indices", true));
  return kind == Kind::kDense ? ReadDense<T>(context.input(first)) : ReadSparse<T>(context, first, validates);
}

// `take(member, place)` for each member of the results, with its place in its set.
template <typename T, typename Take>
void ForEachResult(const Sets<T>& a, const Sets<T>& b, Operation operation, Take&& take) {
  const Member<T>*x = a.begin(), *y = b.begin();
  int64_t group = -1, place = 0;
  while (x != a.end() || y != b.end()) {
    const bool in_a = x != a.end() && (y == b.end() || !(*y < *x));
    const bool in_b = y != b.end() && (x == a.end() || !(*x < *y));
    const Member<T>& member = in_a ? *x : *y;
    const bool wanted = operation == Operation::kAny || (operation == Operation::kBoth && in_a && in_b) ||
                        (operation == Operation::kFirstOnly && in_a && !in_b) ||
                        (operation == Operation::kSecondOnly && in_b && !in_a);
    if (wanted) {
      place = member.group == group ? place + 1 : 0;
      group = member.group;
      take(member, place);
    }
    x += in_a ? 1 : 0;
    y += in_b ? 1 : 0;
  }
}

template <Kind kFirst, Kind kSecond>
absl::Status InferOperation(InferContext& context) {
  constexpr int kSecondInput = InputsOf(kFirst);
  FLOE_RETURN_IF_ERROR(context.WantInputs(kSecondInput + InputsOf(kSecond)));
  constexpr int kValues = kFirst == Kind::kDense ? 0 : 1;
  constexpr int kOtherValues = kSecondInput + (kSecond == Kind::kDense ? 0 : 1);
  FLOE_RETURN_IF_ERROR(WantDTypeIn(MemberTypes(), absl::StrCat("input ", kValues), context.dtype(kValues)));
  FLOE_RETURN_IF_ERROR(context.WantSameDType(kValues, kOtherValues));
  FLOE_RETURN_IF_ERROR(OperationOf(context.attrs()).status());
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, InferOperand(context, kFirst, 0));
  FLOE_ASSIGN_OR_RETURN(const int64_t other, InferOperand(context, kSecond, kSecondInput));
  absl::StatusOr<int64_t> merged = MergeDim(rank, other);
  if (!merged.ok()) return Annotate(merged.status(), "ranks of the sets");
  if (kFirst == Kind::kDense && kSecond == Kind::kDense && context.shape(0).has_rank() && context.shape(1).has_rank()) {
    for (int axis = 0; axis + 1 < context.shape(0).rank(); ++axis) {
      const auto dim = MergeDim(context.shape(0).dim(axis), context.shape(1).dim(axis));
      if (!dim.ok()) return Annotate(dim.status(), absl::StrCat("dimension ", axis));
    }
  }
  context.AddOutput(DType::kInt64, PartialShape({PartialShape::kUnknownDim, *merged}));
  context.AddOutput(context.dtype(kValues), PartialShape({PartialShape::kUnknownDim}));
  context.AddOutput(DType::kInt64, PartialShape({*merged}));
  return absl::OkStatus();
}

template <Kind kFirst, Kind kSecond>
absl::Status EvalOperation(EvalContext& context) {
  FLOE_ASSIGN_OR_RETURN(const Operation operation, OperationOf(context.attrs()));
  return OnDType(MemberTypes(), context.output_dtype(1), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const Sets<T> a, Read<T>(context, kFirst, 0));
    FLOE_ASSIGN_OR_RETURN(const Sets<T> b, Read<T>(context, kSecond, InputsOf(kFirst)));
    if (a.groups != b.groups) {
      return absl::InvalidArgumentError(
          absl::StrCat("the sets' places differ: ", ShowIndex(a.groups), " and ", ShowIndex(b.groups)));
    }
    int64_t count = 0, largest = 0;
    ForEachResult(a, b, operation, [&](const Member<T>&, int64_t place) {
      ++count;
      largest = std::max(largest, place + 1);
    });
    const auto rank = static_cast<int64_t>(a.groups.size()) + 1;
    FLOE_ASSIGN_OR_RETURN(Tensor* const indices, context.Output(0, Shape({count, rank})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const values, context.Output(1, Shape({count})));
    FLOE_ASSIGN_OR_RETURN(Tensor* const shape, context.Output(2, Shape({rank})));
    auto* index = indices->mutable_data<int64_t>();
    T* value = values->mutable_data<T>();
    ForEachResult(a, b, operation, [&](const Member<T>& member, int64_t place) {
      int64_t group = member.group;
      for (size_t axis = a.groups.size(); axis-- > 0; group /= a.groups[axis]) index[axis] = group % a.groups[axis];
      index[rank - 1] = place;
      index += rank;
      *value++ = T(member.value);
    });
    std::copy(a.groups.begin(), a.groups.end(), shape->mutable_data<int64_t>());
    shape->mutable_data<int64_t>()[rank - 1] = largest;
    return absl::OkStatus();
  });
}

absl::Status InferSize(InferContext& context) {
  FLOE_RETURN_IF_ERROR(context.WantInputs(3));
  FLOE_RETURN_IF_ERROR(WantDTypeIn(MemberTypes(), "input 1", context.dtype(1)));
  FLOE_ASSIGN_OR_RETURN(const int64_t rank, InferOperand(context, Kind::kSparse, 0));
  if (rank > kMaxRank) return absl::InvalidArgumentError(absl::StrCat("input 2: ", rank, " dimensions are too many"));
  FLOE_ASSIGN_OR_RETURN(const std::optional<Dims> dims, context.KnownInts(2));
  if (dims.has_value()) {
    FLOE_RETURN_IF_ERROR(Annotate(Shape::Checked(*dims).status(), "input 2"));
    context.AddOutput(DType::kInt32, PartialShape(Dims(dims->begin(), dims->end() - 1)));
  } else {
    context.AddOutput(DType::kInt32,
                      rank < 0 ? PartialShape::UnknownRank() : PartialShape::UnknownDims(static_cast<int>(rank - 1)));
  }
  return absl::OkStatus();
}

absl::Status EvalSize(EvalContext& context) {
  return OnDType(MemberTypes(), context.input(1).dtype(), [&]<typename T>() -> absl::Status {
    FLOE_ASSIGN_OR_RETURN(const Sets<T> sets, Read<T>(context, Kind::kSparse, 0));
    FLOE_ASSIGN_OR_RETURN(Tensor* const output, context.Output(0, Shape(sets.groups)));
    auto* const sizes = output->mutable_data<int32_t>();
    std::fill_n(sizes, output->num_elements(), 0);
    for (const Member<T>& member : sets) ++sizes[member.group];
    return absl::OkStatus();
  });
}

constexpr OpInfo kOps[] = {
    {"DenseToDenseSetOperation", InferOperation<Kind::kDense, Kind::kDense>, EvalOperation<Kind::kDense, Kind::kDense>},
    {"DenseToSparseSetOperation", InferOperation<Kind::kDense, Kind::kSparse>,
     EvalOperation<Kind::kDense, Kind::kSparse>},
    {"SparseToSparseSetOperation", InferOperation<Kind::kSparse, Kind::kSparse>,
     EvalOperation<Kind::kSparse, Kind::kSparse>},
    {"SetSize", InferSize, EvalSize},
};

}  // namespace

absl::Span<const OpInfo> SetOps() { return kOps; }

}  // namespace floe
