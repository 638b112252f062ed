#include "report/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <cstdlib>
#include <tapster/json.hpp>
#include "system/terminal.hpp"

namespace tapster::host {

namespace {

constexpr size_t shortest_secret = 4;

struct LevelName {
  std::string_view text;
  std::string_view json;
  std::string_view colour;  // an ANSI sequence
};

const LevelName& name_of(Level level) {
  static constexpr std::array<LevelName, 5> names{{{"DEBUG", "debug", "\033[2m"},
                                                   {"INFO", "info", "\033[32m"},
                                                   {"WARNING", "warning", "\033[33m"},
                                                   {"ERROR", "error", "\033[31m"},
                                                   {"CRITICAL", "critical", "\033[1;31m"}}};
  return names[static_cast<size_t>(level)];
}

// The number of bytes of the UTF-8 character that `text` starts with; 0 where it is none.
size_t character_size(std::string_view text) {
  const auto byte = [&](size_t i) { return static_cast<unsigned char>(text[i]); };
  const unsigned char first = byte(0);
  if (first < 0x80) return 1;
  const size_t size = first >= 0xF0 ? 4 : first >= 0xE0 ? 3 : 2;
  if (first < 0xC2 || first > 0xF4 || text.size() < size) return 0;
  // The second byte's range keeps out overlong forms, surrogates and what lies past U+10FFFF.
  const unsigned char low = first == 0xE0 ? 0xA0 : first == 0xF0 ? 0x90 : 0x80;
  const unsigned char high = first == 0xED ? 0x9F : first == 0xF4 ? 0x8F : 0xBF;
  if (byte(1) < low || byte(1) > high) return 0;
  for (size_t i = 2; i < size; ++i) {
    if (byte(i) < 0x80 || byte(i) > 0xBF) return 0;
  }
  return size;
}

// A message may quote what a source sent: make it UTF-8 whatever it was.
std::string to_utf8(std::string_view text) {
  std::string out;
  out.reserve(text.size());
  while (!text.empty()) {
    const auto size = character_size(text);
    out.append(size == 0 ? std::string_view("\xEF\xBF\xBD") : text.substr(0, size));
    text.remove_prefix(std::max<size_t>(size, 1));
  }
  return out;
}

// ... and keep it from steering the terminal, or from starting a line of its own.
std::string to_lines(std::string_view text) {
  while (!text.empty() && text.back() == '\n') text.remove_suffix(1);
  std::string out;
  for (const char c : text) {
    if (c == '\n') {
      out += "\n  | ";
    } else if (static_cast<unsigned char>(c) < 0x20 || c == 0x7F) {
      out += ' ';
    } else {
      out += c;
    }
  }
  return out;
}

void write_all(int descriptor, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(descriptor, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return;  // there is nobody left to tell
    text.remove_prefix(static_cast<size_t>(written));
  }
}

}  // namespace

Log::Log(const Clock& clock, LogFormat format, Level least, int descriptor)
    : clock_(clock),
      format_(format),
      least_(least),
      descriptor_(descriptor),
      terminal_(::isatty(descriptor) == 1),
      colour_(wants_colour(descriptor)) {}

void Log::write(Level level, std::string_view logger, std::string_view stream, std::string_view message) {
  if (level < least_) return;
  const auto clean = to_utf8(redact(std::string(message)));
  const auto line = format_ == LogFormat::json ? json_line(level, logger, stream, clean)
                                               : text_line(level, logger, stream, clean);
  put(line);
}

void Log::relay(std::string_view program, std::string_view line) {
  const auto clean = redact(std::string(line));
  put(format_ == LogFormat::json ? json_line(Level::info, program, {}, to_utf8(clean)) : clean + "\n");
}

void Log::put(std::string_view line) {
  const std::lock_guard lock(screen_mutex_);
  if (screen_ != nullptr) screen_->clear();
  write_all(descriptor_, line);
  if (screen_ != nullptr) screen_->redraw();
}

std::string Log::text_line(Level level, std::string_view logger, std::string_view stream,
                           std::string_view message) const {
  const auto& name = name_of(level);
  const std::string_view on = colour_ ? name.colour : "";
  const std::string_view off = colour_ ? "\033[0m" : "";
  const auto time =
      terminal_ ? std::string() : format_time(std::chrono::floor<std::chrono::seconds>(clock_.now())) + " ";
  return fmt::format("{}{}{:<8}{} {}{}{}: {}\n", time, on, name.text, off, to_lines(logger),
                     stream.empty() ? "" : " ", to_lines(stream), to_lines(message));
}

std::string Log::json_line(Level level, std::string_view logger, std::string_view stream,
                           std::string_view message) const {
  auto line = fmt::format(R"({{"level":"{}","pid":{},"logger_name":)", name_of(level).json, ::getpid());
  append_json_string(line, logger);
  line += fmt::format(R"(,"ts":{:.6f},"thread_name":null,"app_name":"tapster","stream_name":)",
                      std::chrono::duration<double>(clock_.now().time_since_epoch()).count());
  if (stream.empty())
    line += "null";
  else
    append_json_string(line, stream);
  line += ",\"message\":";
  append_json_string(line, message);
  line += ",\"extra\":{}}\n";
  return line;
}

void Log::hide(std::string secret) {
  if (secret.size() < shortest_secret) return;
  const std::lock_guard lock(secrets_mutex_);
  secrets_.push_back(std::move(secret));
  std::sort(secrets_.begin(), secrets_.end(),
            [](const auto& a, const auto& b) { return a.size() > b.size(); });
}

std::string Log::redact(std::string text) const {
  const std::lock_guard lock(secrets_mutex_);
  for (const auto& secret : secrets_) {
    for (auto at = text.find(secret); at != std::string::npos; at = text.find(secret, at + 3)) {
      text.replace(at, secret.size(), "***");
    }
  }
  return text;
}

void Log::set_screen(Screen* screen) {
  const std::lock_guard lock(screen_mutex_);
  screen_ = screen;
}

}  // namespace tapster::host
