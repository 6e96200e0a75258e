#include "tests/testing/process.h"

#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include <fstream>

#include "absl/strings/str_cat.h"

namespace floe::testing {
namespace {

constexpr int kCannotStart = 127;  // as a shell says it

// The child's pid, or 0 where it cannot be started.
pid_t Spawn(const std::vector<std::string>& command, int out, int err) {
  std::vector<char*> argv;
  for (const std::string& argument : command) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_adddup2(&actions, out, STDOUT_FILENO);
  posix_spawn_file_actions_adddup2(&actions, err, STDERR_FILENO);
  pid_t pid = 0;
  const int error = posix_spawn(&pid, argv[0], &actions, nullptr, argv.data(), environ);
  posix_spawn_file_actions_destroy(&actions);
  return error == 0 ? pid : 0;
}

int WaitForExit(pid_t pid) {
  int status = 0;
  while (waitpid(pid, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

std::string ReadToEnd(int file) {
  std::string text;
  char buffer[4096];
  for (ssize_t n; (n = read(file, buffer, sizeof(buffer))) > 0;) text.append(buffer, static_cast<size_t>(n));
  close(file);
  return text;
}

// The address after `label` in "serving gRPC on ADDRESS, HTTP on ADDRESS"; empty where the line is not there yet.
// What the line "serving gRPC on A, HTTP on B" says behind `label`; empty while it is not there whole.
std::string FindAddress(const std::string& log, const std::string& label, char end) {
  const size_t line = log.find("serving gRPC on ");
  const size_t found = line == std::string::npos ? line : log.find(label, line);
  if (found == std::string::npos) return "";
  const size_t begin = found + label.size();
  const size_t last = log.find(end, begin);
  return last == std::string::npos ? "" : log.substr(begin, last - begin);
}

}  // namespace

Outcome RunProgram(const std::vector<std::string>& command) {
  const int out = memfd_create("stdout", MFD_CLOEXEC);
  const int err = memfd_create("stderr", MFD_CLOEXEC);
  const pid_t pid = Spawn(command, out, err);
  Outcome outcome;
  outcome.exit_code = pid == 0 ? kCannotStart : WaitForExit(pid);
  lseek(out, 0, SEEK_SET);
  lseek(err, 0, SEEK_SET);
  outcome.out = ReadToEnd(out);
  outcome.err = ReadToEnd(err);
  return outcome;
}

absl::StatusOr<std::unique_ptr<ServerProcess>> ServerProcess::Start(std::vector<std::string> command) {
  command.insert(command.end(), {"--port", "0", "--http-port", "0"});
  int ends[2];
  if (pipe2(ends, O_CLOEXEC) != 0) return absl::InternalError("no pipe");
  std::unique_ptr<ServerProcess> server(new ServerProcess());
  server->pid_ = Spawn(command, ends[1], ends[1]);
  close(ends[1]);
  server->output_ = ends[0];
  if (server->pid_ == 0) return absl::NotFoundError(absl::StrCat("cannot start ", command[0]));
  std::string log;
  char buffer[4096];
  while ((server->http_address_ = FindAddress(log, "HTTP on ", '\n')).empty()) {
    const ssize_t n = read(server->output_, buffer, sizeof(buffer));
    if (n <= 0) return absl::UnavailableError(absl::StrCat(command[0], " ended before it served: ", log));
    log.append(buffer, static_cast<size_t>(n));
  }
  server->grpc_address_ = FindAddress(log, "gRPC on ", ',');
  // What it logs from here on must not fill the pipe.
  server->drain_ = std::thread([file = server->output_] {
    char ignored[4096];
    while (read(file, ignored, sizeof(ignored)) > 0) {
    }
  });
  return server;
}

ServerProcess::~ServerProcess() {
  if (pid_ > 0) {
    kill(pid_, SIGKILL);
    WaitForExit(pid_);
  }
  if (drain_.joinable()) drain_.join();
  close(output_);
}

int64_t ServerProcess::RssBytes() const {
  std::ifstream status(absl::StrCat("/proc/", pid_, "/status"));
  std::string label;
  for (int64_t kib; status >> label;) {
    if (label == "VmRSS:" && status >> kib) return kib * 1024;
  }
  return 0;
}

int ServerProcess::Stop() {
  kill(pid_, SIGTERM);
  const int exit_code = WaitForExit(pid_);
  pid_ = 0;
  return exit_code;
}

}  // namespace floe::testing
