#include "server/repository/directory_source.h"

#include <fcntl.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "absl/time/clock.h"
#include "base/file.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::testing::AllOf;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using testing::StatusIs;

class DirectorySourceTest : public ::testing::Test {
 protected:
  void Write(const std::string& path, const std::string& text = "x") {
    ASSERT_OK(FileSystem::Posix().MakeDirectories(DirectoryOf(root_ + "/" + path)));
    std::ofstream(root_ + "/" + path) << text;
  }
  // Makes everything look as if it had been written long ago.
  void Age() {
    for (const auto& entry : std::filesystem::recursive_directory_iterator(root_)) {
      const timespec times[2] = {{1000000000, 0}, {1000000000, 0}};
      ASSERT_EQ(utimensat(AT_FDCWD, entry.path().c_str(), times, 0), 0);
    }
  }
  ModelSource::Seen Look() {
    auto seen = source_.Look();
    EXPECT_OK(seen);
    return *seen;
  }
  // What a version of model "m" with this file is loaded from.
  std::string PathOf(const std::string& file) {
    Write("m/1/" + file);
    Age();
    const auto seen = Look();
    const VersionTarget& version = seen.models.at("m").versions.at(1);
    EXPECT_OK(version.problem);
    return version.path;
  }

  const std::string root_ = testing::TempDir();
  DirectorySource source_ = DirectorySource::Repository(root_);
};

TEST_F(DirectorySourceTest, FindsModelsAndTheirLatestVersion) {
  Write("a/1/model.pb");
  Write("a/2/model.pb");
  Write("a/10/model.pb");
  Write("a/notes/readme.txt");
  Write("b/007/model.graphdef");
  Write(".git/1/model.pb");
  Write("README");
  Age();
  const auto seen = Look();
  EXPECT_TRUE(seen.settled);
  ASSERT_EQ(seen.models.size(), 2u);
  const auto& a = seen.models.at("a").versions;
  ASSERT_EQ(a.size(), 1u);
  EXPECT_EQ(a.begin()->first, 10);
  EXPECT_THAT(a.begin()->second.path, EndsWith("a/10/model.pb"));
  EXPECT_EQ(seen.models.at("b").versions.begin()->first, 7);
}

TEST_F(DirectorySourceTest, KnowsEachFormOfModel) {
  EXPECT_THAT(PathOf("model.graphdef"), EndsWith("m/1/model.graphdef"));
  EXPECT_THAT(PathOf("model.pb"), EndsWith("m/1/model.pb"));
}

TEST_F(DirectorySourceTest, ACheckpointIsItsPrefix) {
  EXPECT_THAT(PathOf("model.ckpt-7.meta"), EndsWith("m/1/model.ckpt-7"));
}
TEST_F(DirectorySourceTest, ASavedModelIsItsFolder) { EXPECT_THAT(PathOf("saved_model.pb"), EndsWith("m/1")); }
TEST_F(DirectorySourceTest, ASavedModelAsTritonHasIt) {
  EXPECT_THAT(PathOf("model.savedmodel/saved_model.pb"), EndsWith("m/1/model.savedmodel"));
}

TEST_F(DirectorySourceTest, TheConfigNamesTheFileAndTheVersions) {
  Write("m/config.pbtxt", "default_model_filename: \"net.pb\" version_policy { all { } }");
  Write("m/1/net.pb");
  Write("m/2/nett.pb");
  Age();
  const auto seen = Look();
  const auto& versions = seen.models.at("m").versions;
  ASSERT_EQ(versions.size(), 2u);
  EXPECT_THAT(versions.at(1).path, EndsWith("m/1/net.pb"));
  EXPECT_THAT(versions.at(2).problem,
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("'net.pb'"), HasSubstr("did you mean 'nett.pb'"))));
}

TEST_F(DirectorySourceTest, SaysWhatIsMissing) {
  Write("m/1/weights.bin");
  Write("empty/readme.txt");
  Age();
  const auto seen = Look();
  EXPECT_THAT(seen.models.at("m").versions.at(1).problem,
              StatusIs(absl::StatusCode::kNotFound, AllOf(HasSubstr("model.pb"), HasSubstr("'weights.bin'"))));
  EXPECT_THAT(seen.models.at("empty").problem, StatusIs(absl::StatusCode::kNotFound, HasSubstr("'readme.txt'")));
}

TEST_F(DirectorySourceTest, AConfigThatCannotBeReadIsTheModelsProblem) {
  Write("m/config.pbtxt", "max_batch_size: many");
  Write("m/1/model.pb");
  Age();
  const auto seen = Look();
  EXPECT_THAT(seen.models.at("m").problem, StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("line 1")));
  EXPECT_EQ(seen.models.at("m").config, nullptr);
}

TEST_F(DirectorySourceTest, AVersionIsTakenOnlyWhenNothingChangesAnyMore) {
  Write("m/1/model.pb");
  EXPECT_FALSE(Look().settled);
  EXPECT_TRUE(Look().models.at("m").versions.empty());
  Write("m/1/model.pb", "more");
  EXPECT_FALSE(Look().settled);
  absl::SleepFor(absl::Milliseconds(1100));
  const auto seen = Look();
  EXPECT_TRUE(seen.settled);
  ASSERT_EQ(seen.models.at("m").versions.count(1), 1u);
  // Taken once, it stays, whatever happens to its files; they count again when they are stable.
  const std::string taken = seen.models.at("m").versions.at(1).fingerprint;
  Write("m/1/model.pb", "other");
  const auto touched = Look();
  EXPECT_FALSE(touched.settled);
  EXPECT_EQ(touched.models.at("m").versions.at(1).fingerprint, taken);
  Age();
  EXPECT_NE(Look().models.at("m").versions.at(1).fingerprint, taken);
}

TEST_F(DirectorySourceTest, OneModelsFolderOfVersions) {
  Write("1/model.pb");
  Write("3/model.pb");
  Age();
  DirectorySource source = DirectorySource::SingleModel("solo", root_);
  ASSERT_OK_AND_ASSIGN(const auto seen, source.Look());
  ASSERT_EQ(seen.models.size(), 1u);
  EXPECT_EQ(seen.models.at("solo").versions.begin()->first, 3);
}

TEST_F(DirectorySourceTest, AFolderThatIsNotThere) {
  DirectorySource source = DirectorySource::Repository(root_ + "/none");
  EXPECT_THAT(source.Look(), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/none")));
}

}  // namespace
}  // namespace floe
