// A connector for a small code forge with an API like GitHub's or Gitea's. Tables first, code at the end.
#include <tapster/converters.hpp>
#include <tapster/declared.hpp>

using namespace tapster;

namespace {

// Pages by number, with a total.
const DeclaredStream repositories{
    .stream =
        {.name = "repositories",
         .description = "The repositories that the token can see.",
         .key = {"id"},
         .columns = {{"id", Type::integer, "/id"},
                     {"name", Type::string, "/name"},
                     {"description", Type::string, "/description"},
                     {"private", Type::boolean, "/private"},
                     {.name = "stars", .type = Type::integer, .path = "/stars", .convert = integer_in_text},
                     {"size", Type::number, "/size", "In kilobytes."},
                     {"created_at", Type::timestamp, "/created_at"}}},
    .request = {.path = "/repos"},
    .records = {.records = "/items", .total = "/total"},
    .paginator = NumberedPages{.size = 50}};

// A map: the name of each member is a column.
const DeclaredStream languages{.stream = {.name = "languages",
                                          .description = "The languages that the forge recognizes.",
                                          .key = {"name"},
                                          .columns = {{"name", Type::string},
                                                      {"color", Type::string, "/color"},
                                                      {"files", Type::integer, "/files"}}},
                               .request = {.path = "/languages"},
                               .records = {.map_key = "name"}};

// Sorted by the time of the last change, so each page starts where the one before it ended.
const DeclaredStream issues{
    .stream = {.name = "issues",
               .description = "Issues. The forge does not list deleted issues; their earlier rows stay.",
               .key = {"id"},
               .replication_key = "updated_at",
               .columns = {{"id", Type::integer, "/id"},
                           {"repository", Type::string},
                           {"number", Type::integer, "/number"},
                           {"title", Type::string, "/title"},
                           {"state", Type::string, "/state"},
                           {"author", Type::string, "/user/login"},
                           {.name = "labels",
                            .type = Type::array,
                            .path = "/labels",
                            .inside = R"("items":{"type":"string"})"},
                           {"closed_at", Type::timestamp, "/closed_at"},
                           {"updated_at", Type::timestamp, "/updated_at"}}},
    .request = {.path = "/repos/{repository}/issues",
                .query = {{"state", "all"}, {"sort", "updated"}, {"direction", "asc"}}},
    .paginator = KeysetPages{.size = 50},
    .incremental = Incremental{.from = in_query("since")},
    .partitions = Partitions{"repository", "repositories", in_path("repository")}};

// Pages by the Link header.
const DeclaredStream events{
    .stream =
        {.name = "events",
         .description = "What happened in the repositories.",
         .key = {"id"},
         .columns =
             {{"id", Type::integer, "/id"},
              {"repository", Type::string},
              {"kind", Type::string, "/type"},
              {"actor", Type::object, "/actor"},
              {.name = "public", .type = Type::boolean, .path = "/public", .convert = boolean_in_text},
              {.name = "created_at", .type = Type::timestamp, .path = "/created", .convert = epoch_seconds},
              {"details", Type::object, other_members, "All other members of the event."}}},
    .request = {.path = "/repos/{repository}/events", .query = {{"per_page", "50"}}},
    .paginator = LinkPages{},
    .partitions = Partitions{"repository", "repositories", in_path("repository")}};

const std::vector<Setting> settings{
    {.name = "token", .description = "An access token of the forge.", .required = true, .secret = true},
    {.name = "repositories",
     .type = Type::array,
     .description = "The names of the repositories whose issues and events are read.",
     .required = true,
     .rules = R"("items":{"type":"string","minLength":1},"uniqueItems":true)"},
    {.name = "start_date",
     .description = "Issues that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://forge.example/api")",
     .rules = R"("format":"uri","pattern":"^https?://")"}};

DeclaredStream in_repositories(DeclaredStream stream, const json::array& names, Time start) {
  for (const auto& name : names) stream.partitions->names.emplace_back(view(name.as_string()));
  if (stream.incremental) stream.incremental->start = start;
  return stream;
}

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .user_agent = "tapster-forge/1.0",
                                          .schemes = {"https", "http"},
                                          .rate_headers = {.remaining = "x-ratelimit-remaining",
                                                           .reset = "x-ratelimit-reset",
                                                           .unit = RateHeaders::Reset::unix_seconds},
                                          .authenticator = BearerToken{text_of(config, "token")}});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  const auto& names = config.at("repositories").as_array();
  return Source{
      .check =
          [client] { return client->get(Target("/user"), [](HttpResponse&) { return Result<void>(); }); },
      .streams = {declare(host, client, repositories), declare(host, client, languages),
                  declare(host, client, in_repositories(issues, names, start->value_or(Time()))),
                  declare(host, client, in_repositories(events, names, start->value_or(Time())))}};
}

const Connector& forge() {
  static const Connector connector{.name = "forge",
                                   .version = "1.0.0",
                                   .description = "A small code forge: repositories, issues and events",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(forge)
