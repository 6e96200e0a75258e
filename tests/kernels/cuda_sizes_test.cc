// The CUDA kernels at sizes around a warp, a window and a block, against the ops' own evaluation.
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "model/cuda_module.h"
#include "tests/kernels/attention_cases.h"
#include "tests/kernels/combined_nms_cases.h"
#include "tests/kernels/fused_elementwise_cases.h"
#include "tests/kernels/made_up_case.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using testing::MadeUpCase;
using testing::RandomFloats;

using Attrs = std::vector<std::pair<std::string, AttrValue>>;

// `constants`: which inputs are known when the kernel is chosen.
absl::Status OnCuda(const std::string& op, const Attrs& attrs, std::vector<Tensor> inputs,
                    const std::vector<int>& constants = {}) {
  FLOE_ASSIGN_OR_RETURN(const Backend* const cuda, FindCudaBackend(0));
  MadeUpCase made{.op = op, .attrs = {}, .inputs = std::move(inputs), .constant = {}};
  for (const auto& [name, value] : attrs) made.attrs.Set(name, value);
  made.constant.resize(made.inputs.size());
  for (const int i : constants) made.constant[static_cast<size_t>(i)] = true;
  return testing::CompareWithReference(*cuda, made);
}

// Whole numbers below `end` that come again and again.
Tensor Numbers(const Shape& shape, int32_t end) {
  Tensor tensor(DType::kInt32, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.mutable_data<int32_t>()[i] = static_cast<int32_t>(i * 7919 % 104729 % end);
  }
  return tensor;
}

TEST(CudaSizesTest, LayerNorm) {
  const Attrs attrs = {{"epsilon", AttrValue::Float(1e-5f)}};
  for (const int64_t n : {1, 2, 31, 32, 33, 768}) {
    EXPECT_OK(OnCuda("_LayerNorm", attrs,
                     {RandomFloats(Shape({3, 5, n}), 1), RandomFloats(Shape({n}), 2), RandomFloats(Shape({n}), 3)}));
  }
  EXPECT_OK(OnCuda("_LayerNorm", attrs,
                   {RandomFloats(Shape({0, 4}), 1), RandomFloats(Shape({4}), 1), RandomFloats(Shape({4}), 1)}));
}

TEST(CudaSizesTest, Attention) {
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  for (const MadeUpCase& made : testing::AttentionSizes({1, 3, 63, 64, 65}, {1, 32, 63, 64, 65, 129}))
    EXPECT_OK(testing::CompareWithReference(*cuda, made));
  for (const MadeUpCase& made : testing::AttentionKinds()) EXPECT_OK(testing::CompareWithReference(*cuda, made));
}

TEST(CudaSizesTest, GatedActivations) {
  for (const std::string op : {"_Gelu", "_GeluTanh", "_HardSwish", "_Swish"}) {
    for (const int64_t n : {0, 1, 255, 256, 1025}) EXPECT_OK(OnCuda(op, {}, {RandomFloats(Shape({n}), 3)}));
  }
  for (const Shape& alpha : {Shape({3}), Shape({9, 11, 3}), Shape({9, 1, 1}), Shape({1})})
    EXPECT_OK(OnCuda("_Prelu", {}, {RandomFloats(Shape({2, 9, 11, 3}), 1), RandomFloats(alpha, 2)}));
}

TEST(CudaSizesTest, FusedElementwise) {
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  std::vector<MadeUpCase> cases = testing::FusedSizeCases();
  const auto add = [&](std::vector<MadeUpCase> more) {
    for (MadeUpCase& made : more) cases.push_back(std::move(made));
  };
  add(testing::FusedExtremeCases());
  for (const DType dtype : {DType::kFloat, DType::kHalf, DType::kBfloat16}) {
    add(testing::FusedFunctionCases(dtype));
    add({testing::FullFusedCase(dtype)});
  }
  for (const MadeUpCase& made : cases) EXPECT_OK(testing::CompareWithReference(*cuda, made));
}

