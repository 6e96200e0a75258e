// libFuzzer: any bytes as a GraphDef, read, lowered, put through the passes and evaluated. Whatever they say, there is
// a Status, or a program that verifies and results of the types and shapes inferred, in bounded memory and time. Build
// with clang and -DFLOE_BUILD_FUZZERS=ON.
#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "ops/registry.h"
#include "program/lower.h"
#include "program/pass.h"
#include "tests/fuzz/graph_mutation.h"

namespace floe {
namespace {

using testing::HasLargeConstant;

void Check(bool holds) {
  if (!holds) std::abort();
}

// Runs the program on inputs of zeros and ones, as far as results stay small.
void Evaluate(const Program& program) {
  constexpr int64_t kLarge = 1 << 14;
  std::vector<Tensor> values(program.values.size());
  for (size_t id = 0; id < values.size(); ++id) {
    if (program.values[id].constant) values[id] = *program.values[id].constant;
  }
  for (const ValueId id : program.inputs) {
    const Value& value = program.values[id];
    if (!value.shape.has_rank()) return;
    Dims dims;
    for (const int64_t dim : value.shape.dims()) dims.push_back(dim < 0 ? 2 : dim);
    const absl::StatusOr<Shape> shape = Shape::Checked(dims);
    if (!shape.ok() || shape->num_elements() > kLarge) return;
    absl::StatusOr<Tensor> tensor = Tensor::Allocate(value.dtype, *shape);
    if (!tensor.ok()) return;
    for (int64_t i = 0; i < tensor->byte_size(); ++i) static_cast<char*>(tensor->raw_mutable_data())[i] = i % 3 == 0;
    values[id] = *std::move(tensor);
  }
  // What fails or is too large leaves its results out, and so does what would need them.
  for (const Op& op : program.ops) {
    std::vector<Tensor> inputs;
    std::vector<TensorInfo> infos;
    for (const ValueId id : op.inputs) inputs.push_back(values[id]);
    for (const Tensor& input : inputs) infos.push_back({input.dtype(), input.shape(), &input});
    if (!std::all_of(inputs.begin(), inputs.end(), [](const Tensor& input) { return input.valid(); })) continue;
    InferContext context(op.name, op.attrs, infos);
    if (!op.info->infer(context).ok()) continue;
    const auto is_small = [](const TensorInfo& output) {
      if (!output.shape.IsFullyDefined()) return true;
      const absl::StatusOr<Shape> shape = Shape::Checked(output.shape.dims());
      return shape.ok() && shape->num_elements() <= kLarge;
    };
    if (!std::all_of(context.outputs().begin(), context.outputs().end(), is_small)) continue;
    absl::StatusOr<std::vector<Tensor>> results = floe::Evaluate(*op.info, op.name, op.attrs, inputs);
    if (!results.ok()) continue;
    for (size_t i = 0; i < op.outputs.size(); ++i) {
      Check((*results)[i].dtype() == context.outputs()[i].dtype);
      Check(context.outputs()[i].shape.Matches((*results)[i].shape()));
      values[op.outputs[i]] = std::move((*results)[i]);
    }
  }
}

void Run(absl::string_view bytes) {
  auto owner = std::make_shared<const std::string>(bytes);
  const absl::string_view view = *owner;
  const absl::StatusOr<Graph> graph = Graph::Parse(view, std::move(owner));
  if (!graph.ok()) return;
  const absl::StatusOr<std::string> written = graph->Serialize();
  Check(written.ok());
  auto again_owner = std::make_shared<const std::string>(*written);
  const absl::string_view again_view = *again_owner;
  const absl::StatusOr<Graph> again = Graph::Parse(again_view, std::move(again_owner));
  Check(again.ok() && again->NodeNames() == graph->NodeNames());
  if (HasLargeConstant(*graph)) return;
  Boundary boundary;
  absl::StatusOr<std::vector<std::string>> outputs = DefaultOutputs(*graph);
  if (!outputs.ok()) return;
  boundary.outputs = *std::move(outputs);
  absl::StatusOr<std::vector<std::string>> inputs = PlaceholdersNeededBy(*graph, boundary.outputs);
  if (!inputs.ok()) return;
  boundary.inputs = *std::move(inputs);
  absl::StatusOr<Program> program = Lower(*graph, boundary);
  if (!program.ok()) return;
  Check(program->Verify().ok());
  // Folding may find out that shapes do not fit.
  const absl::Status status = RunPasses(StandardPasses(), {}, *program);
  Check(!absl::IsInternal(status));
  if (!status.ok()) return;
  Check(program->Verify().ok());
  (void)program->ToString();
  Evaluate(*program);
}

// Changes one thing of a graph and leaves the rest well-formed: random bytes hardly ever get past the first length.
// Nothing where the bytes are no graph.
std::optional<std::string> MutateGraph(absl::string_view bytes, std::mt19937& random) {
  auto owner = std::make_shared<const std::string>(bytes);
  const absl::string_view view = *owner;
  absl::StatusOr<Graph> graph = Graph::Parse(view, std::move(owner));
  if (!graph.ok()) return std::nullopt;
  const auto pick = [&](size_t n) { return static_cast<size_t>(random()) % n; };
  Node* const node = graph->mutable_node(static_cast<int>(pick(graph->nodes().size())));
  switch (pick(4)) {
    case 0: {
      static const std::vector<std::string> ops = AllOpNames();
      node->op = ops[pick(ops.size())];
      break;
    }
    case 1: {
      const std::string other = graph->node(static_cast<int>(pick(graph->nodes().size()))).name;
      const size_t at = pick(node->inputs.size() + 1);
      if (at == node->inputs.size()) {
        node->inputs.push_back(other);
      } else if (pick(3) == 0) {
        node->inputs.erase(node->inputs.begin() + static_cast<ptrdiff_t>(at));
      } else {
        node->inputs[at] = other;
      }
      break;
    }
    case 2: {  // an attribute of another node
      const AttrMap& attrs = graph->node(static_cast<int>(pick(graph->nodes().size()))).attrs;
      if (attrs.empty()) return std::nullopt;
      const auto [name, value] = attrs.entries()[pick(attrs.entries().size())];
      node->attrs.Set(name, value);
      break;
    }
    default: {
      if (node->attrs.empty()) return std::nullopt;
      const auto [name, value] = node->attrs.entries()[pick(node->attrs.entries().size())];
      auto kept = std::make_shared<const std::string>(testing::MutateBytes(value.encoded(), 16));
      const absl::string_view changed = *kept;
      node->attrs.Set(name, AttrValue(changed, std::move(kept)));
    }
  }
  absl::StatusOr<std::string> written = graph->Serialize();
  return written.ok() ? std::make_optional(*std::move(written)) : std::nullopt;
}

}  // namespace
}  // namespace floe

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::mt19937 random(seed);
  if (random() % 8 != 0) {
    const auto mutated = floe::MutateGraph(absl::string_view(reinterpret_cast<const char*>(data), size), random);
    if (mutated && mutated->size() <= max_size) {
      std::memcpy(data, mutated->data(), mutated->size());
      return mutated->size();
    }
  }
  return LLVMFuzzerMutate(data, size, max_size);
}

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  floe::Run(absl::string_view(reinterpret_cast<const char*>(data), size));
  return 0;
}
