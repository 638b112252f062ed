#include "cli/completion_context.hpp"

#include <algorithm>
#include <cctype>

#include "cli/command_line.hpp"

namespace tapster::host {

namespace {

// The first sentence of a help text, or the part of it before a semicolon.
std::string short_help(const std::string& help) {
  return help.substr(0, std::min(help.find(". "), help.find("; ")));
}

}  // namespace

CompletionContext completion_context(const std::vector<std::string>& before) {
  Raw raw;
  const CommandLine line(raw);
  CompletionContext expected;
  if (before.empty()) {
    for (const auto& [command, value] : line.commands)
      expected.words.push_back({command->get_name(), short_help(command->get_description())});
    return expected;
  }
  const auto found = std::find_if(line.commands.begin(), line.commands.end(), [&](const auto& command) {
    return command.first->get_name() == before.front();
  });
  if (found == line.commands.end()) return expected;
  return completion_context(*found->first, {before.begin() + 1, before.end()});
}

CompletionContext completion_context(const CLI::App& command, const std::vector<std::string>& before) {
  CompletionContext expected;
  size_t place = 0;  // among the arguments that are not options
  const CLI::Option* waiting = nullptr;
  for (const auto& word : before) {
    const auto* option = word.starts_with('-') ? command.get_option_no_throw(word) : nullptr;
    if (option == nullptr && waiting == nullptr && !word.starts_with('-')) ++place;
    waiting = option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
  }
  std::vector<const CLI::Option*> arguments;
  for (const auto* option : command.get_options()) {
    if (option->get_positional()) arguments.push_back(option);
    if (waiting != nullptr) continue;
    for (const auto& name : option->get_lnames())
      expected.options.push_back({"--" + name, short_help(option->get_description())});
  }
  const auto* here = waiting != nullptr ? waiting : place < arguments.size() ? arguments[place] : nullptr;
  if (here == nullptr) return expected;
  // The help of an option says what it takes: FILE, DIR, PATTERN, or the words themselves, separated by bars;
  // [=a|b] if the option may also have no value.
  auto text = here->get_option_text();
  if (text.starts_with("[=")) text = text.substr(2, text.size() - 3);
  if (here->get_positional()) {
    if (here->get_name(true) == "NAME" && command.get_name() != "new")
      expected.kind = CompletionContext::Kind::connector;
    if (here->get_name(true) == "STREAM") expected.kind = CompletionContext::Kind::stream;
  }
  if (text.starts_with("FILE")) expected.kind = CompletionContext::Kind::file;
  if (text == "DIR") expected.kind = CompletionContext::Kind::directory;
  if (text == "PATTERN") expected.kind = CompletionContext::Kind::pattern;
  const bool is_choice = text.find('|') != std::string::npos || here->get_name(true) == "ACTION";
  if (is_choice && std::islower(static_cast<unsigned char>(text.front())) != 0) {
    for (auto& word : CLI::detail::split(text, '|')) expected.words.push_back({std::move(word), {}});
  }
  return expected;
}

}  // namespace tapster::host