// What a plan might find out too late is refused when the op is placed.
TEST(CudaSizesTest, ManyDimensions) {
  const Shape shape(Dims(10, 2)), columns({2, 1, 2, 1, 2, 1, 2, 1, 2, 1});
  const std::vector<testing::StepOf> steps = {{"Mul", {0, 1}}, {"Exp", {2}}};
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  const auto run = [&](const Shape& other) {
    MadeUpCase made = testing::FusedElementwise({RandomFloats(shape, 1), RandomFloats(other, 2)}, steps);
    made.constant = {true, true};
    return testing::CompareWithReference(*cuda, made);
  };
  EXPECT_OK(run(shape));
  EXPECT_OK(run(Shape()));
  EXPECT_TRUE(absl::IsUnimplemented(run(columns)));
}

TEST(CudaSizesTest, Gather) {
  for (const int64_t inner : {1, 2, 3, 4, 33}) {
    for (const int64_t picks : {0, 1, 31, 300}) {
      const Tensor params = RandomFloats(Shape({2, 9, inner}), 1);
      EXPECT_OK(OnCuda("GatherV2", {}, {params, Numbers(Shape({picks}), 9), Tensor::Scalar<int32_t>(1)}, {2}));
      EXPECT_OK(OnCuda("GatherV2", {{"batch_dims", AttrValue::Int(1)}},
                       {params, Numbers(Shape({2, picks}), 9), Tensor::Scalar<int32_t>(1)}, {2}));
      EXPECT_OK(OnCuda("GatherNd", {}, {params, Numbers(Shape({picks, 2}), 2)}));
    }
  }
}

TEST(CudaSizesTest, ScatterWithManyToOnePlace) {
  for (const int64_t inner : {1, 3, 4}) {
    for (const int64_t places : {1, 33, 700}) {
      const Tensor base = RandomFloats(Shape({5, 7, inner}), 1), updates = RandomFloats(Shape({places, inner}), 2);
      Tensor indices = Numbers(Shape({places, 2}), 5);
      for (const std::string op :
           {"TensorScatterUpdate", "TensorScatterAdd", "TensorScatterSub", "TensorScatterMax", "TensorScatterMin"}) {
        EXPECT_OK(OnCuda(op, {}, {base, indices, updates}));
      }
      EXPECT_OK(
          OnCuda("ScatterNd", {}, {indices, updates, Tensor::Of<int32_t>({5, 7, static_cast<int32_t>(inner)})}, {2}));
    }
  }
}

TEST(CudaSizesTest, ScatterOfBooleans) {
  for (const int64_t places : {0, 1, 33, 700}) {
    Tensor updates(DType::kBool, Shape({places, 3}));
    for (int64_t i = 0; i < updates.num_elements(); ++i) updates.mutable_data<bool>()[i] = i % 11 == 0;
    EXPECT_OK(OnCuda("ScatterNd", {}, {Numbers(Shape({places, 2}), 5), updates, Tensor::Of<int32_t>({5, 7, 3})}, {2}));
  }
}

TEST(CudaSizesTest, Segments) {
  for (const int64_t rows : {0, 1, 33, 700}) {
    Tensor ids = Numbers(Shape({rows}), 9);
    if (rows > 1) ids.mutable_data<int32_t>()[1] = -1;
    for (const std::string op :
         {"UnsortedSegmentSum", "UnsortedSegmentProd", "UnsortedSegmentMax", "UnsortedSegmentMin"}) {
      // Halves of 1, so that products stay small and exact sums do not hang on their order.
      Tensor data = RandomFloats(Shape({rows, 3}), 1);
      for (int64_t i = 0; i < data.num_elements(); ++i) {
        float& x = data.mutable_data<float>()[i];
        x = x < 0 ? -1.0f : 1.0f;
      }
      EXPECT_OK(OnCuda(op, {}, {data, ids, Tensor::Scalar<int32_t>(10)}, {2}));
    }
  }
}

// Sizes around a warp, a block and a chunk of those that are counted together.
constexpr int64_t kRankedSizes[] = {0, 1, 31, 32, 33, 255, 257, 4095, 4096, 4097, 9000};

