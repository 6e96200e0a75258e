// Programs put together by chance: every pass alone, all of them, and all in any order keep the results.
#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::RandomTensor;

const GraphMaker::Attrs kFloat = {{"T", AttrValue::Type(DType::kFloat)}};

// Grows a graph over images [?,h,w,c] node by node.
class Grower {
 public:
  explicit Grower(uint64_t seed) : random_(seed), channels_first_(Pick(4) == 0) {
    maker_.Input("x", Image(7, 6, 3));
    images_.push_back({"x", 7, 6, 3});
    for (int i = 0, n = 3 + Pick(18); i < n; ++i) Grow();
  }

  absl::StatusOr<Program> Finish() {
    std::vector<std::string> outputs = {images_.back().name};
    while (Pick(3) == 0) outputs.push_back(images_[Pick(images_.size())].name);
    return maker_.Lower(outputs);
  }

 private:
  struct ImageValue {
    std::string name;
    int64_t height, width, channels;
  };

  size_t Pick(size_t n) { return random_() % n; }
  std::string Name(const char* what) { return absl::StrCat(what, ++count_); }
  PartialShape Image(int64_t height, int64_t width, int64_t channels) const {
    if (channels_first_) return {PartialShape::kUnknownDim, channels, height, width};
    return {PartialShape::kUnknownDim, height, width, channels};
  }
  GraphMaker::Attrs Format() const {
    return {{"T", AttrValue::Type(DType::kFloat)},
            {"data_format", AttrValue::String(channels_first_ ? "NCHW" : "NHWC")}};
  }
  // Mostly the newest, so that chains grow.
  const ImageValue& Some() { return images_[Pick(3) == 0 ? Pick(images_.size()) : images_.size() - 1]; }
  std::string Weights(const Shape& shape, bool positive = false) {
    Tensor tensor = RandomTensor(shape, random_());
    for (int64_t i = 0; positive && i < tensor.num_elements(); ++i) {
      float& value = tensor.mutable_data<float>()[i];
      value = std::abs(value) + 0.5f;
    }
    return maker_.Const(Name("const"), tensor);
  }
  // A constant that gives each channel its value, in one of the spellings.
  std::string PerChannel(int64_t channels, bool positive) {
    if (Pick(4) == 0) return Weights(Shape(), positive);
    if (channels_first_) return Weights(Pick(2) == 0 ? Shape({channels, 1, 1}) : Shape({1, channels, 1, 1}), positive);
    return Weights(Pick(2) == 0 ? Shape({channels}) : Shape({1, 1, 1, channels}), positive);
  }

  void Grow() {
    const ImageValue in = Some();
    switch (Pick(12)) {
      case 0:
      case 1:
      case 2:
        return AddConvolution(in, /*depthwise=*/false);
      case 3:
        return AddConvolution(in, /*depthwise=*/true);
      case 4: {
        const char* const ops[] = {"Mul", "Add", "AddV2", "Sub", "RealDiv"};
        const char* const op = ops[Pick(5)];
        const std::string constant = PerChannel(in.channels, absl::string_view(op) == "RealDiv" || Pick(2) == 0);
        const bool first = Pick(3) == 0 && absl::string_view(op) != "RealDiv";
        return Add(op, in,
                   first ? std::vector<std::string>{constant, in.name} : std::vector<std::string>{in.name, constant},
                   kFloat);
      }
      case 5:
        return Add("BiasAdd", in, {in.name, Weights(Shape({in.channels}))}, Format());
      case 6: {
        const Shape vector({in.channels});
        GraphMaker::Attrs attrs = Format();
        attrs.push_back({"is_training", AttrValue::Bool(false)});
        return Add("FusedBatchNormV3", in,
                   {in.name, Weights(vector), Weights(vector), Weights(vector), Weights(vector, true)}, attrs);
      }
      case 7:
      case 8: {
        const char* const ops[] = {"Relu", "Relu6", "Elu", "LeakyRelu", "Tanh", "Sigmoid", "Neg", "Identity"};
        return Add(ops[Pick(8)], in, {in.name}, kFloat);
      }
      case 9: {
        for (const ImageValue& other : images_) {
          if (other.name != in.name && Same(other, in)) return Add("AddV2", in, {in.name, other.name}, kFloat);
        }
        return;
      }
      case 10: {
        const std::string gate = maker_.Op("Sigmoid", Name("gate"), {in.name}, kFloat);
        return Add("Mul", in, {in.name, gate}, kFloat);
      }
      case 11:
        return AddPad(in);
    }
  }

