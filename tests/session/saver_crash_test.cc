// A Saver whose file system fails, fills or loses power at every operation in turn: whatever happens, the directory
// opens at a complete checkpoint.
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "checkpoint/checkpoint_reader.h"
#include "gtest/gtest.h"
#include "session/saver.h"
#include "tests/testing/crash_files.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CrashFiles;
using Fault = CrashFiles::Fault;
using Survival = CrashFiles::Survival;

struct Kind {
  const char* name;
  SaverOptions saver;
  bool numbered = false;  // a prefix of its own each time
};

class SaverCrashTest : public ::testing::TestWithParam<Kind> {
 protected:
  SaverCrashTest() {
    v_ = graph_.Variable("v", 0.0F);
    {
      const auto device = graph_.Device("/cpu:1");
      w_ = graph_.Variable("w", Tensor::Of<float>({0, 0}));
    }
    saver_ = Saver(graph_, GetParam().saver);
    EXPECT_OK(graph_.status());
  }

  // Saves that number, by a Saver that has just been started.
  absl::Status Save(int number, CrashFiles& files) {
    Saver saver(saver_.def());
    Session session(graph_, {.files = &files});
    const auto value = static_cast<float>(number);
    const Output initial_v = {"v/initial_value", 0}, initial_w = {"w/initial_value", 0};
    EXPECT_OK(session.Run({{initial_v, Tensor::Scalar<float>(value)}, {initial_w, Tensor::Of<float>({value, value})}},
                          {}, {graph_.Initializer(v_), graph_.Initializer(w_)}));
    if (files.Exists("/d/checkpoint")) {
      if (absl::Status recovered = saver.RecoverLastCheckpoints("/d", files); !recovered.ok()) return recovered;
    }
    SaveOptions options;
    if (GetParam().numbered) options.global_step = number;
    return saver.Save(session, "/d/m", options).status();
  }

  // What the listed checkpoint holds, after restoring it.
  int Listed(CrashFiles& files) {
    const absl::StatusOr<std::string> latest = Saver::LatestCheckpoint("/d", files);
    EXPECT_OK(latest);
    if (!latest.ok()) return -1;
    Session session(graph_, {.files = &files});
    EXPECT_OK(saver_.Restore(session, *latest));
    const absl::StatusOr<std::vector<Tensor>> values = session.Run({v_, w_});
    EXPECT_OK(values);
    if (!values.ok()) return -1;
    const float number = (*values)[0].scalar<float>();
    for (const float other : (*values)[1].flat<float>()) EXPECT_EQ(other, number);
    return static_cast<int>(number);
  }

  std::unique_ptr<CrashFiles> Start() {
    auto files = std::make_unique<CrashFiles>();
    EXPECT_OK(Save(1, *files));
    files->Restart(Survival::kNothing);
    EXPECT_EQ(Listed(*files), 1);
    return files;
  }

  int CountOperations() {
    const std::unique_ptr<CrashFiles> files = Start();
    files->FailAt(1 << 30, Fault::kError);
    EXPECT_OK(Save(2, *files));
    return files->operations();
  }

  void Check(const absl::Status& saved, CrashFiles& files) {
    const int number = Listed(files);
    ASSERT_TRUE(number == 2 || (number == 1 && !saved.ok())) << number << " after " << saved;
    ASSERT_OK(Save(3, files));
    files.Restart(Survival::kNothing);
    ASSERT_EQ(Listed(files), 3);
  }

  GraphBuilder graph_;
  Output v_, w_;
  Saver saver_;
};

TEST_P(SaverCrashTest, EveryOperationFails) {
  const int operations = CountOperations();
  ASSERT_GT(operations, 10);
  for (const Fault fault : {Fault::kError, Fault::kDiskFull}) {
    for (int operation = 0; operation < operations; ++operation) {
      SCOPED_TRACE(absl::StrCat("operation ", operation, fault == Fault::kError ? " fails" : " fills the disk"));
      const std::unique_ptr<CrashFiles> files = Start();
      files->FailAt(operation, fault);
      const absl::Status saved = Save(2, *files);
      files->Restart(Survival::kAll);
      Check(saved, *files);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(SaverCrashTest, PowerIsLostAtEveryOperation) {
  const int operations = CountOperations();
  for (int operation = 0; operation <= operations; ++operation) {
    for (uint32_t seed = 0; seed < 4; ++seed) {
      SCOPED_TRACE(absl::StrCat("power lost at operation ", operation, " of ", operations, ", seed ", seed));
      const std::unique_ptr<CrashFiles> files = Start();
      files->FailAt(operation, Fault::kPowerLoss);
      const absl::Status saved = Save(2, *files);
      files->Restart(seed == 0 ? Survival::kNothing : seed == 1 ? Survival::kAll : Survival::kSome, seed);
      Check(saved, *files);
      if (HasFatalFailure()) return;
    }
  }
}

SaverOptions Options(bool sharded, CheckpointFormat format, int max_to_keep = 5) {
  SaverOptions options;
  options.sharded = sharded;
  options.write_version = format;
  options.max_to_keep = max_to_keep;
  return options;
}

INSTANTIATE_TEST_SUITE_P(Kinds, SaverCrashTest,
                         ::testing::Values(Kind{"V2", Options(false, CheckpointFormat::kV2)},
                                           Kind{"V2Sharded", Options(true, CheckpointFormat::kV2)},
                                           Kind{"V1", Options(false, CheckpointFormat::kV1)},
                                           Kind{"V1Sharded", Options(true, CheckpointFormat::kV1)},
                                           Kind{"KeepsOne", Options(false, CheckpointFormat::kV2, 1), true}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace floe
