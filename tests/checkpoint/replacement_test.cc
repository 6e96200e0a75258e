// A save that is cut short at every operation in turn: afterwards the directory still opens at a complete checkpoint.
#include "checkpoint/replacement.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "tests/testing/crash_files.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::CrashFiles;
using Fault = CrashFiles::Fault;
using Survival = CrashFiles::Survival;

constexpr char kDirectory[] = "/d";

// Every tensor of a save holds its number, and so does its .meta.
absl::Status AddTensors(CheckpointWriter& writer, float number, const std::string& which = "") {
  FLOE_RETURN_IF_ERROR(writer.Add(which + "a", Tensor::Of<float>({number, number})));
  return writer.Add(which + "s", Tensor::Of<std::string>({absl::StrCat(number)}));
}

absl::Status Write(const std::string& prefix, float number, FileSystem& files, CheckpointFormat format,
                   const std::string& which = "") {
  CheckpointWriterOptions options;
  options.format = format;
  options.files = &files;
  FLOE_ASSIGN_OR_RETURN(const auto writer, CheckpointWriter::Create(prefix, options));
  FLOE_RETURN_IF_ERROR(AddTensors(*writer, number, which));
  return writer->Finish();
}

absl::Status WriteMerged(const std::string& prefix, float number, FileSystem& files) {
  const std::vector<std::string> parts = {"/d/t/part-00000-of-00002", "/d/t/part-00001-of-00002"};
  FLOE_RETURN_IF_ERROR(Write(parts[0], number, files, CheckpointFormat::kV2, "x/"));
  FLOE_RETURN_IF_ERROR(Write(parts[1], number, files, CheckpointFormat::kV2, "y/"));
  CheckpointWriterOptions options;
  options.files = &files;
  return MergeCheckpoints(parts, prefix, options);
}

absl::Status List(const std::string& prefix, FileSystem& files) {
  absl::StatusOr<CheckpointState> before = ReadCheckpointState(kDirectory, files);
  CheckpointState state;
  state.model_checkpoint_path = prefix;
  if (before.ok()) {
    for (const std::string& path : before->all_model_checkpoint_paths) {
      if (path != prefix && !absl::StrContains(path, ".replaced")) state.all_model_checkpoint_paths.push_back(path);
    }
  }
  StateWriteOptions options;
  options.relative_paths = true;
  return WriteCheckpointState(kDirectory, state, options, files);
}

// A kind of save: all that a Saver does.
using Save = std::function<absl::Status(float number, FileSystem& files)>;

absl::Status SaveV2(float number, FileSystem& files) {
  FLOE_RETURN_IF_ERROR(Write("/d/m", number, files, CheckpointFormat::kV2));
  return List("/d/m", files);
}
absl::Status SaveNumbered(float number, FileSystem& files) {
  const std::string prefix = absl::StrCat("/d/m-", number);
  FLOE_RETURN_IF_ERROR(Write(prefix, number, files, CheckpointFormat::kV2));
  return List(prefix, files);
}
absl::Status SaveV1(float number, FileSystem& files) {
  FLOE_RETURN_IF_ERROR(Write("/d/m", number, files, CheckpointFormat::kV1));
  return List("/d/m", files);
}
absl::Status SaveMerged(float number, FileSystem& files) {
  FLOE_RETURN_IF_ERROR(WriteMerged("/d/m", number, files));
  return List("/d/m", files);
}
// One shard, then two, then one ...
absl::Status SaveOtherShards(float number, FileSystem& files) {
  return static_cast<int>(number) % 2 == 0 ? SaveMerged(number, files) : SaveV2(number, files);
}
absl::Status SaveOtherFormat(float number, FileSystem& files) {
  return static_cast<int>(number) % 2 == 0 ? SaveV1(number, files) : SaveV2(number, files);
}
absl::Status SaveV2WithMeta(float number, FileSystem& files) {
  FLOE_ASSIGN_OR_RETURN(KeptCheckpoint kept, KeptCheckpoint::Keep("/d/m", files));
  FLOE_RETURN_IF_ERROR(Write("/d/m", number, files, CheckpointFormat::kV2));
  FLOE_RETURN_IF_ERROR(WriteFileAtomically("/d/m.meta", absl::StrCat(number), files));
  FLOE_RETURN_IF_ERROR(List("/d/m", files));
  return kept.Release();
}
absl::Status SaveV1Shards(float number, FileSystem& files) {
  const std::string prefix = absl::StrCat("/d/m-", "?????", "-of-00002");
  FLOE_ASSIGN_OR_RETURN(KeptCheckpoint kept, KeptCheckpoint::Keep(prefix, files));
  FLOE_RETURN_IF_ERROR(Write("/d/m-00000-of-00002", number, files, CheckpointFormat::kV1, "x/"));
  FLOE_RETURN_IF_ERROR(Write("/d/m-00001-of-00002", number, files, CheckpointFormat::kV1, "y/"));
  FLOE_RETURN_IF_ERROR(WriteFileAtomically("/d/m.meta", absl::StrCat(number), files));
  FLOE_RETURN_IF_ERROR(List(prefix, files));
  return kept.Release();
}

