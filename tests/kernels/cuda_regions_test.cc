// Loops on the CUDA backend: what their bodies launch is recorded once and replayed in every iteration, and variables
// stay on the device.
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "graph/graph.h"
#include "gtest/gtest.h"
#include "model/cuda_module.h"
#include "plan/executor.h"
#include "program/lower.h"
#include "tests/simt/control.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

// while (i < n) { x = sin(cos(sin(x * 0.5))) + x; ++i; }
constexpr char kLoop[] = R"(
node { name: 'n' op: 'Placeholder' attr { key: 'dtype' value { type: DT_INT32 } }
       attr { key: 'shape' value { shape {} } } }
node { name: 'x' op: 'Placeholder' attr { key: 'dtype' value { type: DT_FLOAT } }
       attr { key: 'shape' value { shape { dim { size: -1 } dim { size: 8 } } } } }
node { name: 'zero' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
       attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 0 } } } }
node { name: 'while' op: 'StatelessWhile' input: 'zero' input: 'n' input: 'x'
       attr { key: 'T' value { list { type: DT_INT32 type: DT_INT32 type: DT_FLOAT } } }
       attr { key: 'cond' value { func { name: 'cond' } } } attr { key: 'body' value { func { name: 'body' } } } }
node { name: 'y' op: 'Identity' input: 'while:2' attr { key: 'T' value { type: DT_FLOAT } } }
library {
  function {
    signature { name: 'cond' input_arg { name: 'i' type: DT_INT32 } input_arg { name: 'n' type: DT_INT32 }
                input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'less' type: DT_BOOL } }
    node_def { name: 'l' op: 'Less' input: 'i' input: 'n' attr { key: 'T' value { type: DT_INT32 } } }
    ret { key: 'less' value: 'l:z:0' }
  }
  function {
    signature { name: 'body' input_arg { name: 'i' type: DT_INT32 } input_arg { name: 'n' type: DT_INT32 }
                input_arg { name: 'x' type: DT_FLOAT } output_arg { name: 'oi' type: DT_INT32 }
                output_arg { name: 'on' type: DT_INT32 } output_arg { name: 'ox' type: DT_FLOAT } }
    node_def { name: 'one' op: 'Const' attr { key: 'dtype' value { type: DT_INT32 } }
               attr { key: 'value' value { tensor { dtype: DT_INT32 tensor_shape {} int_val: 1 } } } }
    node_def { name: 'half' op: 'Const' attr { key: 'dtype' value { type: DT_FLOAT } }
               attr { key: 'value' value { tensor { dtype: DT_FLOAT tensor_shape {} float_val: 0.5 } } } }
    node_def { name: 'next' op: 'AddV2' input: 'i' input: 'one:output:0' attr { key: 'T' value { type: DT_INT32 } } }
    node_def { name: 'm' op: 'Mul' input: 'x' input: 'half:output:0' attr { key: 'T' value { type: DT_FLOAT } } }
    node_def { name: 'a' op: 'Sin' input: 'm:z:0' attr { key: 'T' value { type: DT_FLOAT } } }
    node_def { name: 'b' op: 'Cos' input: 'a:y:0' attr { key: 'T' value { type: DT_FLOAT } } }
    node_def { name: 'c' op: 'Sin' input: 'b:y:0' attr { key: 'T' value { type: DT_FLOAT } } }
    node_def { name: 'd' op: 'AddV2' input: 'c:y:0' input: 'x' attr { key: 'T' value { type: DT_FLOAT } } }
    ret { key: 'oi' value: 'next:z:0' } ret { key: 'on' value: 'n' } ret { key: 'ox' value: 'd:z:0' }
  }
}
)";

class CudaRegionsTest : public ::testing::Test {
 protected:
  // The results of `runs` runs of a new executor.
  absl::StatusOr<std::vector<Tensor>> Run(const std::vector<const Backend*>& backends, int runs) {
    FLOE_ASSIGN_OR_RETURN(const Graph graph, Graph::ParseText(kLoop));
    FLOE_ASSIGN_OR_RETURN(Program program, Lower(graph, {{"n", "x"}, {"y"}}));
    FLOE_ASSIGN_OR_RETURN(const auto compiled, CompiledProgram::Compile(std::move(program), backends));
    FLOE_ASSIGN_OR_RETURN(const auto plan, MakePlan(compiled, {Shape(), x_.shape()}));
    Executor executor(1 << 20);
    std::vector<Tensor> results;
    for (int i = 0; i < runs; ++i) {
      FLOE_ASSIGN_OR_RETURN(const auto all, executor.Run(plan, {Tensor::Scalar<int32_t>(kIterations), x_},
                                                         [] { return absl::OkStatus(); }));
      results.push_back(all[0]);
    }
    return results;
  }

  static constexpr int kIterations = 9;
  const Tensor x_ = testing::RandomTensor(Shape({5, 8}), 1);
};

TEST_F(CudaRegionsTest, ABodyIsReplayed) {
  ASSERT_OK_AND_ASSIGN(const Backend* const cuda, FindCudaBackend(0));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> wanted, Run({&ReferenceBackend()}, 1));
  const std::vector<const Backend*> backends = {cuda, &ReferenceBackend()};
  const int64_t replayed = simt_graphs_launched();
  constexpr int kRuns = 2;
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> got, Run(backends, kRuns));
  for (const Tensor& result : got) EXPECT_LE(testing::RelativeDifference(wanted[0], result), 1e-6);
  // But for the first time, which launches one by one.
  EXPECT_EQ(simt_graphs_launched() - replayed, kRuns * kIterations - 1);
  // The backend keeps its memory for the next; recordings and streams go with their executor.
  const int64_t live = simt_live_objects();
  ASSERT_OK(Run(backends, kRuns).status());
  EXPECT_EQ(simt_live_objects(), live);
}

}  // namespace
}  // namespace floe
