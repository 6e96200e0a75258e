// libFuzzer: any bytes as a SavedModel, or behind a zero byte as a MetaGraphDef, frozen with a checkpoint that has
// every variable. Whatever they say, there is a Status, or a graph that is read again, in bounded memory and time:
// functions that call themselves, savers and init ops that are functions, tables, conditionals. Build with clang and
// -DFLOE_BUILD_FUZZERS=ON.
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <memory>
#include <optional>
#include <random>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/string_view.h"
#include "graph/graph.h"
#include "session/freeze.h"
#include "session/saved_model.h"
#include "session/variable_keys.h"
#include "tests/fuzz/graph_mutation.h"

namespace floe {
namespace {

constexpr int64_t kLarge = 1 << 16;

void Check(bool holds) {
  if (!holds) std::abort();
}

// Zeros for each variable of the graph, under its own name.
class AnyCheckpoint final : public CheckpointReader {
 public:
  explicit AnyCheckpoint(const Graph& graph) : CheckpointReader("any") {
    std::vector<CheckpointTensor> tensors;
    std::set<std::string> names;
    for (const Node& node : graph.nodes()) {
      if (!IsVariable(node.op) || !names.insert(VariableName(node)).second) continue;
      const absl::StatusOr<DType> dtype = node.attrs.Type("dtype");
      const absl::StatusOr<PartialShape> shape = node.attrs.OfShape("shape");
      if (!dtype.ok() || ElementBytes(*dtype) == 0 || !shape.ok() || !shape->IsFullyDefined()) continue;
      const absl::StatusOr<Shape> checked = Shape::Checked(shape->dims());
      if (!checked.ok() || checked->num_elements() > kLarge) continue;
      tensors.push_back({VariableName(node),
                         *dtype,
                         std::string(DTypeName(*dtype)),
                         *checked,
                         checked->num_elements() * ElementBytes(*dtype),
                         {}});
    }
    Check(SetTensors(std::move(tensors)).ok());
  }

 protected:
  absl::StatusOr<Tensor> ReadPiece(const CheckpointTensor& tensor, size_t) const override {
    Tensor zeros(tensor.dtype, tensor.shape);
    std::memset(zeros.raw_mutable_data(), 0, static_cast<size_t>(zeros.byte_size()));
    return zeros;
  }
  absl::Status CheckPiece(const CheckpointTensor&, size_t) const override { return absl::OkStatus(); }
};

void FreezeAndCheck(const MetaGraph& meta, const FreezeOptions& options) {
  const AnyCheckpoint checkpoint(meta.graph);
  const absl::StatusOr<FrozenGraph> frozen = Freeze(meta, &checkpoint, options);
  if (!frozen.ok()) {
    Check(!frozen.status().message().empty() && !absl::IsInternal(frozen.status()));
    return;
  }
  const absl::StatusOr<std::string> written = frozen->graph.Serialize();
  Check(written.ok());
  auto owner = std::make_shared<const std::string>(*written);
  const absl::string_view view = *owner;
  const absl::StatusOr<Graph> again = Graph::Parse(view, std::move(owner));
  Check(again.ok() && again->NodeNames() == frozen->graph.NodeNames());
}

void Run(absl::string_view input) {
  const bool saved_model = !input.empty() && input[0] != 0;
  auto owner = std::make_shared<const std::string>(saved_model || input.empty() ? input : input.substr(1));
  const absl::string_view bytes = *owner;
  const absl::StatusOr<MetaGraph> meta = saved_model ? ParseSavedModel(bytes, owner) : MetaGraph::Parse(bytes, owner);
  if (!meta.ok() || testing::HasLargeConstant(meta->graph)) return;
  FreezeOptions options;
  FreezeAndCheck(*meta, options);
  for (const Signature& signature : meta->signatures) {
    options.signature = signature.name;
    FreezeAndCheck(*meta, options);
  }
}

}  // namespace
}  // namespace floe

extern "C" size_t LLVMFuzzerCustomMutator(uint8_t* data, size_t size, size_t max_size, unsigned int seed) {
  std::mt19937 random(seed);
  const absl::string_view input(reinterpret_cast<const char*>(data), size);
  if (!input.empty() && random() % 8 != 0) {
    const bool saved_model = input[0] != 0;
    std::optional<std::string> mutated = floe::testing::MutateMessage(saved_model ? input : input.substr(1), random);
    if (mutated && !saved_model) mutated->insert(mutated->begin(), '\0');
    if (mutated && !mutated->empty() && mutated->size() <= max_size) {
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
