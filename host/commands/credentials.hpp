// Where the new values of settings are kept that a source replaces: see tapster_host.store.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string_view>
#include <tapster/error.hpp>
#include <tapster/json.hpp>

#include "commands/commands.hpp"
#include "state/credentials_file.hpp"

namespace tapster::host {

// The place is the file of --credentials. Airbyte keeps the config itself: it gets the new one in a CONTROL
// message. Without a place, storing is an error, because a credential would be lost.
class Credentials {
 public:
  // Reads the file, if there is one, and puts its values into `config`, which was checked against `spec`. The
  // arguments must outlive it. Failures: those of CredentialsFile::open.
  static Outcome<std::unique_ptr<Credentials>> open(const CommandContext& context, std::string_view connector,
                                                    const json::object& spec, json::object& config);

  // Keeps the value. Errors: as in tapster_host.store. [any thread]
  Result<void> store(std::string_view name, std::string_view value);

 private:
  Credentials(const CommandContext& context, const json::object& spec, json::object given)
      : context_(context), spec_(spec), given_(std::move(given)) {}
  Result<void> emit_control();

  const CommandContext& context_;
  const json::object& spec_;
  const json::object given_;  // the config without stored values
  std::mutex mutex_;          // of what follows
  json::object current_;      // the config with them
  std::optional<CredentialsFile> file_;
};

}  // namespace tapster::host
