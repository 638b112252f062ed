// A connector for a small CRM with an API like HubSpot's: each account makes objects and fields of its own,
// times are in milliseconds, and deletions are listed by token. Tables first, code at the end.
#include <tapster/converters.hpp>
#include <tapster/declared.hpp>
#include <tapster/found_streams.hpp>

using namespace tapster;

namespace {

// A stream for each object of the account, sorted by the time of the last change, with its fields as columns.
const FoundStreams objects{
    .list = {.stream = {.name = "objects",
                        .key = {"name"},
                        .columns = {{"name", Type::string, "/name"},
                                    {"label", Type::string, "/label"},
                                    {"fields", Type::array, "/fields"}}},
             .request = {.path = "/objects"},
             .records = {.records = "/results"},
             .paginator = CursorPages{.from = "/next", .to = in_query("after")}},
    .each = {.stream = {.key = {"id"},
                        .replication_key = "updated_at",
                        .columns = {{"id", Type::integer, "/id"},
                                    {.name = "created_at",
                                     .type = Type::timestamp,
                                     .path = "/created",
                                     .convert = epoch_milliseconds},
                                    {.name = "updated_at",
                                     .type = Type::timestamp,
                                     .path = "/updated",
                                     .convert = epoch_milliseconds}}},
             .request = {.path = "/objects/{object}", .query = {{"limit", "20"}, {"sort", "updated"}}},
             .records = {.records = "/results"},
             .paginator = CursorPages{.from = "/next", .to = in_query("after")},
             .incremental = Incremental{.from = in_query("since"),
                                        .format = Incremental::Format::unix_milliseconds,
                                        .oldest_first = true}},
    .path = "/fields",
    .types = {{"number", {.type = Type::number}},
              {"flag", {.type = Type::boolean, .convert = boolean_in_text}},
              {"date", {.type = Type::date}},
              {"time", {.type = Type::timestamp, .convert = epoch_milliseconds}}}};

// The token of each page is also the one from which the next sync goes on. It expires after some weeks.
const DeclaredStream deletions{
    .stream = {.name = "deletions",
               .description = "Records that were deleted.",
               .key = {"id"},
               .replication_key = "deleted_at",
               .columns = {{"id", Type::integer, "/id"},
                           {"object", Type::string, "/object"},
                           {.name = "deleted_at",
                            .type = Type::timestamp,
                            .path = "/deleted",
                            .convert = epoch_milliseconds}}},
    .request = {.path = "/deletions"},
    .records = {.records = "/results"},
    .paginator = CursorPages{.from = "/token", .to = in_query("token"), .has_more = "/more"},
    .incremental = Incremental{
        .unit = Incremental::Unit::token, .bookmark = "token", .from = in_query("token"), .token = "/token"}};

const std::vector<Setting> settings{
    {.name = "token", .description = "An access token of the CRM.", .required = true, .secret = true},
    {.name = "start_date",
     .description = "Records that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://crm.example/api")",
     .rules = R"("format":"uri","pattern":"^https?://")"}};

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .headers = {"Authorization: Bearer " + text_of(config, "token")},
                                          .user_agent = "tapster-crm/1.0",
                                          .schemes = {"https", "http"}});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  const auto start = parse_since(text_of(config, "start_date"), *Zone::find("UTC"));
  if (!start) return with_context("start_date", start.error());
  auto found = objects;
  found.each.incremental->start = start->value_or(Time());
  return Source{.check = [client] { return client->get(Target("/account")); },
                .streams = {declare(host, client, deletions)},
                .discover = [=] { return find_streams(host, client, found); }};
}

const Connector& crm() {
  static const Connector connector{.name = "crm",
                                   .version = "1.0.0",
                                   .description = "A small CRM: the objects of an account, and deletions",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(crm)
