// One of the syncs that a soak repeats: its settings, its state, and the rows that its reader has.
#pragma once

#include <csignal>
#include <filesystem>
#include <string>

#include "expected.hpp"
#include "plan.hpp"

namespace tapster::soak {

class Pipeline {
 public:
  // Keeps its files in `directory`.
  Pipeline(Way way, std::filesystem::path directory);

  struct Run {
    int exit = -1;  // the exit code, or 128 + the signal that ended it
    std::string err;
    std::string text;         // of the pipe: the complete lines that its reader got
    bool has_left = false;    // the reader, before the end
    bool was_killed = false;  // at the record that the round names
  };

  // The config, for a server at this address.
  void configure(std::string_view first_day, std::string_view base_url) const;
  // One run of the program at this time. `started` is called with its process.
  Run run(const Round& round, std::string_view now, std::string_view until,
          const std::function<void(pid_t)>& started);

  // The state that the next run starts with; an empty object if there is none yet.
  [[nodiscard]] boost::json::object state() const;
  // The rows in the files, without what an interrupted run left: a run on a copy, which reaches no server,
  // has removed that.
  [[nodiscard]] e2e::Tables files(bool was_interrupted, size_t& doubled) const;

  [[nodiscard]] Way way() const { return way_; }
  [[nodiscard]] bool has_files() const { return way_ == Way::files || way_ == Way::files_once; }
  // Whether it reads the stream.
  [[nodiscard]] bool reads(std::string_view stream) const;

  e2e::Tables rows;  // what its reader has
  size_t lines = 0;  // in files

 private:
  [[nodiscard]] std::vector<std::string> arguments(const std::filesystem::path& directory) const;
  static void drain(int pipe, const Round& round, pid_t program, Run& run);

  Way way_;
  std::filesystem::path directory_;
};

}  // namespace tapster::soak
