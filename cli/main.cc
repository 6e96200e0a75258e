#include <cstdio>
#include <string>

#include "cli/command.h"

namespace {

constexpr int kUsageExitCode = 2;

// In the order of `floe --help`.
constexpr floe::cli::AddCommand kCommands[] = {
    floe::cli::AddRun,
    floe::cli::AddInspect,
    floe::cli::AddBench,
};

// One line, whatever the message holds.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app(
      "Floe: freezes TensorFlow checkpoints, runs frozen graphs, and serves them to TF Serving and Triton clients.",
      "floe");
  app.require_subcommand(1);
  absl::Status result;
  for (const floe::cli::AddCommand add : kCommands) add(app, &result);
  try {
    app.parse(argc, argv);
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "floe: %s\n", OneLine(error.what()).c_str());
    return kUsageExitCode;
  }
  if (!result.ok()) {
    std::fprintf(stderr, "floe: %s\n", OneLine(std::string(result.message())).c_str());
    return 1;
  }
  return 0;
}
