// Lists and arrays: what is changed in place and what is not, what never was written, and what is refused.
#include "ops/tensor_list.h"

#include <string>
#include <vector>

#include "absl/strings/str_cat.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "ops/control_flow.h"
#include "ops/registry.h"
#include "tests/testing/shared_data.h"

namespace floe {
namespace {

using ::floe::testing::StatusIs;
using ::testing::HasSubstr;

Tensor Int(int32_t value) { return Tensor::Scalar<int32_t>(value); }
Tensor Row(std::initializer_list<float> values) { return Tensor::Of<float>(values); }
const Tensor kAnyShape = Int(-1);

AttrMap FloatAttrs() {
  AttrMap attrs;
  for (const char* name : {"element_dtype", "dtype"}) attrs.Set(name, AttrValue::Type(DType::kFloat));
  return attrs;
}

absl::StatusOr<std::vector<Tensor>> Eval(const char* op, const std::vector<Tensor>& inputs,
                                         const AttrMap& attrs = FloatAttrs()) {
  return Evaluate(*FindOp(op), "node", attrs, inputs);
}

std::string Elements(const Tensor& list) {
  const absl::StatusOr<const TensorList*> found = ListOf(list);
  if (!found.ok()) return found.status().ToString();
  std::string text;
  for (const Tensor& element : (*found)->elements) {
    absl::StrAppend(&text, "[", element.valid() ? element.Head(9) : "", "]");
  }
  return text;
}

class Lists : public ::testing::Test {
 protected:
  const Tensor list_ = Eval("TensorListReserve", {kAnyShape, Int(3)})->at(0);
};

TEST_F(Lists, AreCopiedWhereOthersSeeThem) {
  ASSERT_OK_AND_ASSIGN(const auto one, Eval("TensorListSetItem", {list_, Int(1), Row({1, 2})}));
  ASSERT_OK_AND_ASSIGN(const auto two, Eval("TensorListSetItem", {one[0], Int(0), Row({3, 4})}));
  EXPECT_EQ(Elements(list_), "[][][]");
  EXPECT_EQ(Elements(one[0]), "[][1 2][]");
  EXPECT_EQ(Elements(two[0]), "[3 4][1 2][]");
}

TEST_F(Lists, AreChangedInPlaceByTheirLastUserOnly) {
  Tensor list = Eval("TensorListSetItem", {list_, Int(1), Row({1, 2})})->at(0);
  const Tensor index = Int(2), item = Row({5, 6});
  const std::vector<const Tensor*> inputs = {&list, &index, &item};
  const std::vector<DType> dtypes = {DType::kVariant};
  for (const bool last : {false, true}) {
    Tensor result;
    const std::vector<Tensor*> outputs = {&result};
    const AttrMap attrs = FloatAttrs();
    EvalContext context("node", attrs, inputs, dtypes, outputs);
    context.set_last_uses(last ? 1 : 0);
    ASSERT_OK(FindOp("TensorListSetItem")->evaluate(context));
    EXPECT_EQ(Elements(result), "[][1 2][5 6]");
    EXPECT_EQ(Elements(list), last ? "[][1 2][5 6]" : "[][1 2][]");
    EXPECT_EQ(result.object() == list.object(), last);
  }
}

TEST_F(Lists, GiveZerosForWhatWasNeverWritten) {
  ASSERT_OK_AND_ASSIGN(const auto one, Eval("TensorListSetItem", {list_, Int(1), Row({1, 2})}));
  ASSERT_OK_AND_ASSIGN(const auto stacked, Eval("TensorListStack", {one[0], kAnyShape}));
  EXPECT_EQ(stacked[0].ToString(), "float32 [3,2] 0 0 1 2 0 0");
  ASSERT_OK_AND_ASSIGN(const auto item, Eval("TensorListGetItem", {one[0], Int(0), kAnyShape}));
  EXPECT_EQ(item[0].ToString(), "float32 [2] 0 0");
  EXPECT_THAT(Eval("TensorListGetItem", {list_, Int(0), kAnyShape}),
              StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr("does not say how large")));
  EXPECT_EQ(Eval("TensorListGetItem", {list_, Int(0), Tensor::Of<int32_t>({2})})->at(0).ToString(), "float32 [2] 0 0");
}

TEST_F(Lists, RefuseWhatDoesNotFit) {
  const auto refused = [](const char* what) { return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what)); };
  EXPECT_THAT(Eval("TensorListSetItem", {list_, Int(3), Row({1})}), refused("outside a list of 3"));
  EXPECT_THAT(Eval("TensorListGetItem", {list_, Int(-1), kAnyShape}), refused("outside a list of 3"));
  EXPECT_THAT(Eval("TensorListSetItem", {list_, Int(0), Int(1)}), refused("wanted an element of float32"));
  EXPECT_THAT(Eval("TensorListReserve", {kAnyShape, Int(-2)}), refused("num_elements"));
  EXPECT_THAT(Eval("TensorListReserve", {kAnyShape, Int(INT32_MAX)}), refused("num_elements"));
  EXPECT_THAT(Eval("TensorListReserve", {Int(-2), Int(1)}), refused("element_shape"));
  EXPECT_THAT(Eval("TensorListStack", {Row({1}), kAnyShape}), refused("wanted variant"));
  ASSERT_OK_AND_ASSIGN(const auto shaped, Eval("TensorListReserve", {Tensor::Of<int32_t>({-1, 2}), Int(1)}));
  EXPECT_THAT(Eval("TensorListSetItem", {shaped[0], Int(0), Row({1, 2})}), refused("wanted an element of shape [?,2]"));
  ASSERT_OK_AND_ASSIGN(const auto empty, Eval("EmptyTensorList", {kAnyShape, Int(0)}));
  EXPECT_THAT(Eval("TensorListPopBack", {empty[0], kAnyShape}), refused("empty"));
  EXPECT_THAT(Eval("TensorListPushBack", {empty[0], Row({1})}), refused("full"));
  ASSERT_OK_AND_ASSIGN(const auto a, Eval("TensorListSetItem", {list_, Int(0), Row({1})}));
  ASSERT_OK_AND_ASSIGN(const auto b, Eval("TensorListSetItem", {a[0], Int(1), Row({1, 2})}));
  EXPECT_THAT(Eval("TensorListStack", {b[0], kAnyShape}), refused("wanted an element of shape"));
  EXPECT_THAT(Eval("TensorListSplit", {Row({1, 2}), kAnyShape, Tensor::Of<int64_t>({1, 2})}), refused("3 rows"));
  EXPECT_THAT(Eval("TensorListSplit", {Row({1, 2}), kAnyShape, Tensor::Of<int64_t>({3, -1})}), refused("-1"));
}

