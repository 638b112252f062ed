// What Tapster requests in a sync of the sandbox, and the responses in files, for Nginx to serve.
#pragma once

#include <chrono>
#include <filesystem>
#include <string>
#include <vector>

#include "account.hpp"
#include "support/process.hpp"
#include "support/temporary_directory.hpp"

namespace tapster::bench {

using Targets = std::vector<std::string>;

// Arguments of `read`.
inline const Arguments one_stream{"--select", "messages_outbound"};

// The data of one account, and the responses to the requests that were recorded. One thread at a time.
class Recording {
 public:
  // An account with so many messages over some days, up to some hours ago.
  Recording(int64_t messages, int days);

  // Runs `tapster read` against the sandbox. Returns its requests in order, and keeps the responses.
  Targets record(const Arguments& more, const std::filesystem::path& output = "/dev/null");

  // The command of the same sync against another server, with the clock of the recording. It requests the
  // same, because --until fixes what depends on the time.
  [[nodiscard]] Arguments read(const std::string& base_url, const Arguments& more) const;

  // The time of the newest message, or a time after it, for --until.
  [[nodiscard]] std::string hours_later(int hours) const;

  // The command of curl that requests the same targets, with as many connections.
  [[nodiscard]] Arguments curl(const std::string& base_url, const Targets& targets, int jobs) const;

  [[nodiscard]] const std::filesystem::path& files() const { return files_; }
  [[nodiscard]] const sandbox::Account& account() const { return account_; }
  // A file for this purpose. It is removed with the recording.
  [[nodiscard]] std::filesystem::path scratch(std::string_view name) const { return directory_ / name; }

 private:
  TemporaryDirectory directory_;
  std::filesystem::path files_;
  std::chrono::sys_seconds now_;
  std::chrono::sys_days start_;
  sandbox::Account account_;
};

}  // namespace tapster::bench
