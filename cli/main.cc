#include <algorithm>
#include <cstdio>
#include <string>
#include <utility>
#include <vector>

#include "absl/strings/str_cat.h"
#include "base/suggest.h"
#include "cli/command.h"

namespace {

constexpr int kUsageExitCode = 2;

// In the order of `floe --help`.
constexpr floe::cli::AddCommand kCommands[] = {
    floe::cli::AddFreeze,     floe::cli::AddRun,   floe::cli::AddInspect, floe::cli::AddBench,
    floe::cli::AddCheckpoint, floe::cli::AddServe, floe::cli::AddOps,
};

// One line, whatever the message holds.
std::string OneLine(std::string text) {
  for (char& c : text) {
    if (c == '\n' || c == '\r') c = ' ';
  }
  return text;
}

// A flag may be written with '_' for '-', as other servers' flags are.
std::string WithHyphens(std::string argument) {
  if (argument.compare(0, 2, "--") != 0) return argument;
  std::replace(argument.begin(), std::find(argument.begin(), argument.end(), '='), '_', '-');
  return argument;
}

// CLI11 finds only that there is no command; the user wants to know which word is none.
std::string UsageError(const CLI::App& app, const CLI::ParseError& error) {
  if (!app.get_subcommands().empty() || app.remaining().empty()) return error.what();
  std::vector<std::string> names;
  for (const CLI::App* command : app.get_subcommands([](const CLI::App*) { return true; })) {
    names.push_back(command->get_name());
  }
  const std::string wrong = app.remaining().front();
  return absl::StrCat("unknown command '", wrong, "'; there are ", floe::ListNames(names),
                      floe::DidYouMean(wrong, names));
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
    std::vector<std::string> arguments;  // the last one first, as CLI11 takes them
    for (int i = argc - 1; i > 0; --i) arguments.push_back(WithHyphens(argv[i]));
    app.parse(std::move(arguments));
  } catch (const CLI::Success& asked_for_help) {
    return app.exit(asked_for_help);
  } catch (const CLI::ParseError& error) {
    std::fprintf(stderr, "floe: %s\n", OneLine(UsageError(app, error)).c_str());
    return kUsageExitCode;
  }
  if (!result.ok()) {
    std::fprintf(stderr, "floe: %s\n", OneLine(std::string(result.message())).c_str());
    return 1;
  }
  return 0;
}