TEST(CudaSizesTest, Where) {
  for (const int64_t n : kRankedSizes) {
    EXPECT_OK(OnCuda("Where", {}, {Numbers(Shape({n}), 3)}));
    EXPECT_OK(OnCuda("Where", {}, {Tensor(DType::kFloat, Shape({n, 1}))}));  // none
    Tensor floats = RandomFloats(Shape({2, n, 3}), 1);
    for (int64_t i = 0; i < floats.num_elements(); i += 3) {
      floats.mutable_data<float>()[i] = i % 2 == 0 ? -0.0f : std::nanf("");
    }
    EXPECT_OK(OnCuda("Where", {}, {floats}));
  }
}

TEST(CudaSizesTest, Unique) {
  for (const int64_t n : kRankedSizes) {
    for (const int32_t kinds : {1, 40, 104729}) {
      EXPECT_OK(OnCuda("UniqueWithCounts", {}, {Numbers(Shape({n}), kinds)}));
    }
    Tensor floats = RandomFloats(Shape({n}), 1);
    for (int64_t i = 0; i < n; i += 2) {
      const float kinds[] = {0.0f, -0.0f, std::nanf(""), 1.0f};
      floats.mutable_data<float>()[i] = kinds[i / 2 % 4];
    }
    EXPECT_OK(OnCuda("Unique", {{"out_idx", AttrValue::Type(DType::kInt64)}}, {floats}));
  }
}

TEST(CudaSizesTest, Series) {
  for (const int32_t n : {0, 1, 31, 256, 257, 1000}) {
    EXPECT_OK(OnCuda("Range", {}, {Tensor::Scalar(-3), Tensor::Scalar(2 * n - 3), Tensor::Scalar(2)}));
    EXPECT_OK(
        OnCuda("Range", {},
               {Tensor::Scalar(1.0f), Tensor::Scalar(1.0f - 0.1f * static_cast<float>(n)), Tensor::Scalar(-0.1f)}));
    if (n > 0) EXPECT_OK(OnCuda("LinSpace", {}, {Tensor::Scalar(-1.0f), Tensor::Scalar(0.7f), Tensor::Scalar(n)}));
  }
}

TEST(CudaSizesTest, InvertPermutation) {
  for (const int64_t n : {0, 1, 33, 257, 1000}) {
    Tensor places(DType::kInt64, Shape({n}));
    for (int64_t i = 0; i < n; ++i) places.mutable_data<int64_t>()[i] = (i * 7919 + 5) % n;
    EXPECT_OK(OnCuda("InvertPermutation", {}, {places}));
  }
}

TEST(CudaSizesTest, L2Loss) {
  for (const int64_t n : {0, 1, 31, 33, 129, 5000}) EXPECT_OK(OnCuda("L2Loss", {}, {RandomFloats(Shape({n}), 1)}));
}

TEST(CudaSizesTest, SparseToDense) {
  for (const int64_t places : {0, 1, 33, 300}) {
    Tensor indices(DType::kInt64, Shape({places, 2}));
    for (int64_t i = 0; i < places; ++i) {
      indices.mutable_data<int64_t>()[2 * i] = i / 7;
      indices.mutable_data<int64_t>()[2 * i + 1] = i % 7;
    }
    const Tensor sizes = Tensor::Of<int64_t>({50, 8}), missing = Tensor::Scalar(-1.5f);
    EXPECT_OK(OnCuda("SparseToDense", {}, {indices, sizes, RandomFloats(Shape({places}), 1), missing}));
    EXPECT_OK(OnCuda("SparseToDense", {}, {indices, sizes, Tensor::Scalar(2.5f), missing}));
  }
}

