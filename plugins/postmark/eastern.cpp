#include "eastern.hpp"

#include <fmt/format.h>

namespace postmark {

using namespace tapster;
using namespace std::chrono_literals;

namespace {

bool is_repeated(LocalTime local) {
  const auto [earliest, latest] = eastern().to_time(local);
  return earliest != latest;
}

// "2026-11-01T00:00:00"
std::string wall_text(LocalTime local) {
  auto text = format_time(Time(local.time_since_epoch()));
  text.pop_back();
  return text;
}

}  // namespace

const Result<Zone>& find_eastern() {
  static const auto zone = Zone::find(eastern_name);
  return zone;
}

WallRange wall_range(Window window) {
  auto from = eastern().to_local(std::chrono::floor<std::chrono::seconds>(window.from));
  if (is_repeated(from)) from = std::chrono::floor<std::chrono::hours>(from) - 1s;
  auto to = eastern().to_local(std::chrono::ceil<std::chrono::seconds>(window.to));
  if (is_repeated(to)) to = std::chrono::floor<std::chrono::hours>(to) + 1h;
  return {wall_text(from), wall_text(to)};
}

Window shown_by(const WallRange& range) {
  const auto read = [](const std::string& text) {
    const auto time = std::chrono::floor<std::chrono::microseconds>(*parse_time(text + "Z"));
    return eastern().to_time(LocalTime(time.time_since_epoch()));
  };
  return {read(range.from).earliest, read(range.to).latest + 1s};
}

bool is_repeated(Time time) {
  return is_repeated(eastern().to_local(time));
}

std::array<std::string, 3> todates_of_repeated(Time time) {
  const auto local = eastern().to_local(time);
  const auto before = eastern().to_local(time - 1s);
  return {wall_text(local), wall_text(before), wall_text(std::chrono::floor<std::chrono::hours>(local))};
}

bool seventh_digit(std::string_view time, std::string& out) {
  const auto parsed = parse_time(time);
  if (!parsed) return false;
  const auto nanoseconds = parsed->time_since_epoch() % 1us;
  out.push_back(static_cast<char>('0' + (nanoseconds + 1us) % 1us / 100ns));
  return true;
}

bool day_number(std::string_view date, std::string& out) {
  const auto parsed = parse_day(date.substr(0, 10));
  if (!parsed) return false;
  const std::chrono::year_month_day ymd(*parsed);
  const auto month_and_day = static_cast<unsigned>(ymd.month()) * 100 + static_cast<unsigned>(ymd.day());
  fmt::format_to(std::back_inserter(out), "{}",
                 static_cast<int>(ymd.year()) * 10'000 + static_cast<int>(month_and_day));
  return true;
}

}  // namespace postmark
