#include "cli/help_formatter.hpp"

#include <algorithm>

#include "report/wrap.hpp"

namespace tapster::host {

namespace {

constexpr size_t widest_name = 32;

}  // namespace

HelpFormatter::HelpFormatter(size_t width) : width_(std::max<size_t>(width, 40)) {
  column_width(std::min(widest_name, width_ / 3));
}

std::string HelpFormatter::make_option(const CLI::Option* option, bool is_positional) const {
  return two_columns(make_option_name(option, is_positional) + make_option_opts(option),
                     make_option_desc(option));
}

std::string HelpFormatter::make_subcommand(const CLI::App* command) const {
  return two_columns(command->get_display_name(true), command->get_description());
}

std::string HelpFormatter::make_description(const CLI::App* app) const {
  const auto text = app->get_description();
  return text.empty() ? text : wrap(text, width_, "") + "\n";
}

std::string HelpFormatter::two_columns(const std::string& name, const std::string& text) const {
  const size_t column = get_column_width();
  const std::string indent(column, ' ');
  std::string line = "  " + name;
  line.erase(line.find_last_not_of(' ') + 1);
  if (text.empty()) return line + "\n";
  if (line.size() + 2 > column)
    line += "\n" + indent;
  else
    line.resize(column, ' ');
  return line + wrap(text, width_ - column, indent) + "\n";
}

}  // namespace tapster::host