TEST(CudaSizesTest, Volumes) {
  for (const int64_t channels : {1, 3, 4, 17}) {
    for (const int64_t filters : {1, 4, 65}) {
      for (const std::string padding : {"SAME", "VALID"}) {
        const std::vector<int64_t> ones = {1, 1, 1, 1, 1}, strides = {1, 2, 1, 2, 1}, dilations = {1, 2, 1, 1, 1};
        const Tensor volume = RandomFloats(Shape({2, 5, 6, 7, channels}), 1);
        const Attrs strided = {{"strides", AttrValue::Ints(strides)}, {"padding", AttrValue::String(padding)}};
        Attrs dilated = {{"strides", AttrValue::Ints(ones)},
                         {"dilations", AttrValue::Ints(dilations)},
                         {"padding", AttrValue::String(padding)}};
        const Tensor filter = RandomFloats(Shape({2, 3, 2, channels, filters}), 2);
        EXPECT_OK(OnCuda("Conv3D", strided, {volume, filter}, {1}));
        EXPECT_OK(OnCuda("Conv3D", dilated, {volume, filter}));
        Attrs pool = strided;
        pool.emplace_back("ksize", AttrValue::Ints(std::vector<int64_t>{1, 3, 2, 3, 1}));
        for (const std::string op : {"MaxPool3D", "AvgPool3D"}) EXPECT_OK(OnCuda(op, pool, {volume}));
      }
    }
  }
}

TEST(CudaSizesTest, IntegerProducts) {
  for (const int64_t m : {1, 15, 17, 33}) {
    for (const int64_t k : {0, 1, 16, 35}) {
      const Tensor a = Numbers(Shape({2, 1, m, k}), 104729), b = Numbers(Shape({3, k, 18}), 99991);
      EXPECT_OK(OnCuda("BatchMatMulV2", {}, {a, b}));
      EXPECT_OK(OnCuda("MatMul", {{"transpose_a", AttrValue::Bool(true)}, {"transpose_b", AttrValue::Bool(true)}},
                       {Numbers(Shape({k, m}), 104729), Numbers(Shape({5, k}), 99991)}));
    }
  }
}

TEST(CudaSizesTest, OneHot) {
  for (const int64_t axis : {-1, 0, 1}) {
    for (const int64_t n : {1, 32, 257}) {
      EXPECT_OK(OnCuda("OneHot", {{"axis", AttrValue::Int(axis)}},
                       {Numbers(Shape({n, 3}), 9), Tensor::Scalar<int32_t>(7), Tensor::Scalar<float>(2.5f),
                        Tensor::Scalar<float>(-1.0f)},
                       {1}));
    }
  }
}

TEST(CudaSizesTest, TopK) {
  for (const int32_t columns : {1, 2, 33, 255, 257, 2047, 2048, 2049, 5000}) {
    Tensor rows = RandomFloats(Shape({3, columns}), 1);
    // Equals among them, both zeros, and no numbers.
    for (int64_t i = 0; i < rows.num_elements(); i += 5) rows.mutable_data<float>()[i] = i % 2 == 0 ? 0.0f : -0.0f;
    if (columns > 20) rows.mutable_data<float>()[17] = rows.mutable_data<float>()[3] = std::nanf("");
    for (const int32_t k : {1, 7, 1024, 1025, 4000}) {
      if (k > columns) continue;
      SCOPED_TRACE(absl::StrCat(columns, " ", k));
      EXPECT_OK(OnCuda("TopKV2", {}, {rows, Tensor::Scalar<int32_t>(k)}, {1}));
    }
    EXPECT_OK(OnCuda("TopKV2", {}, {Numbers(Shape({2, columns}), 1000), Tensor::Scalar<int32_t>(1)}, {1}));
    // Numbers that differ in their upper halves, in their lower ones, and in signs.
    Tensor longs(DType::kInt64, Shape({2, columns}));
    for (int64_t i = 0; i < longs.num_elements(); ++i) {
      longs.mutable_data<int64_t>()[i] = (i * 7919 % 11 - 5) * (int64_t{1} << 40) + i * 104729 % 7;
    }
    for (const int32_t k : {1, std::min(columns, 1024), std::min(columns, 1025)}) {
      EXPECT_OK(OnCuda("TopKV2", {}, {longs, Tensor::Scalar<int32_t>(k)}, {1}));
    }
  }
}

