#include "report/pretty_json.hpp"

#include <algorithm>
#include <utility>

namespace tapster::host {

namespace {

bool is_plain(const json::value& value) {
  return !value.is_object() && !value.is_array();
}

void append_pretty(std::string& out, const json::value& value, size_t level) {
  const auto line = [&](size_t indent) { out += "\n" + std::string(2 * indent, ' '); };
  const auto* object = value.if_object();
  const auto* array = value.if_array();
  if (object != nullptr && !object->empty()) {
    out += '{';
    bool first = true;
    for (const auto& [key, member] : *object) {
      if (!std::exchange(first, false)) out += ',';
      line(level + 1);
      append_json_string(out, key);
      out += ": ";
      append_pretty(out, member, level + 1);
    }
    line(level);
    out += '}';
  } else if (array != nullptr && std::all_of(array->begin(), array->end(), is_plain)) {
    out += '[';
    bool first = true;
    for (const auto& element : *array) {
      if (!std::exchange(first, false)) out += ", ";
      out += json::serialize(element);
    }
    out += ']';
  } else if (array != nullptr) {
    out += '[';
    bool first = true;
    for (const auto& element : *array) {
      if (!std::exchange(first, false)) out += ',';
      line(level + 1);
      append_pretty(out, element, level + 1);
    }
    line(level);
    out += ']';
  } else {
    out += json::serialize(value);
  }
}

}  // namespace

std::string pretty(const json::value& value) {
  std::string out;
  append_pretty(out, value, 0);
  out += '\n';
  return out;
}

}  // namespace tapster::host
