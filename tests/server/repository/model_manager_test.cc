#include "server/repository/model_manager.h"

#include <atomic>
#include <future>
#include <thread>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/time/clock.h"
#include "tests/server/fake_model.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::AllOf;
using testing::FakeModel;
using testing::Gate;
using ::testing::HasSubstr;
using testing::MakeFakeModel;
using testing::StatusIs;

// Loads fake models by path: "bad..." fails, "slow..." waits for the gate.
class ModelManagerTest : public ::testing::Test {
 protected:
  ModelManagerTest() {
    LoadOptions options;
    options.load = [this](const std::string& path,
                          const ModelOptions&) -> absl::StatusOr<std::shared_ptr<const Model>> {
      ++loads_;
      if (absl::StartsWith(path, "slow")) load_gate_.Pass({}).IgnoreError();
      if (absl::StartsWith(path, "bad")) return absl::UnimplementedError(absl::StrCat(path, ": no such op"));
      return MakeFakeModel();
    };
    manager_ = std::make_unique<ModelManager>(options, &metrics_, &completions_,
                                              [this](const std::string& model, bool available) {
                                                const std::lock_guard lock(mutex_);
                                                changes_.push_back(absl::StrCat(model, available ? "+" : "-"));
                                              });
  }

  using Versions = std::map<int64_t, std::string>;
  static ModelTargets Targets(const std::map<std::string, Versions>& models) {
    ModelTargets targets;
    for (const auto& [name, versions] : models) {
      targets[name].config = std::make_shared<inference::ModelConfig>();
      for (const auto& [version, path] : versions)
        targets[name].versions[version] = {.path = path, .fingerprint = path};
    }
    return targets;
  }
  void Set(const std::map<std::string, Versions>& models) { manager_->SetTargets(Targets(models)); }
  // The version that is served by default; -1 where there is none.
  int64_t Served(const std::string& name = "m") {
    const auto model = manager_->Find(name, std::nullopt);
    return model.ok() ? (*model)->version() : -1;
  }
  // "2:AVAILABLE 1:END"
  std::string States(const std::string& name = "m") {
    const auto status = manager_->Status(name);
    if (!status.ok()) return std::string(status.status().message());
    std::string text;
    for (const VersionStatus& version : status->versions) {
      const char* state = "?";
      switch (version.state) {
        case VersionState::kStart:
          state = "START";
          break;
        case VersionState::kLoading:
          state = "LOADING";
          break;
        case VersionState::kAvailable:
          state = "AVAILABLE";
          break;
        case VersionState::kUnloading:
          state = "UNLOADING";
          break;
        case VersionState::kEnd:
          state = "END";
          break;
      }
      absl::StrAppend(&text, text.empty() ? "" : " ", version.version, ":", state);
    }
    return text;
  }
  // Unloading goes on behind the manager.
  void WaitForStates(const std::string& wanted, const std::string& name = "m") {
    for (int i = 0; i < 1000 && States(name) != wanted; ++i) absl::SleepFor(absl::Milliseconds(5));
    EXPECT_EQ(States(name), wanted);
  }
  std::vector<std::string> Changes() {
    const std::lock_guard lock(mutex_);
    return changes_;
  }

  Metrics metrics_;
  WorkerPool completions_{"completions", 1};
  Gate load_gate_;
  std::atomic<int> loads_ = 0;
  std::mutex mutex_;
  std::vector<std::string> changes_;
  std::unique_ptr<ModelManager> manager_;
};

TEST_F(ModelManagerTest, LoadsAndFinds) {
  Set({{"m", {{1, "a"}, {4, "b"}}}});
  manager_->WaitUntilLoaded();
  EXPECT_EQ(Served(), 4);
  ASSERT_OK_AND_ASSIGN(const auto first, manager_->Find("m", 1));
  EXPECT_EQ(first->version(), 1);
  EXPECT_EQ(States(), "4:AVAILABLE 1:AVAILABLE");
  Set({{"m", {{1, "a"}, {4, "b"}}}});
  EXPECT_EQ(loads_, 2);  // wanting the same again loads nothing
}