TEST(CudaSizesTest, ArgExtremes) {
  for (const int64_t n : {1, 2, 31, 32, 33, 300}) {
    for (const int64_t inner : {1, 3}) {
      Tensor input = RandomFloats(Shape({5, n, inner}), 1);
      if (n > 2) input.mutable_data<float>()[2] = std::nanf("");
      input.mutable_data<float>()[0] = std::nanf("");
      for (const std::string op : {"ArgMax", "ArgMin"}) {
        EXPECT_OK(OnCuda(op, {}, {input, Tensor::Scalar<int32_t>(1)}, {1}));
        EXPECT_OK(OnCuda(op, {}, {Numbers(Shape({5, n, inner}), 4), Tensor::Scalar<int32_t>(1)}, {1}));
      }
    }
  }
}

TEST(CudaSizesTest, Scans) {
  for (const int64_t n : {1, 31, 32, 33, 100}) {
    for (const int64_t inner : {1, 3}) {
      for (const bool exclusive : {false, true}) {
        for (const bool reverse : {false, true}) {
          const Attrs attrs = {{"exclusive", AttrValue::Bool(exclusive)}, {"reverse", AttrValue::Bool(reverse)}};
          for (const std::string op : {"Cumsum", "Cumprod"}) {
            EXPECT_OK(OnCuda(op, attrs, {Numbers(Shape({5, n, inner}), 9), Tensor::Scalar<int32_t>(1)}, {1}));
          }
          EXPECT_OK(OnCuda("Cumsum", attrs, {RandomFloats(Shape({5, n, inner}), 1), Tensor::Scalar<int32_t>(1)}, {1}));
        }
      }
    }
  }
}

TEST(CudaSizesTest, Resizes) {
  for (const std::string op : {"ResizeBilinear", "ResizeBicubic", "ResizeNearestNeighbor"}) {
    for (const std::string grid : {"", "align_corners", "half_pixel_centers"}) {
      Attrs attrs;
      if (!grid.empty()) attrs.emplace_back(grid, AttrValue::Bool(true));
      for (const int32_t height : {1, 3, 17}) {
        SCOPED_TRACE(absl::StrCat(grid, " ", height));
        EXPECT_OK(OnCuda(op, attrs, {RandomFloats(Shape({2, 6, 9, 3}), 1), Tensor::Of<int32_t>({height, 11})}, {1}));
      }
    }
  }
}

TEST(CudaSizesTest, Crops) {
  const Tensor boxes = Tensor::Of<float>(Shape({3, 4}), {0, 0, 1, 1, -0.2f, 0.3f, 0.7f, 1.3f, 1, 1, 0, 0});
  for (const std::string method : {"bilinear", "nearest"}) {
    for (const int32_t size : {1, 2, 13}) {
      EXPECT_OK(OnCuda(
          "CropAndResize", {{"method", AttrValue::String(method)}, {"extrapolation_value", AttrValue::Float(-3)}},
          {RandomFloats(Shape({2, 6, 9, 3}), 1), boxes, Tensor::Of<int32_t>({0, 1, 1}), Tensor::Of<int32_t>({size, 5})},
          {3}));
    }
  }
}

// Larger than float32 tells apart.
TEST(CudaSizesTest, LargestIntegers) {
  const Attrs attrs = {{"ksize", AttrValue::Ints({1, 3, 2, 1})},
                       {"strides", AttrValue::Ints({1, 2, 2, 1})},
                       {"padding", AttrValue::String("SAME")}};
  for (const int64_t channels : {3, 4}) {
    Tensor ints = Numbers(Shape({2, 5, 7, channels}), 9), longs(DType::kInt64, ints.shape());
    Tensor bytes(DType::kUint8, ints.shape());
    for (int64_t i = 0; i < ints.num_elements(); ++i) {
      int32_t& x = ints.mutable_data<int32_t>()[i];
      bytes.mutable_data<uint8_t>()[i] = static_cast<uint8_t>(x * 28);
      x -= 1 << 30;
      longs.mutable_data<int64_t>()[i] = int64_t{x} * (int64_t{1} << 32) + i % 5;
    }
    for (const Tensor& image : {ints, longs, bytes}) EXPECT_OK(OnCuda("MaxPool", attrs, {image}));
  }
}

