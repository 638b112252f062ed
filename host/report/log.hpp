// The host's log on standard error: lines for people, or JSON lines for machines. Data is never written here.
#pragma once

#include <tapster/connector.h>
#include <mutex>
#include <string>
#include <string_view>
#include <tapster/error.hpp>
#include <vector>

#include "system/clock.hpp"

namespace tapster::host {

enum class LogFormat {
  text,  // 2026-11-23T12:00:00Z INFO     postmark messages_outbound: 12 slices; without the time on a
         // terminal
  json,  // {"level":"info","pid":1,"logger_name":"postmark","ts":1795435200.0,"app_name":"tapster","stream_name":…
};
// What else is known of a line's subject. JSON lines have it in the member "extra"; text lines do not show
// it.
struct LogFields {
  std::string_view slice;        // empty: not about one
  const Error* error = nullptr;  // its class and HTTP status
  int attempt = 0;               // of a task that is retried, from 1; 0: it is not
};

enum class Level { debug = TAPSTER_LOG_DEBUG, info, warning, error, critical };

// Safe to use from any thread. Replaces known secrets by "***", and characters that control a terminal or
// hide text by spaces. Lines of several threads do not mix, and no text line can be mistaken for a Singer
// message.
class Log {
 public:
  // Writes lines of at least the level `least` to the open file `descriptor`, which must outlive the log.
  Log(const Clock& clock, LogFormat format, Level least, int descriptor = 2);
  Log(const Log&) = delete;
  Log& operator=(const Log&) = delete;

  // One line; `stream` is empty if the message is not about one. `logger` is the connector's name, or
  // "tapster". If a message has several lines, the later ones are indented and marked with a bar.
  void write(Level level, std::string_view logger, std::string_view stream, std::string_view message,
             const LogFields& fields = {});
  void debug(std::string_view message) { write(Level::debug, "tapster", {}, message); }
  void info(std::string_view message) { write(Level::info, "tapster", {}, message); }
  void warning(std::string_view message) { write(Level::warning, "tapster", {}, message); }
  void error(std::string_view message) { write(Level::error, "tapster", {}, message); }
  void critical(std::string_view message) { write(Level::critical, "tapster", {}, message); }

  // Logs a line from the standard error of a program that we run, at any minimum level: the line itself, or a
  // JSON line with it as the message and `program` as the logger.
  void relay(std::string_view program, std::string_view line);

  // Hides a text from now on, such as the value of a secret setting, in all its forms: see secrets.hpp.
  void hide(std::string_view secret);
  // `text` with every known secret replaced.
  [[nodiscard]] std::string redact(std::string text) const;

  // Shares the terminal with the progress display, which removes its lines before a log line is written and
  // draws them again after it. Null for no display.
  struct Screen {
    virtual ~Screen() = default;
    virtual void clear() = 0;
    virtual void redraw() = 0;
  };
  void set_screen(Screen* screen);

 private:
  void put(std::string_view line);
  [[nodiscard]] std::string text_line(Level level, std::string_view logger, std::string_view stream,
                                      std::string_view message) const;
  [[nodiscard]] std::string json_line(Level level, std::string_view logger, std::string_view stream,
                                      std::string_view message, const LogFields& fields) const;

  [[nodiscard]] std::string extra(const LogFields& fields) const;

  const Clock& clock_;
  const LogFormat format_;
  const Level least_;
  const int descriptor_;
  const bool terminal_;
  const bool colour_;
  mutable std::mutex secrets_mutex_;
  std::vector<std::string> secrets_;  // in all their forms
  std::mutex screen_mutex_;           // one line at a time
  Screen* screen_ = nullptr;
};

}  // namespace tapster::host
