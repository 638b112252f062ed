#include "recording.hpp"

#include <fmt/chrono.h>
#include <fmt/format.h>

#include <stdexcept>

#include "nginx.hpp"
#include "paths.hpp"
#include "server.hpp"
#include "support/files.hpp"

namespace tapster::bench {

namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto token = "sandbox-token";

// A full hour, long enough ago that every row has settled, in a second sync of an hour later too.
std::chrono::sys_seconds some_hours_ago() {
  return std::chrono::floor<std::chrono::hours>(std::chrono::system_clock::now()) - 3h;
}

}  // namespace

Recording::Recording(int64_t messages, int days)
    : files_(directory_ / "files"),
      now_(some_hours_ago()),
      start_(std::chrono::floor<std::chrono::days>(now_) - std::chrono::days(days + 1)),
      account_({.messages = messages, .days = days, .retention_days = 365, .now = sandbox::Time(now_)}) {}

std::string Recording::hours_later(int hours) const {
  return fmt::format("{:%Y-%m-%dT%H:%M:%SZ}", fmt::gmtime(now_ + std::chrono::hours(hours)));
}

Arguments Recording::read(const std::string& base_url, const Arguments& more) const {
  const auto config = scratch(fmt::format("config-{}.json", base_url.substr(base_url.rfind(':') + 1)));
  write_file(config,
             fmt::format(R"({{"postmark_server_token":"{}","start_date":"{:%Y-%m-%d}","base_url":"{}"}})",
                         token, fmt::gmtime(start_), base_url));
  Arguments words{paths::tapster, "read", "postmark", "-q", "--config", config.string()};
  words.insert(words.end(), more.begin(), more.end());
  if (std::find(more.begin(), more.end(), "--until") == more.end())
    words.insert(words.end(), {"--until", hours_later(0)});
  return words;
}

Targets Recording::record(const Arguments& more, const fs::path& output) {
  const sandbox::Api api(account_, {.token = token});
  const sandbox::Server server(api);
  const auto words = read(server.base_url(), more);
  const auto ran = run_program(words.front(), {words.begin() + 1, words.end()}, {.output_file = output});
  if (ran.exit != 0) throw std::runtime_error(fmt::format("{} failed\n{}", fmt::join(words, " "), ran.err));
  auto targets = server.requests();
  for (const auto& target : targets) {
    const auto file = files_ / file_of(target);
    if (fs::exists(file)) continue;
    const auto answer = api.get(target, token);
    if (answer.status != 200)
      throw std::runtime_error(fmt::format("the sandbox answered {} to {}", answer.status, target));
    fs::create_directories(file.parent_path());
    write_file(file, answer.body);
  }
  return targets;
}

Arguments Recording::curl(const std::string& base_url, const Targets& targets, int jobs) const {
  const auto list = scratch("urls");
  std::string urls;
  for (const auto& target : targets)
    urls += fmt::format("url = \"{}{}\"\noutput = \"/dev/null\"\n", base_url, target);
  write_file(list, urls);
  return {"curl",
          "-s",
          "--fail",
          "--parallel",
          "--parallel-immediate",
          "--parallel-max",
          std::to_string(jobs),
          "--config",
          list.string()};
}

}  // namespace tapster::bench
