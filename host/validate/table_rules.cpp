// The rules about the library's table: it is loaded, and nothing of the table is called.
#include <fmt/format.h>

#include <chrono>
#include <regex>
#include <string>

#include "plugin/loader.hpp"
#include "plugin/plugin_search.hpp"
#include "validate/families.hpp"

namespace tapster::host {

namespace {

constexpr std::chrono::milliseconds longest_load(500);

// The table, as far as the rules before have checked it.
const tapster_connector* table_of(Trial& trial) {
  trial.doing("loading the library");
  const auto table = load_table(trial.subject().file, trial.subject().name);
  if (table && *table != nullptr) return *table;
  trial.fail(
      table ? fmt::format("tapster_connector_v1 returned null for the ABI {}.{}", TAPSTER_ABI_MAJOR,
                          TAPSTER_ABI_MINOR)
            : table.error().message,
      "Export tapster_connector_v1, link every library that is used, and return a table for each minor "
      "version of the ABI.");
  return nullptr;
}

bool is_lent(tapster_text text) {
  return text.size == 0 || text.data != nullptr;
}

}  // namespace

void check_load(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  trial.doing("a second call of tapster_connector_v1");
  const auto again = load_table(trial.subject().file, trial.subject().name);
  if (!again || *again != table)
    trial.fail("a second call of tapster_connector_v1 returns another table",
               "Return the same table each time: it lives as long as the process.");
}

void check_load_time(Trial& trial) {
  trial.doing("loading the library");
  const auto start = std::chrono::steady_clock::now();
  if (!load_table(trial.subject().file, trial.subject().name)) return;  // the rule `load` says why
  const auto time = std::chrono::round<std::chrono::milliseconds>(std::chrono::steady_clock::now() - start);
  if (time > longest_load)
    trial.fail(fmt::format("took {} ms to load; at most {} are allowed", time.count(), longest_load.count()),
               "Do nothing while the library is loaded: move the work to open, or to the first request.");
}

void check_struct_size(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  const auto size = table->struct_size;
  constexpr size_t head = offsetof(tapster_connector, abi_version) + sizeof table->abi_version;
  const bool is_known = size >= head && table->abi_version <= TAPSTER_ABI_VERSION;
  const char* const fix = "Set struct_size to sizeof(tapster_connector).";
  if (size < sizeof(tapster_connector))
    trial.fail(
        fmt::format("its table says that it has {} bytes; it must have {}", size, sizeof(tapster_connector)),
        fix);
  else if (is_known && size != sizeof(tapster_connector))
    trial.fail(fmt::format("its table says that it has {} bytes; one of its ABI has {}", size,
                           sizeof(tapster_connector)),
               fix);
}

void check_functions(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  const auto check = [&](std::string_view name, bool has) {
    if (!has)
      trial.fail(fmt::format("its table has no function {}", name), "Set every function of the table.");
  };
  check("spec", table->spec != nullptr);
  check("open", table->open != nullptr);
  check("check", table->check != nullptr);
  check("discover", table->discover != nullptr);
  check("plan", table->plan != nullptr);
  check("read", table->read != nullptr);
  check("state", table->state != nullptr);
  check("cancel", table->cancel != nullptr);
  check("close", table->close != nullptr);
  for (const auto& text : {table->name, table->version, table->description})
    if (!is_lent(text)) trial.fail("a text of its table is null", "Point each text to its bytes.");
}

void check_abi(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  if (table->abi_version >> 16U != TAPSTER_ABI_MAJOR)
    trial.fail(
        fmt::format("it was built for ABI {}.{}, and this host offers {}.{}", table->abi_version >> 16U,
                    table->abi_version & 0xFFFFU, TAPSTER_ABI_MAJOR, TAPSTER_ABI_MINOR),
        "Set abi_version to TAPSTER_ABI_VERSION of the header with which it is built.");
}

void check_version(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  static const std::regex semantic(
      R"((0|[1-9]\d*)\.(0|[1-9]\d*)\.(0|[1-9]\d*)(-[0-9A-Za-z.-]+)?(\+[0-9A-Za-z.-]+)?)");
  const std::string version(to_view(table->version));
  if (!std::regex_match(version, semantic))
    trial.fail(fmt::format("its version is \"{}\"", version),
               "Give it a semantic version of three numbers, such as 1.4.2 (semver.org).");
  const auto description = to_view(table->description);
  if (description.empty() || description.find('\n') != std::string_view::npos)
    trial.fail(description.empty() ? "it has no description" : "its description has several lines",
               "Describe it in one line.");
}

void check_name(Trial& trial) {
  const auto* table = table_of(trial);
  if (table == nullptr) return;
  const auto name = to_view(table->name);
  if (!is_plugin_name(name))
    trial.fail(fmt::format("its name is \"{}\"", name), "Choose a name of the form [a-z][a-z0-9-]*.");
  if (name != trial.subject().name)
    trial.fail(
        fmt::format("its name is \"{}\", and its file is {}", name, trial.subject().file.filename().string()),
        fmt::format("Name the file tapster-{}.so.", name));
}

}  // namespace tapster::host
