// floe ops: every op, its dtypes, and who has it.
#include <algorithm>
#include <cstdio>
#include <memory>

#include "absl/strings/str_join.h"
#include "cli/command.h"
#include "cli/json_output.h"
#include "model/op_support.h"

namespace floe::cli {
namespace {

constexpr const char* kBackends[] = {"cpu", "cuda", "reference"};

bool Has(const OpSupport& op, const char* backend) {
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

}  // namespace

void AddOps(CLI::App& app, absl::Status* result) {
  CLI::App* const command = app.add_subcommand("ops", "List every op, its dtypes, and the devices that have it");
  const auto json = std::make_shared<bool>(false);
  command->add_flag("--json", *json, "Print one JSON document");
  command->callback([json] { *json ? PrintAsJson(ListOpSupport()) : PrintAsText(ListOpSupport()); });
}

}  // namespace floe::cli
