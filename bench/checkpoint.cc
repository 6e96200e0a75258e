// Saving and restoring a checkpoint, beside what the machine takes for the same bytes without a format: a write and
// fsync of one file, and reading that file into fresh memory, as `cat` into memory does. The shortest of several runs,
// taken in turn. bench/checkpoint_peer.py times TensorFlow on the files that --keep leaves.
//
// usage: floe_checkpoint_bench DIRECTORY [MIB [TENSORS [RUNS]]] [--keep]
#include <fcntl.h>
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <functional>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "base/file.h"
#include "base/status.h"
#include "checkpoint/checkpoint_reader.h"
#include "checkpoint/checkpoint_writer.h"

namespace floe {
namespace {

constexpr size_t kChunkBytes = 1 << 20;

struct Named {
  std::string name;
  Tensor tensor;
};

// Sizes as models have them: most bytes in a few tensors, most tensors small.
std::vector<Named> MakeTensors(int64_t mebibytes, int count) {
  std::mt19937 random(1);
  std::vector<double> shares;
  double sum = 0;
  for (int i = 0; i < count; ++i) sum += shares.emplace_back(1.0 / (1 + i % 40));
  std::vector<Named> tensors;
  for (int i = 0; i < count; ++i) {
    const auto elements =
        static_cast<int64_t>(static_cast<double>(mebibytes << 20) / 4 * shares[static_cast<size_t>(i)] / sum);
    Tensor tensor(DType::kFloat, Shape({elements}));
    auto* const words = tensor.mutable_data<uint32_t>();
    for (int64_t k = 0; k < elements; ++k) words[k] = 0x3f000000u | (random() & 0x7fffffu);
    tensors.push_back({absl::StrCat("layer_", i, "/weights"), std::move(tensor)});
  }
  return tensors;
}

double Seconds(const std::function<absl::Status()>& work) {
  const auto begin = std::chrono::steady_clock::now();
  const absl::Status status = work();
  const std::chrono::duration<double> taken = std::chrono::steady_clock::now() - begin;
  if (!status.ok()) {
    std::fprintf(stderr, "%s\n", std::string(status.message()).c_str());
    std::exit(1);
  }
  return taken.count();
}

int64_t AnonymousKibibytes() {
  std::ifstream file("/proc/self/status");
  for (std::string line; std::getline(file, line);) {
    if (line.rfind("RssAnon:", 0) == 0) return std::atoll(line.c_str() + 8);
  }
  return 0;
}

absl::Status PlainWrite(const std::string& path, const std::vector<Named>& tensors) {
  FLOE_ASSIGN_OR_RETURN(const auto file, FileSystem::Posix().Create(path));
  for (const Named& each : tensors) {
    for (absl::string_view bytes = each.tensor.bytes(); !bytes.empty();
         bytes.remove_prefix(std::min(bytes.size(), kChunkBytes))) {
      FLOE_RETURN_IF_ERROR(file->Append(bytes.substr(0, kChunkBytes)));
    }
  }
  FLOE_RETURN_IF_ERROR(file->Sync());
  return file->Close();
}

absl::Status Save(const std::string& prefix, const std::vector<Named>& tensors) {
  FLOE_ASSIGN_OR_RETURN(const auto writer, CheckpointWriter::Create(prefix));
  for (const Named& each : tensors) FLOE_RETURN_IF_ERROR(writer->Add(each.name, each.tensor));
  return writer->Finish();
}

absl::Status PlainRead(const std::string& path) {
  const int fd = open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return absl::NotFoundError(path);
  const auto size = static_cast<size_t>(lseek(fd, 0, SEEK_END));
  lseek(fd, 0, SEEK_SET);
  void* const memory = mmap(nullptr, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
  if (memory == MAP_FAILED) return absl::ResourceExhaustedError(path);
  size_t at = 0;
  for (ssize_t got = 1; got > 0 && at < size; at += static_cast<size_t>(std::max<ssize_t>(got, 0))) {
    got = read(fd, static_cast<char*>(memory) + at, std::min(kChunkBytes, size - at));
  }
  munmap(memory, size);
  close(fd);
  return at == size ? absl::OkStatus() : absl::DataLossError(path);
}

absl::Status Restore(const std::string& prefix, int64_t* anonymous_kibibytes) {
  const int64_t before = AnonymousKibibytes();
  FLOE_ASSIGN_OR_RETURN(const auto reader, CheckpointReader::Open(prefix));
  std::vector<Tensor> restored;
  for (const CheckpointTensor& stored : reader->tensors()) {
    FLOE_ASSIGN_OR_RETURN(restored.emplace_back(), reader->Read(stored.name));
  }
  *anonymous_kibibytes = AnonymousKibibytes() - before;
  return absl::OkStatus();
}

void Run(const std::string& directory, int64_t mebibytes, int count, int runs, bool keep) {
  const std::vector<Named> tensors = MakeTensors(mebibytes, count);
  const std::string plain = directory + "/plain", prefix = directory + "/model.ckpt";
  const std::string data = prefix + ".data-00000-of-00001";
  double write = 1e9, save = 1e9, cat = 1e9, restore = 1e9;
  int64_t anonymous = 0;
  for (int run = 0; run < runs; ++run) {
    // Each writes files that are not there yet: to free the blocks of old ones is no part of either.
    for (const std::string& path : {plain, data, prefix + ".index"}) FileSystem::Posix().Remove(path).IgnoreError();
    sync();
    write = std::min(write, Seconds([&] { return PlainWrite(plain, tensors); }));
    sync();
    save = std::min(save, Seconds([&] { return Save(prefix, tensors); }));
    cat = std::min(cat, Seconds([&] { return PlainRead(data); }));
    restore = std::min(restore, Seconds([&] { return Restore(prefix, &anonymous); }));
  }
  std::printf("%lld MiB in %d tensors, shortest of %d runs\n", static_cast<long long>(mebibytes), count, runs);
  std::printf("plain write and fsync  %7.3f s\nsave                   %7.3f s  (%.2f times)\n", write, save,
              save / write);
  std::printf(
      "cat into memory        %7.3f s\nrestore, all CRCs      %7.3f s  (%.2f times), %lld KiB of anonymous memory\n",
      cat, restore, restore / cat, static_cast<long long>(anonymous));
  if (keep) return;
  for (const std::string& path : {plain, data, prefix + ".index"}) FileSystem::Posix().Remove(path).IgnoreError();
}

}  // namespace
}  // namespace floe

int main(int argc, char** argv) {
  std::vector<std::string> arguments(argv + 1, argv + argc);
  const bool keep = std::erase(arguments, "--keep") > 0;
  const auto number = [&](size_t index, int fallback) {
    int value = fallback;
    if (index < arguments.size() && (!absl::SimpleAtoi(arguments[index], &value) || value < 1)) value = 0;
    return value;
  };
  const int mebibytes = number(1, 1024), count = number(2, 400), runs = number(3, 3);
  if (arguments.empty() || arguments.size() > 4 || mebibytes * count * runs == 0) {
    std::fprintf(stderr, "usage: floe_checkpoint_bench DIRECTORY [MIB [TENSORS [RUNS]]] [--keep]\n");
    return 2;
  }
  floe::Run(arguments[0], mebibytes, count, runs, keep);
  return 0;
}
