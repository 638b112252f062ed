#include "cli/usage_error.hpp"

#include <fmt/format.h>

#include <string_view>
#include <vector>

#include "report/did_you_mean.hpp"

namespace tapster::host {

namespace {

std::vector<std::string> known_words(const CLI::App& command) {
  std::vector<std::string> words;
  for (const auto* other : command.get_subcommands([](const CLI::App*) { return true; }))
    words.push_back(other->get_name());
  for (const auto* option : command.get_options()) {
    for (const auto& name : option->get_lnames()) words.push_back("--" + name);
  }
  return words;
}

// What to use instead of an option that Mage's own taps have and ours do not.
std::string_view instead_of(std::string_view option) {
  if (option == "--config_json") return "it would show the config to every user of the machine; use --config";
  if (option == "--catalog_json" || option == "--selected_streams_json" || option == "--query_json")
    return "use --catalog";
  if (option == "--state_json") return "use --state";
  if (option == "--load_sample_data" || option == "--count_records") return "use --test";
  return {};
}

}  // namespace

std::string explain(const CLI::ParseError& error, const CLI::App& command) {
  const auto unknown = command.remaining();
  if (unknown.empty()) return error.what();
  const auto word = unknown.front().substr(0, unknown.front().find('='));
  if (word.starts_with('-')) {
    if (const auto instead = instead_of(word); !instead.empty())
      return fmt::format("there is no option {}: {}", word, instead);
    return fmt::format("there is no option {}{}", word, did_you_mean(word, known_words(command)));
  }
  const bool has_commands = !command.get_subcommands([](const CLI::App*) { return true; }).empty();
  if (has_commands)
    return fmt::format("there is no command {}{}", word, did_you_mean(word, known_words(command)));
  return fmt::format("{} is one argument too many", word);
}

}  // namespace tapster::host
