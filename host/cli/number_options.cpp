#include "cli/number_options.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cmath>
#include <map>

namespace tapster::host {

namespace {

constexpr uint64_t most_bytes = INT64_MAX;

template <class Number>
std::optional<Number> parse_all(std::string_view text) {
  Number number{};
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  const bool is_all = error == std::errc() && end == text.data() + text.size();
  return is_all ? std::optional(number) : std::nullopt;
}

}  // namespace

CLI::Validator whole_number(uint64_t least, uint64_t most) {
  return CLI::Validator(
      [=](std::string& text) {
        const auto number = parse_all<uint64_t>(text);
        if (number && *number >= least && *number <= most) return std::string();
        return fmt::format("must be a whole number from {} to {}, but is \"{}\"", least, most, text);
      },
      "N");
}

CLI::Validator seconds_up_to(double most) {
  return CLI::Validator(
      [=](std::string& text) {
        const auto number = parse_all<double>(text);
        if (number && std::isfinite(*number) && *number >= 0 && *number <= most) return std::string();
        return fmt::format("must be a number of seconds from 0 to {}, but is \"{}\"", most, text);
      },
      "SECONDS");
}

CLI::Validator positive_number(double most) {
  return CLI::Validator(
      [=](std::string& text) {
        const auto number = parse_all<double>(text);
        if (number && *number > 0 && *number <= most) return std::string();
        return fmt::format("must be a number above 0 and at most {}, but is \"{}\"", most, text);
      },
      "N");
}

CLI::Validator duration() {
  return CLI::Validator(
      [](std::string& text) {
        const std::map<char, uint64_t> seconds{{'s', 1}, {'m', 60}, {'h', 3'600}, {'d', 86'400}};
        const auto unit = text.empty() ? seconds.end() : seconds.find(text.back());
        const auto number =
            unit == seconds.end() ? std::nullopt : parse_all<uint64_t>(text.substr(0, text.size() - 1));
        if (!number || *number == 0 || *number > uint64_t{366} * 86'400 / unit->second)
          return fmt::format("must be a time such as 30s, 5m, 1h or 1d, but is \"{}\"", text);
        text = std::to_string(*number * unit->second);
        return std::string();
      },
      "DURATION");
}

CLI::Validator share() {
  return CLI::Validator(
      [](std::string& text) {
        constexpr size_t most = 10'000;
        const auto [index, count] = parse_share(text);
        if (index >= 1 && index <= count && count <= most) return std::string();
        return fmt::format("must be a share such as 3/8, the third of eight, of at most {}, but is \"{}\"",
                           most, text);
      },
      "I/N");
}

std::pair<size_t, size_t> parse_share(std::string_view text) {
  const auto slash = std::min(text.find('/'), text.size());
  const auto count = parse_all<size_t>(text.substr(std::min(slash + 1, text.size())));
  return {parse_all<size_t>(text.substr(0, slash)).value_or(0), count.value_or(0)};
}

CLI::Validator file_size() {
  return CLI::Validator(
      [](std::string& text) {
        const auto bytes = parse_size(text);
        if (!bytes) return fmt::format("must be a size such as 100MB or 1GiB, but is \"{}\"", text);
        text = std::to_string(*bytes);
        return std::string();
      },
      "SIZE");
}

std::optional<uint64_t> parse_size(std::string_view text) {
  const auto digits = std::min(text.find_first_not_of("0123456789"), text.size());
  const auto number = parse_all<uint64_t>(text.substr(0, digits));
  if (!number || *number == 0) return std::nullopt;
  std::string unit(text.substr(digits));
  std::transform(unit.begin(), unit.end(), unit.begin(), [](unsigned char c) { return std::tolower(c); });
  if (unit.ends_with('b')) unit.pop_back();
  const auto power = unit.empty() ? 0 : std::string_view("kmgt").find(unit.front()) + 1;
  const bool is_binary = unit.size() == 2 && unit.back() == 'i';
  if ((!unit.empty() && power == 0) || unit.size() > (is_binary ? 2U : 1U)) return std::nullopt;
  uint64_t bytes = *number;
  for (size_t i = 0; i < power; ++i) {
    if (bytes > most_bytes / (is_binary ? 1024U : 1000U)) return std::nullopt;
    bytes *= is_binary ? 1024U : 1000U;
  }
  return bytes <= most_bytes ? std::optional(bytes) : std::nullopt;
}

}  // namespace tapster::host
