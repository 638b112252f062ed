// A connector for a service that gives its data as exports: a request creates one, and it can be downloaded
// from an object store when it is ready. Tables first, code at the end.
#include <tapster/declared.hpp>

using namespace tapster;

namespace {

const DeclaredStream contacts{
    .stream = {.name = "contacts",
               .description = "Contacts that changed.",
               .key = {"id"},
               .replication_key = "changed_at",
               .columns = {{"id", Type::integer, "/Id"},
                           {"changed_at", Type::timestamp, "/Changed At"},
                           {"name", Type::string, "/Name"},
                           {"score", Type::number, "/Score"},
                           {"active", Type::boolean, "/Active"},
                           {"note", Type::string, "/Note"}}},
    .request = {.method = Method::post, .path = "/exports", .body = json::object{{"object", "contacts"}}},
    .records = {.format = RecordSelector::Format::csv},
    .incremental =
        Incremental{.from = in_body("/changed/from"), .to = in_body("/changed/to"), .oldest_first = true},
    .asynchronous = Export{.poll = {.path = "/exports/{export}"},
                           .status = "/state",
                           .failed = {"failed"},
                           .reason = "/message",
                           .first_wait = std::chrono::milliseconds(10),
                           .url = "/url",
                           .is_foreign = true}};

const std::vector<Setting> settings{
    {.name = "token", .description = "An access token.", .required = true, .secret = true},
    {.name = "start_date",
     .description = "Contacts that last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .required = true,
     .rules = R"("format":"uri")"}};

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .headers = {"Authorization: Bearer " + text_of(config, "token")},
                                          .user_agent = "tapster-bulk/1.0",
                                          .schemes = {"https", "http"}});
  if (!opened) return Failed(std::move(opened).error());
  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  auto changed = contacts;
  changed.incremental->start = start->value_or(Time());
  return Source{.streams = {declare(host, *std::move(opened), changed)}};
}

const Connector& bulk() {
  static const Connector connector{.name = "bulk",
                                   .version = "1.0.0",
                                   .description = "Exports of a service that prepares them in the background",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(bulk)
