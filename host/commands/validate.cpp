// tapster validate: checks a connector against the rules of the connector interface.
#include "validate/validate.hpp"

#include <fmt/format.h>

#include <cmath>
#include <cstdlib>

#include "commands/commands.hpp"
#include "commands/config.hpp"
#include "plugin/plugin_search.hpp"
#include "report/pretty_json.hpp"
#include "report/print.hpp"
#include "report/printable.hpp"
#include "report/table.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

namespace {

std::string_view name_of(Verdict verdict) {
  switch (verdict) {
    case Verdict::holds:
      return "ok";
    case Verdict::warns:
      return "warning";
    case Verdict::fails:
      return "failed";
    case Verdict::skipped:
      return "skipped";
  }
  return {};
}

struct NamedFile {
  fs::path file;
  std::string name;
};

// A connector that is named, or given as a file: then its name is in the file's.
Outcome<NamedFile> find_file(const Options& options) {
  const auto& given = options.connector;
  if (given.find('/') == std::string::npos && !given.ends_with(".so")) {
    auto found = find_plugin(given, plugin_directories(options.plugin_dirs));
    if (!found) return tl::unexpected(found.error());
    return NamedFile{*found, given};
  }
  const auto file = fs::absolute(given);
  const auto stem = file.stem().string();
  constexpr std::string_view prefix = "tapster-";
  if (file.extension() != ".so" || !stem.starts_with(prefix) || !is_plugin_name(stem.substr(prefix.size())))
    return fail(Exit::usage, fmt::format("{}: the file of a connector is named tapster-NAME.so, and NAME is "
                                         "[a-z][a-z0-9-]*",
                                         given));
  return NamedFile{file, stem.substr(prefix.size())};
}

size_t count_of(const std::vector<RuleResult>& results, Verdict verdict) {
  size_t count = 0;
  for (const auto& result : results) count += result.verdict == verdict ? 1 : 0;
  return count;
}

std::string to_json(const std::vector<RuleResult>& results, std::string_view connector) {
  json::array rules;
  for (const auto& result : results) {
    json::object rule{{"rule", result.rule},
                      {"result", name_of(result.verdict)},
                      {"milliseconds", std::llround(result.seconds * 1000)}};
    if (result.verdict == Verdict::skipped) rule["why"] = result.why_skipped;
    json::array findings;
    for (const auto& finding : result.findings)
      findings.push_back({{"severity", finding.is_warning ? "warning" : "failure"},
                          {"stream", finding.stream},
                          {"seen", finding.seen},
                          {"fix", finding.fix}});
    rule["findings"] = std::move(findings);
    rules.push_back(std::move(rule));
  }
  return pretty(json::object{
      {"connector", connector}, {"failed", count_of(results, Verdict::fails)}, {"rules", std::move(rules)}});
}

std::string to_table(const std::vector<RuleResult>& results) {
  std::vector<std::vector<std::string>> rows{{"RULE", "RESULT", "SECONDS", ""}};
  std::string findings;
  for (const auto& result : results) {
    rows.push_back({result.rule, std::string(name_of(result.verdict)),
                    result.verdict == Verdict::skipped ? "" : fmt::format("{:.1f}", result.seconds),
                    result.why_skipped});
    for (const auto& finding : result.findings)
      findings += fmt::format(
          "\n{}{}{}{}\n  saw: {}\n  fix: {}\n", result.rule, finding.is_warning ? " (warning)" : "",
          finding.stream.empty() ? "" : ", stream ", finding.stream, printable(finding.seen), finding.fix);
  }
  return table(rows) + findings +
         fmt::format("\n{} rules hold, {} with warnings; {} failed, {} skipped\n",
                     count_of(results, Verdict::holds) + count_of(results, Verdict::warns),
                     count_of(results, Verdict::warns), count_of(results, Verdict::fails),
                     count_of(results, Verdict::skipped));
}

}  // namespace

Outcome<void> validate(const CommandContext& context) {
  const auto& options = context.options;
  const auto found = find_file(options);
  if (!found) return tl::unexpected(found.error());
  Validation validation{.file = found->file,
                        .name = found->name,
                        .read_config = {},
                        .streams = options.select,
                        .clock = context.clock,
                        .is_time_set = std::getenv("TAPSTER_NOW") != nullptr,
                        .log = context.log};
  if (!options.config.empty())
    validation.read_config = [&](const json::object& spec) {
      return read_config(options.config, found->name, spec, context.log);
    };
  const auto results = validate(validation);
  if (!results) return tl::unexpected(results.error());
  const bool is_json = options.report == Report::json;
  auto printed = print(context.output, is_json ? to_json(*results, found->name) : to_table(*results));
  if (!printed) return printed;
  const auto failed = count_of(*results, Verdict::fails);
  if (failed == 0) return {};
  return fail(Exit::broken, fmt::format("the connector {} breaks {} {}", found->name, failed,
                                        failed == 1 ? "rule" : "rules"));
}

}  // namespace tapster::host
