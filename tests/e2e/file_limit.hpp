// Runs the real program with the real plugin, as a person or a scheduler would.
#pragma once

#include <sys/resource.h>
#include <sys/types.h>

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "paths.hpp"

namespace tapster::e2e {

// How a run of the program went.
struct Finished {
  int exit = -1;  // the exit code, or 128 + the signal that ended it
  std::string out, err;
};

// A process that may be killed while it runs. Its output goes to files, so that it never waits for the test.
class Process {
 public:
  // Starts tapster with these arguments. `environment` is added to the test's own; `standard_output` is a
  // file to write to instead; `program` is the name to start it by.
  Process(const std::vector<std::string>& arguments, const std::map<std::string, std::string>& environment,
          const std::filesystem::path& directory, const std::filesystem::path& standard_output = {},
          const std::string& program = paths::tapster);
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  void signal(int number) const;
  // Waits for its end.
  Finished wait();
  [[nodiscard]] pid_t id() const { return id_; }

 private:
  std::filesystem::path out_, err_;
  pid_t id_ = -1;
};

// While it lives, files that this process and those it starts write cannot grow past this many bytes.
class FileLimit {
 public:
  explicit FileLimit(int64_t bytes);
  FileLimit(const FileLimit&) = delete;
  FileLimit& operator=(const FileLimit&) = delete;
  ~FileLimit();

 private:
  rlimit before_{};
};

// A directory of its own for a test, removed at its end.
class Directory {
 public:
  Directory();
  ~Directory();
  Directory(const Directory&) = delete;
  Directory& operator=(const Directory&) = delete;
  [[nodiscard]] std::filesystem::path operator/(std::string_view name) const { return path_ / name; }
  [[nodiscard]] const std::filesystem::path& path() const { return path_; }

 private:
  std::filesystem::path path_;
};

void write_file(const std::filesystem::path& path, std::string_view text);
std::string read_file(const std::filesystem::path& path);
std::vector<std::string> lines_of(std::string_view text);

}  // namespace tapster::e2e
