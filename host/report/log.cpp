#include "report/log.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <array>
#include <tapster/json.hpp>
#include <tapster/secrets.hpp>

#include "report/printable.hpp"
#include "system/descriptor.hpp"
#include "system/terminal.hpp"

namespace tapster::host {

namespace {

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

}  // namespace

Log::Log(const Clock& clock, LogFormat format, Level least, int descriptor)
    : clock_(clock),
      format_(format),
      least_(least),
      descriptor_(descriptor),
      terminal_(::isatty(descriptor) == 1),
      colour_(wants_colour(descriptor)) {}

void Log::write(Level level, std::string_view logger, std::string_view stream, std::string_view message,
                const LogFields& fields) {
  if (level < least_) return;
  const auto safe = redact(std::string(message));
  put(format_ == LogFormat::json ? json_line(level, logger, stream, safe, fields)
                                 : text_line(level, logger, stream, safe));
}

void Log::relay(std::string_view program, std::string_view line) {
  const auto safe = redact(std::string(line));
  put(format_ == LogFormat::json ? json_line(Level::info, program, {}, safe, {}) : printable(safe) + "\n");
}

void Log::put(std::string_view line) {
  const std::lock_guard lock(screen_mutex_);
  if (screen_ != nullptr) screen_->clear();
  (void)write_all(descriptor_, line);  // an error cannot be reported anywhere else
  if (screen_ != nullptr) screen_->redraw();
}

std::string Log::text_line(Level level, std::string_view logger, std::string_view stream,
                           std::string_view message) const {
  const auto& name = name_of(level);
  const std::string_view on = colour_ ? name.colour : "";
  const std::string_view off = colour_ ? "\033[0m" : "";
  const auto time =
      terminal_ ? std::string() : format_time(std::chrono::floor<std::chrono::seconds>(clock_.now())) + " ";
  return fmt::format("{}{}{:<8}{} {}{}{}: {}\n", time, on, name.text, off, printable(logger),
                     stream.empty() ? "" : " ", printable(stream), printable(message, "\n  | "));
}

std::string Log::json_line(Level level, std::string_view logger, std::string_view stream,
                           std::string_view message, const LogFields& fields) const {
  auto line = fmt::format(R"({{"level":"{}","pid":{},"logger_name":)", name_of(level).json, ::getpid());
  append_json_string(line, without_hidden_controls(logger));
  line += fmt::format(R"(,"ts":{:.6f},"thread_name":null,"app_name":"tapster","stream_name":)",
                      std::chrono::duration<double>(clock_.now().time_since_epoch()).count());
  if (stream.empty())
    line += "null";
  else
    append_json_string(line, without_hidden_controls(stream));
  line += ",\"message\":";
  append_json_string(line, without_hidden_controls(message));
  line += ",\"extra\":" + extra(fields) + "}\n";
  return line;
}

std::string Log::extra(const LogFields& fields) const {
  json::object extra;
  if (!fields.slice.empty()) extra["slice"] = without_hidden_controls(redact(std::string(fields.slice)));
  if (fields.error != nullptr) {
    extra["error_class"] = to_string(fields.error->status);
    if (fields.error->http_status != 0) extra["http_status"] = fields.error->http_status;
  }
  if (fields.attempt != 0) extra["attempt"] = fields.attempt;
  return json::serialize(extra);
}

void Log::hide(std::string_view secret) {
  const std::lock_guard lock(secrets_mutex_);
  add_forms(secrets_, secret);
}

std::string Log::redact(std::string text) const {
  const std::lock_guard lock(secrets_mutex_);
  return redacted(std::move(text), secrets_);
}

void Log::set_screen(Screen* screen) {
  const std::lock_guard lock(screen_mutex_);
  screen_ = screen;
}

}  // namespace tapster::host