TEST(CudaSizesTest, BatchNorm) {
  for (const std::string format : {"NHWC", "NCHW"}) {
    for (const bool training : {false, true}) {
      for (const int64_t channels : {1, 3, 33}) {
        const Shape shape = format == "NHWC" ? Shape({2, 9, 17, channels}) : Shape({2, channels, 9, 17});
        Tensor variance = RandomFloats(Shape({channels}), 5);
        for (int64_t c = 0; c < channels; ++c) variance.mutable_data<float>()[c] += 2.5f;
        const Attrs attrs = {{"data_format", AttrValue::String(format)},
                             {"is_training", AttrValue::Bool(training)},
                             {"exponential_avg_factor", AttrValue::Float(0.25f)}};
        EXPECT_OK(OnCuda("FusedBatchNormV3", attrs,
                         {RandomFloats(shape, 1), RandomFloats(Shape({channels}), 2),
                          RandomFloats(Shape({channels}), 3), RandomFloats(Shape({channels}), 4), variance}));
      }
    }
  }
}

TEST(CudaSizesTest, TransposedConvolutions) {
  for (const int64_t stride : {1, 2, 3}) {
    for (const std::string padding : {"SAME", "VALID"}) {
      for (const int64_t channels : {1, 4, 65}) {
        SCOPED_TRACE(absl::StrCat(stride, " ", padding, " ", channels));
        const Attrs attrs = {{"strides", AttrValue::Ints({1, stride, stride, 1})},
                             {"padding", AttrValue::String(padding)}};
        const int64_t height = padding == "SAME" ? (11 + stride - 1) / stride : (11 - 3) / stride + 1,
                      width = padding == "SAME" ? (9 + stride - 1) / stride : (9 - 3) / stride + 1;
        EXPECT_OK(OnCuda("Conv2DBackpropInput", attrs,
                         {Tensor::Of<int32_t>({2, 11, 9, static_cast<int32_t>(channels)}),
                          RandomFloats(Shape({3, 3, channels, 5}), 1), RandomFloats(Shape({2, height, width, 5}), 2)},
                         {0}));
      }
    }
  }
}

TEST(CudaSizesTest, Suppression) {
  for (const int64_t n : {1, 31, 33, 600}) {
    Tensor boxes = RandomFloats(Shape({n, 4}), 1), scores = RandomFloats(Shape({n}), 2);
    // Equal scores, and one that is no number.
    for (int64_t i = 0; i < n; i += 3) scores.mutable_data<float>()[i] = 0.5f;
    if (n > 5) scores.mutable_data<float>()[5] = std::nanf("");
    const Tensor most = Tensor::Scalar<int32_t>(50), overlap = Tensor::Scalar<float>(0.3f),
                 score = Tensor::Scalar<float>(-1.5f), sigma = Tensor::Scalar<float>(0);
    EXPECT_OK(OnCuda("NonMaxSuppressionV3", {}, {boxes, scores, most, overlap, score}));
    for (const bool pads : {false, true}) {
      EXPECT_OK(OnCuda("NonMaxSuppressionV5", {{"pad_to_max_output_size", AttrValue::Bool(pads)}},
                       {boxes, scores, most, overlap, score, sigma}, {2, 3, 4, 5}));
    }
  }
  const Tensor none(DType::kFloat, Shape({0, 4})), no_scores(DType::kFloat, Shape({0}));
  EXPECT_OK(
      OnCuda("NonMaxSuppressionV2", {}, {none, no_scores, Tensor::Scalar<int32_t>(5), Tensor::Scalar<float>(0.3f)}));
}

