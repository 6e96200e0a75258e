// The built programs as their users run them: a command to its end, or `floe serve` while it serves.
#ifndef FLOE_TESTS_TESTING_PROCESS_H_
#define FLOE_TESTS_TESTING_PROCESS_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "absl/status/statusor.h"

namespace floe::testing {

struct Outcome {
  int exit_code = -1;  // or the number of the signal that ended it, negative
  std::string out;
  std::string err;
};

// Without a shell; command[0] is a path. The exit code is 127 where it cannot be started.
Outcome RunProgram(const std::vector<std::string>& command);

// A running `floe serve`. Killed when destroyed.
class ServerProcess {
 public:
  // Adds free ports to `command` and returns once it serves; what it logged, where it ends before that.
  static absl::StatusOr<std::unique_ptr<ServerProcess>> Start(std::vector<std::string> command);
  ~ServerProcess();
  ServerProcess(const ServerProcess&) = delete;
  ServerProcess& operator=(const ServerProcess&) = delete;

  const std::string& grpc_address() const { return grpc_address_; }
  const std::string& http_address() const { return http_address_; }
  // Resident memory now.
  int64_t RssBytes() const;
  // SIGTERM; the exit code as in Outcome.
  int Stop();

 private:
  ServerProcess() = default;

  pid_t pid_ = 0;
  std::string grpc_address_, http_address_;
  int output_ = -1;  // the pipe from its stdout
  std::thread drain_;
};

}  // namespace floe::testing

#endif  // FLOE_TESTS_TESTING_PROCESS_H_
