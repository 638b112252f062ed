// Runs programs as a shell or a scheduler does, and captures their output.
#pragma once

#include <sys/types.h>

#include <chrono>
#include <cstdio>
#include <filesystem>
#include <map>
#include <string>
#include <vector>

namespace tapster {

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// How a program ended.
struct Finished {
  int exit = -1;         // the exit code, or 128 + `signal`
  int signal = 0;        // the signal that ended it, or 0
  std::string out, err;  // what it wrote to standard output and standard error
};

struct ProcessOptions {
  Environment environment = {};            // added to the environment of the test
  std::filesystem::path directory = {};    // the working directory; empty for that of the test
  std::string input = {};                  // standard input
  std::filesystem::path output_file = {};  // where standard output goes instead of Finished::out
  bool has_pipe = false;                   // standard output is a pipe, which `line` reads
  bool joins_outputs = false;              // standard error goes where standard output goes
};

// A running program. Without a pipe its output goes to unnamed files, so it never waits for the test. Signals
// have their default actions, whatever the test itself ignores. It is killed with the object.
class Process {
 public:
  // A program without a slash in its name is searched for in PATH. Throws if it cannot be started.
  Process(const std::string& program, const Arguments& arguments, const ProcessOptions& options = {});
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process();

  [[nodiscard]] pid_t id() const { return id_; }
  void signal(int number) const;
  // The next line of the pipe, without its line break. Empty at the end.
  std::string line();
  void close_pipe();
  // What it has written to standard error so far.
  [[nodiscard]] std::string err() const;
  // Whether it ends within this time.
  [[nodiscard]] bool ends_within(std::chrono::milliseconds time) const;
  // Reads the rest of the pipe and waits for the end.
  Finished wait();

 private:
  pid_t id_ = -1;
  std::FILE* pipe_ = nullptr;
  int out_ = -1, err_ = -1;  // the unnamed files
};

// The most memory that a running process has used, in MiB. 0 if it has ended.
double peak_memory(pid_t process);

// Runs a program to its end.
Finished run_program(const std::string& program, const Arguments& arguments,
                     const ProcessOptions& options = {});
// The same with a command of the shell.
Finished run_shell(const std::string& command, const ProcessOptions& options = {});

}  // namespace tapster
