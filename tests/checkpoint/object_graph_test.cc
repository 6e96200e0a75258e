#include "checkpoint/object_graph.h"

#include <string>

#include "gtest/gtest.h"
#include "tensor/npy.h"
#include "tensorflow/core/protobuf/trackable_object_graph.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::BundleWriter;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Pair;

TEST(ObjectGraphTest, WhatTensorFlowWrote) {
  FLOE_REQUIRE_SHARED("checkpoints");
  ASSERT_OK_AND_ASSIGN(const auto saved_model, CheckpointReader::Open(SharedPath("checkpoints/saved_model_v2")));
  ASSERT_OK_AND_ASSIGN(const auto keys, ObjectKeysByName(*saved_model));
  EXPECT_THAT(keys,
              ElementsAre(Pair("beta", "b/.ATTRIBUTES/VARIABLE_VALUE"), Pair("gamma", "g/.ATTRIBUTES/VARIABLE_VALUE"),
                          Pair("w", "w/.ATTRIBUTES/VARIABLE_VALUE")));
  // Two variables are called "Variable" there.
  ASSERT_OK_AND_ASSIGN(const auto objects, CheckpointReader::Open(SharedPath("checkpoints/object_checkpoint")));
  ASSERT_OK_AND_ASSIGN(const auto other, ObjectKeysByName(*objects));
  EXPECT_THAT(other, ElementsAre(Pair("save_counter", "save_counter/.ATTRIBUTES/VARIABLE_VALUE")));
  ASSERT_OK_AND_ASSIGN(const auto by_name, CheckpointReader::Open(SharedPath("checkpoints/two_variables")));
  ASSERT_OK_AND_ASSIGN(const auto none, ObjectKeysByName(*by_name));
  EXPECT_THAT(none, IsEmpty());
}

TEST(ObjectGraphTest, KeysAndDamage) {
  const std::string prefix = TempDir() + "/m";
  const auto keys_of = [&](const Tensor& graph) -> absl::StatusOr<std::map<std::string, std::string>> {
    BundleWriter writer;
    writer.Add("w/key", Tensor::Of<float>({1}));
    writer.Add(kObjectGraphKey, graph);
    writer.Write(prefix);
    const auto reader = CheckpointReader::Open(prefix);
    if (!reader.ok()) return reader.status();
    return ObjectKeysByName(**reader);
  };
  tensorflow::TrackableObjectGraph graph;
  auto* const node = graph.add_nodes();
  for (const auto& [name, key] : {std::pair("w", "w/key"), {"gone", "gone/key"}, {"", "w/key"}}) {
    auto* const attribute = node->add_attributes();
    attribute->set_full_name(name);
    attribute->set_checkpoint_key(key);
  }
  ASSERT_OK_AND_ASSIGN(const auto keys, keys_of(Tensor::Scalar<std::string>(graph.SerializeAsString())));
  EXPECT_THAT(keys, ElementsAre(Pair("w", "w/key")));
  constexpr auto kDataLoss = absl::StatusCode::kDataLoss;
  EXPECT_THAT(keys_of(Tensor::Scalar<std::string>("\xff")), StatusIs(kDataLoss, HasSubstr("not a graph of objects")));
  EXPECT_THAT(keys_of(Tensor::Scalar<float>(1)), StatusIs(kDataLoss, HasSubstr("wanted one string, got float32 []")));
}

}  // namespace
}  // namespace floe
