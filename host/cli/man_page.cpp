#include "cli/man_page.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cctype>
#include <sstream>
#include <string_view>
#include <vector>

#include "cli/options.hpp"

namespace tapster::host {

namespace {

// Text in roff: a backslash, a hyphen and a dot or quote at the start of a line mean themselves.
std::string escaped(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if ((c == '.' || c == '\'') && (out.empty() || out.back() == '\n')) out += "\\&";
    if (c == '\\')
      out += "\\e";
    else if (c == '-')
      out += "\\-";
    else
      out += c;
  }
  return out;
}

std::string bold(std::string_view text) {
  return "\\fB" + escaped(text) + "\\fR";
}
std::string italic(std::string_view text) {
  return "\\fI" + escaped(text) + "\\fR";
}

// "tapster-read"
std::string name_of(const CLI::App& app) {
  return app.get_parent() == nullptr ? app.get_name() : app.get_parent()->get_name() + "-" + app.get_name();
}

// "FILE|ENV"; empty for a flag.
std::string value_of(const CLI::Option& option) {
  auto text = option.get_option_text();
  text.erase(0, std::min(text.find_first_not_of(' '), text.size()));
  return text;
}

std::vector<const CLI::Option*> options_of(const CLI::App& app, bool are_positional) {
  return app.get_options([&](const CLI::Option* option) {
    return option->get_positional() == are_positional && !option->get_group().empty();
  });
}

std::string synopsis(const CLI::App& app) {
  const auto* parent = app.get_parent();
  auto line = bold(parent == nullptr ? app.get_name() : parent->get_name() + " " + app.get_name());
  line += " [" + italic("OPTIONS") + "]";
  if (parent == nullptr) line += " " + italic("COMMAND");
  for (const auto* positional : options_of(app, true)) {
    const auto name = italic(positional->get_name());
    line += positional->get_required() ? " " + name : " [" + name + "]";
  }
  return line + "\n";
}

// A term and what it means.
std::string entry(const std::string& term, std::string_view text) {
  return fmt::format(".TP\n{}\n{}\n", term, escaped(text));
}

std::string option_entry(const CLI::Option& option) {
  std::string names;
  for (const auto& name : option.get_snames()) names += (names.empty() ? "" : ", ") + bold("-" + name);
  for (const auto& name : option.get_lnames()) names += (names.empty() ? "" : ", ") + bold("--" + name);
  const auto value = value_of(option);
  return entry(value.empty() ? names : names + " " + italic(value), option.get_description());
}

// The text below the options: paragraphs, and examples, which stay as they are.
std::string footer(const std::string& text) {
  std::string out;
  bool are_examples = false;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) {
    if (line == "Examples:") {
      out += ".SH EXAMPLES\n.nf\n";
      are_examples = true;
    } else if (line.starts_with("Exit codes:")) {
      break;
    } else if (are_examples && !line.empty() && line.front() != ' ') {
      out += ".fi\n.PP\n" + escaped(line) + "\n";
      are_examples = false;
    } else if (!line.empty()) {
      out += escaped(line) + "\n";
    }
  }
  return out + (are_examples ? ".fi\n" : "");
}

std::string exit_status() {
  std::string out = ".SH EXIT STATUS\n";
  std::istringstream lines(exit_codes);
  std::string line;
  std::getline(lines, line);
  while (std::getline(lines, line)) {
    const auto begin = line.find_first_not_of(' ');
    const auto end = line.find(' ', begin);
    constexpr size_t indent = 2;  // of a code; the rest of a long meaning is indented further
    if (begin == indent)
      out += entry(bold(line.substr(begin, end - begin)), line.substr(line.find_first_not_of(' ', end)));
    else
      out += escaped(line.substr(begin)) + "\n";
  }
  return out;
}

std::string see_also(const CLI::App& app) {
  const auto* parent = app.get_parent();
  if (parent != nullptr) return fmt::format(".SH SEE ALSO\n\\fB{}\\fR(1)\n", escaped(parent->get_name()));
  std::string pages;
  for (const auto* command : app.get_subcommands({}))
    pages += fmt::format("{}\\fB{}\\fR(1)", pages.empty() ? "" : ",\n", escaped(name_of(*command)));
  return ".SH SEE ALSO\n" + pages + "\n";
}

}  // namespace

std::string man_page(const CLI::App& app, std::string_view version) {
  auto title = name_of(app);
  std::transform(title.begin(), title.end(), title.begin(), [](unsigned char c) { return std::toupper(c); });
  auto page = fmt::format(".TH {} 1 \"\" \"tapster {}\" \"User Commands\"\n.SH NAME\n{} \\- {}\n",
                          escaped(title), version, escaped(name_of(app)), escaped(app.get_description()));
  page += ".SH SYNOPSIS\n" + synopsis(app);
  const auto positionals = options_of(app, true);
  if (!positionals.empty()) page += ".SH ARGUMENTS\n";
  for (const auto* positional : positionals)
    page += entry(italic(positional->get_name()), positional->get_description());
  const auto commands = app.get_subcommands({});
  if (!commands.empty()) page += ".SH COMMANDS\n";
  for (const auto* command : commands) page += entry(bold(command->get_name()), command->get_description());
  page += ".SH OPTIONS\n";
  for (const auto* option : options_of(app, false)) page += option_entry(*option);
  page += footer(app.get_footer());
  return page + exit_status() + see_also(app);
}

}  // namespace tapster::host
