#include "program/bind_tables.h"

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "program/lower.h"
#include "tests/testing/programs.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::GraphMaker;
using ::floe::testing::StatusIs;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Code = absl::StatusCode;

// found = table[x], of a table that nothing fills yet.
GraphMaker Lookup() {
  GraphMaker graph;
  graph.Input("x", PartialShape({-1}), DType::kString);
  graph.Op("HashTableV2", "table", {},
           {{"key_dtype", AttrValue::Type(DType::kString)}, {"value_dtype", AttrValue::Type(DType::kInt64)}});
  graph.Const("missing", Tensor::Scalar<int64_t>(-1));
  graph.Const("keys", Tensor::Of<std::string>({"a", "b"}));
  graph.Const("values", Tensor::Of<int64_t>({5, 6}));
  graph.Op("LookupTableFindV2", "found", {"table", "x", "missing"});
  return graph;
}

TEST(BindTablesTest, TheFillerIsNoOutput) {
  GraphMaker graph = Lookup();
  graph.Op("InitializeTableV2", "fill", {"table", "keys", "values"});
  graph.Op("HashTableV2", "unused", {});
  ASSERT_OK_AND_ASSIGN(const std::vector<std::string> outputs, DefaultOutputs(graph.graph()));
  EXPECT_THAT(outputs, ElementsAre("found"));
  ASSERT_OK_AND_ASSIGN(const Program program, graph.Lower({"found"}));
  EXPECT_EQ(program.values[program.outputs[0]].dtype, DType::kInt64);
}

TEST(BindTablesTest, AGraphWithoutTablesIsNotCopied) {
  ASSERT_OK_AND_ASSIGN(const std::optional<Graph> bound, BindTables(Lookup().graph()));
  EXPECT_FALSE(bound.has_value());
}

TEST(BindTablesTest, ATableThatNothingFills) {
  EXPECT_THAT(Lookup().Lower({"found"}),
              StatusIs(Code::kInvalidArgument, HasSubstr("'table' (HashTableV2): the graph has no keys and values")));
  GraphMaker from_file = Lookup();
  from_file.Const("file", Tensor::Scalar<std::string>("words.txt"));
  from_file.Op("InitializeTableFromTextFileV2", "fill", {"table", "file"});
  EXPECT_THAT(from_file.Lower({"found"}), StatusIs(Code::kInvalidArgument, HasSubstr("`floe freeze`")));
  // What is not needed may be as it likes.
  EXPECT_OK(from_file.Lower({"missing"}));
}

TEST(BindTablesTest, ATableThatIsFilledTwice) {
  GraphMaker graph = Lookup();
  graph.Op("InitializeTableV2", "fill", {"table", "keys", "values"});
  graph.Op("LookupTableImportV2", "fill_again", {"table", "keys", "values"});
  EXPECT_THAT(graph.Lower({"found"}), StatusIs(Code::kInvalidArgument, HasSubstr("by nodes 'fill' and 'fill_again'")));
}

TEST(BindTablesTest, KeysOfAnotherDType) {
  GraphMaker graph = Lookup();
  graph.Op("InitializeTableV2", "fill", {"table", "values", "values"});
  EXPECT_THAT(graph.Lower({"found"}), StatusIs(Code::kInvalidArgument, HasSubstr("wanted string, got int64")));
}

TEST(BindTablesTest, AHandleThatGoesInACircle) {
  GraphMaker graph = Lookup();
  graph.Op("Identity", "round", {"round"});
  graph.Op("InitializeTableV2", "fill", {"round", "keys", "values"});
  EXPECT_OK(BindTables(graph.graph()));
}

}  // namespace
}  // namespace floe
