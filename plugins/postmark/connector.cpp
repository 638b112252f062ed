// The entry point of the Postmark connector: opens a config and puts the streams together.
#include <fmt/format.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <string>
#include <tapster/source.hpp>
#include <utility>
#include <vector>

#include "config.hpp"
#include "servers.hpp"
#include "streams.hpp"

namespace postmark {

using namespace tapster;

namespace {

// Makes the streams of a table. `api` is null for the declarations alone.
void add_streams(std::vector<SourceStream>& streams, const auto& table, const std::shared_ptr<Api>& api,
                 const Config& config, Host host) {
  for (const auto& entry : table) streams.push_back(make_stream(entry, api, config, host));
}

// The streams that each server has.
std::vector<SourceStream> streams_of_server(const std::shared_ptr<Api>& api, const Config& config,
                                            Host host) {
  std::vector<SourceStream> streams;
  add_streams(streams, activities(), api, config, host);
  add_streams(streams, statistics(), api, config, host);
  if (config.by_message_stream) add_streams(streams, statistics_by_message_stream(), api, config, host);
  if (!config.tags.empty()) add_streams(streams, statistics_by_tag(), api, config, host);
  add_streams(streams, inbounds(), api, config, host);
  add_streams(streams, lists(), api, config, host);
  return streams;
}

Result<Source> open(const json::object& settings, Host host) {
  const auto config = read_config(settings, host.now());
  if (!config) return Failed(config.error());
  const auto servers = open_servers(settings, host, [config = *config, host](const auto& api) {
    return streams_of_server(api, config, host);
  });
  if (!servers) return Failed(servers.error());
  Source source;
  source.check = [servers = *servers, host] { return check(servers, host); };
  // A config has a token of a server, of the account, or both.
  const auto add = [&](std::vector<SourceStream> streams, bool is_readable, std::string_view need) {
    std::string names;
    for (auto& each : streams) {
      names += (names.empty() ? "" : ", ") + each.stream.name;
      if (is_readable) source.streams.push_back(std::move(each));
    }
    if (!is_readable) host.info(fmt::format("these streams need {} and are left out: {}", need, names));
  };
  auto of_server = streams_of_server(nullptr, *config, host);
  for (auto& each : of_server) each = Accounts::over(servers->accounts, std::move(each));
  add(std::move(of_server), servers->accounts->has_any(), "a server token or all_servers");
  add(declare(host, servers->account ? servers->account->client() : nullptr, account_lists()),
      servers->account != nullptr, "postmark_account_token");
  return source;
}

}  // namespace

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

}  // namespace postmark

TAPSTER_CONNECTOR(postmark::connector)
