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

const Stream& stream_of(const List& list) {
  return list.declared.stream;
}
const Stream& stream_of(const auto& entry) {
  return entry.stream;
}

bool is_of_account(const List& list) {
  return list.is_of_account;
}
bool is_of_account(const auto&) {
  return false;
}

// An entry of a table.
struct Entry {
  std::string name;
  bool is_of_account;
  // Makes the stream. `api` is null for the declaration alone.
  std::function<SourceStream(const std::shared_ptr<Api>& api)> make;
};

// The streams of a config, each an entry of one of the tables.
std::vector<Entry> entries_of(const Config& config, Host host) {
  std::vector<Entry> entries;
  const auto shared = std::make_shared<const Config>(config);
  const auto add_all = [&](const auto& table) {
    for (const auto& entry : table)
      entries.push_back(
          {stream_of(entry).name, is_of_account(entry),
           [&entry, shared, host](const auto& api) { return make_stream(entry, api, *shared, host); }});
  };
  add_all(activities());
  add_all(statistics());
  if (config.stats_by.message_stream) add_all(statistics_by_message_stream());
  if (!config.stats_by.tags.empty()) add_all(statistics_by_tag());
  add_all(inbounds());
  add_all(lists());
  return entries;
}

Result<Source> open(const json::object& settings, Host host) {
  const auto config = read_config(settings, host.now());
  if (!config) return Failed(config.error());
  const auto entries = std::make_shared<const std::vector<Entry>>(entries_of(*config, host));
  const auto opened =
      open_servers(settings, host, [entries](const std::string& name, const std::shared_ptr<Api>& api) {
        return std::find_if(entries->begin(), entries->end(),
                            [&](const Entry& each) { return each.name == name; })
            ->make(api);
      });
  if (!opened) return Failed(opened.error());
  const auto& servers = *opened;
  Source source;
  source.check = [servers, host] { return check(servers, host); };
  const bool has_servers = servers.accounts->has_any();
  std::string left_out;
  for (const auto& entry : *entries) {
    if (entry.is_of_account ? !servers.account : !has_servers)
      left_out += fmt::format("{}{}", left_out.empty() ? "" : ", ", entry.name);
    else if (entry.is_of_account)
      source.streams.push_back(entry.make(servers.account));
    else
      source.streams.push_back(Accounts::over(servers.accounts, entry.make(nullptr)));
  }
  if (!left_out.empty())
    host.info(fmt::format("left out because they need {}: {}",
                          has_servers ? "postmark_account_token" : "a server token or all_servers",
                          left_out));
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
