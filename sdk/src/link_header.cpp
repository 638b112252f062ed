#include "link_header.hpp"

#include <algorithm>

#include "lower_case.hpp"

namespace tapster {

namespace {

constexpr std::string_view space = " \t";

void skip_space(std::string_view& text) {
  text.remove_prefix(std::min(text.find_first_not_of(space), text.size()));
}

// Takes a parameter's value: a token or a quoted string.
std::string take_value(std::string_view& text) {
  std::string value;
  if (!text.starts_with('"')) {
    value = text.substr(0, text.find_first_of(";, \t"));
    text.remove_prefix(value.size());
    return value;
  }
  text.remove_prefix(1);
  while (!text.empty() && text.front() != '"') {
    if (text.front() == '\\' && text.size() > 1) text.remove_prefix(1);
    value.push_back(text.front());
    text.remove_prefix(1);
  }
  if (!text.empty()) text.remove_prefix(1);
  return value;
}

// Takes the parameters after a target. Returns whether one of the relations is "next".
bool take_parameters(std::string_view& text) {
  bool is_next = false;
  for (skip_space(text); text.starts_with(';'); skip_space(text)) {
    text.remove_prefix(1);
    skip_space(text);
    const auto name = in_lower_case(text.substr(0, text.find_first_of("=;, \t")));
    text.remove_prefix(name.size());
    skip_space(text);
    if (!text.starts_with('=')) continue;
    text.remove_prefix(1);
    skip_space(text);
    const auto relations = " " + in_lower_case(take_value(text)) + " ";
    is_next = is_next || (name == "rel" && relations.find(" next ") != std::string::npos);
  }
  return is_next;
}

}  // namespace

std::string next_link(std::string_view header) {
  while (true) {
    header.remove_prefix(std::min(header.find('<'), header.size()));
    const auto end = header.find('>');
    if (end == std::string_view::npos) return {};
    const auto target = header.substr(1, end - 1);
    header.remove_prefix(end + 1);
    if (take_parameters(header)) return std::string(target);
  }
}

}  // namespace tapster
