// ExponentialMovingAverage: shadow variables that follow others, as tf.train.ExponentialMovingAverage in a graph:
// shadow -= (1 - decay) * (shadow - value) at each run of what Apply returns.
//
// A value; one thread at a time. Errors are the graph's.
#ifndef FLOE_SESSION_MOVING_AVERAGE_H_
#define FLOE_SESSION_MOVING_AVERAGE_H_

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "session/graph_builder.h"

namespace floe {

struct MovingAverageOptions {
  // A tensor, such as the global step: the decay is at most (1 + num_updates) / (10 + num_updates), so that averages
  // move fast at first.
  std::optional<Output> num_updates = {};
  // Averages of tensors start at zero; this divides that out.
  bool zero_debias = false;
  std::string name = "ExponentialMovingAverage";
};

class ExponentialMovingAverage {
 public:
  explicit ExponentialMovingAverage(double decay, MovingAverageOptions options = {})
      : decay_(decay), options_(std::move(options)) {}

  // Makes a shadow variable for each variable (its initial value: that of the variable) or other tensor (zero), and
  // returns the operation that updates them. The variables are added to the graph's moving average variables.
  // INVALID_ARGUMENT for types other than float, double, half and bfloat16.
  Operation Apply(GraphBuilder& graph, const std::vector<Output>& tensors);
  // The shadow variable; not valid where Apply was not called with it.
  Output Average(const Output& tensor) const;
  // The name that the shadow variable has, or would have.
  std::string AverageName(const GraphBuilder& graph, const Output& tensor) const;
  // For a Saver that restores averages in place of the variables: trainable and moving average variables under their
  // shadows' names, other global variables under their own.
  std::map<std::string, Output> VariablesToRestore(GraphBuilder& graph) const;

 private:
  void MakeShadow(GraphBuilder& graph, const Output& tensor);
  Operation Update(GraphBuilder& graph, const Output& tensor, const Output& decay) const;

  double decay_;
  MovingAverageOptions options_;
  std::map<std::string, Output> averages_;  // by the tensor's name
};

}  // namespace floe

#endif  // FLOE_SESSION_MOVING_AVERAGE_H_
