#include "session/session.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gtest/gtest.h"
#include "session/import_graph.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;
constexpr auto kPrecondition = absl::StatusCode::kFailedPrecondition;

std::vector<float> Floats(const absl::StatusOr<Tensor>& tensor) {
  EXPECT_OK(tensor);
  if (!tensor.ok() || tensor->dtype() != DType::kFloat) return {};
  return {tensor->flat<float>().begin(), tensor->flat<float>().end()};
}

TEST(SessionTest, VariablesOfBothKindsAddUp) {
  for (const bool resource : {false, true}) {
    GraphBuilder g;
    const Tensor one = Tensor::Of<float>({1.0F}), two = Tensor::Of<float>({2.0F});
    const Output v1 = resource ? g.ResourceVariable("v1", one) : g.Variable("v1", one);
    const Output v2 = resource ? g.ResourceVariable("v2", two) : g.Variable("v2", two);
    const Output result = g.Add(v1, v2);
    EXPECT_EQ(result.name(), "add:0");
    const Operation init = g.GlobalVariablesInitializer();
    EXPECT_EQ(init.name, "init");
    Session session(g);
    EXPECT_THAT(session.Run(result), StatusIs(kPrecondition, AllOf(HasSubstr("v1"), HasSubstr("initialized"))));
    ASSERT_OK(session.Run(init));
    EXPECT_THAT(Floats(session.Run("add:0")), ElementsAre(3.0F));
    EXPECT_THAT(Floats(session.Run(v1)), ElementsAre(1.0F));
    // What is added later is seen.
    const Output raised = g.AssignAdd(v1, Tensor::Of<float>({4}));
    EXPECT_THAT(Floats(session.Run(raised)), ElementsAre(5.0F));
    EXPECT_THAT(Floats(session.Run(g.AssignSub(v1, Tensor::Of<float>({3})))), ElementsAre(2.0F));
    EXPECT_THAT(Floats(session.Run(g.Assign(v1, Tensor::Of<float>({7})))), ElementsAre(7.0F));
    EXPECT_THAT(Floats(session.Run(result)), ElementsAre(9.0F));
    // Feeding takes the place of a node.
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> fed, session.Run({{result, Tensor::Of<float>({-1})}}, {result, v2}));
    EXPECT_THAT(Floats(fed[0]), ElementsAre(-1.0F));
    EXPECT_THAT(Floats(fed[1]), ElementsAre(2.0F));
  }
}

TEST(SessionTest, SaysWhichVariablesAreInitialized) {
  GraphBuilder g;
  const Output v = g.Variable("v", Tensor::Scalar<float>(1)), r = g.ResourceVariable("r", Tensor::Scalar<float>(1));
  const Output has_v = g.IsVariableInitialized(v), has_r = g.IsVariableInitialized(r);
  Session session(g);
  ASSERT_OK(session.Run(g.Initializer(r)));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> states, session.Run({has_v, has_r}));
  EXPECT_FALSE(states[0].scalar<bool>());
  EXPECT_TRUE(states[1].scalar<bool>());
}

TEST(SessionTest, ControlDependenciesComeFirst) {
  GraphBuilder g;
  const Output v = g.Variable("v", Tensor::Scalar<float>(1));
  const Output up = g.AssignAdd(v, 1);
  Output after;
  {
    const auto wait = g.ControlDependencies({up.op()});
    after = g.Op("Identity", {v}, {{"T", AttrValue::Type(DType::kFloat)}}, "after")[0];
  }
  Session session(g);
  ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
  ASSERT_OK(session.Run(after));
  EXPECT_EQ(Floats(session.Run(v)), std::vector<float>{2.0F});
  ASSERT_OK_AND_ASSIGN(const GraphDef graph, g.AsGraphDef());
  EXPECT_THAT(graph.node(graph.Find("after")).inputs, ElementsAre("v/read", "^AssignAdd"));
}

