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
#include <string>

#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/coding.h"
#include "checkpoint/crc32c.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/memory_files.h"

namespace floe {
namespace {

constexpr char kPrefix[] = "m.ckpt";
constexpr char kIndex[] = "m.ckpt.index", kData[] = "m.ckpt.data-00000-of-00001";

// All that a checkpoint may ask for, and that results are as long as they say.
void ReadEverything(FileSystem& files) {
  const absl::StatusOr<std::unique_ptr<CheckpointReader>> reader = CheckpointReader::Open(kPrefix, files);
  if (!reader.ok()) return;
  for (const CheckpointTensor& stored : (*reader)->tensors()) {
    const absl::StatusOr<Tensor> tensor = (*reader)->Read(stored.name);
    const absl::Status verified = (*reader)->Verify(stored.name);
    if (!tensor.ok()) continue;
    if (!verified.ok() || tensor->shape() != stored.shape || tensor->dtype() != stored.dtype) std::abort();
    if (tensor->ToString().empty()) std::abort();
    uint32_t sum = Crc32c(tensor->bytes());  // touches every byte
    if (tensor->dtype() == DType::kString) {
      for (const std::string& text : tensor->flat<std::string>()) sum = ExtendCrc32c(sum, text);
    }
    volatile uint32_t kept = sum;
    (void)kept;
  }
}

absl::string_view Take(absl::string_view* input, size_t size) {
  const absl::string_view taken = input->substr(0, size);
  input->remove_prefix(taken.size());
  return taken;
}
size_t TakeByte(absl::string_view* input) {
  const absl::string_view taken = Take(input, 1);
  return taken.empty() ? 0 : static_cast<uint8_t>(taken[0]);
}

void Word(uint32_t value, std::string* out) { out->append(reinterpret_cast<const char*>(&value), sizeof(value)); }
void Varint(uint64_t value, std::string* out) {
  for (; value >= 0x80; value >>= 7) out->push_back(static_cast<char>(value | 0x80));
  out->push_back(static_cast<char>(value));
}
// Appends the block and its trailer, and gives back its handle.
std::string AppendBlock(absl::string_view block, std::string* table) {
  std::string handle;
  Varint(table->size(), &handle);
  Varint(block.size(), &handle);
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
  Varint(0, &index);
  Varint(1, &index);
  Varint(handle.size(), &index);
  index += "z" + handle + no_rows;
  footer += AppendBlock(index, &table);
  footer.resize(40, '\0');
  table += footer;
  const uint64_t magic = 0xdb4775248b80fb57u;
  table.append(reinterpret_cast<const char*>(&magic), sizeof(magic));
  return table;
}

std::string TableOfRows(absl::string_view* input) {
  std::map<std::string, std::string> rows;
  for (bool first = true; !input->empty(); first = false) {
    const std::string key(Take(input, TakeByte(input)));
    if (key.empty() && !first) break;
    rows[key] = std::string(Take(input, TakeByte(input)));
  }
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
  switch (floe::TakeByte(&input) % 3) {
    case 0: {
      const size_t low = floe::TakeByte(&input), high = floe::TakeByte(&input);
      contents[floe::kIndex] = std::string(floe::Take(&input, low + 256 * high));
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
  floe::ReadEverything(files);
  return 0;
}
