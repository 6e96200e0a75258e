// Ops that scale and shift each channel by constants: batch normalisation at inference, and the multiplications and
// additions that exporters spell it as. Values and pure functions; any thread.
#ifndef FLOE_PROGRAM_AFFINE_H_
#define FLOE_PROGRAM_AFFINE_H_

#include <optional>
#include <vector>

#include "program/program.h"

namespace floe {

// Where a tensor has its channels.
struct ChannelLayout {
  int rank;
  int axis;
  int64_t channels;
};

// x * scale + shift; each has one value a channel, or one for all.
struct ChannelAffine {
  std::vector<double> scale = {1};
  std::vector<double> shift = {0};

  bool scales() const;  // whether a scale is not 1
  bool shifts() const;  // whether a shift is not 0
  // This one first, then `next`.
  ChannelAffine Then(const ChannelAffine& next) const;
};

// The value of a channel, in a vector that may have one for all.
inline double AtChannel(const std::vector<double>& values, int64_t channel) {
  return values[values.size() == 1 ? 0 : channel];
}

// What `op` does to its input `x` where that is all it does, by finite constants, and its result has x's shape.
// FusedBatchNorm's further results must be unused.
std::optional<ChannelAffine> AsAffine(const Program& program, const UseDef& uses, const Op& op, ValueId x,
                                      const ChannelLayout& layout);

// scale and shift of a batch normalisation by these vectors.
std::optional<ChannelAffine> BatchNormAffine(const Tensor& scale, const Tensor& offset, const Tensor& mean,
                                             const Tensor& variance, double epsilon, int64_t channels);

// A constant that gives each channel its own value, or all of them one (size 1). Nothing where it gives more than that,
// would add dimensions, is not floating, or is not finite.
std::optional<std::vector<double>> ChannelValues(const Tensor& constant, const ChannelLayout& layout);
// The elements of a vector with one value a channel.
std::optional<std::vector<double>> VectorValues(const Tensor& constant, int64_t channels);

// A vector of one value a channel; nothing where one is not finite in `dtype`.
std::optional<Tensor> ChannelVector(const std::vector<double>& values, int64_t channels, DType dtype);

// Floating elements as doubles; nothing where one is not finite.
std::optional<std::vector<double>> FiniteValues(const Tensor& tensor);
// Doubles as floating elements; nothing where one is not finite in `dtype`.
std::optional<Tensor> ToTensor(const std::vector<double>& values, const Shape& shape, DType dtype);

// The axis of BiasAdd's channels in a tensor of that rank; -1 for attributes that say nothing.
int BiasAxis(const AttrMap& attrs, int rank);

}  // namespace floe

#endif  // FLOE_PROGRAM_AFFINE_H_
