// floe ops: every op, its dtypes, and who has it.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "absl/strings/str_join.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "model/devices.h"
#include "model/op_support.h"

namespace floe::cli {
namespace {

constexpr const char* kBackends[] = {"cpu", "cuda", "reference"};

// Those of them that this build, on this machine, can ask: nothing is known of the ops of another.
std::vector<std::string> BackendsHere() {
  std::vector<std::string> here;
  for (const Backend* backend : AllBackends()) here.emplace_back(backend->name());
  std::sort(here.begin(), here.end());
  return here;
}

bool Has(const OpSupport& op, absl::string_view backend) {
  return std::find(op.backends.begin(), op.backends.end(), backend) != op.backends.end();
}

std::vector<std::string> DTypeNames(const OpSupport& op) {
  std::vector<std::string> names;
  for (const DType dtype : op.dtypes) names.emplace_back(DTypeName(dtype));
  return names;
}

void PrintAsJson(const std::vector<OpSupport>& ops) {
  nlohmann::json json = nlohmann::json::array();
  for (const OpSupport& op : ops) {
    nlohmann::json& entry = json.emplace_back(nlohmann::json{{"op", op.op}, {"dtypes", DTypeNames(op)}});
    for (const char* backend : kBackends) entry[backend] = Has(op, backend);
  }
  PrintJson(json);
}

void PrintAsText(const std::vector<OpSupport>& ops) {
  size_t width = 0;
  for (const OpSupport& op : ops) width = std::max(width, op.op.size());
  for (const OpSupport& op : ops) {
    std::printf("%-*s", static_cast<int>(width), op.op.c_str());
    for (const char* backend : kBackends) std::printf("  %-9s", Has(op, backend) ? backend : "-");
    std::printf("  %s\n", absl::StrJoin(DTypeNames(op), " ").c_str());
  }
}

// docs/ops.md, which is generated and never typed.
void PrintAsMarkdown(const std::vector<OpSupport>& ops) {
  std::printf(
      "# Ops\n\n"
      "Every op that Floe runs, with the dtypes of its main input (of its result, where it has none) and the devices "
      "that have kernels of\n"
      "their own for it. `reference` is the op's own plain evaluation, on the processor; a graph on any device falls "
      "back to it.\n"
      "Ops with neither are calls, conditionals and loops: they become part of a program, not one of its steps.\n\n"
      "Generated: `floe ops --markdown > docs/ops.md`.\n\n");
  const std::vector<std::string> here = BackendsHere();
  std::printf("| op | %s | dtypes |\n|---|", absl::StrJoin(here, " | ").c_str());
  for (size_t i = 0; i < here.size(); ++i) std::printf("---|");
  std::printf("---|\n");
  for (const OpSupport& op : ops) {
    std::printf("| %s |", op.op.c_str());
    for (const std::string& backend : here) std::printf(" %s |", Has(op, backend) ? "yes" : "");
    std::printf(" %s |\n", absl::StrJoin(DTypeNames(op), ", ").c_str());
  }
}

}  // namespace

void AddOps(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("ops", "List every op, its dtypes, and the devices that have it");
  const auto json = std::make_shared<bool>(false), markdown = std::make_shared<bool>(false);
  CLI::Option* const as_json = command->add_flag("--json", *json, "Print one JSON document");
  command->add_flag("--markdown", *markdown, "Print the table of docs/ops.md")->excludes(as_json);
  command->callback([json, markdown] {
    const std::vector<OpSupport> ops = ListOpSupport();
    *json ? PrintAsJson(ops) : *markdown ? PrintAsMarkdown(ops) : PrintAsText(ops);
  });
}

}  // namespace floe::cli