// More choices than a block has threads, scores below zero, boxes without bounds.
TEST(CudaSizesTest, SoftSuppression) {
  for (const int64_t n : {1, 33, 600}) {
    Tensor boxes = RandomFloats(Shape({n, 4}), 1), scores = RandomFloats(Shape({n}), 2);
    for (int64_t i = 0; i < n; ++i) {
      // Small ones, a tenth of which overlap much.
      float* const box = boxes.mutable_data<float>() + 4 * i;
      for (int k = 0; k < 2; ++k) box[k + 2] = box[k] + (i % 10 == 0 ? 2.0f : 0.1f);
      if (i % 3 == 0) scores.mutable_data<float>()[i] = 0.5f;
      if (i % 50 == 7) scores.mutable_data<float>()[i] = std::nanf("");
      if (i % 50 == 8) box[2] = std::numeric_limits<float>::infinity();
    }
    const Tensor most = Tensor::Scalar<int32_t>(1000), overlap = Tensor::Scalar<float>(0.3f),
                 score = Tensor::Scalar<float>(-1.5f), sigma = Tensor::Scalar<float>(0.2f);
    EXPECT_OK(OnCuda("NonMaxSuppressionV5", {}, {boxes, scores, most, overlap, score, sigma}));
    if (n > 100) continue;
    EXPECT_OK(OnCuda("NonMaxSuppressionV5", {{"pad_to_max_output_size", AttrValue::Bool(true)}},
                     {boxes, scores, most, overlap, score, sigma}, {2, 3, 4, 5}));
  }
}

// Results by the rule for equal scores (combined_nms_cases.h).
absl::Status CombinedOnCuda(const Attrs& attrs, std::vector<Tensor> inputs, bool constant_numbers) {
  FLOE_ASSIGN_OR_RETURN(const Backend* const cuda, FindCudaBackend(0));
  testing::GoldenCase golden;
  golden.op = golden.name = "CombinedNonMaxSuppression";
  for (const auto& [name, value] : attrs) golden.attrs.Set(name, value);
  golden.inputs = std::move(inputs);
  for (size_t i = 0; i < golden.inputs.size(); ++i) golden.constant.push_back(i >= 2 && constant_numbers);
  FLOE_ASSIGN_OR_RETURN(golden.expected, testing::CombinedNmsByPlace(golden));
  return testing::RunOnBackend(*cuda, *FindOp(golden.op), golden);
}

TEST(CudaSizesTest, SuppressionOfClasses) {
  struct Sizes {
    int64_t batch, boxes, classes;
  };
  for (const Sizes& sizes : {Sizes{2, 1, 1}, Sizes{1, 31, 3}, Sizes{2, 530, 2}, Sizes{1, 3, 520}, Sizes{0, 3, 2},
                             Sizes{2, 0, 2}, Sizes{2, 3, 0}}) {
    SCOPED_TRACE(absl::StrCat(sizes.batch, " ", sizes.boxes, " ", sizes.classes));
    Tensor scores = RandomFloats(Shape({sizes.batch, sizes.boxes, sizes.classes}), 2);
    for (int64_t i = 0; i < scores.num_elements(); ++i) {
      float& x = scores.mutable_data<float>()[i];
      if (i % 3 == 0) x = std::round(x * 4) / 4;  // equal ones, in a class and between them
      if (i % 37 == 5) x = std::nanf("");
    }
    for (const bool own_boxes : {false, true}) {
      const int64_t box_classes = own_boxes ? std::max<int64_t>(sizes.classes, 1) : 1;
      const std::vector<Tensor> inputs = {RandomFloats(Shape({sizes.batch, sizes.boxes, box_classes, 4}), 1),
                                          scores,
                                          Tensor::Scalar<int32_t>(own_boxes ? 4 : 100),
                                          Tensor::Scalar<int32_t>(own_boxes ? 50 : 9),
                                          Tensor::Scalar<float>(0.3f),
                                          Tensor::Scalar<float>(-1.0f)};
      const Attrs attrs = {{"clip_boxes", AttrValue::Bool(own_boxes)}, {"pad_per_class", AttrValue::Bool(own_boxes)}};
      EXPECT_OK(CombinedOnCuda(attrs, inputs, own_boxes));
    }
  }
}

