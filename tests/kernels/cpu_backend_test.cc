// What the CPU's backend promises: what it takes, one kernel for many shapes, one prepared kernel on many threads.
#include "kernels/cpu/cpu_backend.h"

#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "tests/kernels/made_up_case.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::HasSubstr;
using testing::MadeUpCase;
using testing::RandomFloats;
using testing::StatusIs;

absl::Status Supports(const std::string& op, const AttrMap& attrs, const std::vector<TensorInfo>& inputs) {
  InferContext infer("node", attrs, inputs);
  FLOE_RETURN_IF_ERROR(FindOp(op)->infer(infer));
  return CpuBackend().Supports({*FindOp(op), "node", attrs, inputs, infer.outputs()});
}

AttrMap ConvAttrs() {
  AttrMap attrs;
  attrs.Set("strides", AttrValue::Ints({1, 1, 1, 1}));
  attrs.Set("padding", AttrValue::String("SAME"));
  return attrs;
}

TEST(CpuBackendTest, SaysWhatItDoesNotTake) {
  const PartialShape image({-1, 8, 8, 4}), filter({3, 3, 4, 4});
  EXPECT_OK(Supports("Conv2D", ConvAttrs(), {{DType::kFloat, image}, {DType::kFloat, filter}}));
  EXPECT_THAT(Supports("Conv2D", ConvAttrs(), {{DType::kHalf, image}, {DType::kHalf, filter}}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("Conv2D of float16")));
  AttrMap planes = ConvAttrs();
  planes.Set("data_format", AttrValue::String("NCHW"));
  EXPECT_THAT(Supports("Conv2D", planes, {{DType::kFloat, PartialShape({-1, 4, 8, 8})}, {DType::kFloat, filter}}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("NCHW")));
  EXPECT_THAT(Supports("Shape", {}, {{DType::kFloat, image}}),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("no CPU kernel for Shape")));
  EXPECT_OK(Supports("MatMul", {}, {{DType::kFloat, PartialShape({-1, 4})}, {DType::kFloat, PartialShape({4, -1})}}));
}

// A kernel of a program, and a launch of it on tensors.
class MadeKernel {
 public:
  explicit MadeKernel(const MadeUpCase& made, const std::vector<TensorInfo>& at_load)
      : op_(*FindOp(made.op)), attrs_(made.attrs) {
    InferContext infer("node", attrs_, at_load);
    EXPECT_OK(op_.infer(infer));
    auto kernel = CpuBackend().Create({op_, "node", attrs_, at_load, infer.outputs()});
    EXPECT_TRUE(kernel.ok()) << kernel.status();
    if (kernel.ok()) kernel_ = *std::move(kernel);
  }

  absl::StatusOr<std::unique_ptr<PreparedKernel>> Prepare(const std::vector<Tensor>& inputs) const {
    std::vector<TensorInfo> infos;
    for (const Tensor& input : inputs) infos.push_back({input.dtype(), input.shape(), &input});
    InferContext infer("node", attrs_, infos);
    FLOE_RETURN_IF_ERROR(op_.infer(infer));
    return kernel_->Prepare(infos, infer.outputs());
  }

  // Launches and compares with the op's own evaluation.
  absl::Status Check(const PreparedKernel& prepared, const std::vector<Tensor>& inputs) const {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> expected, Evaluate(op_, "node", attrs_, inputs));
    std::vector<Tensor> slots = inputs;
    std::vector<int> in, out = {static_cast<int>(inputs.size())};
    for (size_t i = 0; i < inputs.size(); ++i) in.push_back(static_cast<int>(i));
    slots.push_back(Tensor(DType::kFloat, expected[0].shape()));
    Tensor scratch(DType::kUint8, Shape({prepared.scratch_bytes()}));
    FLOE_RETURN_IF_ERROR(prepared.Launch(LaunchArgs(nullptr, slots.data(), in, out, scratch.raw_mutable_data())));
    return testing::CompareGolden(op_, expected[0], slots.back());
  }

 private:
  const OpInfo& op_;
  AttrMap attrs_;
  std::unique_ptr<Kernel> kernel_;
};

