// Graphs that TensorFlow wrote come back byte for byte.
#include <filesystem>
#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "base/file.h"
#include "graph/graph.h"
#include "gtest/gtest.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

std::vector<std::string> FilesBelow(const std::string& folder, const std::string& extension) {
  std::vector<std::string> paths;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(testing::SharedPath(folder))) {
    if (absl::EndsWith(entry.path().string(), extension)) paths.push_back(entry.path().string());
  }
  return paths;
}

void ExpectRoundTrip(const std::string& path) {
  SCOPED_TRACE(path);
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(path));
  ASSERT_OK_AND_ASSIGN(const Graph graph, Graph::Load(path));
  ASSERT_OK_AND_ASSIGN(const std::string again, graph.Serialize());
  EXPECT_TRUE(again == bytes) << again.size() << " bytes instead of " << bytes.size();
}

TEST(RoundTripTest, Models) {
  FLOE_REQUIRE_SHARED("models");
  const std::vector<std::string> paths = FilesBelow("models", "model.pb");
  EXPECT_GE(paths.size(), 18u);
  for (const std::string& path : paths) ExpectRoundTrip(path);
}

TEST(RoundTripTest, FrozenGraphs) {
  FLOE_REQUIRE_SHARED("checkpoints");
  for (const char* const name :
       {"frozen/graph.pb", "frozen/model3.pb", "lstm_functional/model.pb", "lstm_tf1_loop/model.pb"}) {
    ExpectRoundTrip(testing::SharedPath(std::string("checkpoints/") + name));
  }
}

TEST(RoundTripTest, TextIsTheSameGraph) {
  FLOE_REQUIRE_SHARED("checkpoints/frozen");
  ASSERT_OK_AND_ASSIGN(const Graph text, Graph::Load(testing::SharedPath("checkpoints/frozen/model3.pbtxt")));
  ASSERT_OK_AND_ASSIGN(const Graph binary, Graph::Load(testing::SharedPath("checkpoints/frozen/model3.pb")));
  EXPECT_EQ(text.NodeNames(), binary.NodeNames());
  for (int i = 0; i < text.num_nodes(); ++i) {
    EXPECT_EQ(text.node(i).op, binary.node(i).op);
    EXPECT_EQ(text.node(i).inputs, binary.node(i).inputs);
  }
}

// Cut anywhere, a real graph is refused or is a smaller graph.
TEST(RoundTripTest, TruncatedAtEveryOffset) {
  FLOE_REQUIRE_SHARED("checkpoints/frozen");
  ASSERT_OK_AND_ASSIGN(const std::string bytes, ReadFile(testing::SharedPath("checkpoints/frozen/graph.pb")));
  for (size_t size = 0; size < bytes.size(); ++size) {
    auto cut = std::make_shared<std::string>(bytes.substr(0, size));
    const absl::string_view view = *cut;
    const absl::StatusOr<Graph> graph = Graph::Parse(view, std::move(cut));
    if (!graph.ok()) {
      EXPECT_TRUE(absl::IsDataLoss(graph.status()) || absl::IsInvalidArgument(graph.status())) << graph.status();
    }
  }
}

}  // namespace
}  // namespace floe