  static bool Same(const ImageValue& a, const ImageValue& b) {
    return a.height == b.height && a.width == b.width && a.channels == b.channels;
  }

  void Add(const char* op, const ImageValue& in, const std::vector<std::string>& inputs,
           const GraphMaker::Attrs& attrs) {
    ImageValue out = in;
    out.name = maker_.Op(op, Name(op), inputs, attrs);
    images_.push_back(out);
  }

  void AddPad(const ImageValue& in) {
    int32_t pads[4];
    for (int32_t& pad : pads) pad = static_cast<int32_t>(Pick(3));
    ImageValue out = in;
    out.height += pads[0] + pads[1];
    out.width += pads[2] + pads[3];
    const Tensor pairs = channels_first_
                             ? Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 0, 0, pads[0], pads[1], pads[2], pads[3]})
                             : Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, pads[0], pads[1], pads[2], pads[3], 0, 0});
    out.name = maker_.Op("Pad", Name("pad"), {in.name, maker_.Const(Name("pairs"), pairs)}, kFloat);
    images_.push_back(out);
  }

  void AddConvolution(const ImageValue& in, bool depthwise) {
    const int64_t window = 1 + static_cast<int64_t>(Pick(3));
    const bool same = Pick(2) == 0;
    if (!same && (in.height < window || in.width < window)) return;
    const int64_t outputs = depthwise ? 1 + static_cast<int64_t>(Pick(2)) : 2 + static_cast<int64_t>(Pick(3));
    const std::string filter = Weights(Shape({window, window, in.channels, outputs}));
    ImageValue out = in;
    out.channels = depthwise ? in.channels * outputs : outputs;
    if (!same) {
      out.height -= window - 1;
      out.width -= window - 1;
    }
    if (out.channels > 12) return;
    GraphMaker::Attrs attrs = Format();
    // One filter for two convolutions, now and then.
    const std::string used = !depthwise && !last_filter_.empty() &&
                                     last_shape_ == Shape({window, window, in.channels, outputs}) && Pick(2) == 0
                                 ? last_filter_
                                 : filter;
    if (!depthwise) {
      last_filter_ = used;
      last_shape_ = Shape({window, window, in.channels, outputs});
    }
    out.name = maker_.Conv(Name("conv"), in.name, used, same ? "SAME" : "VALID", attrs,
                           depthwise ? "DepthwiseConv2dNative" : "Conv2D");
    images_.push_back(out);
  }

  GraphMaker maker_;
  std::mt19937_64 random_;
  bool channels_first_;
  int count_ = 0;
  std::vector<ImageValue> images_;
  std::string last_filter_;
  Shape last_shape_;
};

class RandomProgramsTest : public ::testing::TestWithParam<int> {};

TEST_P(RandomProgramsTest, PassesKeepTheResults) {
  constexpr int kPrograms = 40;
  for (int i = 0; i < kPrograms; ++i) {
    const uint64_t seed = static_cast<uint64_t>(GetParam()) * kPrograms + i;
    SCOPED_TRACE(absl::StrCat("seed ", seed));
    ASSERT_OK_AND_ASSIGN(const Program before, Grower(seed).Finish());
    Program all = before;
    ASSERT_OK(RunPasses(StandardPasses(), {}, all));
    testing::ExpectSameResults(before, all);
    std::vector<Pass> shuffled(StandardPasses().begin(), StandardPasses().end());
    for (const Pass& pass : shuffled) {
      Program alone = before;
      ASSERT_OK(RunPasses({&pass, 1}, {}, alone));
      testing::ExpectSameResults(before, alone);
    }
    std::shuffle(shuffled.begin(), shuffled.end(), std::mt19937_64(seed));
    Program mixed = before;
    ASSERT_OK(RunPasses(shuffled, {}, mixed));
    ASSERT_OK(RunPasses(shuffled, {}, mixed));
    testing::ExpectSameResults(before, mixed);
    if (HasFailure()) return;
  }
}

INSTANTIATE_TEST_SUITE_P(Seeds, RandomProgramsTest, ::testing::Range(0, 10));

}  // namespace
}  // namespace floe