TEST(Arrays, AreWrittenOnce) {
  AttrMap attrs = FloatAttrs();
  attrs.Set("identical_element_shapes", AttrValue::Bool(true));
  ASSERT_OK_AND_ASSIGN(const auto array, Eval("TensorArrayV3", {Int(2)}, attrs));
  ASSERT_OK_AND_ASSIGN(const auto one, Eval("TensorArrayWriteV3", {Int(1), Row({1, 2}), array[1]}));
  const auto refused = [](const char* what) { return StatusIs(absl::StatusCode::kInvalidArgument, HasSubstr(what)); };
  EXPECT_THAT(Eval("TensorArrayWriteV3", {Int(1), Row({1, 2}), one[0]}), refused("written before"));
  EXPECT_THAT(Eval("TensorArrayWriteV3", {Int(0), Row({1}), one[0]}), refused("wanted an element of shape [2]"));
  EXPECT_THAT(Eval("TensorArrayWriteV3", {Int(2), Row({1, 2}), one[0]}), refused("outside an array of 2"));
  EXPECT_THAT(Eval("TensorArrayReadV3", {Int(5), one[0]}), refused("outside an array of 2"));
  EXPECT_THAT(Eval("TensorArrayV3", {Int(-1)}, attrs), refused("size"));
  EXPECT_EQ(Eval("TensorArrayReadV3", {Int(0), one[0]})->at(0).ToString(), "float32 [2] 0 0");
  attrs.Set("dynamic_size", AttrValue::Bool(true));
  ASSERT_OK_AND_ASSIGN(const auto grows, Eval("TensorArrayV3", {Int(0)}, attrs));
  ASSERT_OK_AND_ASSIGN(const auto written, Eval("TensorArrayWriteV3", {Int(2), Row({7}), grows[1]}));
  EXPECT_EQ(Eval("TensorArraySizeV3", {written[0]})->at(0).ToString(), "int32 [] 3");
}

TEST(TruthTest, IsTensorFlows) {
  EXPECT_TRUE(*IsTrue(Tensor::Scalar<bool>(true)));
  EXPECT_FALSE(*IsTrue(Tensor::Scalar<float>(-0.0f)));
  EXPECT_TRUE(*IsTrue(Int(-3)));
  EXPECT_FALSE(*IsTrue(Tensor::Scalar<std::string>("")));
  EXPECT_TRUE(*IsTrue(Tensor::Scalar<std::string>("0")));
  EXPECT_TRUE(*IsTrue(Tensor::Of<int32_t>({0})));
  EXPECT_FALSE(*IsTrue(Tensor(DType::kFloat, Shape({0, 2}))));
  EXPECT_EQ(*ChooseBranch(Int(-1), 3), 2);
  EXPECT_EQ(*ChooseBranch(Int(3), 3), 2);
  EXPECT_EQ(*ChooseBranch(Int(1), 3), 1);
}

}  // namespace
}  // namespace floe
