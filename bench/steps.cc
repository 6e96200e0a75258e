// The time of each step of a model's plan on the CPU, the shortest of many runs of the whole plan.
//
// usage: floe_steps MODEL.pb [THREADS [RUNS [BATCH]]]
#include <omp.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <string>
#include <vector>

#include "base/status.h"
#include "graph/graph.h"
#include "kernels/cpu/cpu_backend.h"
#include "plan/plan.h"
#include "program/lower.h"
#include "program/pass.h"

namespace floe {
namespace {

using Clock = std::chrono::steady_clock;

absl::StatusOr<std::shared_ptr<const Plan>> PlanOf(const std::string& path, int64_t batch) {
  FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::Load(path));
  Boundary boundary;
  FLOE_ASSIGN_OR_RETURN(boundary.outputs, DefaultOutputs(graph));
  FLOE_ASSIGN_OR_RETURN(boundary.inputs, PlaceholdersNeededBy(graph, boundary.outputs));
  FLOE_ASSIGN_OR_RETURN(Program program, Lower(graph, boundary));
  FLOE_RETURN_IF_ERROR(RunPasses(StandardPasses(), {}, program));
  std::vector<Shape> shapes;
  for (const ValueId id : program.inputs) {
    PartialShape shape = program.values[id].shape;
    if (!shape.has_rank()) return absl::InvalidArgumentError("an input of unknown rank");
    for (int axis = 0; axis < shape.rank(); ++axis) {
      if (shape.dim(axis) < 0) shape.set_dim(axis, batch);
    }
    shapes.push_back(shape.ToShape());
  }
  FLOE_ASSIGN_OR_RETURN(auto compiled,
                        CompiledProgram::Compile(std::move(program), {&CpuBackend(), &ReferenceBackend()}));
  return MakePlan(std::move(compiled), shapes);
}

// Every slot in memory of its own, so that steps can be timed one by one.
absl::StatusOr<std::vector<Tensor>> LayOut(const Plan& plan) {
  std::vector<Tensor> slots;
  for (const Slot& slot : plan.slots()) {
    if (slot.kind == SlotKind::kConstant) {
      slots.push_back(slot.constant);
      continue;
    }
    if (slot.kind == SlotKind::kRunTime || slot.space != kHostSpace)
      return absl::UnimplementedError("a step whose shape depends on data");
    FLOE_ASSIGN_OR_RETURN(Tensor tensor, Tensor::Allocate(slot.dtype, slot.shape.ToShape()));
    if (tensor.dtype() == DType::kFloat) {
      std::fill_n(tensor.mutable_data<float>(), tensor.num_elements(), 0.5f);
    } else if (tensor.dtype() != DType::kString) {
      std::fill_n(static_cast<char*>(tensor.raw_mutable_data()), tensor.byte_size(), 0);
    }
    slots.push_back(std::move(tensor));
  }
  return slots;
}

absl::Status TimeSteps(const std::string& path, int threads, int runs, int64_t batch) {
  omp_set_num_threads(threads);
  FLOE_ASSIGN_OR_RETURN(const std::shared_ptr<const Plan> plan, PlanOf(path, batch));
  FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> slots, LayOut(*plan));
  int64_t scratch_bytes = 0;
  for (const Step& step : plan->steps()) {
    if (step.kernel != nullptr) scratch_bytes = std::max(scratch_bytes, step.kernel->scratch_bytes());
  }
  FLOE_ASSIGN_OR_RETURN(Tensor scratch, Tensor::Allocate(DType::kUint8, Shape({scratch_bytes})));
  std::vector<double> micros(plan->steps().size(), 1e30);
  for (int run = 0; run < runs; ++run) {
    for (size_t i = 0; i < plan->steps().size(); ++i) {
      const Step& step = plan->steps()[i];
      if (step.kernel == nullptr) {
        const Slot& view = plan->slots()[step.outputs[0]];
        slots[step.outputs[0]] = slots[step.inputs[0]].Reshaped(view.shape.ToShape());
        continue;
      }
      const auto begin = Clock::now();
      FLOE_RETURN_IF_ERROR(step.kernel->Launch(
          LaunchArgs(nullptr, slots.data(), step.inputs, step.outputs, scratch.raw_mutable_data())));
      const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
      micros[i] = std::min(micros[i], took.count());
    }
  }
  double sum = 0;
  std::printf("%9s %8s  %-28s %-34s %s\n", "us", "GFLOP/s", "op", "kernel", "result");
  for (size_t i = 0; i < plan->steps().size(); ++i) {
    const Step& step = plan->steps()[i];
    if (step.kernel == nullptr) continue;
    sum += micros[i];
    std::printf("%9.1f %8.1f  %-28s %-34s %s\n", micros[i],
                static_cast<double>(step.kernel->flops()) / micros[i] * 1e-3,
                plan->compiled().program().ops[step.op].info->name, step.kernel->description().c_str(),
                plan->slots()[step.outputs[0]].shape.ToString().c_str());
  }
  std::printf("%9.1f us in all\n", sum);
  return absl::OkStatus();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  if (argc < 2) {
    std::fprintf(stderr, "usage: floe_steps MODEL.pb [THREADS [RUNS [BATCH]]]\n");
    return 2;
  }
  const auto number = [&](int i, int missing) { return argc > i ? std::max(1, std::atoi(argv[i])) : missing; };
  const absl::Status status = floe::TimeSteps(argv[1], number(2, 1), number(3, 100), number(4, 1));
  if (status.ok()) return 0;
  std::fprintf(stderr, "%s\n", status.ToString().c_str());
  return 1;
}
