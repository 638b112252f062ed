#include "cli/credentials_option.hpp"

namespace tapster::host {

void add_credentials(CLI::App& command, Options& options) {
  command
      .add_option("--credentials", options.credentials,
                  "Keep credentials that the source replaces, such as rotating refresh tokens, in this file; "
                  "they override the config in the next run (default: the environment's TAPSTER_CREDENTIALS)")
      ->option_text("FILE");
}

}  // namespace tapster::host
