#include "tests/plan/random_programs.h"

#include <random>

#include "absl/strings/str_cat.h"
#include "tests/testing/programs.h"

namespace floe::testing {
namespace {

constexpr int kSide = 4;
constexpr int kChannels = 3;

// Every value is an image [batch, kSide, kSide, kChannels], so that any op fits any value.
class Maker {
 public:
  explicit Maker(uint64_t seed) : random_(seed) {
    for (const char* name : {"x", "y"}) {
      images_.push_back(graph_.Input(name, PartialShape({-1, kSide, kSide, kChannels})));
    }
  }

  absl::StatusOr<Program> Make() {
    const int count = 5 + static_cast<int>(random_() % 25);
    for (int i = 0; i < count; ++i) images_.push_back(AddOp());
    std::vector<std::string> outputs = {images_.back()};
    for (int i = 0; i < 2; ++i) outputs.push_back(Any());
    return graph_.Lower(outputs);
  }

 private:
  std::string Any() { return images_[random_() % images_.size()]; }
  std::string Name() { return absl::StrCat("n", next_++); }
  std::string Ints(std::initializer_list<int32_t> values) { return graph_.Const(Name(), Tensor::Of<int32_t>(values)); }

  std::string AddOp() {
    switch (random_() % 10) {
      case 0:
        return graph_.Op("AddV2", Name(), {Any(), Any()});
      case 1:
        return graph_.Op("Mul", Name(), {Any(), Any()});
      case 2:
        return graph_.Op(random_() % 2 == 0 ? "Relu" : "Tanh", Name(), {Any()});
      case 3: {
        const std::string filter = graph_.Weights(Name(), Shape({3, 3, kChannels, kChannels}));
        return graph_.Conv(Name(), Any(), filter, "SAME");
      }
      case 4: {
        const std::string joined = graph_.Op("ConcatV2", Name(), {Any(), Any(), Scalar(3)}, {{"N", AttrValue::Int(2)}});
        const std::string split = graph_.Op("Split", Name(), {Scalar(3), joined}, {{"num_split", AttrValue::Int(2)}});
        return random_() % 2 == 0 ? split : absl::StrCat(split, ":1");
      }
      case 5:
        return ThroughRows(Any());
      case 6: {
        const std::string there = graph_.Op("Transpose", Name(), {Any(), Ints({0, 2, 1, 3})});
        return graph_.Op("Identity", Name(), {there});
      }
      case 7:
        return ShapedAlike(Any(), Any());
      case 8:
        return ThroughBatches();
      default: {
        const std::string expanded = graph_.Op("ExpandDims", Name(), {Any(), Scalar(0)});
        return graph_.Op("Squeeze", Name(), {expanded}, {{"squeeze_dims", AttrValue::Ints({0})}});
      }
    }
  }

  std::string Scalar(int32_t value) { return graph_.Const(Name(), Tensor::Scalar<int32_t>(value)); }

  // Joined along the batch and taken apart again, which can all be views of one buffer.
  std::string ThroughBatches() {
    const std::string joined =
        graph_.Op("ConcatV2", Name(), {Any(), Any(), Any(), Scalar(0)}, {{"N", AttrValue::Int(3)}});
    const std::string split = graph_.Op("Split", Name(), {Scalar(0), joined}, {{"num_split", AttrValue::Int(3)}});
    return random_() % 3 == 0 ? split : absl::StrCat(split, ":", 1 + random_() % 2);
  }

  // A product in between two views.
  std::string ThroughRows(const std::string& image) {
    const std::string rows = graph_.Op("Reshape", Name(), {image, Ints({-1, kChannels})});
    const std::string product =
        graph_.Op("MatMul", Name(), {rows, graph_.Weights(Name(), Shape({kChannels, kChannels}))});
    return graph_.Op("Reshape", Name(), {product, Ints({-1, kSide, kSide, kChannels})});
  }

  // A view whose shape is computed from another image's.
  std::string ShapedAlike(const std::string& image, const std::string& like) {
    const std::string shape = graph_.Op("Shape", Name(), {like});
    const std::string batch = graph_.Op("StridedSlice", Name(), {shape, Ints({0}), Ints({1}), Ints({1})},
                                        {{"shrink_axis_mask", AttrValue::Int(1)}});
    const std::string sizes =
        graph_.Op("Pack", Name(), {batch, Scalar(kSide), Scalar(kSide), Scalar(kChannels)}, {{"N", AttrValue::Int(4)}});
    return graph_.Op("Reshape", Name(), {image, sizes});
  }

  std::mt19937_64 random_;
  GraphMaker graph_;
  std::vector<std::string> images_;
  int next_ = 0;
};

}  // namespace

absl::StatusOr<Program> RandomProgram(uint64_t seed) { return Maker(seed).Make(); }

}  // namespace floe::testing
