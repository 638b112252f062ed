// A connector for a small CRM with an API like HubSpot's: each account makes objects and fields of its own,
// times are in milliseconds, deletions are listed by token, and leads come as exports. Its refresh tokens
// rotate. Tables first, code at the end.
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

// Leads are many: the CRM prepares them in the background, and an object store of another host has the file.
const DeclaredStream leads{
    .stream = {.name = "leads",
               .description = "Leads that changed.",
               .key = {"id"},
               .replication_key = "changed_at",
               .columns = {{"id", Type::integer, "/Id"},
                           {"changed_at", Type::timestamp, "/Changed At"},
                           {"name", Type::string, "/Name"}}},
    .request = {.method = Method::post, .path = "/exports", .body = json::object{{"object", "leads"}}},
    .records = {.format = RecordSelector::Format::csv},
    .incremental =
        Incremental{.from = in_body("/changed/from"), .to = in_body("/changed/to"), .oldest_first = true},
    .asynchronous = Export{.poll = {.path = "/exports/{export}"},
                           .status = "/state",
                           .failed = {"failed"},
                           .first_wait = std::chrono::milliseconds(10),
                           .url = "/url",
                           .is_foreign = true}};

const std::vector<Setting> settings{
    {.name = "client_id", .description = "The id of an OAuth client.", .required = true},
    {.name = "client_secret", .description = "The secret of the client.", .required = true, .secret = true},
    {.name = "refresh_token",
     .description = "The refresh token of a user. Without it, the client's own rights are used.",
     .secret = true},
    {.name = "start_date",
     .description = "Records that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://crm.example/api")",
     .rules = R"("format":"uri","pattern":"^https?://")"}};

Authenticator authenticator(const json::object& config) {
  const auto refresh_token = text_of(config, "refresh_token");
  const bool is_user = !refresh_token.empty();
  return OAuth2{.token_url = "/oauth/token",
                .grant = is_user ? OAuth2::Grant::refresh_token : OAuth2::Grant::client_credentials,
                .client_id = text_of(config, "client_id"),
                .client_secret = text_of(config, "client_secret"),
                .refresh_token = refresh_token,
                .scope = "read",
                .store = "refresh_token"};
}

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .user_agent = "tapster-crm/1.0",
                                          .schemes = {"https", "http"},
                                          .credential = "client_secret",
                                          .authenticator = authenticator(config)});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  auto found = objects;
  auto changed = leads;
  found.each.incremental->start = changed.incremental->start = start->value_or(Time());
  return Source{.check = [client] { return client->get(Target("/account")); },
                .streams = {declare(host, client, deletions), declare(host, client, changed)},
                .discover = [=] { return find_streams(host, client, found); }};
}

const Connector& crm() {
  static const Connector connector{
      .name = "crm",
      .version = "1.0.0",
      .description = "A small CRM: the objects of an account, deletions and leads",
      .settings = settings,
      .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(crm)
