// A log for tests, and the content of stream folders.
#pragma once

#include <unistd.h>

#include <cstdio>
#include <filesystem>
#include <memory>
#include <set>
#include <string>

#include "report/log.hpp"
#include "support/files.hpp"
#include "support/temporary_directory.hpp"
#include "system/clock.hpp"

namespace tapster::host {

// The content of all parts in a stream's folder, in the order of their names.
inline std::string parts_content(const std::filesystem::path& folder) {
  std::set<std::filesystem::path> parts;
  std::error_code none;
  for (const auto& entry : std::filesystem::directory_iterator(folder, none)) {
    const auto name = entry.path().filename().string();
    if (!name.starts_with('.') && name != "schema.json") parts.insert(entry.path());
  }
  std::string text;
  for (const auto& part : parts) text += content(part);
  return text;
}

// A log with readable lines. Its clock stays at 2026-11-23T12:00:00Z.
class TestLog {
 public:
  explicit TestLog(LogFormat format = LogFormat::text, Level least = Level::debug)
      : clock_(fixed_clock(Time(std::chrono::sys_days(std::chrono::year(2026) / 11 / 23)) +
                           std::chrono::hours(12))),
        file_(std::tmpfile()),
        log_(*clock_, format, least, ::fileno(file_)) {}
  TestLog(const TestLog&) = delete;
  TestLog& operator=(const TestLog&) = delete;
  ~TestLog() { std::fclose(file_); }

  Log& log() { return log_; }
  Clock& clock() { return *clock_; }
  [[nodiscard]] std::string text() const {
    std::string text(static_cast<size_t>(std::filesystem::file_size(path())), '\0');
    const auto size = ::pread(::fileno(file_), text.data(), text.size(), 0);
    text.resize(size < 0 ? 0 : static_cast<size_t>(size));
    return text;
  }

 private:
  [[nodiscard]] std::filesystem::path path() const {
    return "/proc/self/fd/" + std::to_string(::fileno(file_));
  }

  std::unique_ptr<Clock> clock_;
  std::FILE* file_;
  Log log_;
};

}  // namespace tapster::host
