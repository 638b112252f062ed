// Runs of the real program with the tests' own connectors.
#pragma once

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <csignal>
#include <map>
#include <memory>
#include <sstream>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "paths.hpp"
#include "system/exit_code.hpp"
#include "temporary.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

using Arguments = std::vector<std::string>;
using Environment = std::map<std::string, std::string>;

// A run of the program that has been started. Its standard output is read here, its standard error goes to a
// file.
class Process {
 public:
  Process(const Arguments& arguments, const fs::path& errors, const Environment& environment,
          const fs::path& program = paths::tapster) {
    std::array<int, 2> ends{};
    EXPECT_EQ(::pipe2(ends.data(), O_CLOEXEC), 0);
    Arguments words{program};
    words.insert(words.end(), arguments.begin(), arguments.end());
    std::vector<char*> argv;
    for (auto& word : words) argv.push_back(word.data());
    argv.push_back(nullptr);
    child_ = ::fork();
    if (child_ == 0) {
      for (const int number : {SIGINT, SIGTERM, SIGHUP})
        std::signal(number, SIG_DFL);  // a shell may have had them ignored
      ::dup2(ends[1], 1);
      ::dup2(::open(errors.c_str(), O_WRONLY | O_CREAT | O_TRUNC, 0600), 2);
      for (const auto& [name, value] : environment) ::setenv(name.c_str(), value.c_str(), 1);
      ::execv(program.c_str(), argv.data());
      ::_exit(127);
    }
    ::close(ends[1]);
    output_ = ::fdopen(ends[0], "r");
  }
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;
  ~Process() {
    if (child_ > 0) kill(SIGKILL), wait();
    close_output();
  }

  // The next line of standard output without its line break; empty at the end.
  std::string line() {
    std::string text;
    for (int c = 0; (c = std::fgetc(output_)) != EOF && c != '\n';) text.push_back(static_cast<char>(c));
    return text;
  }
  std::string rest() {
    std::string text;
    std::array<char, 65536> block{};
    for (size_t count = 0; (count = std::fread(block.data(), 1, block.size(), output_)) > 0;) {
      text.append(block.data(), count);
    }
    return text;
  }
  void close_output() {
    if (output_ != nullptr) std::fclose(output_);
    output_ = nullptr;
  }
  void kill(int signal) const { ::kill(child_, signal); }
  // The exit code, or 1000 + the signal that ended it.
  int wait() {
    int status = 0;
    ::waitpid(child_, &status, 0);
    child_ = -1;
    return WIFSIGNALED(status) ? 1000 + WTERMSIG(status) : WEXITSTATUS(status);
  }

 private:
  pid_t child_;
  std::FILE* output_;
};

struct Ended {
  int code;
  std::string output;
  std::string errors;
};

class Program : public testing::Test {
 protected:
  Ended run(const Arguments& arguments, Environment environment = {},
            const fs::path& program = paths::tapster) {
    Process process(arguments, errors_file(), with_plugins(std::move(environment)), program);
    auto output = process.rest();
    const int code = process.wait();
    return {code, std::move(output), content(errors_file())};
  }
  std::unique_ptr<Process> start(const Arguments& arguments, const fs::path& program = paths::tapster) {
    return std::make_unique<Process>(arguments, errors_file(), with_plugins({}), program);
  }
  std::string config(const std::string& text) { return directory_.write("config.json", text).string(); }
  [[nodiscard]] fs::path errors_file() const { return directory_.path() / "errors"; }

  TemporaryDirectory directory_;

 private:
  Environment with_plugins(Environment environment) {
    environment.emplace("TAPSTER_PLUGIN_PATH", std::string(paths::plugins) + ":" + paths::broken_plugins);
    environment.emplace("HOME", directory_.path().string());
    environment.emplace("XDG_DATA_HOME", "");
    return environment;
  }
};

inline std::vector<json::object> lines(const std::string& text) {
  std::vector<json::object> objects;
  std::istringstream stream(text);
  for (std::string line; std::getline(stream, line);) {
    auto object = parse_json_object(line, line);
    EXPECT_TRUE(object) << (object ? "" : object.error().message);
    if (object) objects.push_back(*std::move(object));
  }
  return objects;
}

inline std::string last_line(const std::string& text) {
  std::istringstream stream(text);
  std::string last;
  for (std::string line; std::getline(stream, line);) {
    if (!line.starts_with("  | ")) last = line;
  }
  return last;
}

// The program ends with `code`, says why in a last line at CRITICAL that has `words`, and writes nothing to
// standard output.
inline void expect_failure(const Ended& ended, Exit code, const std::string& words) {
  EXPECT_EQ(ended.code, static_cast<int>(code)) << ended.errors;
  EXPECT_EQ(ended.output, "");
  EXPECT_NE(last_line(ended.errors).find(" CRITICAL "), std::string::npos) << ended.errors;
  EXPECT_NE(ended.errors.find(words), std::string::npos) << ended.errors;
}

}  // namespace tapster::host