TEST(CudaSizesTest, SequencesAndBands) {
  const Tensor rows = RandomFloats(Shape({3, 33, 5}), 1);
  EXPECT_OK(OnCuda("ReverseSequence", {{"seq_dim", AttrValue::Int(1)}, {"batch_dim", AttrValue::Int(0)}},
                   {rows, Tensor::Of<int32_t>({0, 33, 7})}));
  EXPECT_OK(OnCuda("ReverseSequence", {{"seq_dim", AttrValue::Int(0)}, {"batch_dim", AttrValue::Int(2)}},
                   {rows, Tensor::Of<int64_t>({0, 3, 2, 1, 3})}));
  for (const int32_t lower : {-1, 0, 4}) {
    EXPECT_OK(OnCuda("MatrixBandPart", {}, {rows, Tensor::Scalar<int32_t>(lower), Tensor::Scalar<int32_t>(1)}, {1, 2}));
  }
  EXPECT_OK(OnCuda("LRN", {{"depth_radius", AttrValue::Int(2)}}, {RandomFloats(Shape({2, 3, 5, 33}), 1)}));
}

TEST(CudaSizesTest, BlocksAndMirrors) {
  const Tensor image = RandomFloats(Shape({2, 6, 8, 5}), 1);
  const Tensor pairs = Tensor::Of<int32_t>(Shape({2, 2}), {2, 1, 0, 4});
  EXPECT_OK(OnCuda("SpaceToBatchND", {}, {image, Tensor::Of<int32_t>({3, 2}), pairs}, {1, 2}));
  EXPECT_OK(OnCuda("SpaceToBatch", {{"block_size", AttrValue::Int(2)}},
                   {image, Tensor::Of<int32_t>(Shape({2, 2}), {1, 1, 0, 2})}, {1}));
  const Tensor batched = RandomFloats(Shape({12, 5, 4, 3}), 1);
  EXPECT_OK(OnCuda("BatchToSpaceND", {}, {batched, Tensor::Of<int32_t>({3, 2}), pairs}, {1, 2}));
  EXPECT_OK(OnCuda("BatchToSpace", {{"block_size", AttrValue::Int(2)}}, {batched, pairs}, {1}));
  for (const std::string format : {"NHWC", "NCHW"}) {
    const Attrs attrs = {{"block_size", AttrValue::Int(2)}, {"data_format", AttrValue::String(format)}};
    EXPECT_OK(OnCuda("DepthToSpace", attrs, {RandomFloats(Shape({3, 8, 4, 12}), 1)}));
    EXPECT_OK(OnCuda("SpaceToDepth", attrs, {RandomFloats(Shape({3, 8, 4, 12}), 1)}));
  }
  for (const std::string mode : {"REFLECT", "SYMMETRIC"}) {
    EXPECT_OK(OnCuda("MirrorPad", {{"mode", AttrValue::String(mode)}},
                     {image, Tensor::Of<int32_t>(Shape({4, 2}), {0, 1, 5, 2, 3, 7, 0, 4})}, {1}));
  }
}

// What is out of range is left out: a launch cannot fail for its data.
TEST(CudaSizesTest, PicksOutOfRangeAreZeros) {
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  testing::GoldenCase golden;
  golden.op = golden.name = "Gather";
  golden.inputs = {Tensor::Of<float>({1, 2, 3}), Tensor::Of<int32_t>({2, -1, 3, 0})};
  golden.constant = {false, false};
  golden.expected = {Tensor::Of<float>({3, 0, 0, 1})};
  EXPECT_OK(testing::RunOnBackend(*cuda, *FindOp("Gather"), golden));
  golden.op = golden.name = "TensorScatterUpdate";
  golden.inputs = {Tensor::Of<float>({1, 2, 3}), Tensor::Of<int32_t>(Shape({3, 1}), {2, -1, 3}),
                   Tensor::Of<float>({7, 8, 9})};
  golden.constant = {false, false, false};
  golden.expected = {Tensor::Of<float>({1, 2, 7})};
  EXPECT_OK(testing::RunOnBackend(*cuda, *FindOp("TensorScatterUpdate"), golden));
}

}  // namespace
}  // namespace floe
