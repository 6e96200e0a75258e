#include "tensor/shape.h"

#include <algorithm>

#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/checked_math.h"
#include "base/status.h"

namespace floe {
namespace {

absl::Status DoNotBroadcast(const std::string& a, const std::string& b) {
  return absl::InvalidArgumentError(absl::StrCat("shapes ", a, " and ", b, " do not broadcast"));
}

}  // namespace

absl::StatusOr<Shape> Shape::Checked(absl::Span<const int64_t> dims) {
  if (dims.size() > kMaxRank) {
    return absl::InvalidArgumentError(absl::StrCat("a shape of ", dims.size(), " dimensions; at most ", kMaxRank));
  }
  int64_t product = 1;
  bool fits = true;
  for (const int64_t dim : dims) {
    if (dim < 0)
      return absl::InvalidArgumentError(
          absl::StrCat("negative dimension ", dim, " in shape [", absl::StrJoin(dims, ","), "]"));
    // A zero further on must not hide an overflow before it: TensorFlow refuses such shapes as well.
    fits = fits && CheckedMul(product, std::max<int64_t>(dim, 1), &product);
  }
  if (!fits)
    return absl::InvalidArgumentError(absl::StrCat("too many elements in shape [", absl::StrJoin(dims, ","), "]"));
  return Shape(dims);
}

int64_t Shape::num_elements() const {
  int64_t product = 1;
  for (const int64_t dim : dims_) product *= dim;
  return product;
}

Dims Shape::Strides() const {
  Dims strides(dims_.size());
  int64_t stride = 1;
  for (int axis = rank() - 1; axis >= 0; --axis) {
    strides[axis] = stride;
    stride *= dims_[axis];
  }
  return strides;
}

std::string Shape::ToString() const { return absl::StrCat("[", absl::StrJoin(dims_, ","), "]"); }

bool PartialShape::IsFullyDefined() const {
  return has_rank() && std::none_of(dims_->begin(), dims_->end(), [](int64_t dim) { return dim < 0; });
}

bool PartialShape::Matches(const Shape& shape) const {
  if (!has_rank()) return true;
  if (rank() != shape.rank()) return false;
  for (int axis = 0; axis < rank(); ++axis) {
    if (dim(axis) >= 0 && dim(axis) != shape.dim(axis)) return false;
  }
  return true;
}

std::string PartialShape::ToString() const {
  if (!has_rank()) return "<unknown>";
  return absl::StrCat("[",
                      absl::StrJoin(*dims_, ",",
                                    [](std::string* out, int64_t dim) {
                                      if (dim < 0) {
                                        out->push_back('?');
                                      } else {
                                        absl::StrAppend(out, dim);
                                      }
                                    }),
                      "]");
}

absl::StatusOr<PartialShape> MergeShapes(const PartialShape& a, const PartialShape& b) {
  if (!a.has_rank()) return b;
  if (!b.has_rank()) return a;
  const auto contradiction = [&] {
    return absl::InvalidArgumentError(absl::StrCat("shapes ", a.ToString(), " and ", b.ToString(), " contradict"));
  };
  if (a.rank() != b.rank()) return contradiction();
  PartialShape merged = a;
  for (int axis = 0; axis < a.rank(); ++axis) {
    if (a.dim(axis) < 0) {
      merged.set_dim(axis, b.dim(axis));
    } else if (b.dim(axis) >= 0 && a.dim(axis) != b.dim(axis)) {
      return contradiction();
    }
  }
  return merged;
}

absl::StatusOr<Shape> BroadcastShapes(const Shape& a, const Shape& b) {
  const int rank = std::max(a.rank(), b.rank());
  Dims dims(rank);
  for (int i = 0; i < rank; ++i) {
    const int64_t da = i < rank - a.rank() ? 1 : a.dim(i - (rank - a.rank()));
    const int64_t db = i < rank - b.rank() ? 1 : b.dim(i - (rank - b.rank()));
    if (da != db && da != 1 && db != 1) return DoNotBroadcast(a.ToString(), b.ToString());
    dims[i] = da == 1 ? db : da;
  }
  return Shape::Checked(dims);
}

absl::StatusOr<PartialShape> BroadcastShapes(const PartialShape& a, const PartialShape& b) {
  if (!a.has_rank() || !b.has_rank()) return PartialShape::UnknownRank();
  const int rank = std::max(a.rank(), b.rank());
  PartialShape result = PartialShape::UnknownDims(rank);
  for (int i = 0; i < rank; ++i) {
    const int64_t da = i < rank - a.rank() ? 1 : a.dim(i - (rank - a.rank()));
    const int64_t db = i < rank - b.rank() ? 1 : b.dim(i - (rank - b.rank()));
    if (da >= 0 && db >= 0 && da != db && da != 1 && db != 1) return DoNotBroadcast(a.ToString(), b.ToString());
    if (da == 1) {
      result.set_dim(i, db);
    } else if (db == 1) {
      result.set_dim(i, da);
    } else {
      result.set_dim(i, std::max(da, db));  // an unknown one must be 1 or equal to the known one, which is not 1
    }
  }
  return result;
}

}  // namespace floe
