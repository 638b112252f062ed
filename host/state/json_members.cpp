#include "state/json_members.hpp"

#include <algorithm>
#include <tapster/json.hpp>

namespace tapster::host {

namespace {

// Without the white space between tokens.
std::string compact(std::string_view json) {
  std::string text;
  text.reserve(json.size());
  bool is_in_string = false;
  for (size_t i = 0; i < json.size(); ++i) {
    const char c = json[i];
    if (!is_in_string && (c == ' ' || c == '\t' || c == '\n' || c == '\r')) continue;
    text += c;
    if (c == '"') is_in_string = !is_in_string;
    if (c == '\\' && i + 1 < json.size()) text += json[++i];
  }
  return text;
}

// Where the token, array or object that begins at `at` ends. `json` is compact.
size_t end_of_value(std::string_view json, size_t at) {
  size_t depth = 0;
  bool is_in_string = false;
  for (; at < json.size(); ++at) {
    const char c = json[at];
    if (c == '\\') {
      ++at;
    } else if (c == '"') {
      is_in_string = !is_in_string;
    } else if (is_in_string) {
      continue;
    } else if (c == '{' || c == '[') {
      ++depth;
    } else if (c == '}' || c == ']' || c == ',' || c == ':') {
      if (depth == 0) return at;
      if (c == '}' || c == ']') --depth;
    }
  }
  return at;
}

}  // namespace

JsonMembers::JsonMembers(std::string_view object) {
  const auto json = compact(object);
  for (size_t at = 1; at + 1 < json.size();) {
    const auto colon = end_of_value(json, at);
    const auto name = json::parse(std::string_view(json).substr(at, colon - at));
    const auto end = end_of_value(json, colon + 1);
    set(view(name.as_string()), json.substr(colon + 1, end - colon - 1));
    at = end + 1;
  }
}

const std::string* JsonMembers::find(std::string_view name) const {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.first == name; });
  return found == members_.end() ? nullptr : &found->second;
}

void JsonMembers::set(std::string_view name, std::string json) {
  const auto found = std::find_if(members_.begin(), members_.end(),
                                  [&](const Member& member) { return member.first == name; });
  if (found != members_.end()) {
    found->second = std::move(json);
  } else {
    members_.emplace_back(name, std::move(json));
  }
}

void JsonMembers::erase(std::string_view name) {
  members_.erase(std::remove_if(members_.begin(), members_.end(),
                                [&](const Member& member) { return member.first == name; }),
                 members_.end());
}

std::string JsonMembers::to_json() const {
  std::string text = "{";
  for (const auto& [name, value] : members_) {
    if (text.size() > 1) text += ',';
    append_json_string(text, name);
    text += ':';
    text += value;
  }
  return text += '}';
}

}  // namespace tapster::host
