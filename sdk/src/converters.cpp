#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <tapster/converters.hpp>
#include <tapster/json.hpp>
#include <tapster/mail_time.hpp>
#include <tapster/time.hpp>
#include <tapster/zone.hpp>

#include "lower_case.hpp"
#include "numbers.hpp"
#include "quoted_time.hpp"

namespace tapster {

namespace {

bool null(std::string& out) {
  return out += "null", true;
}

bool are_digits(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
}

// A time in microseconds: `text` counts units of 10^-digits seconds.
bool epoch(std::string_view text, size_t digits, std::string& out) {
  if (text.empty()) return null(out);
  const bool is_negative = text.starts_with('-');
  if (is_negative) text.remove_prefix(1);
  const auto point = text.find('.');
  const auto whole = text.substr(0, point);
  const auto fraction = point == std::string_view::npos ? std::string_view() : text.substr(point + 1);
  constexpr size_t most_digits = 15;  // of seconds or milliseconds: more than the year 9999
  if (!are_digits(whole) || whole.size() > most_digits ||
      (point != std::string_view::npos && !are_digits(fraction)))
    return false;
  constexpr size_t digits_of_a_microsecond = 6;
  auto micros = std::string(whole);
  for (size_t i = 0; i < digits_of_a_microsecond - digits; ++i)
    micros += i < fraction.size() ? fraction[i] : '0';
  const auto count = parse_integer(micros);
  if (!count) return false;
  const Time time{std::chrono::microseconds(is_negative ? -*count : *count)};
  const auto year = std::chrono::year_month_day(std::chrono::floor<std::chrono::days>(time)).year();
  if (year < std::chrono::year(1) || year > std::chrono::year(9999)) return false;
  append_quoted(time, out);
  return true;
}

// Whether the text is a number as JSON writes it: https://www.rfc-editor.org/rfc/rfc8259#section-6
bool is_number(std::string_view text) {
  if (text.starts_with('-')) text.remove_prefix(1);
  const auto digits = [&] {
    const auto end = std::min(text.find_first_not_of("0123456789"), text.size());
    text.remove_prefix(end);
    return end;
  };
  if (text.size() > 1 && text[0] == '0' && text[1] >= '0' && text[1] <= '9') return false;
  if (digits() == 0) return false;
  if (text.starts_with('.')) {
    text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  if (text.starts_with('e') || text.starts_with('E')) {
    text.remove_prefix(1);
    if (text.starts_with('+') || text.starts_with('-')) text.remove_prefix(1);
    if (digits() == 0) return false;
  }
  return text.empty();
}

}  // namespace

bool epoch_seconds(std::string_view text, std::string& out) {
  return epoch(text, 0, out);
}
bool epoch_milliseconds(std::string_view text, std::string& out) {
  return epoch(text, 3, out);
}

bool number_in_text(std::string_view text, std::string& out) {
  if (text.empty()) return null(out);
  out += text;
  return is_number(text);
}

bool integer_in_text(std::string_view text, std::string& out) {
  if (text.empty()) return null(out);
  return parse_integer(text) && append_json_integer(out, text);
}

bool boolean_in_text(std::string_view text, std::string& out) {
  if (text.empty()) return null(out);
  const auto word = in_lower_case(text);
  const bool is_true = word == "true" || word == "yes" || word == "1";
  out += is_true ? "true" : "false";
  return is_true || word == "false" || word == "no" || word == "0";
}

bool mail_time(std::string_view text, std::string& out) {
  const auto time = parse_mail_time(text);
  if (!time) return null(out);
  append_quoted(std::chrono::floor<std::chrono::microseconds>(*time), out);
  return true;
}

bool date_in_text(std::string_view text, std::string& out) {
  constexpr size_t size_of_a_day = 10;
  if (text.empty()) return null(out);
  const auto day = parse_day(text.substr(0, size_of_a_day));
  if (!day) return false;
  append_quoted(*day, out);
  return true;
}

Convert day_in_zone(const char* zone) {
  return [found = Zone::find(zone)](std::string_view text, std::string& out) {
    if (text.empty()) return null(out);
    const auto time = parse_time(text);
    if (!time || !found) return false;
    append_quoted(found->day_of(std::chrono::floor<std::chrono::microseconds>(*time)), out);
    return true;
  };
}

bool null_in_text(std::string_view text, std::string& out) {
  constexpr std::array words{"", "null", "none", "n/a", "-"};
  const auto word = in_lower_case(text);
  if (std::find(words.begin(), words.end(), word) != words.end()) return null(out);
  append_json_string(out, text);
  return true;
}

}  // namespace tapster
