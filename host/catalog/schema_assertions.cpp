#include "catalog/schema_assertions.hpp"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>
#include <tapster/time.hpp>

namespace tapster::host {

namespace {

// ---- values

// A long double has all integers of 64 bits and all doubles.
static_assert(std::numeric_limits<long double>::digits >= 64);

long double number(const json::value& value) {
  if (const auto* integer = value.if_int64()) return static_cast<long double>(*integer);
  if (const auto* integer = value.if_uint64()) return static_cast<long double>(*integer);
  return value.get_double();
}

// Characters, items or members.
long double size(const json::value& value) {
  if (const auto* array = value.if_array()) return static_cast<long double>(array->size());
  if (const auto* object = value.if_object()) return static_cast<long double>(object->size());
  const auto& text = value.get_string();
  return static_cast<long double>(std::count_if(
      text.begin(), text.end(), [](char c) { return (static_cast<unsigned>(c) & 0xC0U) != 0x80; }));
}

bool is_multiple(long double value, long double unit) {
  if (std::trunc(value) == value && std::trunc(unit) == unit) return std::fmod(value, unit) == 0;
  const auto times = value / unit;
  // 0.0075 is a multiple of 0.0001 to people, though not to the doubles next to them.
  return std::fabs(times - std::round(times)) <=
         std::fabs(times) * 4 * std::numeric_limits<double>::epsilon();
}

// Like == of Boost.JSON, but 1 equals 1.0.
bool equal(const json::value& a, const json::value& b) {
  if (a.is_number() && b.is_number()) return number(a) == number(b);
  if (a.kind() != b.kind()) return false;
  if (a.is_array())
    return std::equal(a.get_array().begin(), a.get_array().end(), b.get_array().begin(), b.get_array().end(),
                      equal);
  if (!a.is_object()) return a == b;
  const auto& others = b.get_object();
  return a.get_object().size() == others.size() &&
         std::all_of(a.get_object().begin(), a.get_object().end(), [&](const auto& one) {
           const auto* other = others.if_contains(one.key());
           return other != nullptr && equal(one.value(), *other);
         });
}

bool has_no_double(const json::array& items) {
  for (auto one = items.begin(); one != items.end(); ++one) {
    if (std::any_of(items.begin(), one, [&](const json::value& other) { return equal(*one, other); }))
      return false;
  }
  return true;
}

bool is_uri(std::string_view text) {
  const auto colon = text.find(':');
  if (colon == 0 || colon == std::string_view::npos || colon + 1 == text.size()) return false;
  const auto is_visible = [](char c) { return c > ' ' && c != 0x7F; };
  const auto is_scheme = [](char c) {
    return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '+' || c == '-' || c == '.';
  };
  return std::all_of(text.begin(), text.end(), is_visible) &&
         std::all_of(text.begin(), text.begin() + static_cast<std::ptrdiff_t>(colon), is_scheme);
}

// ---- keywords

// `holds` compares what `measure` makes of the document's value with the number in the schema.
template <auto measure, auto holds>
Check limit(const json::value& value) {
  if (!value.is_number()) return {};
  return [limit = number(value)](const Place& at, Violations) { return holds(measure(*at.value), limit); };
}

template <auto holds>
Check size_limit(const json::value& value) {
  return value.is_number() && number(value) >= 0 ? limit<size, holds>(value) : Check();
}

Check multiple_of(const json::value& value) {
  return value.is_number() && number(value) > 0 ? limit<number, is_multiple>(value) : Check();
}

Check constant(const json::value& value) {
  return [&value](const Place& at, Violations) { return equal(*at.value, value); };
}

Check one_of_values(const json::value& value) {
  const auto* allowed = value.if_array();
  if (allowed == nullptr) return {};
  return [allowed](const Place& at, Violations) {
    return std::any_of(allowed->begin(), allowed->end(),
                       [&](const json::value& one) { return equal(one, *at.value); });
  };
}

Check pattern(const json::value& value) {
  auto regex = value.is_string() ? to_regex(view(value.get_string())) : std::nullopt;
  if (!regex) return {};
  return [regex = *std::move(regex)](const Place& at, Violations) {
    return matches(view(at.value->get_string()), regex);
  };
}

Check format(const json::value& value) {
  if (!value.is_string()) return {};
  const auto check = [](auto holds) {
    return [holds](const Place& at, Violations) { return holds(view(at.value->get_string())); };
  };
  const auto name = view(value.get_string());
  if (name == "date") return check([](std::string_view text) { return parse_day(text).has_value(); });
  if (name == "date-time") return check([](std::string_view text) { return parse_time(text).has_value(); });
  if (name == "uri") return check(is_uri);
  return check([](std::string_view) { return true; });
}

Check unique_items(const json::value& value) {
  if (!value.is_bool()) return {};
  return [unique = value.get_bool()](const Place& at, Violations) {
    return !unique || has_no_double(at.value->get_array());
  };
}

constexpr std::greater_equal<> at_least;
constexpr std::less_equal<> at_most;
constexpr std::greater<> more;
constexpr std::less<> less;

constexpr Assertion all[] = {
    {"const", anything, constant},
    {"enum", anything, one_of_values},
    {"minimum", numbers, limit<number, at_least>},
    {"maximum", numbers, limit<number, at_most>},
    {"exclusiveMinimum", numbers, limit<number, more>},
    {"exclusiveMaximum", numbers, limit<number, less>},
    {"multipleOf", numbers, multiple_of},
    {"minLength", strings, size_limit<at_least>},
    {"maxLength", strings, size_limit<at_most>},
    {"pattern", strings, pattern},
    {"format", strings, format},
    {"minItems", arrays, size_limit<at_least>},
    {"maxItems", arrays, size_limit<at_most>},
    {"uniqueItems", arrays, unique_items},
    {"minProperties", objects, size_limit<at_least>},
    {"maxProperties", objects, size_limit<at_most>},
    {"required", objects, required},
};

}  // namespace

std::span<const Assertion> assertions() {
  return all;
}

Check required(const json::value& value) {
  const auto* names = value.if_array();
  const auto is_string = [](const json::value& name) { return name.is_string(); };
  if (names == nullptr || !std::all_of(names->begin(), names->end(), is_string)) return {};
  return [names](const Place& at, Violations violations) {
    bool valid = true;
    for (const auto& name : *names) {
      if (at.value->get_object().contains(name.get_string())) continue;
      valid = report(member(at, name.get_string(), nullptr), "required", violations);
    }
    return valid;
  };
}

std::optional<std::regex> to_regex(std::string_view pattern) {
  try {
    return std::regex(pattern.begin(), pattern.end());
  } catch (const std::regex_error&) {
    return {};
  }
}

// std::regex takes several stack frames per character, so a long string would overflow the stack.
bool matches(std::string_view text, const std::regex& pattern) {
  return text.size() <= SchemaValidator::longest_with_pattern &&
         std::regex_search(text.begin(), text.end(), pattern);
}

}  // namespace tapster::host
