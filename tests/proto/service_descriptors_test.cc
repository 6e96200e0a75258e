#include <google/protobuf/descriptor.h>

#include "gtest/gtest.h"

namespace floe {
namespace {

// Reflection looks services up by name. Nothing here refers to their code: linking floe_proto_grpc alone must bring
// them.
TEST(ServiceDescriptorsTest, EveryServiceIsLinkedIn) {
  const auto* pool = google::protobuf::DescriptorPool::generated_pool();
  for (const char* name : {"grpc.health.v1.Health", "inference.GRPCInferenceService", "tensorflow.serving.ModelService",
                           "tensorflow.serving.PredictionService"}) {
    const auto* service = pool->FindServiceByName(name);
    ASSERT_NE(service, nullptr) << name;
    EXPECT_GT(service->method_count(), 0) << name;
  }
}

}  // namespace
}  // namespace floe
