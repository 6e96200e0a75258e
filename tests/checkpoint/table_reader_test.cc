#include "checkpoint/table_reader.h"

#include <map>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/varint.h"
#include "checkpoint/crc32c.h"
#include "gtest/gtest.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::EncodeTable;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::HasSubstr;

constexpr auto kDataLoss = absl::StatusCode::kDataLoss;

absl::StatusOr<std::unique_ptr<TableReader>> OpenBytes(const std::string& bytes) {
  const std::string path = TempDir() + "/table";
  WriteTestFile(path, bytes);
  absl::StatusOr<std::shared_ptr<const MappedFile>> file = FileSystem::Posix().Map(path);
  if (!file.ok()) return file.status();
  return TableReader::Open(*std::move(file));
}

using Rows = std::map<std::string, std::string>;

absl::StatusOr<Rows> ReadRows(const std::string& bytes) {
  absl::StatusOr<std::unique_ptr<TableReader>> table = OpenBytes(bytes);
  if (!table.ok()) return table.status();
  Rows rows;
  const absl::Status read = (*table)->ForEach([&](absl::string_view key, absl::string_view value) {
    rows.emplace(key, value);
    return absl::OkStatus();
  });
  if (!read.ok()) return read;
  return rows;
}

TEST(TableReaderTest, ManyBlocks) {
  Rows rows;
  for (int i = 0; i < 5000; ++i) rows[absl::StrCat("some/key/", i)] = absl::StrCat("value ", i * i);
  const std::string bytes = EncodeTable(rows);
  ASSERT_OK_AND_ASSIGN(const Rows read, ReadRows(bytes));
  EXPECT_EQ(read, rows);
  ASSERT_OK_AND_ASSIGN(const auto table, OpenBytes(bytes));
  ASSERT_OK_AND_ASSIGN(const absl::string_view value, table->Find("some/key/777"));
  EXPECT_EQ(value, absl::StrCat("value ", 777 * 777));
  EXPECT_THAT(table->Find("some/key/x"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such row")));
  EXPECT_THAT(table->Find("zzz"), StatusIs(absl::StatusCode::kNotFound, HasSubstr("no such row")));
}

// Tables with right checksums and wrong contents, as no accident makes them.

std::string Varint(uint64_t value) {
  std::string out;
  AppendVarint(value, &out);
  return out;
}
std::string Word(uint32_t value) { return {reinterpret_cast<const char*>(&value), sizeof(value)}; }

std::string Row(uint64_t shared, uint64_t rest_size, uint64_t value_size, const std::string& bytes) {
  return Varint(shared) + Varint(rest_size) + Varint(value_size) + bytes;
}
std::string Row(const std::string& key, const std::string& value) {
  return Row(0, key.size(), value.size(), key + value);
}
std::string Block(const std::string& rows, const std::string& restarts = Word(0) + Word(1)) { return rows + restarts; }
std::string WithTrailer(const std::string& block, char compression = 0) {
  const std::string covered = block + compression;
  return covered + Word(MaskCrc32c(Crc32c(covered)));
}

// A table of one data block, whose handle in the index is `handle` where that is not empty.
std::string Table(const std::string& data_block, std::string handle = "", char compression = 0) {
  std::string table = WithTrailer(data_block, compression);
  if (handle.empty()) handle = Varint(0) + Varint(data_block.size());
  const std::string meta = Block(""), index = Block(Row("zz", handle));
  std::string footer = Varint(table.size()) + Varint(meta.size());
  table += WithTrailer(meta);
  footer += Varint(table.size()) + Varint(index.size());
  table += WithTrailer(index);
  footer.resize(40, '\0');
  const uint64_t magic = 0xdb4775248b80fb57u;
  return table + footer + std::string(reinterpret_cast<const char*>(&magic), sizeof(magic));
}

TEST(TableReaderTest, HandMadeTable) {
  ASSERT_OK_AND_ASSIGN(const Rows rows, ReadRows(Table(Block(Row("a", "1") + Row(1, 1, 1, "b2")))));
  EXPECT_EQ(rows, (Rows{{"a", "1"}, {"ab", "2"}}));
}

TEST(TableReaderTest, LengthsThatDoNotFit) {
  constexpr uint64_t kMax32 = 0xffffffffu, kMax64 = ~uint64_t{0};
  const struct {
    const char* what;
    std::string block;
  } cases[] = {
      {"a row that does not fit", Block(Row(0, 5, 0, "ab"))},
      {"a row that does not fit", Block(Row(0, 1, 5, "ab"))},
      {"a row that does not fit", Block(Row(0, kMax32, 2, "ab"))},  // their sum is 1 in 32 bits
      {"a row that does not fit", Block(Row(0, kMax64, 2, "ab"))},
      {"a row that does not fit", Block(Row(1, 1, 1, "ab"))},  // nothing to share with
      {"a row that does not fit", Block(Row("a", "1") + Row(kMax32, 1, 1, "ab"))},
      {"a row that does not fit", Block("\x80")},
      {"a block without restarts", Word(0).substr(0, 3)},
      {"more restarts", Block(Row("a", "1"), Word(0) + Word(3))},
      {"more restarts", Block(Row("a", "1"), Word(0) + Word(kMax32))},
      {"a restart outside", Block(Row("a", "1"), Word(77) + Word(1))},
  };
  for (const auto& [what, block] : cases) {
    EXPECT_THAT(ReadRows(Table(block)), StatusIs(kDataLoss, HasSubstr(absl::StrCat("damaged table: ", what))));
  }
}

TEST(TableReaderTest, HandlesThatDoNotFit) {
  constexpr uint64_t kMax = ~uint64_t{0};
  const std::string block = Block(Row("a", "1"));
  for (const std::string& handle : {Varint(0) + Varint(kMax), Varint(0) + Varint(kMax - 4), Varint(kMax) + Varint(1),
                                    Varint(0) + Varint(uint64_t{1} << 40), Varint(0) + Varint(block.size() + 1000)}) {
    EXPECT_THAT(ReadRows(Table(block, handle)), StatusIs(kDataLoss, HasSubstr("outside the file")));
  }
  EXPECT_THAT(ReadRows(Table(block, "\x80")), StatusIs(kDataLoss, HasSubstr("a row of its index")));
  EXPECT_THAT(ReadRows(Table(block, Varint(0) + Varint(block.size()) + "x")),
              StatusIs(kDataLoss, HasSubstr("a row of its index")));
  EXPECT_THAT(ReadRows(Table(block, Varint(1) + Varint(block.size() - 1))), StatusIs(kDataLoss, HasSubstr("checksum")));
}

TEST(TableReaderTest, KeysThatDoNotIncrease) {
  EXPECT_THAT(ReadRows(Table(Block(Row("b", "1") + Row("a", "2")))),
              StatusIs(kDataLoss, HasSubstr("keys do not increase")));
  EXPECT_THAT(ReadRows(Table(Block(Row("a", "1") + Row("a", "2")))),
              StatusIs(kDataLoss, HasSubstr("keys do not increase")));
}

TEST(TableReaderTest, CompressedBlocks) {
  // Snappy's first bytes are the size to allocate: here 4 GiB.
  EXPECT_THAT(ReadRows(Table("\xff\xff\xff\xff\x0f", "", 1)),
              StatusIs(absl::StatusCode::kUnimplemented, HasSubstr("a block of compression 1")));
}

}  // namespace
}  // namespace floe
