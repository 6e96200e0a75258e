#include "server/metrics.h"

#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace floe {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(MetricsTest, CountsByApiStatusAndPhase) {
  Metrics metrics;
  const auto model = metrics.ForModel("m", 3);
  model->CountRequest(Api::kKServe, absl::StatusCode::kOk);
  model->CountRequest(Api::kKServe, absl::StatusCode::kOk);
  model->CountRequest(Api::kTfServing, absl::StatusCode::kInvalidArgument);
  model->Observe(Phase::kCompute, absl::Milliseconds(3));
  model->ObserveLoad(absl::Seconds(2));
  model->SetState(30);
  model->SetMemoryBytes(4096);
  const std::string text = metrics.Text();
  EXPECT_THAT(text, HasSubstr(R"(floe_requests_total{api="kserve",model="m",status="OK",version="3"} 2)"));
  EXPECT_THAT(text,
              HasSubstr(R"(floe_requests_total{api="tfserving",model="m",status="INVALID_ARGUMENT",version="3"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(floe_request_duration_seconds_sum{model="m",phase="compute",version="3"} 0.003)"));
  EXPECT_THAT(text, HasSubstr(R"({model="m",phase="compute",version="3",le="0.0025"} 0)"));
  EXPECT_THAT(text, HasSubstr(R"({model="m",phase="compute",version="3",le="0.005"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(floe_load_duration_seconds_count{model="m",version="3"} 1)"));
  EXPECT_THAT(text, HasSubstr(R"(floe_model_state{model="m",version="3"} 30)"));
  EXPECT_THAT(text, HasSubstr(R"(floe_model_memory_bytes{model="m",version="3"} 4096)"));
}

TEST(MetricsTest, AVersionThatIsGoneLeavesNoSeries) {
  Metrics metrics;
  auto model = metrics.ForModel("gone", 1);
  model->CountRequest(Api::kKServe, absl::StatusCode::kOk);
  EXPECT_THAT(metrics.Text(), HasSubstr("gone"));
  model.reset();
  EXPECT_THAT(metrics.Text(), Not(HasSubstr("gone")));
}

TEST(MetricsTest, AVersionThatComesBackWhileItsOldSeriesAreHeldSharesThem) {
  Metrics metrics;
  auto before = metrics.ForModel("m", 1);
  const auto after = metrics.ForModel("m", 1);
  before.reset();
  after->SetState(30);
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(floe_model_state{model="m",version="1"} 30)"));
}

TEST(MetricsTest, UnknownModelsShareOneSeries) {
  Metrics metrics;
  for (int i = 0; i < 100; ++i) metrics.CountUnknown(Api::kKServe, absl::StatusCode::kNotFound);
  EXPECT_THAT(metrics.Text(),
              HasSubstr(R"(floe_requests_total{api="kserve",model="",status="NOT_FOUND",version=""} 100)"));
}

TEST(MetricsTest, ManyThreadsCountAtOnce) {
  Metrics metrics;
  const auto model = metrics.ForModel("m", 1);
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int k = 0; k < 250; ++k) model->CountRequest(Api::kKServe, absl::StatusCode::kOk);
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_THAT(metrics.Text(), HasSubstr(R"(floe_requests_total{api="kserve",model="m",status="OK",version="1"} 1000)"));
}

}  // namespace
}  // namespace floe
