#include "tests/testing/programs.h"

#include <cmath>
#include <limits>
#include <random>

#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "gtest/gtest.h"
#include "ops/control_flow.h"
#include "ops/types.h"

namespace floe::testing {
namespace {

uint64_t SeedOf(const std::string& name) {
  uint64_t seed = 14695981039346656037u;
  for (const char c : name) seed = (seed ^ static_cast<unsigned char>(c)) * 1099511628211u;
  return seed;
}

absl::StatusOr<std::vector<double>> Doubles(const Tensor& tensor) {
  std::vector<double> values;
  FLOE_RETURN_IF_ERROR(OnDType(RealTypes(), tensor.dtype(), [&]<typename T>() -> absl::Status {
    for (const T value : tensor.flat<T>()) values.push_back(static_cast<double>(static_cast<Wide<T>>(value)));
    return absl::OkStatus();
  }));
  return values;
}

}  // namespace

std::string GraphMaker::Input(const std::string& name, const PartialShape& shape, DType dtype) {
  return Op("Placeholder", name, {}, {{"dtype", AttrValue::Type(dtype)}, {"shape", AttrValue::OfShape(shape)}});
}

std::string GraphMaker::Const(const std::string& name, const Tensor& value) {
  return Op("Const", name, {}, {{"dtype", AttrValue::Type(value.dtype())}, {"value", AttrValue::OfTensor(value)}});
}

std::string GraphMaker::Weights(const std::string& name, const Shape& shape, DType dtype) {
  return Const(name, RandomTensor(shape, SeedOf(name), dtype));
}

std::string GraphMaker::Op(const std::string& op, const std::string& name, const std::vector<std::string>& inputs,
                           const Attrs& attrs) {
  Node node;
  node.name = name;
  node.op = op;
  node.inputs = inputs;
  for (const auto& [key, value] : attrs) node.attrs.Set(key, value);
  const absl::Status added = graph_.Add(std::move(node));
  EXPECT_TRUE(added.ok()) << added;
  return name;
}

std::string GraphMaker::Conv(const std::string& name, const std::string& input, const std::string& filter,
                             const std::string& padding, const Attrs& attrs, const std::string& op) {
  Attrs all = {{"strides", AttrValue::Ints({1, 1, 1, 1})}, {"padding", AttrValue::String(padding)}};
  all.insert(all.end(), attrs.begin(), attrs.end());
  return Op(op, name, {input, filter}, all);
}

absl::StatusOr<Program> GraphMaker::Lower(const std::vector<std::string>& outputs) const {
  Boundary boundary;
  boundary.outputs = outputs;
  FLOE_ASSIGN_OR_RETURN(boundary.inputs, PlaceholdersNeededBy(graph_, outputs));
  return floe::Lower(graph_, boundary);
}

Tensor RandomTensor(const Shape& shape, uint64_t seed, DType dtype) {
  std::mt19937_64 random(seed);
  std::uniform_real_distribution<float> uniform(-1, 1);
  Tensor tensor(dtype, shape);
  const absl::Status status = OnDType(RealTypes(), dtype, [&]<typename T>() -> absl::Status {
    for (int64_t i = 0; i < tensor.num_elements(); ++i) {
      const float value = kIsInteger<T> ? std::round(uniform(random) * 10) : uniform(random);
      tensor.mutable_data<T>()[i] = T(value);
    }
    return absl::OkStatus();
  });
  EXPECT_TRUE(status.ok()) << status;
  return tensor;
}

std::vector<Tensor> RandomInputs(const Program& program, int64_t unknown, uint64_t seed) {
  std::vector<Tensor> inputs;
  for (const ValueId id : program.inputs) {
    const Value& value = program.values[id];
    Shape shape;
    for (const int64_t dim : value.shape.dims()) shape.Append(dim < 0 ? unknown : dim);
    inputs.push_back(RandomTensor(shape, seed++, value.dtype));
  }
  return inputs;
}

namespace {

// If, Case and While, as their definition says (program/program.h).
absl::StatusOr<std::vector<Tensor>> RunRegions(const Op& op, std::vector<Tensor> arguments) {
  if (!IsWhile(op)) {
    int branch = 0;
    if (IsIf(op)) {
      FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(arguments[0]));
      branch = truth ? 0 : 1;
    } else {
      FLOE_ASSIGN_OR_RETURN(branch, ChooseBranch(arguments[0], static_cast<int>(op.regions.size())));
    }
    arguments.erase(arguments.begin());
    return RunProgram(op.regions[static_cast<size_t>(branch)], arguments);
  }
  for (int iteration = 0; iteration < 10000; ++iteration) {
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> goes_on, RunProgram(op.regions[0], arguments));
    FLOE_ASSIGN_OR_RETURN(const bool truth, IsTrue(goes_on[0]));
    if (!truth) {
      arguments.resize(op.outputs.size());
      return arguments;
    }
    FLOE_ASSIGN_OR_RETURN(const std::vector<Tensor> next, RunProgram(op.regions[1], arguments));
    std::copy(next.begin(), next.end(), arguments.begin());
  }
  return absl::DeadlineExceededError("the loop does not end");
}

}  // namespace

