// Finding the ops that together are one thing, spelled out. A view of a program that does not change meanwhile (but for
// values and ops added behind); not synchronised.
#ifndef FLOE_PROGRAM_MATCH_H_
#define FLOE_PROGRAM_MATCH_H_

#include <initializer_list>
#include <optional>
#include <vector>

#include "absl/strings/string_view.h"
#include "program/program.h"

namespace floe {

// The indices of ops that a match is made of.
using MatchedOps = std::vector<int>;

// A product: scalar constants, at most one other constant, and values.
struct Factors {
  double scalar = 1;
  ValueId constant = -1;
  std::vector<ValueId> values;
};

class Matcher {
 public:
  Matcher(const Program& program, const UseDef& uses) : program_(program), uses_(uses) {}

  // The index of the op whose first result the value is, where it is one of these; else -1.
  int Maker(ValueId id, std::initializer_list<absl::string_view> names) const;
  const Op& op(int index) const { return program_.ops[index]; }

  // A finite constant of one element whose rank does not exceed that of `beside`.
  std::optional<double> Scalar(ValueId id, ValueId beside) const;
  // Where the op at `index` has one scalar and one other input: the other, and the scalar.
  struct WithScalar {
    ValueId value;
    double scalar;
    bool scalar_first;
  };
  std::optional<WithScalar> SplitScalar(int index) const;

  // Takes the product of which `id` is the result apart, through Mul, Neg and division by scalars, as long as each is
  // used by nothing else, and adds those ops to `ops`. Nothing where there are more than a few factors.
  std::optional<Factors> TakeApart(ValueId id, MatchedOps* ops) const;

  // x where `id` is max(x, 0), min(max(x, 0), 6) or the like: clipped to [low, high] (infinite: not at all).
  std::optional<ValueId> Clipped(ValueId id, double low, double high, MatchedOps* ops) const;

  // Whether the results of all `ops` but `root`'s are used by `ops` only and are no outputs of the program.
  bool IsEnclosed(const MatchedOps& ops, int root) const;

 private:
  bool AddFactor(ValueId id, bool is_root, int depth, Factors* factors, MatchedOps* ops) const;

  const Program& program_;
  const UseDef& uses_;
};

// Equal but for what rounding to float32 does to constants.
bool IsAbout(double value, double wanted);

}  // namespace floe

#endif  // FLOE_PROGRAM_MATCH_H_
