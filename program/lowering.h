// Lowering, from the inside (program/lower.h is for its users): one ModelLowering a model, one GraphLowering for its
// graph and for each call of a function.
#ifndef FLOE_PROGRAM_LOWERING_H_
#define FLOE_PROGRAM_LOWERING_H_

#include <map>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "absl/container/flat_hash_set.h"
#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/types/span.h"
#include "graph/function_graph.h"
#include "program/flow_graph.h"
#include "program/program.h"

namespace floe {

// Results of nodes, as values of a program.
using LoweredValues = absl::flat_hash_map<Edge, ValueId>;

// What is shared by all graphs of one lowering.
class ModelLowering {
 public:
  explicit ModelLowering(const Graph& graph) : graph_(graph) {}

  // UNIMPLEMENTED lists every op that Floe does not know, functions' too, with its nodes, at once.
  absl::Status CheckOps(absl::Span<const Edge> targets, const LoweredValues& feeds);

  bool IsFunction(absl::string_view name);
  absl::StatusOr<FunctionGraph> Instantiate(absl::string_view name, const AttrMap& attrs);

  // Around the lowering of a function's body. UNIMPLEMENTED naming a function that calls itself.
  absl::Status EnterFunction(const std::string& name);
  void LeaveFunction() { calls_.pop_back(); }
  // Around a region. UNIMPLEMENTED where they are nested too deeply.
  absl::Status EnterRegion();
  void LeaveRegion() { --depth_; }
  // RESOURCE_EXHAUSTED where calls of calls make more ops than any model has.
  absl::Status CountOp();
  // The same for constants that are larger than what the file says of them.
  absl::Status CountUnpacked(const Node& node, const Tensor& tensor);

 private:
  absl::Status ParseFunctions();
  absl::Status CollectUnknown(const Graph& graph, absl::Span<const Edge> targets, const LoweredValues& feeds);

  const Graph& graph_;
  bool is_parsed_ = false;
  FunctionDefinitions functions_;
  std::vector<std::string> calls_;
  int depth_ = 0;
  int64_t ops_ = 0;
  int64_t unpacked_bytes_ = 0;
  absl::flat_hash_set<std::string> checked_;
  std::map<std::string, std::vector<std::string>> unknown_;  // node names by op
};

// The functions that a node calls, with the attributes bound in each call.
absl::StatusOr<std::vector<std::pair<std::string, AttrMap>>> CalledFunctions(ModelLowering& model, const Node& node);

class GraphLowering {
 public:
  // `prefix` goes before the names of the graph's nodes.
  GraphLowering(ModelLowering* model, const Graph& graph, std::string prefix)
      : model_(*model), graph_(graph), flow_(graph), prefix_(std::move(prefix)) {}

  // Adds what `targets` need to the program, whose values `feeds` are known; the targets.
  absl::StatusOr<std::vector<ValueId>> Run(Program* program, LoweredValues feeds, absl::Span<const Edge> targets);

 private:
  // Where nodes are lowered to.
  struct Region {
    Program* program;
    LoweredValues values;
    absl::flat_hash_map<Edge, bool> assumed;  // conditions, and what they are in here
  };

  // lower_graph.cc
  absl::StatusOr<std::vector<ValueId>> LowerInto(Region& region, absl::Span<const Edge> targets);
  absl::Status LowerNode(Region& region, int node);
  absl::Status LowerAlias(Region& region, int node);
  absl::Status LowerSwitch(Region& region, int node);
  absl::Status LowerPlain(Region& region, int node);
  absl::StatusOr<ValueId> Resolve(const Region& region, const Edge& edge) const;
  absl::StatusOr<std::vector<ValueId>> ResolveInputs(const Region& region, int node);
  std::string NameOf(int node) const { return prefix_ + graph_.node(node).name; }
  // Appends the op, with results as inferred.
  absl::Status Append(Region& region, int node, Op op);

  // lower_regions.cc
  absl::Status LowerCond(Region& region, int index);
  absl::Status LowerLoop(Region& region, int index);
  // One more thing that regions take from around them: where it is constant, each has it as its own.
  struct Inside {
    Region region;
    Program program;
  };
  void AddCapture(const Region& region, ValueId outside, absl::Span<const Edge> names, absl::Span<Inside> insides,
                  Op* op) const;

  // lower_function.cc
  absl::Status LowerCall(Region& region, int node, const std::string& function, const AttrMap& attrs);
  absl::Status LowerIf(Region& region, int node);
  absl::Status LowerWhile(Region& region, int node);
  absl::StatusOr<std::vector<ValueId>> Inline(Program* program, const std::string& function, const AttrMap& attrs,
                                              absl::Span<const ValueId> arguments, const std::string& prefix);
  absl::StatusOr<Program> LowerFunctionRegion(const Program& outside, const std::string& function, const AttrMap& attrs,
                                              absl::Span<const ValueId> arguments, const std::vector<bool>& is_variable,
                                              const std::string& prefix);

  ModelLowering& model_;
  const Graph& graph_;
  FlowGraph flow_;
  std::string prefix_;
};

}  // namespace floe

#endif  // FLOE_PROGRAM_LOWERING_H_
