#include "checkpoint/tensor_slice.h"

#include <algorithm>
#include <cstring>
#include <utility>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "base/status.h"
#include "tensorflow/core/framework/tensor_slice.pb.h"

namespace floe {

absl::StatusOr<TensorSlice> SliceFromProto(const tensorflow::TensorSliceProto& proto) {
  TensorSlice slice;
  for (const tensorflow::TensorSliceProto::Extent& extent : proto.extent()) {
    SliceExtent mine;
    if (extent.has_length_hack_case() == tensorflow::TensorSliceProto::Extent::kLength) {
      mine = {extent.start(), extent.length()};
      if (mine.start < 0 || mine.length < 0) {
        return absl::InvalidArgumentError(absl::StrCat("slice of start ", mine.start, " and length ", mine.length));
      }
    }
    slice.push_back(mine);
  }
  return slice;
}

void SliceToProto(const TensorSlice& slice, tensorflow::TensorSliceProto* proto) {
  proto->Clear();
  for (const SliceExtent& extent : slice) {
    tensorflow::TensorSliceProto::Extent* const mine = proto->add_extent();
    if (extent.length == SliceExtent::kWhole) continue;
    mine->set_start(extent.start);
    mine->set_length(extent.length);
  }
}

absl::StatusOr<TensorSlice> ParseSlice(absl::string_view text) {
  TensorSlice slice;
  if (text.empty()) return slice;
  for (const absl::string_view part : absl::StrSplit(text, ':')) {
    SliceExtent extent;
    if (part != "-") {
      const std::pair<absl::string_view, absl::string_view> numbers = absl::StrSplit(part, absl::MaxSplits(',', 1));
      if (!absl::SimpleAtoi(numbers.first, &extent.start) || !absl::SimpleAtoi(numbers.second, &extent.length) ||
          extent.start < 0 || extent.length < 0) {
        return absl::InvalidArgumentError(
            absl::StrCat("'", text, "' is no slice: wanted START,LENGTH or - a dimension"));
      }
    }
    slice.push_back(extent);
  }
  return slice;
}

std::string SliceToString(const TensorSlice& slice) {
  std::string text;
  for (const SliceExtent& extent : slice) {
    absl::StrAppend(&text, text.empty() ? "" : ":");
    if (extent.length == SliceExtent::kWhole) {
      text += "-";
    } else {
      absl::StrAppend(&text, extent.start, ",", extent.length);
    }
  }
  return text;
}

absl::StatusOr<TensorSlice> ResolveSlice(const TensorSlice& slice, const Shape& shape) {
  const auto outside = [&] {
    return absl::InvalidArgumentError(
        absl::StrCat("slice ", SliceToString(slice), " is not inside ", shape.ToString()));
  };
  if (static_cast<int>(slice.size()) != shape.rank()) return outside();
  TensorSlice resolved = slice;
  for (int axis = 0; axis < shape.rank(); ++axis) {
    SliceExtent& extent = resolved[static_cast<size_t>(axis)];
    if (extent.length == SliceExtent::kWhole) {
      extent = {0, shape.dim(axis)};
    } else if (extent.start > shape.dim(axis) || extent.length > shape.dim(axis) - extent.start) {
      return outside();
    }
  }
  return resolved;
}

TensorSlice WholeSlice(const Shape& shape) {
  TensorSlice slice;
  for (const int64_t dim : shape.dims()) slice.push_back({0, dim});
  return slice;
}

Shape SliceShape(const TensorSlice& resolved) {
  Shape shape;
  for (const SliceExtent& extent : resolved) shape.Append(extent.length);
  return shape;
}

bool IntersectSlices(const TensorSlice& a, const TensorSlice& b, TensorSlice* common) {
  common->clear();
  for (size_t axis = 0; axis < a.size(); ++axis) {
    const int64_t start = std::max(a[axis].start, b[axis].start);
    const int64_t end = std::min(a[axis].start + a[axis].length, b[axis].start + b[axis].length);
    if (end <= start) return false;
    common->push_back({start, end - start});
  }
  return true;
}

void CopySlicePart(const TensorSlice& part, const Tensor& source, const TensorSlice& source_slice, Tensor* target,
                   const TensorSlice& target_slice) {
  const bool strings = source.dtype() == DType::kString;
  const auto copy_run = [&](int64_t from, int64_t to, int64_t count) {
    if (strings) {
      std::copy_n(source.data<std::string>() + from, count, target->mutable_data<std::string>() + to);
    } else {
      const int64_t bytes = ElementBytes(source.dtype());
      std::memcpy(static_cast<char*>(target->raw_mutable_data()) + to * bytes,
                  static_cast<const char*>(source.raw_data()) + from * bytes, static_cast<size_t>(count * bytes));
    }
  };
  const Dims from_strides = source.shape().Strides(), to_strides = target->shape().Strides();
  // The trailing dimensions that are whole on both sides are one run together with the dimension before them.
  size_t run_axis = part.size();
  int64_t run = 1;
  while (run_axis > 0) {
    --run_axis;
    run *= part[run_axis].length;
    if (part[run_axis].length != source_slice[run_axis].length ||
        part[run_axis].length != target_slice[run_axis].length) {
      break;
    }
  }
  int64_t from = 0, to = 0, runs = 1;
  for (size_t axis = 0; axis < part.size(); ++axis) {
    from += (part[axis].start - source_slice[axis].start) * from_strides[axis];
    to += (part[axis].start - target_slice[axis].start) * to_strides[axis];
    if (axis < run_axis) runs *= part[axis].length;
  }
  std::vector<int64_t> at(run_axis, 0);
  for (int64_t i = 0; i < runs; ++i) {
    copy_run(from, to, run);
    for (size_t axis = run_axis; axis-- > 0;) {
      from += from_strides[axis];
      to += to_strides[axis];
      if (++at[axis] < part[axis].length) break;
      from -= at[axis] * from_strides[axis];
      to -= at[axis] * to_strides[axis];
      at[axis] = 0;
    }
  }
}

}  // namespace floe
