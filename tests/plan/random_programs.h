// Random programs for tests of plans: convolutions, products, elementwise ops, joins, splits, views and shape
// arithmetic over images with an open batch.
#ifndef FLOE_TESTS_PLAN_RANDOM_PROGRAMS_H_
#define FLOE_TESTS_PLAN_RANDOM_PROGRAMS_H_

#include "absl/status/statusor.h"
#include "program/program.h"

namespace floe::testing {

absl::StatusOr<Program> RandomProgram(uint64_t seed);

}  // namespace floe::testing

#endif  // FLOE_TESTS_PLAN_RANDOM_PROGRAMS_H_
