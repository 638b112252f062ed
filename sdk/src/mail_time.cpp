#include <array>
#include <charconv>
#include <string>
#include <tapster/mail_time.hpp>

#include "time_range.hpp"

namespace tapster {

namespace {

using namespace std::chrono_literals;

constexpr std::array<std::string_view, 7> week{"sun", "mon", "tue", "wed", "thu", "fri", "sat"};
constexpr std::array<std::string_view, 12> months{"jan", "feb", "mar", "apr", "may", "jun",
                                                  "jul", "aug", "sep", "oct", "nov", "dec"};

struct NamedZone {
  std::string_view name;
  std::chrono::hours behind;  // its time plus this is UTC
};
// The one-letter military zones are missing, except for Z: RFC 822 had their signs wrong, so their meaning is
// unclear.
constexpr std::array<NamedZone, 12> zones{{{"ut", 0h},
                                           {"utc", 0h},
                                           {"gmt", 0h},
                                           {"z", 0h},
                                           {"edt", 4h},
                                           {"est", 5h},
                                           {"cdt", 5h},
                                           {"cst", 6h},
                                           {"mdt", 6h},
                                           {"mst", 7h},
                                           {"pdt", 7h},
                                           {"pst", 8h}}};

bool is_digit(char c) {
  return c >= '0' && c <= '9';
}
bool is_letter(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
}

// Splits a header into tokens. White space and comments may be between any two.
class Tokens {
 public:
  explicit Tokens(std::string_view text) : rest_(text) { skip(); }

  [[nodiscard]] bool at_end() const { return rest_.empty(); }

  bool take(char expected) {
    if (rest_.empty() || rest_.front() != expected) return false;
    rest_.remove_prefix(1);
    skip();
    return true;
  }

  // Takes a word, in lower case; empty if the next token is not a word.
  std::string word() {
    std::string text(front(is_letter));
    for (auto& c : text) c = static_cast<char>(c | 0x20);
    return text;
  }

  struct Number {
    int value;
    size_t digits;
  };
  std::optional<Number> number(size_t least, size_t most) {
    const auto text = front(is_digit);
    if (text.size() < least || text.size() > most) return std::nullopt;
    int value = 0;
    std::from_chars(text.data(), text.data() + text.size(), value);
    return Number{value, text.size()};
  }

 private:
  template <class Is>
  std::string_view front(Is is) {
    size_t size = 0;
    while (size < rest_.size() && is(rest_[size])) ++size;
    const auto text = rest_.substr(0, size);
    rest_.remove_prefix(size);
    skip();
    return text;
  }

  // Skips white space and comments. A comment may contain comments, and a backslash before any character. If
  // a comment does not end, the rest becomes "(", which is not a token.
  void skip() {
    size_t depth = 0;
    for (; !rest_.empty(); rest_.remove_prefix(1)) {
      const char c = rest_.front();
      if (c == '(') ++depth;
      if (c == ')' && depth-- == 0) return;
      if (depth > 0 && c == '\\' && rest_.size() > 1) rest_.remove_prefix(1);
      const bool is_blank = c == ' ' || c == '\t' || c == '\r' || c == '\n';
      if (depth == 0 && c != ')' && !is_blank) return;
    }
    if (depth > 0) rest_ = "(";
  }

  std::string_view rest_;
};

template <size_t size>
std::optional<unsigned> index_of(const std::array<std::string_view, size>& names, std::string_view name) {
  for (unsigned i = 0; i < size; ++i) {
    if (names[i] == name) return i;
  }
  return std::nullopt;
}

std::optional<Day> take_day(Tokens& tokens) {
  if (const auto name = tokens.word(); !name.empty() && !(index_of(week, name) && tokens.take(',')))
    return std::nullopt;
  const auto day = tokens.number(1, 2);
  const auto month = index_of(months, tokens.word());
  const auto year = tokens.number(2, 4);
  if (!day || !month || !year) return std::nullopt;
  // https://www.rfc-editor.org/rfc/rfc5322#section-4.3
  const int century = year->digits == 4 ? 0 : year->digits == 2 && year->value < 50 ? 2000 : 1900;
  const std::chrono::year_month_day date(std::chrono::year(century + year->value),
                                         std::chrono::month(*month + 1),
                                         std::chrono::day(static_cast<unsigned>(day->value)));
  if (!date.ok() || date.year() < std::chrono::year(1678) || date.year() > std::chrono::year(2261))
    return std::nullopt;
  return Day(date);
}

std::optional<std::chrono::seconds> take_clock(Tokens& tokens) {
  const auto hours = tokens.number(1, 2);
  if (!hours || hours->value > 23 || !tokens.take(':')) return std::nullopt;
  const auto minutes = tokens.number(2, 2);
  if (!minutes || minutes->value > 59) return std::nullopt;
  const auto time = std::chrono::hours(hours->value) + std::chrono::minutes(minutes->value);
  if (!tokens.take(':')) return time;
  const auto seconds = tokens.number(2, 2);
  // A leap second counts as the next second, as in parse_time.
  if (!seconds || seconds->value > 60) return std::nullopt;
  return time + std::chrono::seconds(seconds->value);
}

// Takes a zone. Its time plus the result is UTC.
std::optional<std::chrono::minutes> take_zone(Tokens& tokens) {
  const bool is_behind = tokens.take('-');
  if (is_behind || tokens.take('+')) {
    const auto offset = tokens.number(4, 4);
    if (!offset || offset->value % 100 > 59 || offset->value > 2359) return std::nullopt;
    const auto behind = std::chrono::hours(offset->value / 100) + std::chrono::minutes(offset->value % 100);
    return is_behind ? behind : -behind;
  }
  const auto name = tokens.word();
  for (const auto& zone : zones) {
    if (zone.name == name) return zone.behind;
  }
  return std::nullopt;
}

}  // namespace

std::optional<FineTime> parse_mail_time(std::string_view text) {
  Tokens tokens(text);
  const auto day = take_day(tokens);
  if (!day) return std::nullopt;
  const auto clock = take_clock(tokens);
  if (!clock) return std::nullopt;
  const auto behind = take_zone(tokens);
  if (!behind || !tokens.at_end()) return std::nullopt;
  return in_range(FineTime(day->time_since_epoch()) + *clock + *behind);
}

}  // namespace tapster
