#include "session/saver.h"

#include <string>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"
#include "base/file.h"
#include "checkpoint/checkpoint_reader.h"
#include "gtest/gtest.h"
#include "session/import_meta_graph.h"
#include "tensor/npy.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::SharedPath;
using ::floe::testing::StatusIs;
using ::floe::testing::TempDir;
using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

constexpr auto kInvalid = absl::StatusCode::kInvalidArgument;
constexpr auto kNotFound = absl::StatusCode::kNotFound;

std::vector<float> Floats(const absl::StatusOr<Tensor>& tensor) {
  EXPECT_OK(tensor);
  if (!tensor.ok() || tensor->dtype() != DType::kFloat) return {};
  return {tensor->flat<float>().begin(), tensor->flat<float>().end()};
}

std::vector<std::string> Files(const std::string& folder) {
  const absl::StatusOr<std::vector<std::string>> names = FileSystem::Posix().List(folder);
  EXPECT_OK(names);
  return names.value_or(std::vector<std::string>());
}

struct OneVariable {
  GraphBuilder g;
  Output v = g.Variable("v", 1.0F);
  Output up = g.AssignAdd(v, 1.0F);
};

TEST(SaverTest, KeepsTheNewestAndRemovesTheOthers) {
  OneVariable graph;
  SaverOptions options;
  options.max_to_keep = 2;
  Saver saver(graph.g, options);
  Session session(graph.g);
  ASSERT_OK(session.Run(graph.g.GlobalVariablesInitializer()));
  const std::string folder = TempDir();
  for (int step = 0; step < 4; ++step) {
    ASSERT_OK(session.Run(graph.up));
    ASSERT_OK(saver.Save(session, folder + "/m.ckpt", {.global_step = step}));
  }
  EXPECT_THAT(Files(folder),
              ElementsAre("checkpoint", "m.ckpt-2.data-00000-of-00001", "m.ckpt-2.index", "m.ckpt-2.meta",
                          "m.ckpt-3.data-00000-of-00001", "m.ckpt-3.index", "m.ckpt-3.meta"));
  EXPECT_THAT(saver.last_checkpoints(), ElementsAre(folder + "/m.ckpt-2", folder + "/m.ckpt-3"));
  ASSERT_OK(saver.Restore(session, folder + "/m.ckpt-2"));
  EXPECT_THAT(Floats(session.Run(graph.v)), ElementsAre(4.0F));

  // After a restart the old ones count again.
  Saver restarted(graph.g, options);
  ASSERT_OK(restarted.RecoverLastCheckpoints(folder));
  ASSERT_OK(restarted.Save(session, folder + "/m.ckpt", {.global_step = 9}));
  EXPECT_THAT(restarted.last_checkpoints(), ElementsAre(folder + "/m.ckpt-3", folder + "/m.ckpt-9"));
  EXPECT_FALSE(FileSystem::Posix().Exists(folder + "/m.ckpt-2.index"));
}

TEST(SaverTest, KeepsOneEverySoManyHours) {
  OneVariable graph;
  absl::Time now = absl::UnixEpoch();
  SaverOptions options;
  options.max_to_keep = 1;
  options.keep_checkpoint_every_n_hours = 1;
  options.now = [&] { return now; };
  Saver saver(graph.g, options);
  Session session(graph.g);
  ASSERT_OK(session.Run(graph.g.GlobalVariablesInitializer()));
  const std::string folder = TempDir();
  for (int step = 0; step < 6; ++step) {
    now += absl::Minutes(25);
    ASSERT_OK(saver.Save(session, folder + "/m", {.global_step = step, .write_meta_graph = false}));
  }
  // Written after 25, 50, 75, 100, 125 and 150 minutes: the first after each hour stays, and the newest.
  std::vector<std::string> kept;
  for (const std::string& name : Files(folder)) {
    if (absl::EndsWith(name, ".index")) kept.push_back(name);
  }
  EXPECT_THAT(kept, ElementsAre("m-2.index", "m-4.index", "m-5.index"));
}

