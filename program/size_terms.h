// Integer vectors as arithmetic on one tensor's shape: [2 * height, 3] of an image, say. A view of a program that does
// not change meanwhile (but for values and ops added behind); not synchronised.
#ifndef FLOE_PROGRAM_SIZE_TERMS_H_
#define FLOE_PROGRAM_SIZE_TERMS_H_

#include <cstdint>
#include <optional>
#include <vector>

#include "program/match.h"
#include "program/program.h"

namespace floe {

// A number of times the size of a dimension, or (axis -1) the number.
struct SizeTerm {
  int64_t factor = 0;
  int axis = -1;

  friend bool operator==(const SizeTerm&, const SizeTerm&) = default;
};

class SizeTerms {
 public:
  SizeTerms(const Program& program, const UseDef& uses) : program_(program), uses_(uses), matcher_(program, uses) {}

  // The elements of a scalar or vector by the shape of `tensor`, whose known sizes are numbers. Nothing where they are
  // anything else.
  std::optional<std::vector<SizeTerm>> Of(ValueId id, ValueId tensor) const { return Of(id, tensor, 0); }

 private:
  using Terms = std::optional<std::vector<SizeTerm>>;
  Terms Of(ValueId id, ValueId tensor, int depth) const;
  Terms OfShape(ValueId of, ValueId tensor) const;
  Terms OfProduct(const Op& op, ValueId tensor, int depth) const;
  Terms OfSlice(const Op& op, ValueId tensor, int depth) const;
  Terms OfUnpacked(const Op& op, ValueId id, ValueId tensor, int depth) const;
  Terms Joined(const Op& op, size_t count, ValueId tensor, int depth) const;

  const Program& program_;
  const UseDef& uses_;
  const Matcher matcher_;
};

}  // namespace floe

#endif  // FLOE_PROGRAM_SIZE_TERMS_H_
