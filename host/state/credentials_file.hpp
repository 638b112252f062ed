// The file of --credentials: the values of settings that a source has replaced, such as refresh tokens.
#pragma once

#include <filesystem>
#include <functional>
#include <map>
#include <string>
#include <string_view>
#include <tapster/json.hpp>
#include <vector>

#include "report/log.hpp"
#include "system/exit_code.hpp"
#include "system/locked_file.hpp"

namespace tapster::host {

// {"connector":NAME,"settings":{SETTING:[{"replaces":VALUE,"value":TEXT},…]}}
//
// `replaces` is the setting's value in the config, null if it has none; `value` is the newest value that the
// source has given in its place. A setting has one entry for each value that the config had: one file then
// serves several accounts, and no value is lost when the config changes. Locked until it is destroyed. One
// thread at a time.
class CredentialsFile {
 public:
  // Locks and reads the file, which need not exist yet, and hides the values in `log`. A usage failure for a
  // file of another form or another connector, and if another run uses it.
  static Outcome<CredentialsFile> open(std::filesystem::path path, std::string_view connector, Log& log);

  // Puts the stored values in place of those that they replace. A setting that has another value stays as it
  // is, because the user has changed it; `log` says so.
  void apply(json::object& config, Log& log) const;

  // Keeps `value` for a setting that has the value `given` in the config, null for none. On success the file
  // is on disk. An output failure if it cannot be written.
  Outcome<void> store(std::string_view setting, const json::value& given, std::string_view value);

 private:
  struct Entry {
    json::value replaces;
    std::string value;
  };
  using Entries = std::vector<Entry>;

  CredentialsFile(LockedFile file, std::string_view connector)
      : file_(std::move(file)), connector_(connector) {}
  [[nodiscard]] Outcome<void> read(Log& log);
  [[nodiscard]] Entry* entry_of(std::string_view setting, const json::value& given);
  [[nodiscard]] std::string to_json() const;

  LockedFile file_;
  std::string connector_;
  std::map<std::string, Entries, std::less<>> settings_;
};

}  // namespace tapster::host
