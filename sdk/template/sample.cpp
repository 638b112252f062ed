// A connector for the demo API in demo/: customers and their orders. Replace the tables with those of your
// API. What there is to declare: the table of questions in Tapster's sdk/README.md, and tapster/declared.hpp.
#include "sample.hpp"

#include <tapster/declared.hpp>

using namespace tapster;

namespace {

// A full table: each sync reads all rows. Pages by number; "total" counts the rows.
const DeclaredStream customers{.stream = {.name = "customers",
                                          .description = "The customers.",
                                          .key = {"id"},
                                          .columns = {{"id", Type::integer, "/id"},
                                                      {"name", Type::string, "/name", "The company's name."},
                                                      {"city", Type::string, "/address/city"},
                                                      {"created_at", Type::timestamp, "/created_at"}}},
                               .request = {.path = "/customers"},
                               .records = {.records = "/customers", .total = "/total"},
                               .paginator = NumberedPages{.size = 50}};

// Incremental: each sync reads the orders that have changed since the one before. The API lists them by the
// time of their last change, so each page starts where the one before it ended.
const DeclaredStream orders{
    .stream = {.name = "orders",
               .description = "Orders. The API does not list deleted orders; their earlier rows stay.",
               .key = {"id"},
               .replication_key = "updated_at",
               .columns = {{"id", Type::integer, "/id"},
                           {"customer_id", Type::integer, "/customer_id"},
                           {"status", Type::string, "/status", "open or paid."},
                           {"amount", Type::integer, "/amount", "In cents."},
                           {"updated_at", Type::timestamp, "/updated_at"}}},
    .request = {.path = "/orders", .query = {{"sort", "updated_at"}}},
    .records = {.records = "/orders"},
    .paginator = KeysetPages{.size = 50},
    .incremental = Incremental{.from = in_query("updated_since")}};

const std::vector<Setting> settings{
    {.name = "token", .description = "An access token of the API.", .required = true, .secret = true},
    {.name = "start_date",
     .description = "Orders that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://api.example.com")",
     .rules = R"("format":"uri","pattern":"^https?://")"}};

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .user_agent = "tapster-sample/" CONNECTOR_VERSION,
                                          .schemes = {"https", "http"},
                                          .error_message = "/error",
                                          .credential = "token",
                                          .authenticator = BearerToken{text_of(config, "token")}});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);

  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  auto orders_since = orders;
  orders_since.incremental->start = start->value_or(Time());

  return Source{.check = [client] { return client->get(Target("/me")); },
                .streams = declare(host, client, {customers, orders_since})};
}

}  // namespace

const Connector& connector() {
  static const Connector connector{.name = "sample",
                                   .version = CONNECTOR_VERSION,
                                   .description = "Customers and orders of the demo API",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

TAPSTER_CONNECTOR(connector)