TEST(SaverTest, NamesAndPathsAsAsked) {
  OneVariable graph;
  SaverOptions options;
  options.pad_step_number = true;
  options.save_relative_paths = true;
  Saver saver(graph.g, options);
  Session session(graph.g);
  ASSERT_OK(session.Run(graph.g.GlobalVariablesInitializer()));
  const std::string folder = TempDir();
  ASSERT_OK(saver.Save(session, folder + "/m", {.global_step = 30, .latest_filename = "newest"}));
  ASSERT_OK_AND_ASSIGN(const std::string list, ReadFile(folder + "/newest"));
  EXPECT_EQ(list, "model_checkpoint_path: \"m-00000030\"\nall_model_checkpoint_paths: \"m-00000030\"\n");
  EXPECT_THAT(saver.Save(session, folder + "/m", {.latest_filename = "a/b"}), StatusIs(kInvalid, HasSubstr("'a/b'")));
  EXPECT_THAT(saver.Save(session, folder + "/checkpoint"), StatusIs(kInvalid, HasSubstr("checkpoint")));
}

TEST(SaverTest, EveryFormOfCheckpointComesBack) {
  for (const bool resource : {false, true}) {
    for (const bool sharded : {false, true}) {
      for (const CheckpointFormat format : {CheckpointFormat::kV1, CheckpointFormat::kV2}) {
        SCOPED_TRACE(absl::StrCat(resource, sharded, format == CheckpointFormat::kV1));
        GraphBuilder g;
        std::vector<float> numbers(30);
        for (size_t i = 0; i < numbers.size(); ++i) numbers[i] = static_cast<float>(i);
        const Tensor whole = Tensor::FromSpan<float>(Shape({10, 3}), numbers);
        std::vector<Output> parts;
        {
          const auto device = g.Device("/cpu:1");
          parts = g.PartitionedVariable("p", whole, 3, 0, resource);
        }
        const Output v = resource ? g.ResourceVariable("v", 5.0F) : g.Variable("v", 5.0F);
        SaverOptions options;
        options.sharded = sharded;
        options.write_version = format;
        Saver saver(g, options);
        ASSERT_OK(g.status());
        Session session(g);
        ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
        const std::string folder = TempDir();
        ASSERT_OK_AND_ASSIGN(const std::string prefix, saver.Save(session, folder + "/m"));
        EXPECT_FALSE(FileSystem::Posix().Exists(folder + "/m_temp"));
        ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> reader,
                             CheckpointReader::Open(WithoutShard(prefix)));
        EXPECT_EQ(Floats(reader->Read("p")), numbers);

        Session fresh(g);
        ASSERT_OK(saver.Restore(fresh, prefix));
        EXPECT_THAT(Floats(fresh.Run(v)), ElementsAre(5.0F));
        EXPECT_EQ(Floats(fresh.Run(parts[1])), (std::vector<float>{12, 13, 14, 15, 16, 17, 18, 19, 20}));
        ASSERT_OK_AND_ASSIGN(const std::string latest, Saver::LatestCheckpoint(folder));
        EXPECT_EQ(latest, prefix);

        // The same through the meta graph alone.
        absl::StatusOr<ImportedMetaGraph> imported = ImportMetaGraph(folder + "/m.meta", {.clear_devices = true});
        ASSERT_OK(imported);
        Session other(imported->graph);
        ASSERT_OK(imported->saver.Restore(other, prefix));
        EXPECT_THAT(Floats(other.Run(v)), ElementsAre(5.0F));
        EXPECT_EQ(imported->graph.GlobalVariables().size(), 4);
        EXPECT_EQ(imported->graph.state()->FindNode("p/part_0")->device, "");
      }
    }
  }
}

TEST(SaverTest, ReshapesWhereAsked) {
  GraphBuilder g;
  const Output v = g.Variable("v", Tensor::Of<float>({1, 2, 3, 4}));
  Saver saver(g);
  Session session(g);
  ASSERT_OK(session.Run(g.GlobalVariablesInitializer()));
  ASSERT_OK_AND_ASSIGN(const std::string prefix, saver.Save(session, TempDir() + "/m"));
  for (const bool reshape : {false, true}) {
    GraphBuilder square;
    const Output w = square.Variable("v", Tensor::Of<float>(Shape({2, 2}), {0, 0, 0, 0}));
    SaverOptions options;
    options.reshape = reshape;
    Saver into_square(square, options);
    Session other(square);
    if (reshape) {
      ASSERT_OK(into_square.Restore(other, prefix));
      EXPECT_THAT(Floats(other.Run(w)), ElementsAre(1, 2, 3, 4));
    } else {
      EXPECT_THAT(into_square.Restore(other, prefix),
                  StatusIs(kInvalid, AllOf(HasSubstr("'v'"), HasSubstr("[2,2]"), HasSubstr("[4]"))));
    }
  }
}

