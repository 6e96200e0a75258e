#include "session/moving_average.h"

#include <cmath>
#include <vector>

#include "gtest/gtest.h"
#include "session/session.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::AllOf;
using ::testing::HasSubstr;

float Number(const absl::StatusOr<Tensor>& tensor) {
  EXPECT_OK(tensor);
  return tensor.ok() ? tensor->scalar<float>() : std::nanf("");
}

TEST(MovingAverageTest, ShadowsStartAtTheVariablesValue) {
  for (const bool resource : {false, true}) {
    GraphBuilder g;
    const Output v = resource ? g.ResourceVariable("v", 4.0F) : g.Variable("v", 4.0F);
    ExponentialMovingAverage ema(0.5);
    const Operation maintain = ema.Apply(g, {v});
    ASSERT_OK(g.status());
    Session session(g);
    // Whichever is initialised first.
    ASSERT_OK(session.Run(g.Initializer(ema.Average(v))));
    EXPECT_EQ(Number(session.Run(ema.Average(v))), 4.0F);
    ASSERT_OK(session.Run(g.Initializer(v)));
    ASSERT_OK(session.Run(g.Assign(v, 8)));
    ASSERT_OK(session.Run(maintain));
    EXPECT_EQ(Number(session.Run(ema.Average(v))), 6.0F);
    ASSERT_OK(session.Run(g.Initializer(ema.Average(v))));
    EXPECT_EQ(Number(session.Run(ema.Average(v))), 8.0F);
  }
}

TEST(MovingAverageTest, FewUpdatesLowerTheDecay) {
  GraphBuilder g;
  const Output v = g.Variable("v", 0.0F);
  const Output step = g.Variable("step", Tensor::Scalar<int32_t>(2), {.trainable = false});
  ExponentialMovingAverage ema(0.99, {.num_updates = step});
  const Operation maintain = ema.Apply(g, {v});
  Session session(g);
  ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
  ASSERT_OK(session.Run(g.Assign(v, 1)));
  ASSERT_OK(session.Run(maintain));
  EXPECT_FLOAT_EQ(Number(session.Run(ema.Average(v))), 1 - 3.0F / 12.0F);
}

TEST(MovingAverageTest, AveragesTensorsFromZero) {
  for (const bool zero_debias : {false, true}) {
    GraphBuilder g;
    const Output v = g.Variable("v", 3.0F);
    const Output twice = g.Mul(v, 2, "twice");
    ExponentialMovingAverage ema(0.9, {.zero_debias = zero_debias});
    const Operation maintain = ema.Apply(g, {twice});
    ASSERT_OK(g.status());
    EXPECT_EQ(ema.Average(twice).name(), "twice/ExponentialMovingAverage:0");
    EXPECT_EQ(g.Collection(kMovingAverageVariables).size(), 0);
    Session session(g);
    ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
    ASSERT_OK(session.Run(maintain));
    EXPECT_NEAR(Number(session.Run(ema.Average(twice))), zero_debias ? 6.0F : 0.6F, 1e-5);
    ASSERT_OK(session.Run(maintain));
    EXPECT_NEAR(Number(session.Run(ema.Average(twice))), zero_debias ? 6.0F : 1.14F, 1e-5);
  }
}

TEST(MovingAverageTest, ErrorsNameTheThing) {
  GraphBuilder g;
  const Output count = g.Variable("count", Tensor::Scalar<int32_t>(0));
  ExponentialMovingAverage ema(0.99);
  EXPECT_FALSE(ema.Apply(g, {count}).valid());
  EXPECT_THAT(g.status(),
              StatusIs(absl::StatusCode::kInvalidArgument, AllOf(HasSubstr("'count:0'"), HasSubstr("int32"))));
  EXPECT_FALSE(ema.Average(count).valid());
}

}  // namespace
}  // namespace floe
