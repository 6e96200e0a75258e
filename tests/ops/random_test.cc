// What random ops keep from one evaluation to the next; the golden cases have what they draw first.
#include <memory>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/random_stream.h"
#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

AttrMap Seeds(int64_t seed, int64_t seed2) {
  AttrMap attrs;
  attrs.Set("seed", AttrValue::Int(seed));
  attrs.Set("seed2", AttrValue::Int(seed2));
  attrs.Set("dtype", AttrValue::Type(DType::kFloat));
  return attrs;
}

// A node of a graph: evaluations one after another.
class Node {
 public:
  Node(const std::string& op, const AttrMap& attrs) : op_(*FindOp(op)), attrs_(attrs) {
    auto state = op_.make_state(attrs_);
    EXPECT_OK(state);
    state_ = *std::move(state);
  }
  Tensor Run(const std::vector<Tensor>& inputs) {
    auto results = Evaluate(op_, "node", attrs_, inputs, state_.get());
    EXPECT_OK(results);
    return results.ok() ? results->front() : Tensor();
  }
  template <typename T>
  std::vector<T> Run(const std::vector<Tensor>& inputs) {
    const Tensor result = Run(inputs);
    return {result.data<T>(), result.data<T>() + result.num_elements()};
  }
  OpState& state() { return *state_; }

 private:
  const OpInfo& op_;
  const AttrMap attrs_;
  std::unique_ptr<OpState> state_;
};

const Tensor& Three() {
  static const Tensor* const three = new Tensor(Tensor::Of<int32_t>({3}));
  return *three;
}

// TensorFlow's numbers of its first, second and third run.
TEST(RandomTest, GoesOnAsTensorFlowDoes) {
  Node uniform("RandomUniform", Seeds(5, 9));
  EXPECT_THAT(uniform.Run<float>({Three()}), ElementsAre(0.85900664f, 0.21150982f, 0.17018116f));
  EXPECT_THAT(uniform.Run<float>({Three()}), ElementsAre(0.39173627f, 0.80001676f, 0.43380892f));
  EXPECT_THAT(uniform.Run<float>({Three()}), ElementsAre(0.75120103f, 0.93504107f, 0.8110914f));
  Node truncated("TruncatedNormal", Seeds(5, 9));
  truncated.Run({Three()});
  const std::vector<float> second = truncated.Run<float>({Three()});
  EXPECT_NEAR(second[0], -1.3020114f, 1e-6);
  EXPECT_NEAR(second[2], 0.6228555f, 1e-6);
  AttrMap ints = Seeds(5, 9);
  ints.Set("Tout", AttrValue::Type(DType::kInt32));
  Node integers("RandomUniformInt", ints);
  const std::vector<Tensor> range = {Three(), Tensor::Scalar<int32_t>(0), Tensor::Scalar<int32_t>(1000)};
  EXPECT_THAT(integers.Run<int32_t>(range), ElementsAre(742, 233, 815));
  EXPECT_THAT(integers.Run<int32_t>(range), ElementsAre(10, 91, 501));
  Node shuffle("RandomShuffle", Seeds(5, 9));
  const Tensor six = Tensor::Of<int32_t>({0, 1, 2, 3, 4, 5});
  EXPECT_THAT(shuffle.Run<int32_t>({six}), ElementsAre(2, 4, 5, 0, 1, 3));
  EXPECT_THAT(shuffle.Run<int32_t>({six}), ElementsAre(0, 2, 1, 4, 5, 3));
  EXPECT_THAT(shuffle.Run<int32_t>({six}), ElementsAre(1, 0, 2, 5, 3, 4));
  Node multinomial("Multinomial", Seeds(5, 9));
  const std::vector<Tensor> even = {Tensor::Of<float>(Shape({2, 5}), {0, 0, 0, 0, 0, 0, 0, 0, 0, 0}),
                                    Tensor::Scalar<int32_t>(3)};
  EXPECT_THAT(multinomial.Run<int64_t>(even), ElementsAre(4, 1, 2, 0, 2, 3));
  EXPECT_THAT(multinomial.Run<int64_t>(even), ElementsAre(4, 1, 3, 3, 0, 3));
  EXPECT_THAT(multinomial.Run<int64_t>(even), ElementsAre(2, 1, 4, 1, 3, 2));
}

TEST(RandomTest, StartsAgain) {
  Node uniform("RandomUniform", Seeds(5, 9));
  const std::vector<float> first = uniform.Run<float>({Three()});
  EXPECT_NE(uniform.Run<float>({Three()}), first);
  uniform.state().Restart();
  EXPECT_EQ(uniform.Run<float>({Three()}), first);
}

TEST(RandomTest, WithoutSeedsNothingIsRepeated) {
  Node one("RandomUniform", Seeds(0, 0)), other("RandomUniform", Seeds(0, 0));
  const std::vector<float> first = one.Run<float>({Three()});
  EXPECT_NE(one.Run<float>({Three()}), first);
  EXPECT_NE(other.Run<float>({Three()}), first);
}

// Whatever the order they come in, runs at once are given what one after another would be.
TEST(RandomTest, RunsAtOnceShareTheNumbers) {
  constexpr int kThreads = 4, kRuns = 50;
  Node together("RandomUniform", Seeds(5, 9)), alone("RandomUniform", Seeds(5, 9));
  std::vector<std::vector<std::vector<float>>> drawn(kThreads);
  std::vector<std::thread> threads;
  for (auto& mine : drawn) {
    threads.emplace_back([&together, &mine] {
      for (int i = 0; i < kRuns; ++i) mine.push_back(together.Run<float>({Three()}));
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::vector<float>> found, wanted;
  for (const auto& mine : drawn) found.insert(mine.begin(), mine.end());
  for (int i = 0; i < kThreads * kRuns; ++i) wanted.insert(alone.Run<float>({Three()}));
  EXPECT_EQ(found, wanted);
}

// TensorFlow reads past the end of a counter that is too short.
TEST(RandomTest, StatelessCounterTooShort) {
  const auto results =
      Evaluate(*FindOp("StatelessRandomUniformV2"), "node", {},
               std::vector<Tensor>{Three(), Tensor::Of<uint64_t>({1}), Tensor::Of<uint64_t>({1}), Tensor::Scalar(1)});
  EXPECT_THAT(results, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("a counter of two numbers, got 1")));
}

TEST(RandomTest, MoreThanThereIsMemoryFor) {
  const Tensor huge = Tensor::Of<int64_t>({int64_t{1} << 50});
  EXPECT_THAT(Evaluate(*FindOp("RandomUniform"), "node", Seeds(1, 1), {huge}),
              StatusIs(absl::StatusCode::kResourceExhausted, HasSubstr("")));
  EXPECT_THAT(
      Evaluate(*FindOp("RandomUniform"), "node", Seeds(1, 1), {Tensor::Of<int64_t>({int64_t{1} << 40, 1 << 30})}),
      StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("input 0")));
}

}  // namespace
}  // namespace floe
