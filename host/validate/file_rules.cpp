// The rules about the file: it is read, and not loaded.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "plugin/loader.hpp"
#include "validate/families.hpp"
#include "validate/library_symbols.hpp"

namespace tapster::host {

void check_file(Trial& trial) {
  const auto file = check_plugin_file(trial.subject().file);
  if (!file)
    trial.fail(
        file.error().message,
        "Install a complete library for this machine that belongs to you or root, and take the right to "
        "write to it and its directory from others: chmod o-w.");
}

void check_symbols(Trial& trial) {
  auto others = exported_symbols(trial.subject().file);
  std::erase(others, "tapster_connector_v1");
  if (others.empty()) return;
  std::sort(others.begin(), others.end());
  const auto count = others.size();
  if (count > 5) others.resize(5);
  trial.fail(
      fmt::format("exports {} more symbols: {}{}", count, fmt::join(others, ", "), count > 5 ? ", …" : ""),
      "Hide everything but tapster_connector_v1: link with a version script, as tapster_add_connector "
      "of the SDK does.");
}

}  // namespace tapster::host