absl::StatusOr<std::vector<Tensor>> RunProgram(const Program& program, const std::vector<Tensor>& inputs) {
  std::vector<Tensor> values(program.values.size());
  std::vector<int> uses(program.values.size(), 0);
  for (const Op& op : program.ops) {
    for (const ValueId id : op.inputs) ++uses[id];
  }
  for (const ValueId id : program.outputs) ++uses[id];
  for (size_t id = 0; id < values.size(); ++id) {
    if (program.values[id].constant) values[id] = *program.values[id].constant;
  }
  if (inputs.size() != program.inputs.size()) return absl::InvalidArgumentError("wrong number of inputs");
  for (size_t i = 0; i < inputs.size(); ++i) values[program.inputs[i]] = inputs[i];
  for (const Op& op : program.ops) {
    std::vector<Tensor> arguments;
    for (const ValueId id : op.inputs) arguments.push_back(values[id]);
    FLOE_ASSIGN_OR_RETURN(std::vector<Tensor> results, op.regions.empty()
                                                           ? Evaluate(*op.info, op.name, op.attrs, arguments)
                                                           : RunRegions(op, std::move(arguments)));
    for (size_t k = 0; k < op.outputs.size(); ++k) {
      const Value& said = program.values[op.outputs[k]];
      if (results[k].dtype() != said.dtype || !said.shape.Matches(results[k].shape())) {
        return absl::InternalError(absl::StrCat("'", op.name, "' made ", DTypeName(results[k].dtype()),
                                                results[k].shape().ToString(), " where the program says ",
                                                DTypeName(said.dtype), said.shape.ToString()));
      }
      values[op.outputs[k]] = std::move(results[k]);
    }
    for (const ValueId id : op.inputs) {
      if (--uses[id] == 0) values[id] = Tensor();
    }
  }
  std::vector<Tensor> outputs;
  for (const ValueId id : program.outputs) outputs.push_back(values[id]);
  return outputs;
}

double RelativeDifference(const Tensor& expected, const Tensor& actual) {
  constexpr double kInfinite = std::numeric_limits<double>::infinity();
  if (expected.dtype() != actual.dtype() || expected.shape() != actual.shape()) return kInfinite;
  const auto wanted = Doubles(expected), got = Doubles(actual);
  if (!wanted.ok() || !got.ok()) return kInfinite;
  double largest = 0, difference = 0;
  for (size_t i = 0; i < wanted->size(); ++i) {
    const double a = (*wanted)[i], b = (*got)[i];
    if (a == b || (std::isnan(a) && std::isnan(b))) {
      if (std::isfinite(a)) largest = std::max(largest, std::abs(a));
      continue;
    }
    if (!std::isfinite(a) || !std::isfinite(b)) return kInfinite;
    largest = std::max(largest, std::abs(a));
    difference = std::max(difference, std::abs(a - b));
  }
  return difference == 0 ? 0 : largest == 0 ? kInfinite : difference / largest;
}

void ExpectSameResults(const Program& before, const Program& after, double tolerance) {
  for (const int64_t unknown : {1, 3}) {
    const std::vector<Tensor> inputs = RandomInputs(before, unknown, static_cast<uint64_t>(unknown));
    const auto expected = RunProgram(before, inputs), actual = RunProgram(after, inputs);
    ASSERT_TRUE(expected.ok()) << expected.status();
    ASSERT_TRUE(actual.ok()) << actual.status() << "\n" << after.ToString();
    ASSERT_EQ(expected->size(), actual->size());
    for (size_t i = 0; i < expected->size(); ++i) {
      EXPECT_LE(RelativeDifference((*expected)[i], (*actual)[i]), tolerance)
          << "output " << i << ": " << (*expected)[i].ToString() << " became " << (*actual)[i].ToString() << "\n"
          << before.ToString() << "became\n"
          << after.ToString();
    }
  }
}

const Op& OpMaking(const Program& program, const std::string& value) {
  for (const Op& op : program.ops) {
    for (const ValueId id : op.outputs) {
      if (program.values[id].name == value) return op;
    }
  }
  ADD_FAILURE() << "nothing makes '" << value << "' in\n" << program.ToString();
  static const Op none;
  return none;
}

std::vector<std::string> FusedSteps(const Op& op) {
  return op.attrs.Strings("fused_ops", std::vector<std::string>()).value_or(std::vector<std::string>());
}

std::map<std::string, int> CountOps(const Program& program) {
  std::map<std::string, int> counts;
  for (const Op& op : program.ops) {
    ++counts[op.info->name];
    for (const Program& region : op.regions) {
      for (const auto& [name, count] : CountOps(region)) counts[name] += count;
    }
  }
  return counts;
}

absl::StatusOr<bool> RunPass(absl::string_view name, Program& program) {
  for (const Pass& pass : StandardPasses()) {
    if (name != pass.name) continue;
    FLOE_RETURN_IF_ERROR(program.Verify());
    FLOE_ASSIGN_OR_RETURN(const bool changed, RunEverywhere(pass, program));
    FLOE_RETURN_IF_ERROR(program.Verify());
    return changed;
  }
  return absl::NotFoundError(absl::StrCat("no pass is called '", name, "'"));
}

Program ExpectChanged(absl::string_view pass, const Program& before) {
  Program after = before;
  const absl::StatusOr<bool> changed = RunPass(pass, after);
  EXPECT_TRUE(changed.ok()) << changed.status();
  EXPECT_TRUE(changed.value_or(false)) << pass << " changed nothing in\n" << before.ToString();
  ExpectSameResults(before, after);
  return after;
}

void ExpectUnchanged(absl::string_view pass, const Program& before) {
  Program after = before;
  const absl::StatusOr<bool> changed = RunPass(pass, after);
  EXPECT_TRUE(changed.ok()) << changed.status();
  EXPECT_FALSE(changed.value_or(true)) << pass << " made of\n" << before.ToString() << "this\n" << after.ToString();
  EXPECT_EQ(before.ToString(), after.ToString());
}

}  // namespace floe::testing
