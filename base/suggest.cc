#include "base/suggest.h"

#include <algorithm>
#include <numeric>
#include <vector>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"

namespace floe {
namespace {

size_t EditDistance(absl::string_view a, absl::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  std::iota(row.begin(), row.end(), size_t{0});
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substituted = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substituted});
    }
  }
  return row[b.size()];
}

constexpr size_t kMaxCompared = 10000;
constexpr size_t kMaxNameLength = 256;

}  // namespace

std::string DidYouMean(absl::string_view wrong, absl::Span<const std::string> candidates) {
  if (wrong.empty() || wrong.size() > kMaxNameLength) return "";
  const std::string* best = nullptr;
  size_t best_distance = std::max<size_t>(wrong.size() / 3, 1) + 1;
  for (const std::string& candidate : candidates.subspan(0, std::min(candidates.size(), kMaxCompared))) {
    if (candidate.empty() || candidate.size() > kMaxNameLength || candidate == wrong) continue;
    size_t distance = EditDistance(wrong, candidate);
    // A part of a longer name ("add" for "tower/add") is near, but never nearer than a slip of one letter.
    if (absl::EndsWith(candidate, absl::StrCat("/", wrong))) distance = std::min<size_t>(distance, 1);
    if (distance < best_distance) {
      best = &candidate;
      best_distance = distance;
    }
  }
  return best == nullptr ? "" : absl::StrCat("; did you mean '", *best, "'?");
}

std::string ListNames(absl::Span<const std::string> names, size_t limit) {
  std::string text;
  for (size_t i = 0; i < std::min(names.size(), limit); ++i)
    absl::StrAppend(&text, i == 0 ? "'" : ", '", names[i], "'");
  if (names.size() > limit) absl::StrAppend(&text, " (and ", names.size() - limit, " more)");
  return text.empty() ? "none" : text;
}

}  // namespace floe
