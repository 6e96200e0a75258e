#include "base/file.h"

#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

TEST(FileTest, WritesAtomicallyAndMaps) {
  const std::string directory = TempDir();
  const std::string path = JoinPath(directory, "a/b.bin");
  ASSERT_OK(FileSystem::Posix().MakeDirectories(DirectoryOf(path)));
  ASSERT_OK(WriteFileAtomically(path, "one"));
  ASSERT_OK_AND_ASSIGN(const auto old_bytes, FileSystem::Posix().Map(path));
  ASSERT_OK(WriteFileAtomically(path, "two two"));
  EXPECT_EQ(old_bytes->bytes(), "one");
  EXPECT_EQ(*ReadFile(path), "two two");
  EXPECT_THAT(*FileSystem::Posix().List(DirectoryOf(path)), ElementsAre("b.bin"));
}

TEST(FileTest, ErrorsNameThePath) {
  EXPECT_THAT(ReadFile("/no/such/file"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("/no/such/file")));
  EXPECT_THAT(ReadFile(TempDir()), StatusIs(absl::StatusCode::kFailedPrecondition, HasSubstr("a directory")));
  EXPECT_FALSE(WriteFileAtomically("/no/such/dir/file", "x").ok());
  const std::string empty = JoinPath(TempDir(), "empty");
  ASSERT_OK(WriteFileAtomically(empty, ""));
  EXPECT_EQ(*ReadFile(empty), "");
}

TEST(FileTest, Paths) {
  EXPECT_EQ(JoinPath("a/", "b"), "a/b");
  EXPECT_EQ(JoinPath("a", "/b"), "/b");
  EXPECT_EQ(DirectoryOf("x"), ".");
  EXPECT_EQ(DirectoryOf("/x"), "/");
  EXPECT_EQ(BaseName("a/b.c"), "b.c");
}

}  // namespace
}  // namespace floe
