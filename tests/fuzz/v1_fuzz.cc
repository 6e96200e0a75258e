// Fuzzes the reading of V1 checkpoints. The first byte says what the rest is:
//
//   0   the file as it is
//   1   the rows of a table whose every checksum matches
//   2   the same, of two shards: the rows of the first up to an empty key, then those of the second
#include <cstdint>
#include <map>
#include <string>

#include "tests/fuzz/fuzz_input.h"
#include "tests/fuzz/read_everything.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/memory_files.h"

extern "C" int LLVMFuzzerTestOneInput(const uint8_t* data, size_t size) {
  using floe::testing::EncodeTable;
  using floe::testing::TakeRows;
  absl::string_view input(reinterpret_cast<const char*>(data), size);
  floe::testing::MemoryFiles files;
  std::map<std::string, std::string>& contents = files.contents();
  switch (floe::testing::TakeByte(&input) % 3) {
    case 0:
      contents["m"] = std::string(input);
      break;
    case 1:
      contents["m"] = EncodeTable(TakeRows(&input));
      break;
    default:
      contents["m-00000-of-00002"] = EncodeTable(TakeRows(&input));
      contents["m-00001-of-00002"] = EncodeTable(TakeRows(&input));
  }
  floe::testing::ReadEverything("m", files);
  return 0;
}
