#include "plan/run_memory.h"

#include <string>

#include "gtest/gtest.h"
#include "tests/testing/fake_device.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::FakeDevice;

constexpr int64_t kLimitBytes = 1000;
const Shape kShape({100});  // of floats: 400 bytes

TEST(RunMemoryTest, HostMemoryGoesAtOnce) {
  RunMemory memory(kLimitBytes);
  ASSERT_OK_AND_ASSIGN(Tensor first, memory.Allocate(nullptr, DType::kFloat, kShape));
  ASSERT_OK_AND_ASSIGN(const Tensor second, memory.Allocate(nullptr, DType::kFloat, kShape));
  EXPECT_EQ(memory.Allocate(nullptr, DType::kFloat, kShape).status().code(), absl::StatusCode::kResourceExhausted);
  const Tensor copy = first;
  first = Tensor();
  EXPECT_EQ(memory.used_bytes(), 800);
}

TEST(RunMemoryTest, DeviceMemoryGoesWhenTheDeviceHasBeenWaitedFor) {
  const FakeDevice device({});
  RunMemory memory(kLimitBytes);
  ASSERT_OK_AND_ASSIGN(Tensor tensor, memory.Allocate(&device, DType::kFloat, kShape));
  EXPECT_FALSE(memory.LetGo());
  tensor = Tensor();
  EXPECT_EQ(device.allocated_bytes(), 400);
  EXPECT_EQ(memory.used_bytes(), 400);
  EXPECT_TRUE(memory.LetGo());
  EXPECT_EQ(device.allocated_bytes(), 0);
  EXPECT_EQ(memory.used_bytes(), 0);
}

TEST(RunMemoryTest, WaitsWhereThatMakesRoom) {
  const FakeDevice device({});
  int waits = 0;
  RunMemory memory(kLimitBytes, [&] {
    ++waits;
    return absl::OkStatus();
  });
  ASSERT_OK_AND_ASSIGN(const Tensor held, memory.Allocate(&device, DType::kFloat, kShape));
  for (int i = 0; i < 3; ++i) ASSERT_OK(memory.Allocate(&device, DType::kFloat, kShape).status());
  EXPECT_EQ(waits, 2);
  ASSERT_OK_AND_ASSIGN(const Tensor more, memory.Allocate(&device, DType::kFloat, kShape));
  const absl::Status refused = memory.Allocate(&device, DType::kFloat, kShape).status();
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
}

TEST(RunMemoryTest, AWaitThatFailsIsTheAnswer) {
  const FakeDevice device({});
  RunMemory memory(kLimitBytes, [] { return absl::InternalError("lost"); });
  ASSERT_OK_AND_ASSIGN(const Tensor a, memory.Allocate(&device, DType::kFloat, kShape));
  ASSERT_OK_AND_ASSIGN(const Tensor b, memory.Allocate(&device, DType::kFloat, kShape));
  EXPECT_EQ(memory.Allocate(&device, DType::kFloat, kShape).status().message(), "lost");
}

TEST(RunMemoryTest, TensorsMayOutliveIt) {
  const FakeDevice device({});
  Tensor tensor;
  {
    RunMemory memory(kLimitBytes);
    ASSERT_OK_AND_ASSIGN(tensor, memory.Allocate(&device, DType::kFloat, kShape));
  }
  tensor = Tensor();
  EXPECT_EQ(device.allocated_bytes(), 0);
}

}  // namespace
}  // namespace floe
