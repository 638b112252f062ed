// Options and arguments whose value is empty, such as those of a shell's variable that is not set.
#pragma once

#include <CLI/CLI.hpp>
#include <string>

namespace tapster::host {

// Makes them a usage failure that names the option, for all options that `app` has so far.
inline void refuse_empty_values(CLI::App& app) {
  const CLI::Validator is_not_empty(
      [](const std::string& text) {
        return text.empty() ? std::string("the value is empty") : std::string();
      },
      "");
  for (auto* option : app.get_options([](CLI::Option* each) { return each->get_items_expected_max() > 0; }))
    option->check(is_not_empty);
}

}  // namespace tapster::host
