// How long single ops take on the reference evaluation and with the CPU's kernels, each the shortest of many runs: at
// the sizes that models have, from the table below, or of the largest case of each op in a folder of golden cases
// (little work: what an op costs by itself).
//
// usage: floe_ops_bench [--ops OP,...] [--golden FOLDER] [--millis M] [--threads N]
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdint>
#include <cstdio>
#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "CLI/CLI.hpp"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/status.h"
#include "kernels/cpu/cpu_backend.h"
#include "ops/registry.h"
#include "plan/kernel.h"
#include "tests/testing/golden_cases.h"

namespace floe {
namespace {

using Clock = std::chrono::steady_clock;
using testing::GoldenCase;

// ---- The table

Tensor Reals(const Shape& shape) {
  static std::minstd_rand random(7);
  Tensor tensor(DType::kFloat, shape);
  std::uniform_real_distribution<float> uniform(0.1f, 1.0f);
  std::generate_n(tensor.mutable_data<float>(), tensor.num_elements(), [&] { return uniform(random); });
  return tensor;
}

// 0, 1, ..., most - 1, over and over in large steps.
Tensor Indices(const Shape& shape, int32_t most) {
  Tensor tensor(DType::kInt32, shape);
  for (int64_t i = 0; i < tensor.num_elements(); ++i) {
    tensor.mutable_data<int32_t>()[i] = static_cast<int32_t>(i * 7919 % most);
  }
  return tensor;
}

// Corners of boxes that overlap here and there.
Tensor Boxes(int64_t count) {
  Tensor boxes = Reals(Shape({count, 4}));
  float* const corners = boxes.mutable_data<float>();
  for (int64_t i = 0; i < count; ++i) {
    for (int64_t k = 0; k < 2; ++k) corners[4 * i + 2 + k] = corners[4 * i + k] + 0.05f * corners[4 * i + 2 + k];
  }
  return boxes;
}

struct Attr {
  const char* name;
  AttrValue value;
};

// Inputs after the first `fed` are constants, as weights and axes are in models.
GoldenCase Case(const char* op, std::vector<Tensor> inputs, size_t fed, const std::vector<Attr>& attrs) {
  GoldenCase one;
  one.op = op;
  std::vector<std::string> shapes;
  for (size_t i = 0; i < inputs.size(); ++i) {
    one.constant.push_back(i >= fed);
    if (inputs[i].num_elements() > 4) shapes.push_back(inputs[i].shape().ToString());
  }
  one.name = absl::StrJoin(shapes, " ");
  one.inputs = std::move(inputs);
  for (const Attr& attr : attrs) one.attrs.Set(attr.name, attr.value);
  return one;
}

std::vector<GoldenCase> Table() {
  const auto ints = [](std::vector<int64_t> values) { return AttrValue::Ints(values); };
  const Attr same = {"padding", AttrValue::String("SAME")}, valid = {"padding", AttrValue::String("VALID")};
  const auto strides = [&](int64_t s) { return Attr{"strides", ints({1, s, s, 1})}; };
  const auto window = [&](int64_t s) { return Attr{"ksize", ints({1, s, s, 1})}; };
  const auto of_int32 = [](std::initializer_list<int32_t> values) { return Tensor::Of<int32_t>(values); };
  std::vector<GoldenCase> table;
  const auto add = [&](const char* op, std::vector<Tensor> inputs, size_t fed, std::vector<Attr> attrs = {}) {
    table.push_back(Case(op, std::move(inputs), fed, attrs));
  };
  add("Conv2D", {Reals({1, 224, 224, 3}), Reals({7, 7, 3, 64})}, 1, {strides(2), same});
  add("Conv2D", {Reals({1, 56, 56, 64}), Reals({3, 3, 64, 64})}, 1, {strides(1), same});
  add("Conv2D", {Reals({1, 28, 28, 512}), Reals({1, 1, 512, 128})}, 1, {strides(1), same});
  add("DepthwiseConv2dNative", {Reals({1, 56, 56, 144}), Reals({3, 3, 144, 1})}, 1, {strides(1), same});
  add("MatMul", {Reals({1, 2048}), Reals({2048, 1000})}, 1);
  add("MatMul", {Reals({128, 768}), Reals({768, 3072})}, 1);
  add("BatchMatMulV2", {Reals({1, 12, 128, 64}), Reals({1, 12, 64, 128})}, 2);
  for (const char* op : {"Relu", "Relu6", "Sigmoid", "Tanh", "Exp", "Erf", "Rsqrt", "Softplus", "Elu"}) {
    add(op, {Reals({1, 56, 56, 256})}, 1);
  }
  for (const char* op : {"AddV2", "Mul", "Maximum", "SquaredDifference", "RealDiv"}) {
    add(op, {Reals({1, 56, 56, 256}), Reals({1, 56, 56, 256})}, 2);
  }
  add("AddV2", {Reals({1, 56, 56, 256}), Reals({256})}, 1);
  add("BiasAdd", {Reals({1, 56, 56, 256}), Reals({256})}, 1);
  add("FusedBatchNormV3", {Reals({1, 56, 56, 256}), Reals({256}), Reals({256}), Reals({256}), Reals({256})}, 1,
      {{"is_training", AttrValue::Bool(false)}});
  add("Softmax", {Reals({12, 128, 128})}, 1);
  add("Mean", {Reals({1, 7, 7, 2048}), of_int32({1, 2})}, 1);
  add("Sum", {Reals({128, 768}), of_int32({1})}, 1);
  add("MaxPool", {Reals({1, 112, 112, 64})}, 1, {window(3), strides(2), same});
  add("AvgPool", {Reals({1, 56, 56, 128})}, 1, {window(2), strides(2), valid});
  add("Pad", {Reals({1, 112, 112, 64}), Tensor::Of<int32_t>(Shape({4, 2}), {0, 0, 1, 1, 1, 1, 0, 0})}, 1);
  add("Transpose", {Reals({1, 128, 12, 64}), of_int32({0, 2, 1, 3})}, 1);
  add("ConcatV2", {Reals({1, 28, 28, 256}), Reals({1, 28, 28, 256}), Tensor::Scalar<int32_t>(3)}, 2,
      {{"N", AttrValue::Int(2)}});
  add("StridedSlice", {Reals({1, 128, 768}), of_int32({0, 0, 0}), of_int32({1, 64, 768}), of_int32({1, 1, 1})}, 1);
  add("Tile", {Reals({1, 128, 64}), of_int32({8, 1, 1})}, 1);
  add("GatherV2", {Reals({30522, 768}), Indices({1, 128}, 30522), Tensor::Scalar<int32_t>(0)}, 2);
  add("ResizeBilinear", {Reals({1, 128, 128, 3}), of_int32({299, 299})}, 1);
  add("ResizeNearestNeighbor", {Reals({1, 64, 64, 64}), of_int32({128, 128})}, 1);
  add("CropAndResize", {Reals({1, 64, 64, 32}), Boxes(100), Indices({100}, 1), of_int32({14, 14})}, 3);
  add("NonMaxSuppressionV3",
      {Boxes(2000), Reals({2000}), Tensor::Scalar<int32_t>(100), Tensor::Scalar(0.5f), Tensor::Scalar(0.0f)}, 2);
  add("TopKV2", {Reals({1, 100000}), Tensor::Scalar<int32_t>(100)}, 1);
  add("ArgMax", {Reals({128, 30522}), Tensor::Scalar<int32_t>(1)}, 1);
  add("OneHot", {Indices({128}, 1000), Tensor::Scalar<int32_t>(1000), Tensor::Scalar(1.0f), Tensor::Scalar(0.0f)}, 1);
  add("Cumsum", {Reals({128, 1024}), Tensor::Scalar<int32_t>(1)}, 1);
  add("Cast", {Indices({1, 56, 56, 256}, 255)}, 1, {{"DstT", AttrValue::Type(DType::kFloat)}});
  return table;
}

// The case of each op with the most elements.
absl::StatusOr<std::vector<GoldenCase>> LargestOf(const std::string& folder) {
  const auto elements = [](const GoldenCase& one) {
    int64_t sum = 0;
    for (const Tensor& input : one.inputs) sum += input.num_elements();
    return sum;
  };
  std::vector<GoldenCase> largest;
  for (const std::string& op : testing::GoldenOps(folder)) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<GoldenCase> cases, testing::LoadGoldenCases(op, folder));
    if (cases.empty()) continue;
    largest.push_back(*std::max_element(cases.begin(), cases.end(), [&](const GoldenCase& a, const GoldenCase& b) {
      return elements(a) < elements(b);
    }));
  }
  return largest;
}

