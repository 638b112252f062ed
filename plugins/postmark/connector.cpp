// The entry point of the Postmark connector.
#include <tapster/source.hpp>

#include "config.hpp"
#include "servers.hpp"
#include "source.hpp"

namespace postmark {

using namespace tapster;

namespace {

Result<std::unique_ptr<Source>> open(const json::object& config, Host host) {
  auto read = read_config(config, host.now());
  if (!read) return Failed(std::move(read).error());
  auto servers = Servers::open(config, host);
  if (!servers) return Failed(std::move(servers).error());
  return make_source(host, *std::move(servers), *std::move(read));
}

const Connector& connector() {
  static const Connector postmark{.name = "postmark",
                                  .version = TAPSTER_CONNECTOR_VERSION,
                                  .description =
                                      "Postmark, the email service: messages, opens, clicks, bounces, daily "
                                      "statistics and lists",
                                  .documentation = "https://postmarkapp.com/developer",
                                  .settings = settings(),
                                  .open = open};
  return postmark;
}

}  // namespace

}  // namespace postmark

TAPSTER_CONNECTOR(postmark::connector)
