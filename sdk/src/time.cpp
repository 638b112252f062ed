#include <array>
#include <charconv>
#include <tapster/time.hpp>

#include "time_range.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;

// Removes exactly `count` digits from the front of `text`.
template <size_t count>
std::optional<int> take_digits(std::string_view& text) {
  if (text.size() < count) return std::nullopt;
  unsigned value = 0;
  bool are_digits = true;
  for (size_t i = 0; i < count; ++i) {
    const auto digit = static_cast<unsigned>(text[i]) - '0';
    are_digits = are_digits && digit <= 9;
    value = value * 10 + digit;
  }
  if (!are_digits) return std::nullopt;
  text.remove_prefix(count);
  return static_cast<int>(value);
}

bool take(std::string_view& text, char expected) {
  if (text.empty() || text.front() != expected) return false;
  text.remove_prefix(1);
  return true;
}

std::optional<Day> to_day(int year, int month, int day) {
  const std::chrono::year_month_day date(std::chrono::year(year),
                                         std::chrono::month(static_cast<unsigned>(month)),
                                         std::chrono::day(static_cast<unsigned>(day)));
  if (!date.ok()) return std::nullopt;
  return Day(date);
}

std::optional<Day> take_day(std::string_view& text) {
  const auto year = take_digits<4>(text);
  if (!year || !take(text, '-')) return std::nullopt;
  const auto month = take_digits<2>(text);
  if (!month || !take(text, '-')) return std::nullopt;
  const auto day = take_digits<2>(text);
  if (!day) return std::nullopt;
  return to_day(*year, *month, *day);
}

std::chrono::nanoseconds take_fraction(std::string_view& text) {
  int64_t value = 0;
  int64_t unit = 1'000'000'000;
  for (; !text.empty() && text.front() >= '0' && text.front() <= '9'; text.remove_prefix(1)) {
    if (unit == 1) continue;
    unit /= 10;
    value += (text.front() - '0') * unit;
  }
  return std::chrono::nanoseconds(value);
}

// Removes an offset from the front of `text`. Local time plus the result is UTC. A short one may lack the
// colon or the minutes.
std::optional<std::chrono::minutes> take_offset(std::string_view& text, bool may_be_short = false) {
  if (take(text, 'Z') || take(text, 'z')) return 0min;
  const bool behind = take(text, '-');
  if (!behind && !take(text, '+')) return std::nullopt;
  const auto hours = take_digits<2>(text);
  if (!hours || *hours > 23) return std::nullopt;
  const bool has_colon = take(text, ':');
  if (!has_colon && !may_be_short) return std::nullopt;
  const auto minutes = !has_colon && text.empty() ? 0 : take_digits<2>(text);
  if (!minutes || *minutes > 59) return std::nullopt;
  const auto offset = std::chrono::hours(*hours) + std::chrono::minutes(*minutes);
  return behind ? offset : -offset;
}

void put_digits(char* out, unsigned value, size_t count) {
  for (size_t i = count; i-- > 0; value /= 10) out[i] = static_cast<char>('0' + value % 10);
}

using DayText = std::array<char, 10>;
DayText day_text(std::chrono::year_month_day date) {
  DayText text{'0', '0', '0', '0', '-', '0', '0', '-', '0', '0'};
  put_digits(text.data(), static_cast<unsigned>(static_cast<int>(date.year())), 4);
  put_digits(text.data() + 5, static_cast<unsigned>(date.month()), 2);
  put_digits(text.data() + 8, static_cast<unsigned>(date.day()), 2);
  return text;
}

}  // namespace

