#include "session/meta_graph.h"

#include <string>

#include "gtest/gtest.h"
#include "tensorflow/core/protobuf/meta_graph.pb.h"
#include "tests/testing/bundle_writer.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::ReadTestFile;
using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::floe::testing::WriteTestFile;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

MATCHER_P2(Is, key, tensor, "") { return arg.key == key && arg.tensor == tensor; }

tensorflow::MetaGraphDef SomeMetaGraph() {
  tensorflow::MetaGraphDef meta;
  tensorflow::NodeDef* const node = meta.mutable_graph_def()->add_node();
  node->set_name("x");
  node->set_op("Placeholder");
  (*node->mutable_attr())["dtype"].set_type(tensorflow::DT_FLOAT);
  (*node->mutable_attr())["_output_shapes"].mutable_list()->add_shape();
  meta.mutable_saver_def()->set_save_tensor_name("save/control_dependency:0");
  tensorflow::SignatureDef& signature = (*meta.mutable_signature_def())["predict"];
  (*signature.mutable_inputs())["image"].set_name("x:0");
  (*signature.mutable_outputs())["b"].set_name("y:1");
  (*signature.mutable_outputs())["a"].set_name("y:0");
  return meta;
}

TEST(MetaGraphTest, Parts) {
  const std::string bytes = SomeMetaGraph().SerializeAsString();
  ASSERT_OK_AND_ASSIGN(const MetaGraph meta, MetaGraph::Parse(bytes, nullptr));
  EXPECT_THAT(meta.graph.NodeNames(), ElementsAre("x"));
  EXPECT_TRUE(meta.graph.node(0).attrs.Has("dtype"));
  EXPECT_FALSE(meta.graph.node(0).attrs.Has("_output_shapes"));
  EXPECT_EQ(meta.save_tensor_name, "save/control_dependency:0");
  ASSERT_EQ(meta.signatures.size(), 1);
  EXPECT_EQ(meta.signatures[0].name, "predict");
  EXPECT_THAT(meta.signatures[0].inputs, ElementsAre(Is("image", "x:0")));
  EXPECT_THAT(meta.signatures[0].outputs, ElementsAre(Is("a", "y:0"), Is("b", "y:1")));
}

// A prefix of a message may be a message: then what is missing shows, or nothing that matters is.
TEST(MetaGraphTest, CutOffAnywhere) {
  const std::string bytes = SomeMetaGraph().SerializeAsString();
  const std::string path = TempDir() + "/m.meta";
  int refused = 0;
  for (size_t size = 0; size < bytes.size(); ++size) {
    WriteTestFile(path, bytes.substr(0, size));
    const absl::StatusOr<MetaGraph> meta = MetaGraph::Load(path);
    if (meta.ok()) continue;
    ++refused;
    EXPECT_THAT(meta, StatusIs(size == 0 ? absl::StatusCode::kInvalidArgument : meta.status().code(),
                               AllOf(HasSubstr(path), HasSubstr("not a "))));
  }
  EXPECT_GT(refused, static_cast<int>(bytes.size()) - 4);
}

TEST(MetaGraphTest, OtherFiles) {
  const std::string path = TempDir() + "/m.meta";
  EXPECT_THAT(MetaGraph::Load(path), StatusIs(absl::StatusCode::kNotFound, HasSubstr(path)));
  WriteTestFile(path, "\xff\xff\xff\xff noise");
  EXPECT_THAT(MetaGraph::Load(path), StatusIs(absl::StatusCode::kDataLoss, HasSubstr("not a MetaGraphDef: malformed")));
  WriteTestFile(path, tensorflow::MetaGraphDef().SerializeAsString());
  EXPECT_THAT(MetaGraph::Load(path), StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("it is empty")));
}

TEST(MetaGraphTest, RealOneCutOff) {
  FLOE_REQUIRE_SHARED("checkpoints/two_variables");
  const std::string bytes = ReadTestFile(SharedPath("checkpoints/two_variables/model1.ckpt.meta"));
  for (size_t size = 0; size < bytes.size(); ++size) {
    const absl::StatusOr<MetaGraph> meta = MetaGraph::Parse(absl::string_view(bytes).substr(0, size), nullptr);
    if (meta.ok()) continue;
    EXPECT_THAT(std::string(meta.status().message()), HasSubstr("not a ")) << size;
  }
}

}  // namespace
}  // namespace floe