// A model with random numbers gives its first request those that TensorFlow gives first.
TEST_F(ModelManagerTest, WarmUpLeavesNoTrace) {
  const auto model = MakeFakeModel();
  LoadOptions options;
  options.load = [&](const std::string&, const ModelOptions&) { return std::shared_ptr<const Model>(model); };
  options.instances = 3;
  ModelManager manager(options, &metrics_, &completions_, [](const std::string&, bool) {});
  manager.SetTargets(Targets({{"m", {{1, "a"}}}}));
  manager.WaitUntilLoaded();
  EXPECT_EQ(model->runs, 3);
  EXPECT_EQ(model->restarted_after, 3);
}

TEST_F(ModelManagerTest, SaysWhatIsNotThere) {
  Set({{"model", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  EXPECT_THAT(
      manager_->Find("modl", std::nullopt),
      StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("no model 'modl'"), HasSubstr("did you mean 'model'"))));
  EXPECT_THAT(manager_->Find("model", 2),
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("no version 2"), HasSubstr("'1'"))));
  EXPECT_THAT(manager_->Status("modl"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'modl'")));
  EXPECT_THAT(manager_->Status("model", 9), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 9")));
}

TEST_F(ModelManagerTest, ANewVersionTakesOverWithoutAGap) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  load_gate_.Close();
  Set({{"m", {{2, "slow"}}}});
  load_gate_.WaitForArrivals(1);
  EXPECT_EQ(States(), "2:LOADING 1:AVAILABLE");
  EXPECT_EQ(Served(), 1);
  EXPECT_THAT(manager_->Find("m", 2), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("is loading")));
  load_gate_.Open();
  WaitForStates("2:AVAILABLE 1:END");
  EXPECT_EQ(Served(), 2);
  EXPECT_THAT(manager_->Find("m", 1), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no version 1")));
  EXPECT_EQ(Changes(), (std::vector<std::string>{"m-", "m+"}));
}

TEST_F(ModelManagerTest, AFailedLoadLeavesWhatServedBefore) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  Set({{"m", {{2, "bad"}}}});
  manager_->WaitUntilLoaded();
  EXPECT_EQ(States(), "2:END 1:AVAILABLE");
  EXPECT_EQ(Served(), 1);
  EXPECT_THAT(manager_->Status("m")->versions[0].error,
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("no such op")));
  EXPECT_THAT(manager_->Find("m", 2), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no such op")));
  // Not tried again while the files are the same; tried again when they change.
  Set({{"m", {{2, "bad"}}}});
  manager_->WaitUntilLoaded();
  EXPECT_EQ(loads_, 2);
  Set({{"m", {{2, "good"}}}});
  WaitForStates("2:AVAILABLE 1:END");
}

