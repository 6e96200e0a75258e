// Macros and helpers for absl::Status, the only error type in Floe. No exception crosses a folder's edge.
#ifndef FLOE_BASE_STATUS_H_
#define FLOE_BASE_STATUS_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/string_view.h"

namespace floe {

// Returns `status` with `prefix` and ": " put before its message; OK stays OK. The code is kept.
absl::Status Annotate(const absl::Status& status, absl::string_view prefix);

}  // namespace floe

#define FLOE_CONCAT_INNER(a, b) a##b
#define FLOE_CONCAT(a, b) FLOE_CONCAT_INNER(a, b)

#define FLOE_RETURN_IF_ERROR(expression)     \
  do {                                       \
    absl::Status floe_status = (expression); \
    if (!floe_status.ok()) [[unlikely]]      \
      return floe_status;                    \
  } while (false)

#define FLOE_ASSIGN_OR_RETURN(lhs, expression) \
  FLOE_ASSIGN_OR_RETURN_IMPL(FLOE_CONCAT(floe_or_, __LINE__), lhs, expression)
#define FLOE_ASSIGN_OR_RETURN_IMPL(result, lhs, expression) \
  auto result = (expression);                               \
  if (!result.ok()) [[unlikely]]                            \
    return std::move(result).status();                      \
  lhs = *std::move(result)

#endif  // FLOE_BASE_STATUS_H_
