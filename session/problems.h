// Problems: errors that are collected, so that the user sees all of them at once.
#ifndef FLOE_SESSION_PROBLEMS_H_
#define FLOE_SESSION_PROBLEMS_H_

#include <string>
#include <utility>
#include <vector>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_join.h"

namespace floe {

class Problems {
 public:
  // OK is none.
  void Add(absl::Status status) {
    if (!status.ok()) statuses_.push_back(std::move(status));
  }

  // OK, the one there is, or the code of the first with the messages of all (of many, the first 100).
  absl::Status ToStatus() const {
    constexpr size_t kMaxListed = 100;
    if (statuses_.empty()) return absl::OkStatus();
    if (statuses_.size() == 1) return statuses_[0];
    std::vector<std::string> messages;
    for (const absl::Status& status : statuses_) {
      if (messages.size() < kMaxListed) messages.emplace_back(status.message());
    }
    const size_t more = statuses_.size() - messages.size();
    return absl::Status(statuses_[0].code(),
                        absl::StrCat(statuses_.size(), " problems: ", absl::StrJoin(messages, "; "),
                                     more == 0 ? "" : absl::StrCat("; and ", more, " more")));
  }

 private:
  std::vector<absl::Status> statuses_;
};

}  // namespace floe

#endif  // FLOE_SESSION_PROBLEMS_H_