TEST(CpuBackendTest, OneKernelForManyShapes) {
  const Tensor filter = RandomFloats(Shape({3, 3, 5, 20}), 1), bias = RandomFloats(Shape({20}), 2);
  MadeUpCase made{"_FusedConv2D", ConvAttrs(), {}, {}};
  made.attrs.Set("fused_ops", AttrValue::Strings({"BiasAdd", "Relu"}));
  const MadeKernel kernel(made, {{DType::kFloat, PartialShape({-1, -1, -1, 5})},
                                 {DType::kFloat, filter.shape(), &filter},
                                 {DType::kFloat, bias.shape(), &bias}});
  uint32_t seed = 0;
  std::vector<std::unique_ptr<PreparedKernel>> kept;  // earlier plans go on working
  std::vector<std::vector<Tensor>> inputs;
  for (const Shape& shape : {Shape({1, 8, 8, 5}), Shape({7, 8, 8, 5}), Shape({1, 3, 40, 5}), Shape({64, 1, 1, 5}),
                             Shape({2, 57, 31, 5}), Shape({0, 8, 8, 5}), Shape({1, 8, 8, 5})}) {
    inputs.push_back({RandomFloats(shape, ++seed), filter, bias});
    ASSERT_OK_AND_ASSIGN(kept.emplace_back(), kernel.Prepare(inputs.back()));
  }
  for (size_t i = 0; i < kept.size(); ++i) EXPECT_OK(kernel.Check(*kept[i], inputs[i]));
}

TEST(CpuBackendTest, OneProductForManyBatches) {
  const Tensor weights = RandomFloats(Shape({40, 30}), 1);
  const MadeKernel kernel({"MatMul", {}, {}, {}},
                          {{DType::kFloat, PartialShape({-1, 40})}, {DType::kFloat, weights.shape(), &weights}});
  for (const int64_t batch : {1, 2, 16, 100, 0}) {
    const std::vector<Tensor> inputs = {RandomFloats(Shape({batch, 40}), 3), weights};
    ASSERT_OK_AND_ASSIGN(const auto prepared, kernel.Prepare(inputs));
    EXPECT_OK(kernel.Check(*prepared, inputs));
  }
}

// A window that fits nowhere is a wrong argument, found when a plan is made at the latest.
TEST(CpuBackendTest, WindowThatFitsNowhere) {
  AttrMap attrs = ConvAttrs();
  attrs.Set("padding", AttrValue::String("VALID"));
  const Tensor filter = RandomFloats(Shape({5, 5, 2, 3}), 1);
  const MadeKernel kernel({"Conv2D", attrs, {}, {}},
                          {{DType::kFloat, PartialShape({-1, -1, -1, 2})}, {DType::kFloat, filter.shape(), &filter}});
  EXPECT_THAT(kernel.Prepare({RandomFloats(Shape({1, 3, 9, 2}), 1), filter}),
              StatusIs(absl::StatusCode::kInvalidArgument, ::testing::_));
}

TEST(CpuBackendTest, LaunchesAtTheSameTime) {
  const Tensor filter = RandomFloats(Shape({3, 3, 8, 24}), 1), weights = RandomFloats(Shape({50, 60}), 1);
  const MadeKernel convolution({"Conv2D", ConvAttrs(), {}, {}}, {{DType::kFloat, PartialShape({-1, 12, 12, 8})},
                                                                 {DType::kFloat, filter.shape(), &filter}});
  const MadeKernel product({"MatMul", {}, {}, {}},
                           {{DType::kFloat, PartialShape({-1, 50})}, {DType::kFloat, weights.shape(), &weights}});
  ASSERT_OK_AND_ASSIGN(const auto prepared, convolution.Prepare({RandomFloats(Shape({2, 12, 12, 8}), 5), filter}));
  ASSERT_OK_AND_ASSIGN(const auto multiplied, product.Prepare({RandomFloats(Shape({6, 50}), 5), weights}));
  std::vector<absl::Status> statuses(4);
  std::vector<std::thread> threads;
  for (size_t t = 0; t < statuses.size(); ++t) {
    threads.emplace_back([&, t] {
      for (uint32_t i = 0; i < 50 && statuses[t].ok(); ++i) {
        const auto seed = static_cast<uint32_t>(1000 * t + i);
        statuses[t] = convolution.Check(*prepared, {RandomFloats(Shape({2, 12, 12, 8}), seed), filter});
        if (statuses[t].ok()) statuses[t] = product.Check(*multiplied, {RandomFloats(Shape({6, 50}), seed), weights});
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (const absl::Status& status : statuses) EXPECT_OK(status);
}

}  // namespace
}  // namespace floe
