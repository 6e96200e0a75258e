#include "ops/strided_copy.h"

#include <algorithm>
#include <cstring>
#include <string>

#include "base/status.h"
#include "ops/string_budget.h"
#include "ops/types.h"

namespace floe {
namespace {

// Dimensions of size 1 dropped, neighbours merged where both sides allow; at least one is left.
struct Walk {
  Dims dims, from, to;

  Walk(const Dims& all_dims, const Dims& all_from, const Dims& all_to) {
    for (size_t axis = 0; axis < all_dims.size(); ++axis) {
      const int64_t dim = all_dims[axis];
      if (dim == 1) continue;
      if (!dims.empty() && from.back() == all_from[axis] * dim && to.back() == all_to[axis] * dim) {
        dims.back() *= dim;
        from.back() = all_from[axis];
        to.back() = all_to[axis];
      } else {
        dims.push_back(dim);
        from.push_back(all_from[axis]);
        to.push_back(all_to[axis]);
      }
    }
    if (dims.empty()) {
      dims.push_back(1);
      from.push_back(1);
      to.push_back(1);
    }
  }
};

template <typename T>
void CopyRow(const T* from, int64_t from_stride, T* to, int64_t to_stride, int64_t n) {
  if (from_stride == 1 && to_stride == 1) {
    std::copy_n(from, n, to);
  } else if (from_stride == 0 && to_stride == 1) {
    std::fill_n(to, n, *from);
  } else {
    for (int64_t i = 0; i < n; ++i) to[i * to_stride] = from[i * from_stride];
  }
}

template <typename T>
void CopyWalk(const Walk& walk, const T* from, T* to) {
  const int outer = static_cast<int>(walk.dims.size()) - 1;
  const int64_t n = walk.dims.back(), from_stride = walk.from.back(), to_stride = walk.to.back();
  Dims index(outer, 0);
  while (true) {
    CopyRow(from, from_stride, to, to_stride, n);
    int axis = outer - 1;
    for (; axis >= 0; --axis) {
      from += walk.from[axis];
      to += walk.to[axis];
      if (++index[axis] < walk.dims[axis]) break;
      from -= walk.from[axis] * walk.dims[axis];
      to -= walk.to[axis] * walk.dims[axis];
      index[axis] = 0;
    }
    if (axis < 0) return;
  }
}

int64_t LengthOf(const std::string& text) { return static_cast<int64_t>(text.size()); }

// Axes along which the same strings come again.
absl::Status CheckRepeats(const Dims& dims, const Tensor& from, const StridedView& from_view) {
  int64_t repeats = 1;
  for (size_t axis = 0; axis < dims.size(); ++axis) {
    if (from_view.strides[axis] == 0) repeats *= dims[axis];
  }
  if (repeats == 1) return absl::OkStatus();
  StringBudget budget;
  for (const std::string& text : from.flat<std::string>()) FLOE_RETURN_IF_ERROR(budget.Take(LengthOf(text), repeats));
  return absl::OkStatus();
}

}  // namespace

absl::Status StridedCopy(const Dims& dims, const Tensor& from, const StridedView& from_view, Tensor* to,
                         const StridedView& to_view) {
  if (std::find(dims.begin(), dims.end(), 0) != dims.end()) return absl::OkStatus();
  if (from.dtype() == DType::kString) FLOE_RETURN_IF_ERROR(CheckRepeats(dims, from, from_view));
  const Walk walk(dims, from_view.strides, to_view.strides);
  return OnElementSize(from.dtype(), [&]<typename T>() -> absl::Status {
    CopyWalk(walk, from.data<T>() + from_view.first, to->mutable_data<T>() + to_view.first);
    return absl::OkStatus();
  });
}

void CopyElements(const Tensor& from, int64_t from_first, Tensor* to, int64_t to_first, int64_t count) {
  if (count == 0) return;
  if (from.dtype() == DType::kString) {
    std::copy_n(from.data<std::string>() + from_first, count, to->mutable_data<std::string>() + to_first);
    return;
  }
  const int64_t bytes = ElementBytes(from.dtype());
  std::memcpy(to->mutable_data<char>() + to_first * bytes, from.data<char>() + from_first * bytes,
              static_cast<size_t>(count * bytes));
}

absl::Status FillElements(const Tensor& value, Tensor* to) {
  if (value.dtype() == DType::kString) {
    FLOE_RETURN_IF_ERROR(StringBudget().Take(LengthOf(value.data<std::string>()[0]), to->num_elements()));
  }
  return OnElementSize(value.dtype(), [&]<typename T>() -> absl::Status {
    std::fill_n(to->mutable_data<T>(), to->num_elements(), *value.data<T>());
    return absl::OkStatus();
  });
}

absl::Status ZeroElements(Tensor* to) {
  return OnElementSize(to->dtype(), [&]<typename T>() -> absl::Status {
    std::fill_n(to->mutable_data<T>(), to->num_elements(), T());
    return absl::OkStatus();
  });
}

}  // namespace floe
