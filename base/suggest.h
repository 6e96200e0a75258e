// The nearest right name for a wrong one, for error messages.
#ifndef FLOE_BASE_SUGGEST_H_
#define FLOE_BASE_SUGGEST_H_

#include <string>

#include "absl/strings/string_view.h"
#include "absl/types/span.h"

namespace floe {

// "; did you mean 'x'?" for the candidate nearest to `wrong` by edit distance (at most a third of its length, or a name
// that contains it), else "". Compares at most the first 10,000 candidates.
std::string DidYouMean(absl::string_view wrong, absl::Span<const std::string> candidates);

// "'a', 'b', 'c' (and 4 more)": the first `limit` names, for messages that list what there is.
std::string ListNames(absl::Span<const std::string> names, size_t limit = 10);

}  // namespace floe

#endif  // FLOE_BASE_SUGGEST_H_