// ---- Timing

struct Timing {
  double micros = 0;
  std::string kernel;
};

absl::StatusOr<Timing> Time(const Backend& backend, const GoldenCase& one, double millis) {
  const OpInfo* const op = FindOp(one.op);
  if (op == nullptr) return absl::NotFoundError("nobody knows the op");
  std::vector<TensorInfo> infos;
  for (size_t i = 0; i < one.inputs.size(); ++i) {
    infos.push_back({one.inputs[i].dtype(), one.inputs[i].shape(), &one.inputs[i]});
  }
  InferContext infer(one.name, one.attrs, infos);
  FLOE_RETURN_IF_ERROR(op->infer(infer));
  for (size_t i = 0; i < infos.size(); ++i) {
    if (!one.constant[i]) infos[i].value = nullptr;
  }
  const OpSignature signature{*op, one.name, one.attrs, infos, infer.outputs()};
  FLOE_RETURN_IF_ERROR(backend.Supports(signature));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<Kernel> kernel, backend.Create(signature));
  FLOE_ASSIGN_OR_RETURN(const std::unique_ptr<PreparedKernel> prepared, kernel->Prepare(infos, infer.outputs()));
  std::vector<Tensor> slots = one.inputs;
  std::vector<int> inputs, outputs, data_dependent;
  for (size_t i = 0; i < slots.size(); ++i) inputs.push_back(static_cast<int>(i));
  for (const TensorInfo& output : infer.outputs()) {
    outputs.push_back(static_cast<int>(slots.size()));
    slots.emplace_back();
    if (!output.shape.IsFullyDefined()) {
      data_dependent.push_back(outputs.back());
      continue;
    }
    FLOE_ASSIGN_OR_RETURN(slots.back(), Tensor::Allocate(output.dtype, output.shape.ToShape()));
  }
  FLOE_ASSIGN_OR_RETURN(Tensor scratch, Tensor::Allocate(DType::kUint8, Shape({prepared->scratch_bytes()})));
  Timing timing{1e30, prepared->description()};
  const auto end = Clock::now() + std::chrono::duration<double, std::milli>(millis);
  do {
    for (const int slot : data_dependent) slots[static_cast<size_t>(slot)] = Tensor();
    const auto begin = Clock::now();
    FLOE_RETURN_IF_ERROR(
        prepared->Launch(LaunchArgs(nullptr, slots.data(), inputs, outputs, scratch.raw_mutable_data())));
    const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
    timing.micros = std::min(timing.micros, took.count());
  } while (Clock::now() < end);
  return timing;
}

