// Runs of the real program with the tests' own connectors.
#pragma once

#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <string>
#include <tapster/json.hpp>
#include <vector>

#include "paths.hpp"
#include "support/process.hpp"
#include "system/exit_code.hpp"
#include "temporary.hpp"

namespace tapster::host {

namespace fs = std::filesystem;

class Program : public testing::Test {
 protected:
  Finished run(const Arguments& arguments, const Environment& environment = {},
               const std::string& program = paths::tapster) {
    return start(arguments, environment, program)->wait();
  }
  std::unique_ptr<Process> start(const Arguments& arguments, const Environment& environment = {},
                                 const std::string& program = paths::tapster) {
    return std::make_unique<Process>(
        program, arguments, ProcessOptions{.environment = with_plugins(environment), .has_pipe = true});
  }
  std::string config(const std::string& text) { return directory_.write("config.json", text).string(); }

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
  for (const auto& line : lines_of(text)) {
    auto object = parse_json_object(line, line);
    EXPECT_TRUE(object) << (object ? "" : object.error().message);
    if (object) objects.push_back(*std::move(object));
  }
  return objects;
}

inline std::string last_line(const std::string& text) {
  std::string last;
  for (const auto& line : lines_of(text)) {
    if (!line.starts_with("  | ")) last = line;
  }
  return last;
}

// The program ends with `code`, says why in a last line at CRITICAL that has `words`, and writes nothing to
// standard output.
inline void expect_failure(const Finished& ended, Exit code, const std::string& words) {
  EXPECT_EQ(ended.exit, static_cast<int>(code)) << ended.err;
  EXPECT_EQ(ended.out, "");
  EXPECT_NE(last_line(ended.err).find(" CRITICAL "), std::string::npos) << ended.err;
  EXPECT_NE(ended.err.find(words), std::string::npos) << ended.err;
}

}  // namespace tapster::host