TEST(SaverTest, ErrorsNameTheThing) {
  OneVariable graph;
  Saver saver(graph.g);
  Session session(graph.g);
  const std::string folder = TempDir();
  EXPECT_THAT(saver.Save(session, folder + "/m"),
              StatusIs(absl::StatusCode::kFailedPrecondition, AllOf(HasSubstr("'v'"), HasSubstr("initialized"))));
  EXPECT_FALSE(FileSystem::Posix().Exists(folder + "/checkpoint"));
  EXPECT_THAT(saver.Restore(session, folder + "/m"), StatusIs(kNotFound, HasSubstr("/m'")));
  ASSERT_OK(session.Run(graph.g.GlobalVariablesInitializer()));
  ASSERT_OK_AND_ASSIGN(const std::string prefix, saver.Save(session, folder + "/m"));

  GraphBuilder other;
  const Output w = other.Variable("w", 1.0F), v = other.Variable("v", Tensor::Scalar<int32_t>(1));
  Session other_session(other);
  EXPECT_THAT(Saver(other, {w}).Restore(other_session, prefix), StatusIs(kNotFound, HasSubstr("'w'")));
  EXPECT_THAT(Saver(other, {v}).Restore(other_session, prefix),
              StatusIs(kInvalid, AllOf(HasSubstr("'v'"), HasSubstr("int32"), HasSubstr("float"))));

  GraphBuilder empty;
  const Saver none(empty);
  EXPECT_THAT(empty.status(), StatusIs(kInvalid, HasSubstr("no variables to save")));
  GraphBuilder twice;
  const Output x = twice.Variable("x", 1.0F);
  const Saver repeated(twice, {{"a", x}, {"b", x}});
  EXPECT_THAT(twice.status(), StatusIs(absl::StatusCode::kAlreadyExists, HasSubstr("'x'")));
  GraphBuilder constant;
  const Saver of_constant(constant, {constant.Constant(Tensor::Scalar<float>(1), "c")});
  EXPECT_THAT(constant.status(), StatusIs(kInvalid, HasSubstr("'c:0'")));
  EXPECT_THAT(ImportMetaGraph(prefix + ".index"), StatusIs(absl::StatusCode::kDataLoss, HasSubstr(".index")));
  EXPECT_THAT(ImportMetaGraph(folder + "/absent.meta"), StatusIs(kNotFound, HasSubstr("absent.meta")));
}

// TensorFlow's own meta graphs: their init, save and restore nodes run.
TEST(SaverTest, RunsTensorFlowsMetaGraphs) {
  for (const std::string path :
       {"two_variables/model1.ckpt", "moving_average/model1.ckpt", "every_dtype/model.ckpt-7",
        "partitioned_and_sharded/model.ckpt-100", "v1_format/model.ckpt-3", "v1_format_sharded/model.ckpt-3"}) {
    FLOE_REQUIRE_SHARED("checkpoints/" + path.substr(0, path.find('/')));
    SCOPED_TRACE(path);
    const std::string shared = SharedPath("checkpoints/" + path);
    absl::StatusOr<ImportedMetaGraph> imported = ImportMetaGraph(shared + ".meta");
    ASSERT_OK(imported);
    Session session(imported->graph);
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> wanted, CheckpointReader::Open(shared));
    std::string prefix = shared;
    if (absl::StartsWith(path, "v1_format_sharded")) prefix += "-" + std::string(5, '?') + "-of-00002";
    ASSERT_OK(imported->saver.Restore(session, prefix));
    ASSERT_OK_AND_ASSIGN(const std::string saved, imported->saver.Save(session, TempDir() + "/again"));
    ASSERT_OK_AND_ASSIGN(const std::unique_ptr<CheckpointReader> again, CheckpointReader::Open(WithoutShard(saved)));
    EXPECT_EQ(again->Names(), wanted->Names());
    for (const CheckpointTensor& tensor : wanted->tensors()) {
      ASSERT_OK_AND_ASSIGN(const Tensor before, wanted->Read(tensor.name));
      ASSERT_OK_AND_ASSIGN(const Tensor after, again->Read(tensor.name));
      EXPECT_EQ(after.shape(), before.shape());
      EXPECT_EQ(after.ToString(1000), before.ToString(1000));
    }
    // And back to where it started, through the graph's own initialisers.
    if (imported->graph.FindOperation("init").ok()) ASSERT_OK(session.Run(Operation{"init"}));
  }
}

}  // namespace
}  // namespace floe