// The number that all tensors of the listed checkpoint hold, and its .meta where there is one; -1 and a failure where
// they differ.
float ListedNumber(FileSystem& files) {
  const absl::StatusOr<std::string> latest = LatestCheckpoint(kDirectory, files);
  EXPECT_OK(latest);
  if (!latest.ok()) return -1;
  const auto reader = CheckpointReader::Open(*latest, files);
  EXPECT_OK(reader);
  if (!reader.ok()) return -1;
  std::vector<float> numbers;
  for (const CheckpointTensor& stored : (*reader)->tensors()) {
    const absl::StatusOr<Tensor> tensor = (*reader)->Read(stored.name);
    EXPECT_OK(tensor);
    if (!tensor.ok()) return -1;
    numbers.push_back(tensor->dtype() == DType::kString ? std::stof(*tensor->data<std::string>())
                                                        : *tensor->data<float>());
  }
  const std::string meta = WithoutShard(*latest) + ".meta";
  if (files.Exists(meta)) numbers.push_back(std::stof(*ReadFile(meta, files)));
  EXPECT_GE(numbers.size(), 2u);
  for (const float number : numbers) {
    EXPECT_EQ(number, numbers[0]) << *latest;
    if (number != numbers[0]) return -1;
  }
  return numbers.empty() ? -1 : numbers[0];
}

struct Kind {
  const char* name;
  Save save;
  bool has_links = true;
};

class ReplacementTest : public ::testing::TestWithParam<Kind> {
 protected:
  // Files with a first checkpoint, all durable.
  static std::unique_ptr<CrashFiles> Start() {
    auto files = std::make_unique<CrashFiles>();
    files->set_has_links(GetParam().has_links);
    EXPECT_OK(files->MakeDirectories(kDirectory));
    EXPECT_OK(GetParam().save(1, *files));
    files->Restart(Survival::kNothing);
    EXPECT_EQ(ListedNumber(*files), 1);
    return files;
  }

  // After a second save that returned `saved`: a complete checkpoint, the new one if it was said to be there; and the
  // next saves work and leave nothing behind.
  static void Check(const absl::Status& saved, CrashFiles& files) {
    const float number = ListedNumber(files);
    ASSERT_TRUE(number == 2 || (number == 1 && !saved.ok())) << number << " after " << saved;
    for (const float next : {3, 4}) {
      ASSERT_OK(GetParam().save(next, files));
      ASSERT_EQ(ListedNumber(files), next);
    }
    files.Restart(Survival::kNothing);
    ASSERT_EQ(ListedNumber(files), 4);
    for (const std::string& name : files.Names()) EXPECT_FALSE(absl::StrContains(name, ".replaced")) << name;
  }
};

TEST_P(ReplacementTest, EveryOperationFails) {
  const std::unique_ptr<CrashFiles> whole = Start();
  whole->FailAt(1 << 30, Fault::kError);
  ASSERT_OK(GetParam().save(2, *whole));
  const int operations = whole->operations();
  ASSERT_GT(operations, 8);
  for (const Fault fault : {Fault::kError, Fault::kDiskFull}) {
    for (int operation = 0; operation < operations; ++operation) {
      SCOPED_TRACE(absl::StrCat("operation ", operation, fault == Fault::kError ? " fails" : " fills the disk"));
      const std::unique_ptr<CrashFiles> files = Start();
      files->FailAt(operation, fault);
      const absl::Status saved = GetParam().save(2, *files);
      files->Restart(Survival::kAll);
      Check(saved, *files);
      if (HasFatalFailure()) return;
    }
  }
}

TEST_P(ReplacementTest, PowerIsLostAtEveryOperation) {
  const std::unique_ptr<CrashFiles> whole = Start();
  whole->FailAt(1 << 30, Fault::kError);
  ASSERT_OK(GetParam().save(2, *whole));
  const int operations = whole->operations();
  constexpr uint32_t kSeeds = 12;
  // One past the last: all that was said to be done is durable.
  for (int operation = 0; operation <= operations; ++operation) {
    for (uint32_t seed = 0; seed < kSeeds; ++seed) {
      const Survival survival = seed == 0 ? Survival::kNothing : seed == 1 ? Survival::kAll : Survival::kSome;
      SCOPED_TRACE(absl::StrCat("power lost at operation ", operation, " of ", operations, ", seed ", seed));
      const std::unique_ptr<CrashFiles> files = Start();
      files->FailAt(operation, Fault::kPowerLoss);
      const absl::Status saved = GetParam().save(2, *files);
      files->Restart(survival, seed);
      Check(saved, *files);
      if (HasFatalFailure()) return;
    }
  }
}

INSTANTIATE_TEST_SUITE_P(Saves, ReplacementTest,
                         ::testing::Values(Kind{"SamePrefix", SaveV2}, Kind{"SamePrefixWithoutLinks", SaveV2, false},
                                           Kind{"Numbered", SaveNumbered}, Kind{"V1", SaveV1},
                                           Kind{"Merged", SaveMerged}, Kind{"OtherShards", SaveOtherShards},
                                           Kind{"OtherFormat", SaveOtherFormat}, Kind{"WithMeta", SaveV2WithMeta},
                                           Kind{"V1Shards", SaveV1Shards}),
                         [](const auto& kind) { return std::string(kind.param.name); });

}  // namespace
}  // namespace floe