TEST_F(ModelManagerTest, AModelThatNeverLoadedSaysWhy) {
  ModelTargets targets = Targets({{"m", {{1, "bad"}}}, {"none", {}}});
  targets["none"].problem = absl::NotFoundError("no version of 'none'");
  manager_->SetTargets(targets);
  manager_->WaitUntilLoaded();
  EXPECT_THAT(manager_->Find("m", std::nullopt), StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no such op")));
  EXPECT_THAT(manager_->Find("none", std::nullopt),
              StatusIs(absl::StatusCode::kUnavailable, HasSubstr("no version of 'none'")));
  EXPECT_EQ(Changes(), (std::vector<std::string>{"m-", "none-"}));
}

TEST_F(ModelManagerTest, AConfigThatCannotBeReadLeavesWhatServedBefore) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  ModelTargets targets;
  targets["m"].problem = absl::InvalidArgumentError("line 1");
  manager_->SetTargets(targets);
  manager_->WaitUntilLoaded();
  EXPECT_EQ(Served(), 1);
  EXPECT_THAT(manager_->Status("m")->problem, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1")));
}

TEST_F(ModelManagerTest, AModelThatIsGoneIsUnloadedAndForgotten) {
  Set({{"m", {{1, "a"}}}, {"other", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  Set({{"other", {{1, "a"}}}});
  WaitForStates("no model 'm'; there is 'other'");
  EXPECT_EQ(Served("other"), 1);
}

TEST_F(ModelManagerTest, AHandleKeepsAVersionAliveUntilItIsLetGo) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  ASSERT_OK_AND_ASSIGN(auto handle, manager_->Find("m", 1));
  Set({{"m", {{2, "b"}}}});
  WaitForStates("2:AVAILABLE 1:UNLOADING");
  // What is in flight still runs.
  std::promise<void> done;
  Job job;
  job.inputs = {{"x", Tensor::Of<float>(Shape({1, 2}), {1, 2})}};
  job.done = [&] { done.set_value(); };
  ASSERT_OK(handle->Submit(&job));
  done.get_future().wait();
  EXPECT_OK(job.outputs);
  EXPECT_EQ(States(), "2:AVAILABLE 1:UNLOADING");
  handle.reset();
  WaitForStates("2:AVAILABLE 1:END");
}

TEST_F(ModelManagerTest, WhatIsWantedNoLongerWhenItsTurnComesIsNotLoaded) {
  load_gate_.Close();
  Set({{"a", {{1, "slow"}}}, {"b", {{1, "slow"}}}, {"c", {{1, "late"}}}});
  load_gate_.WaitForArrivals(2);  // both loading threads are busy
  Set({{"a", {{1, "slow"}}}, {"b", {{1, "slow"}}}});
  load_gate_.Open();
  manager_->WaitUntilLoaded();
  EXPECT_EQ(loads_, 2);
  EXPECT_THAT(manager_->Find("c", std::nullopt), StatusIs(absl::StatusCode::kNotFound, HasSubstr("'c'")));
}

TEST_F(ModelManagerTest, AVersionThatComesBackIsLoadedAgain) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  Set({{"m", {{2, "b"}}}});
  WaitForStates("2:AVAILABLE 1:END");
  Set({{"m", {{1, "a"}}}});
  WaitForStates("2:END 1:AVAILABLE");
  EXPECT_EQ(Served(), 1);
}

TEST_F(ModelManagerTest, RemembersFewOfTheVersionsThatAreGone) {
  for (int64_t version = 1; version <= 40; ++version) {
    Set({{"m", {{version, "a"}}}});
    manager_->WaitUntilLoaded();
  }
  for (int i = 0; i < 1000 && absl::StrContains(States(), "UNLOADING"); ++i) absl::SleepFor(absl::Milliseconds(5));
  Set({{"m", {{40, "a"}}}});
  EXPECT_LE(manager_->Status("m")->versions.size(), 17u);
  EXPECT_EQ(Served(), 40);
}

TEST_F(ModelManagerTest, EndsInTheMiddleOfALoad) {
  load_gate_.Close();
  Set({{"m", {{1, "slow"}}}});
  load_gate_.WaitForArrivals(1);
  std::thread opens([this] {
    absl::SleepFor(absl::Milliseconds(20));
    load_gate_.Open();
  });
  manager_.reset();
  opens.join();
}

TEST_F(ModelManagerTest, ManyThreadsFindWhileVersionsChange) {
  Set({{"m", {{1, "a"}}}});
  manager_->WaitUntilLoaded();
  std::atomic<bool> stop = false;
  std::vector<std::thread> readers;
  for (int i = 0; i < 3; ++i) {
    readers.emplace_back([&] {
      while (!stop) {
        const auto model = manager_->Find("m", std::nullopt);
        EXPECT_OK(model);  // there is always one
        for (const ServedModelStatus& status : manager_->StatusOfAll()) EXPECT_TRUE(status.available());
      }
    });
  }
  for (int64_t version = 2; version <= 20; ++version) {
    Set({{"m", {{version, version % 3 == 0 ? "bad" : "a"}}}});
    manager_->WaitUntilLoaded();
  }
  stop = true;
  for (std::thread& reader : readers) reader.join();
  EXPECT_EQ(Served(), 20);
}

TEST_F(ModelManagerTest, WarmUpTakesZerosOfBatchOneWhereOnlyTheBatchIsOpen) {
  const FakeModel two(
      {{"x", "x:0", DType::kFloat, PartialShape({-1, 2})}, {"n", "n:0", DType::kInt32, PartialShape(Dims())}});
  ASSERT_OK_AND_ASSIGN(const auto inputs, WarmupInputs(two));
  ASSERT_EQ(inputs.size(), 2u);
  EXPECT_EQ(inputs[0].second.ToString(), "float32 [1,2] 0 0");
  EXPECT_EQ(inputs[1].second.shape(), Shape());
  const FakeModel open({{"image", "image:0", DType::kFloat, PartialShape({-1, -1, 3})}});
  EXPECT_THAT(WarmupInputs(open), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("'image'")));
}

}  // namespace
}  // namespace floe
