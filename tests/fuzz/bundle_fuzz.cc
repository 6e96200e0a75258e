// Fuzzes the reading of V2 checkpoints. The first byte says what the rest is, since bytes that a checksum protects are
// otherwise never got past:
//
//   0   the .index file as it is, behind its length (2 bytes), then the .data file
//   1   the one data block of an index whose every checksum matches
//   2   rows (key length, key, value length, value; lengths are one byte), up to an empty key after the first, then the
//       .data file; entries get the checksum of the bytes that they name
#include <cstdint>
#include <cstdlib>
#include <map>
#include <memory>
#include <string>

#include "base/varint.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"
#include "checkpoint/crc32c.h"
#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/read_everything.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/crash_files.h"
#include "tests/testing/memory_files.h"

namespace floe {
namespace {

constexpr char kPrefix[] = "m.ckpt";
constexpr char kIndex[] = "m.ckpt.index", kData[] = "m.ckpt.data-00000-of-00001";

// Merging reads the index on a way of its own; a result must open, and what fails leaves the output as it was.
void Merge(const std::map<std::string, std::string>& contents) {
  testing::CrashFiles files;
  for (const auto& [path, bytes] : contents) {
    absl::StatusOr<std::unique_ptr<WritableFile>> file = files.Create(path);
    if (!file.ok() || !(*file)->Append(bytes).ok()) std::abort();
  }
  CheckpointWriterOptions options;
  options.files = &files;
  const bool merged = MergeCheckpoints({kPrefix}, "d/out", options).ok();
  if (merged != files.Exists("d/out.index")) std::abort();
  if (!merged && files.Names().size() != contents.size()) std::abort();
}

void Word(uint32_t value, std::string* out) { out->append(reinterpret_cast<const char*>(&value), sizeof(value)); }
// Appends the block and its trailer, and gives back its handle.
std::string AppendBlock(absl::string_view block, std::string* table) {
  std::string handle;
  AppendVarint(table->size(), &handle);
  AppendVarint(block.size(), &handle);
  const std::string covered = std::string(block) + '\0';
  *table += covered;
  Word(MaskCrc32c(Crc32c(covered)), table);
  return handle;
}

std::string TableOfBlock(absl::string_view block) {
  std::string table, no_rows, index;
  const std::string handle = AppendBlock(block, &table);
  Word(0, &no_rows);
  Word(1, &no_rows);
  std::string footer = AppendBlock(no_rows, &table);
  AppendVarint(0, &index);
  AppendVarint(1, &index);
  AppendVarint(handle.size(), &index);
  index += "z" + handle + no_rows;
  footer += AppendBlock(index, &table);
  footer.resize(40, '\0');
  table += footer;
  const uint64_t magic = 0xdb4775248b80fb57u;
  table.append(reinterpret_cast<const char*>(&magic), sizeof(magic));
  return table;
}

std::string TableOfRows(absl::string_view* input) {
  std::map<std::string, std::string> rows = testing::TakeRows(input);
  for (auto& [key, value] : rows) {
    tensorflow::BundleEntryProto entry;
    if (key.empty() || !entry.ParseFromString(value) || entry.offset() < 0 || entry.size() < 0) continue;
    const auto offset = static_cast<uint64_t>(entry.offset());
    if (offset > input->size()) continue;
    entry.set_crc32c(MaskCrc32c(Crc32c(input->substr(offset, static_cast<size_t>(entry.size())))));
    value = entry.SerializeAsString();
  }
  return testing::EncodeTable(rows);
}

}  // namespace
}  // namespace floe

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  floe::testing::MemoryFiles files;
  std::map<std::string, std::string>& contents = files.contents();
  switch (floe::testing::TakeByte(&input) % 3) {
    case 0: {
      const size_t low = floe::testing::TakeByte(&input), high = floe::testing::TakeByte(&input);
      contents[floe::kIndex] = std::string(floe::testing::Take(&input, low + 256 * high));
      contents[floe::kData] = std::string(input);
      break;
    }
    case 1:
      contents[floe::kIndex] = floe::TableOfBlock(input);
      contents[floe::kData] = "some bytes of data";
      break;
    default:
      contents[floe::kIndex] = floe::TableOfRows(&input);
      contents[floe::kData] = std::string(input);
  }
  floe::testing::ReadEverything(floe::kPrefix, files);
  floe::Merge(contents);
  return 0;
}