TEST(SessionTest, ErrorsNameTheThing) {
  GraphBuilder g;
  const Output x = g.Placeholder(DType::kFloat, {2}, "x");
  const Output v = g.Variable("v", Tensor::Of<float>({1, 2}));
  const Output sum = g.Add(x, v);
  Session session(g);
  EXPECT_THAT(session.Run("ad:0"), StatusIs(kNotFound, AllOf(HasSubstr("'ad'"), HasSubstr("did you mean 'add'"))));
  EXPECT_THAT(session.Run({{x, Tensor::Of<float>({1, 2, 3})}}, {sum}),
              StatusIs(kInvalid, AllOf(HasSubstr("'x:0'"), HasSubstr("[2]"), HasSubstr("[3]"))));
  EXPECT_THAT(session.Run({{x, Tensor::Of<int32_t>({1, 2})}}, {sum}), StatusIs(kInvalid, HasSubstr("int32")));
  EXPECT_THAT(session.Run({{"x:3", Tensor::Of<float>({1, 2})}}, {sum}), StatusIs(kNotFound, HasSubstr("x:3")));
  ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
  EXPECT_THAT(session.Run(sum), StatusIs(kInvalid, AllOf(HasSubstr("'x'"), HasSubstr("must be fed"))));
  EXPECT_THAT(session.Run({{x, Tensor::Of<float>({1, 2})}, {x, Tensor::Of<float>({1, 2})}}, {sum}),
              StatusIs(kInvalid, HasSubstr("fed twice")));
  // A wrong shape is found when the node is made, and stays.
  g.Assign(v, Tensor::Of<float>({1, 2, 3}), "wrong");
  EXPECT_THAT(g.status(), StatusIs(kInvalid, HasSubstr("'wrong'")));
  EXPECT_THAT(session.Run(v), StatusIs(kInvalid, HasSubstr("'wrong'")));
}

TEST(SessionTest, RunsAChainOfAHundredThousandNodes) {
  GraphBuilder g;
  Output x = g.Constant(Tensor::Scalar<float>(0));
  for (int i = 0; i < 100000; ++i) x = g.Identity(x);
  Session session(g);
  EXPECT_EQ(Floats(session.Run(x)), std::vector<float>{0.0F});
}

// A graph with Switch and Merge: x + 1 or x * 10.
GraphBuilder Branches() {
  GraphBuilder g;
  const auto type = std::make_pair(std::string("T"), AttrValue::Type(DType::kFloat));
  const Output condition = g.Placeholder(DType::kBool, Shape(), "condition");
  const Output x = g.Placeholder(DType::kFloat, Shape(), "x");
  const std::vector<Output> branches = g.Op("Switch", {x, condition}, {type});
  const Output no = g.Add(branches[0], 1), yes = g.Mul(branches[1], 10);
  g.Op("Merge", {no, yes}, {type, {"N", AttrValue::Int(2)}});
  return g;
}

TEST(SessionTest, TakesOneBranch) {
  const GraphBuilder g = Branches();
  Session session(g);
  for (const bool condition : {false, true}) {
    const Feeds feeds = {{"x:0", Tensor::Scalar<float>(3)}, {"condition:0", Tensor::Scalar<bool>(condition)}};
    ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> merged, session.Run(feeds, {"Merge:0", "Merge:1"}));
    EXPECT_EQ(merged[0].scalar<float>(), condition ? 30.0F : 4.0F);
    EXPECT_EQ(merged[1].scalar<int32_t>(), condition ? 1 : 0);
    EXPECT_THAT(session.Run(feeds, {condition ? "add:0" : "mul:0"}),
                StatusIs(kInvalid, HasSubstr("branch that was not taken")));
  }
}

TEST(SessionTest, SameSeedsGiveTensorFlowsNumbers) {
  GraphBuilder g;
  const Output uniform = g.RandomUniform(Shape({5}), 0, 1, DType::kFloat, 7);
  const Output normal = g.RandomNormal(Shape({3}), 0, 1, DType::kFloat, 7);
  const Output truncated = g.TruncatedNormal(Shape({3}), 0, 1, DType::kFloat, 7);
  Session session(g);
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> first, session.Run({uniform, normal, truncated}));
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> second, session.Run({uniform, normal, truncated}));
  for (size_t i = 0; i < 3; ++i) EXPECT_NE(first[i].bytes(), second[i].bytes());
  Session again(g);
  ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> same, again.Run({uniform, normal, truncated}));
  for (size_t i = 0; i < 3; ++i) EXPECT_EQ(first[i].bytes(), same[i].bytes());
}

