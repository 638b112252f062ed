#include "cli/completion_context.hpp"

#include <algorithm>
#include <cctype>

#include "cli/command_line.hpp"

namespace tapster::host {

CompletionContext completion_context(const std::vector<std::string>& before) {
  Raw raw;
  const CommandLine line(raw);
  const auto found = std::find_if(line.commands.begin(), line.commands.end(), [&](const auto& command) {
    return !before.empty() && command.first->get_name() == before.front();
  });
  CompletionContext expected;
  if (found == line.commands.end()) {
    if (before.empty())
      for (const auto& [command, value] : line.commands) expected.words.push_back(command->get_name());
    return expected;
  }
  const auto& command = *found->first;
  size_t place = 0;  // among the arguments that are not options
  const CLI::Option* waiting = nullptr;
  for (size_t i = 1; i < before.size(); ++i) {
    const auto* option = before[i].starts_with('-') ? command.get_option_no_throw(before[i]) : nullptr;
    if (option == nullptr && waiting == nullptr && !before[i].starts_with('-')) ++place;
    waiting = option != nullptr && option->get_items_expected_max() > 0 ? option : nullptr;
  }
  std::vector<const CLI::Option*> arguments;
  for (const auto* option : command.get_options()) {
    if (option->get_positional()) arguments.push_back(option);
    if (waiting != nullptr) continue;
    for (const auto& name : option->get_lnames()) expected.options.push_back("--" + name);
  }
  const auto* here = waiting != nullptr ? waiting : place < arguments.size() ? arguments[place] : nullptr;
  if (here == nullptr) return expected;
  // The help of an option says what it takes: FILE, DIR, PATTERN, or the words themselves, separated by bars.
  const auto& text = here->get_option_text();
  if (here->get_positional()) {
    if (here->get_name(true) == "NAME") expected.kind = CompletionContext::Kind::connector;
    if (here->get_name(true) == "STREAM") expected.kind = CompletionContext::Kind::stream;
  }
  if (text.starts_with("FILE")) expected.kind = CompletionContext::Kind::file;
  if (text == "DIR") expected.kind = CompletionContext::Kind::directory;
  if (text == "PATTERN") expected.kind = CompletionContext::Kind::stream;
  if (text.find('|') != std::string::npos && std::islower(static_cast<unsigned char>(text.front())) != 0)
    expected.words = CLI::detail::split(text, '|');
  return expected;
}

}  // namespace tapster::host