absl::Status Run(const std::vector<std::string>& ops, const std::string& golden, double millis) {
  std::vector<GoldenCase> cases = Table();
  if (!golden.empty()) {
    FLOE_ASSIGN_OR_RETURN(cases, LargestOf(golden));
  }
  std::printf("%-28s %12s %12s %7s  %-20s %s\n", "op", "reference us", "cpu us", "times", "kernel", "inputs");
  for (const GoldenCase& one : cases) {
    if (!ops.empty() && std::find(ops.begin(), ops.end(), one.op) == ops.end()) continue;
    const absl::StatusOr<Timing> reference = Time(ReferenceBackend(), one, millis);
    if (!reference.ok()) return Annotate(reference.status(), absl::StrCat(one.op, " ", one.name));
    const absl::StatusOr<Timing> cpu = Time(CpuBackend(), one, millis);
    if (!cpu.ok() && !absl::IsUnimplemented(cpu.status())) {
      return Annotate(cpu.status(), absl::StrCat(one.op, " ", one.name));
    }
    std::printf("%-28s %12.2f ", one.op.c_str(), reference->micros);
    if (cpu.ok()) {
      std::printf("%12.2f %7.1f  %-20s %s\n", cpu->micros, reference->micros / cpu->micros, cpu->kernel.c_str(),
                  one.name.c_str());
    } else {
      std::printf("%12s %7s  %-20s %s\n", "", "", "", one.name.c_str());
    }
  }
  return absl::OkStatus();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  CLI::App app("times single ops on the reference evaluation and with the CPU's kernels");
  std::vector<std::string> ops;
  std::string golden;
  double millis = 100;
  int threads = 1;
  app.add_option("--ops", ops, "only these")->delimiter(',');
  app.add_option("--golden", golden, "a folder of golden cases, instead of the table of sizes");
  app.add_option("--millis", millis, "how long each op is run again");
  app.add_option("--threads", threads, "of the CPU's kernels")->check(CLI::PositiveNumber);
  CLI11_PARSE(app, argc, argv);
  omp_set_num_threads(threads);
  const absl::Status status = floe::Run(ops, golden, millis);
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