// A loop of the older kind: total = sum of i for i below the limit, with a constant and a nested conditional.
constexpr char kFrames[] = R"pb(
  node {
    name: "limit"
    op: "Placeholder"
    attr {
      key: "dtype"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "zero"
    op: "Const"
    attr {
      key: "dtype"
      value { type: DT_INT32 }
    }
    attr {
      key: "value"
      value {
        tensor {
          dtype: DT_INT32
          tensor_shape {}
          int_val: 0
        }
      }
    }
  }
  node {
    name: "i/Enter"
    op: "Enter"
    input: "zero"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
    attr {
      key: "frame_name"
      value { s: "loop" }
    }
  }
  node {
    name: "total/Enter"
    op: "Enter"
    input: "zero"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
    attr {
      key: "frame_name"
      value { s: "loop" }
    }
  }
  node {
    name: "limit/Enter"
    op: "Enter"
    input: "limit"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
    attr {
      key: "frame_name"
      value { s: "loop" }
    }
    attr {
      key: "is_constant"
      value { b: true }
    }
  }
  node {
    name: "i/Merge"
    op: "Merge"
    input: "i/Enter"
    input: "i/Next"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
    attr {
      key: "N"
      value { i: 2 }
    }
  }
  node {
    name: "total/Merge"
    op: "Merge"
    input: "total/Enter"
    input: "total/Next"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
    attr {
      key: "N"
      value { i: 2 }
    }
  }
  node {
    name: "Less"
    op: "Less"
    input: "i/Merge"
    input: "limit/Enter"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node { name: "LoopCond" op: "LoopCond" input: "Less" }
  node {
    name: "i/Switch"
    op: "Switch"
    input: "i/Merge"
    input: "LoopCond"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "total/Switch"
    op: "Switch"
    input: "total/Merge"
    input: "LoopCond"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "one"
    op: "Const"
    input: "^i/Switch"
    attr {
      key: "dtype"
      value { type: DT_INT32 }
    }
    attr {
      key: "value"
      value {
        tensor {
          dtype: DT_INT32
          tensor_shape {}
          int_val: 1
        }
      }
    }
  }
  node {
    name: "i/Add"
    op: "AddV2"
    input: "i/Switch:1"
    input: "one"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "total/Add"
    op: "AddV2"
    input: "total/Switch:1"
    input: "i/Switch:1"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "i/Next"
    op: "NextIteration"
    input: "i/Add"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "total/Next"
    op: "NextIteration"
    input: "total/Add"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "total/Exit"
    op: "Exit"
    input: "total/Switch"
    attr {
      key: "T"
      value { type: DT_INT32 }
    }
  }
)pb";

// The same as a While with functions, inside a PartitionedCall.
constexpr char kFunctions[] = R"pb(
  node {
    name: "limit"
    op: "Placeholder"
    attr {
      key: "dtype"
      value { type: DT_INT32 }
    }
  }
  node {
    name: "call"
    op: "PartitionedCall"
    input: "limit"
    attr {
      key: "f"
      value {
        func {
          name: "sum"
          attr {
            key: "T"
            value { type: DT_INT32 }
          }
        }
      }
    }
    attr {
      key: "Tin"
      value { list { type: DT_INT32 } }
    }
    attr {
      key: "Tout"
      value { list { type: DT_INT32 } }
    }
  }
  library {
    function {
      signature {
        name: "sum"
        input_arg { name: "limit" type_attr: "T" }
        output_arg { name: "total" type_attr: "T" }
        attr { name: "T" type: "type" }
      }
      node_def {
        name: "zero"
        op: "Const"
        attr {
          key: "dtype"
          value { type: DT_INT32 }
        }
        attr {
          key: "value"
          value {
            tensor {
              dtype: DT_INT32
              tensor_shape {}
              int_val: 0
            }
          }
        }
      }
      node_def {
        name: "while"
        op: "While"
        input: "zero:output:0"
        input: "zero:output:0"
        input: "limit"
        attr {
          key: "T"
          value { list { type: DT_INT32 type: DT_INT32 type: DT_INT32 } }
        }
        attr {
          key: "cond"
          value { func { name: "cond" } }
        }
        attr {
          key: "body"
          value { func { name: "body" } }
        }
      }
      node_def {
        name: "result"
        op: "Identity"
        input: "while:output:1"
        attr {
          key: "T"
          value { placeholder: "T" }
        }
      }
      ret { key: "total" value: "result:output:0" }
    }
    function {
      signature {
        name: "cond"
        input_arg { name: "i" type: DT_INT32 }
        input_arg { name: "total" type: DT_INT32 }
        input_arg { name: "limit" type: DT_INT32 }
        output_arg { name: "less" type: DT_BOOL }
      }
      node_def {
        name: "Less"
        op: "Less"
        input: "i"
        input: "limit"
        attr {
          key: "T"
          value { type: DT_INT32 }
        }
      }
      ret { key: "less" value: "Less:z:0" }
    }
    function {
      signature {
        name: "body"
        input_arg { name: "i" type: DT_INT32 }
        input_arg { name: "total" type: DT_INT32 }
        input_arg { name: "limit" type: DT_INT32 }
        output_arg { name: "next" type: DT_INT32 }
        output_arg { name: "sum" type: DT_INT32 }
        output_arg { name: "same" type: DT_INT32 }
      }
      node_def {
        name: "one"
        op: "Const"
        attr {
          key: "dtype"
          value { type: DT_INT32 }
        }
        attr {
          key: "value"
          value {
            tensor {
              dtype: DT_INT32
              tensor_shape {}
              int_val: 1
            }
          }
        }
      }
      node_def {
        name: "Add"
        op: "AddV2"
        input: "i"
        input: "one:output:0"
        attr {
          key: "T"
          value { type: DT_INT32 }
        }
      }
      node_def {
        name: "Sum"
        op: "AddV2"
        input: "total"
        input: "i"
        attr {
          key: "T"
          value { type: DT_INT32 }
        }
      }
      ret { key: "next" value: "Add:z:0" }
      ret { key: "sum" value: "Sum:z:0" }
      ret { key: "same" value: "limit" }
    }
  }
)pb";