std::optional<FineTime> parse_time(std::string_view text) {
  const auto day = take_day(text);
  if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto hours = take_digits<2>(text);
  if (!hours || *hours > 23 || !take(text, ':')) return std::nullopt;
  const auto minutes = take_digits<2>(text);
  if (!minutes || *minutes > 59 || !take(text, ':')) return std::nullopt;
  const auto seconds = take_digits<2>(text);
  // RFC 3339 allows 60 for a leap second. It counts as the next second.
  if (!seconds || *seconds > 60) return std::nullopt;
  std::chrono::nanoseconds fraction{0};
  if (take(text, '.')) {
    const auto digits = text.size();
    fraction = take_fraction(text);
    if (text.size() == digits) return std::nullopt;
  }
  const auto offset = take_offset(text);
  if (!offset || !text.empty()) return std::nullopt;
  const auto year = std::chrono::year_month_day(*day).year();
  if (year < std::chrono::year(1678) || year > std::chrono::year(2261)) return std::nullopt;
  return in_range(FineTime(day->time_since_epoch()) + std::chrono::hours(*hours) +
                  std::chrono::minutes(*minutes) + std::chrono::seconds(*seconds) + fraction + *offset);
}

std::optional<WrittenTime> parse_written_time(std::string_view text) {
  constexpr size_t year_size = 4;
  const bool is_basic = text.size() > year_size && text[year_size] != '-';
  const auto separated = [&](char separator) { return is_basic || take(text, separator); };
  const auto year = take_digits<year_size>(text);
  if (!year || *year == 0 || !separated('-')) return std::nullopt;
  const auto month = take_digits<2>(text);
  if (!month || !separated('-')) return std::nullopt;
  const auto day = take_digits<2>(text);
  if (!day || !(take(text, 'T') || take(text, 't') || take(text, ' '))) return std::nullopt;
  const auto date = to_day(*year, *month, *day);
  const auto hours = take_digits<2>(text);
  if (!date || !hours || *hours > 24 || !separated(':')) return std::nullopt;
  const auto minutes = take_digits<2>(text);
  if (!minutes || *minutes > 59) return std::nullopt;
  WrittenTime time{std::chrono::local_time<std::chrono::microseconds>(*date) + std::chrono::hours(*hours) +
                       std::chrono::minutes(*minutes),
                   std::nullopt};
  const bool has_seconds =
      is_basic ? !text.empty() && text.front() >= '0' && text.front() <= '9' : take(text, ':');
  if (has_seconds) {
    const auto seconds = take_digits<2>(text);
    if (!seconds || *seconds > 60) return std::nullopt;
    time.local += std::chrono::seconds(*seconds);
    if (take(text, '.') || take(text, ',')) {
      const auto digits = text.size();
      time.local += std::chrono::floor<std::chrono::microseconds>(take_fraction(text));
      if (text.size() == digits) return std::nullopt;
    }
  }
  // 24:00:00 is the end of the day.
  if (*hours == 24 && time.local != *date + std::chrono::days(1)) return std::nullopt;
  if (text.empty()) return time;
  const auto offset = take_offset(text, true);
  if (!offset || !text.empty()) return std::nullopt;
  time.offset = -*offset;
  return time;
}

std::optional<Day> parse_day(std::string_view text) {
  const auto day = take_day(text);
  if (!text.empty()) return std::nullopt;
  return day;
}

void append_time(std::string& out, Time time) {
  const auto day = std::chrono::floor<std::chrono::days>(time);
  auto micros = static_cast<unsigned long>((time - day).count());
  const auto date = day_text(std::chrono::year_month_day(day));
  std::array<char, 27> text{};
  std::copy(date.begin(), date.end(), text.begin());
  const auto seconds = static_cast<unsigned>(micros / 1'000'000);
  text[10] = 'T';
  put_digits(&text[11], seconds / 3600, 2);
  text[13] = ':';
  put_digits(&text[14], seconds / 60 % 60, 2);
  text[16] = ':';
  put_digits(&text[17], seconds % 60, 2);
  text[19] = '.';
  put_digits(&text[20], static_cast<unsigned>(micros % 1'000'000), 6);
  text[26] = 'Z';
  out.append(text.data(), text.size());
}

std::string format_time(Time time) {
  std::string text;
  append_time(text, time);
  if (time == std::chrono::floor<std::chrono::seconds>(time)) {
    text.resize(19);
    text.push_back('Z');
  }
  return text;
}

void append_day(std::string& out, Day day) {
  const auto text = day_text(std::chrono::year_month_day(day));
  out.append(text.data(), text.size());
}

std::string format_day(Day day) {
  std::string text;
  append_day(text, day);
  return text;
}

}  // namespace tapster
