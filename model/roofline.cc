#include "model/roofline.h"

#include <algorithm>
#include <fstream>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"

namespace floe {
namespace {

constexpr double kUsualHertz = 2.5e9;
// Two units for fused multiplications and additions, each two operations a lane.
constexpr double kOperationsPerLane = 4;
// A core draws so much from memory, and a few of them all that a usual socket has.
constexpr double kBytesPerCore = 12e9, kBytesPerSocket = 80e9;
// An addition or multiplication at a time, with loads and stores in between.
constexpr double kReferenceFlops = 5e8, kReferenceBytes = 2e9;

double ClockHertz() {
  std::ifstream file("/proc/cpuinfo");
  for (std::string line; std::getline(file, line);) {
    double megahertz;
    if (absl::StartsWith(line, "cpu MHz") && absl::SimpleAtod(line.substr(line.find(':') + 1), &megahertz)) {
      return megahertz * 1e6;
    }
  }
  return kUsualHertz;
}

double FloatLanes() {
#if defined(__x86_64__)
  if (__builtin_cpu_supports("avx512f")) return 16;
  if (__builtin_cpu_supports("avx2")) return 8;
#endif
  return 4;
}

Roofline Cpu(int threads) {
  static const double flops_per_core = ClockHertz() * FloatLanes() * kOperationsPerLane;
  return {flops_per_core * threads, std::min(kBytesPerCore * threads, kBytesPerSocket)};
}

}  // namespace

double Roofline::Micros(int64_t flops, int64_t bytes) const {
  if (flops_per_second <= 0 || bytes_per_second <= 0) return 0;
  return 1e6 * std::max(static_cast<double>(flops) / flops_per_second, static_cast<double>(bytes) / bytes_per_second);
}

Roofline RooflineOf(absl::string_view backend, int threads) {
  if (backend == "cpu") return Cpu(threads);
  if (backend == "reference") return {kReferenceFlops, kReferenceBytes};
  return {};
}

}  // namespace floe
