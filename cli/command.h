// The subcommands of `floe`, one file each (cli/<command>.cc). Add<Command> registers it; when the user chose it, its
// callback does the work and puts the outcome into *result. Errors become one line "floe: ..." and exit status 1 in
// main.
#ifndef FLOE_CLI_COMMAND_H_
#define FLOE_CLI_COMMAND_H_

#include <CLI/CLI.hpp>

#include "absl/status/status.h"

namespace floe::cli {

using AddCommand = void (*)(CLI::App& app, absl::Status* result);

void AddBench(CLI::App& app, absl::Status* result);
void AddCheckpoint(CLI::App& app, absl::Status* result);
void AddFreeze(CLI::App& app, absl::Status* result);
void AddInspect(CLI::App& app, absl::Status* result);
void AddOps(CLI::App& app, absl::Status* result);
void AddRun(CLI::App& app, absl::Status* result);
void AddServe(CLI::App& app, absl::Status* result);

}  // namespace floe::cli

#endif  // FLOE_CLI_COMMAND_H_
