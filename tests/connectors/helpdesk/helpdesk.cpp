// A connector for a help desk with an API like Zendesk's or HubSpot's. Tables first, code at the end.
#include <tapster/declared.hpp>

using namespace tapster;

namespace {

// A search with a cursor, by the time of the last change.
const DeclaredStream tickets{
    .stream = {.name = "tickets",
               .description = "The tickets. Deleted tickets are not listed; their earlier rows stay.",
               .key = {"id"},
               .replication_key = "updated_at",
               .columns = {{"id", Type::integer, "/id"},
                           {"subject", Type::string, "/subject"},
                           {"status", Type::string, "/status"},
                           {"requester", Type::string, "/requester/email"},
                           {.name = "tags",
                            .type = Type::array,
                            .path = "/tags",
                            .inside = R"("items":{"type":"string"})"},
                           {"created_at", Type::timestamp, "/created_at"},
                           {"updated_at", Type::timestamp, "/updated_at"}}},
    .request = {.method = Method::post, .path = "/search", .body = {{"limit", 50}}},
    .records = {.records = "/results"},
    .paginator = CursorPages{.from = "/next_cursor", .to = in_body("/cursor")},
    .incremental = Incremental{.settling = std::chrono::seconds(60),
                               .step = std::chrono::hours(48),
                               .from = in_body("/filter/updated_at/gte"),
                               .to = in_body("/filter/updated_at/lt")}};

// The comments of a ticket that was merged into another one are gone with it.
const DeclaredStream comments{
    .stream = {.name = "comments",
               .description = "The comments of the tickets, read again when their ticket has changed.",
               .key = {"id"},
               .replication_key = "ticket_updated_at",
               .columns = {{"id", Type::integer, "/id"},
                           {"ticket_id", Type::integer},
                           {"ticket_updated_at", Type::timestamp},
                           {"author", Type::string, "/author/email"},
                           {"body", Type::string, "/body"},
                           {"created_at", Type::timestamp, "/created_at"}}},
    .request = {.path = "/tickets/{ticket}/comments"},
    .records = {.records = "/comments"},
    .parent = Parent{.stream = "tickets",
                     .bind = {{"/id", in_path("ticket"), "ticket_id"},
                              {.from = "/updated_at", .column = "ticket_updated_at"}},
                     .skip_missing = true}};

const std::vector<Setting> settings{
    {.name = "client_id", .description = "The id of an OAuth client.", .required = true},
    {.name = "client_secret", .description = "The secret of the client.", .required = true, .secret = true},
    {.name = "refresh_token",
     .description = "The refresh token of a user. Without it, the client's own rights are used.",
     .secret = true},
    {.name = "start_date",
     .description = "Tickets that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://helpdesk.example/api")",
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
  auto opened = HttpClient::create(
      host, {.base_url = text_of(config, "base_url"),
             .user_agent = "tapster-helpdesk/1.0",
             .schemes = {"https", "http"},
             .rate_headers = {.remaining = "x-ratelimit-remaining", .reset = "x-ratelimit-reset"},
             .error_message = "/error/message",
             .credential = "client_secret",
             .authenticator = authenticator(config)});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  auto from_start = tickets;
  from_start.incremental->start = start->value_or(Time());
  return Source{.check = [client] { return client->get(Target("/me")); },
                .streams = declare(host, client, {from_start, comments})};
}

const Connector& helpdesk() {
  static const Connector connector{.name = "helpdesk",
                                   .version = "1.0.0",
                                   .description = "A small help desk: tickets and their comments",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(helpdesk)