TEST(SessionTest, RunsLoopsOfBothKinds) {
  for (const bool frames : {true, false}) {
    ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::ParseText(frames ? kFrames : kFunctions));
    GraphBuilder g;
    ImportOptions options;
    options.name = "";
    ASSERT_OK(ImportGraphDef(g, graph, options));
    Session session(g);
    for (const int32_t limit : {0, 1, 5, 1000}) {
      ASSERT_OK_AND_ASSIGN(const std::vector<Tensor> total, session.Run({{"limit:0", Tensor::Scalar<int32_t>(limit)}},
                                                                        {frames ? "total/Exit:0" : "call:0"}));
      EXPECT_EQ(total[0].scalar<int32_t>(), limit * (limit - 1) / 2);
    }
  }
}

TEST(SessionTest, RefusesCyclesAndEndlessCalls) {
  GraphBuilder g;
  ASSERT_OK_AND_ASSIGN(const Graph cycle, Graph::ParseText(R"pb(
                         node {
                           name: "a"
                           op: "Identity"
                           input: "b"
                           attr {
                             key: "T"
                             value { type: DT_FLOAT }
                           }
                         }
                         node {
                           name: "b"
                           op: "Identity"
                           input: "a"
                           attr {
                             key: "T"
                             value { type: DT_FLOAT }
                           }
                         }
                       )pb"));
  EXPECT_THAT(ImportGraphDef(g, cycle), StatusIs(kInvalid, HasSubstr("cycle")));

  GraphBuilder endless;
  ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::ParseText(R"pb(
                         node {
                           name: "call"
                           op: "PartitionedCall"
                           attr {
                             key: "f"
                             value { func { name: "f" } }
                           }
                           attr {
                             key: "Tin"
                             value { list {} }
                           }
                           attr {
                             key: "Tout"
                             value { list { type: DT_FLOAT } }
                           }
                         }
                         library {
                           function {
                             signature {
                               name: "f"
                               output_arg { name: "y" type: DT_FLOAT }
                             }
                             node_def {
                               name: "again"
                               op: "PartitionedCall"
                               attr {
                                 key: "f"
                                 value { func { name: "f" } }
                               }
                               attr {
                                 key: "Tin"
                                 value { list {} }
                               }
                               attr {
                                 key: "Tout"
                                 value { list { type: DT_FLOAT } }
                               }
                             }
                             ret { key: "y" value: "again:output:0" }
                           }
                         }
                       )pb"));
  ImportOptions options;
  options.name = "";
  ASSERT_OK(ImportGraphDef(endless, graph, options));
  Session session(endless);
  EXPECT_THAT(session.Run("call:0"),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("call each other more than")));
}

}  // namespace
}  // namespace floe
