// What a pass that turns images to channels last holds of a program: for an image two values, the program's own, and
// the same with channels last. Either may be made from the other, by ops put at the end of the program; the own one
// only where somebody asks for it. Not owned: the program. One thread.
#ifndef FLOE_PROGRAM_PASSES_IMAGE_VALUES_H_
#define FLOE_PROGRAM_PASSES_IMAGE_VALUES_H_

#include <optional>
#include <string>
#include <vector>

#include "graph/attr_value.h"
#include "program/image_layout.h"
#include "program/program.h"

namespace floe {

class ImageValues {
 public:
  static constexpr ValueId kNone = -1;

  explicit ImageValues(Program& program)
      : program_(program), last_(program.values.size(), kNone), absent_(program.values.size()) {}

  // ---- What is known

  // -1 where it is not.
  int RankOf(ValueId id) const;
  bool IsImage(ValueId id) const { return RankOf(id) >= kMinImageRank && RankOf(id) <= kMaxImageRank; }
  const Tensor* ConstantOf(ValueId id) const { return program_.ConstantOf(id); }
  std::optional<Dims> Ints(ValueId id) const;
  // The one axis that a constant says, counted from the front.
  std::optional<int> Axis(ValueId id, int rank) const;
  // The same image with channels last, or kNone.
  ValueId last(ValueId id) const { return last_[id]; }
  // Whether the program's own value is not made.
  bool is_absent(ValueId id) const { return absent_[id]; }
  // Whether an op was added.
  bool changed() const { return changed_; }
  // Whether both layouts have the same elements in the same order, and a constant can say the shape.
  bool IsSameOrder(const PartialShape& first) const;
  // Whether SpreadLast can turn an operand of a lower rank.
  bool CanSpread(ValueId id, int rank) const;

  // ---- The two values

  void set_last(ValueId id, ValueId last) { last_[id] = last; }
  // The program's own value is not made until Make.
  void LeaveOut(ValueId id) { absent_[id] = true; }
  // The program's own value, from the one with channels last.
  void Make(ValueId id);
  // The image with channels last; `rank` where the value's own is not known. kNone where it cannot be had.
  ValueId MakeLast(ValueId id, int rank);
  // A new value that stands for `id`, which is left out.
  ValueId NewLast(ValueId id);
  // An operand that is spread over images of `rank`, for channels last; kNone where it cannot be had.
  ValueId SpreadLast(ValueId id, int rank);
  // Numbers, one an axis, in the order of channels last; kNone where it cannot be had.
  ValueId ListLast(ValueId id, int rank);
  // The axis input `id` says, for channels last, in its own shape.
  ValueId TurnedAxis(ValueId id, int axis, int rank);

  // ---- Further values and ops

  ValueId AddValue(Value value);
  ValueId Constant(const std::string& name, Tensor tensor);
  ValueId EmitTranspose(ValueId from, const Dims& permutation, std::string name);
  ValueId EmitReshape(ValueId from, const PartialShape& shape, std::string name);
  // The elements of a vector in another order.
  ValueId EmitGather(ValueId from, const Dims& order, std::string name);

 private:
  ValueId Emit(const char* op, std::string name, AttrMap attrs, std::vector<ValueId> inputs, PartialShape shape);
  void Grow();

  Program& program_;
  std::vector<ValueId> last_;  // by value
  std::vector<bool> absent_;   // by value; last_ has it
  bool changed_ = false;
};

}  // namespace floe

#endif  // FLOE_PROGRAM_PASSES_IMAGE_VALUES_H_
