#include "commands/run_files.hpp"

#include <fmt/format.h>

#include <filesystem>
#include <optional>
#include <string_view>
#include <vector>

#include "system/file.hpp"

namespace tapster::host {

namespace {

namespace fs = std::filesystem;

struct RunFile {
  std::string_view option;
  fs::path path;
};

// Where a path leads; empty if that is not known.
fs::path target_of(const fs::path& path) {
  std::error_code error;
  auto target = fs::weakly_canonical(fs::absolute(follow_links(path), error), error);
  return error ? fs::path() : target;
}

// Whether both names lead to one file. Devices, pipes, and names such as /dev/stderr, may be given twice.
bool is_same_file(const fs::path& one, const fs::path& other) {
  std::error_code error;
  for (const auto* open_files : {"/dev/", "/proc/"}) {
    if (one.string().starts_with(open_files)) return false;
  }
  if (fs::exists(one, error) && !fs::is_regular_file(one, error)) return false;
  if (fs::equivalent(one, other, error)) return true;
  const auto target = target_of(one);
  return !target.empty() && target == target_of(other);
}

void add(std::vector<RunFile>& files, std::string_view option, const std::optional<fs::path>& path) {
  if (path && *path != "-") files.push_back({option, *path});
}

Outcome<void> check_distinct(const Options& options) {
  std::vector<RunFile> written;
  add(written, "--state-file", options.state_file);
  add(written, "--credentials", options.credentials);
  add(written, "--summary", options.summary);
  add(written, "--metrics", options.metrics);
  add(written, "--rejects", options.rejects);
  std::vector<RunFile> others;
  for (const auto& config : options.config) {
    if (config != "ENV") add(others, "--config", config);
  }
  add(others, "--catalog", options.catalog);
  add(others, "--state", options.state);
  add(others, "--plan", options.plan_file);
  for (const auto& file : written) {
    for (const auto& other : others) {
      if (is_same_file(file.path, other.path))
        return fail(Exit::usage, fmt::format("{} and {} are both {}: give {} a file of its own", file.option,
                                             other.option, file.path.string(), file.option));
    }
    others.push_back(file);
  }
  return {};
}

}  // namespace

Outcome<void> check_run_files(const Options& options) {
  for (const auto& file : {options.summary, options.metrics}) {
    if (!file) continue;
    if (auto writable = check_writable(*file); !writable) return writable;
  }
  if (options.metrics) {
    if (auto replaceable = check_replaceable(*options.metrics); !replaceable) return replaceable;
  }
  return check_distinct(options);
}

}  // namespace tapster::host
