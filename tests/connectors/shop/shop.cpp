// A connector for a shop with a GraphQL API like Shopify's: customers, their orders, and the lines of those.
// Tables first, code at the end.
#include <tapster/declared.hpp>
#include <tapster/graphql.hpp>

using namespace tapster;

namespace {

const DeclaredStream customers{
    .stream = {.name = "customers",
               .description = "The customers. The shop does not list deleted ones; their earlier rows stay.",
               .key = {"id"},
               .replication_key = "updated_at",
               .columns = {{"id", Type::string, "/id"},
                           {"email", Type::string, "/email"},
                           {"city", Type::string, "/address/city"},
                           {"updated_at", Type::timestamp, "/updatedAt"}}},
    .request = graphql(R"(query Customers($from: DateTime, $to: DateTime, $after: String) {
  customers(first: 10, updatedFrom: $from, updatedBefore: $to, after: $after) {
    nodes { id email address { city } updatedAt } pageInfo { hasNextPage endCursor } } })"),
    .records = in_connection("/data/customers"),
    .paginator = connection_pages("/data/customers", "after"),
    .incremental = Incremental{.settling = std::chrono::seconds(5),
                               .step = std::chrono::days(7),
                               .from = in_variable("from"),
                               .to = in_variable("to")}};

// An order changes its customer's `updatedAt`.
const DeclaredStream orders{
    .stream = {.name = "orders",
               .description = "The orders of each customer that has changed.",
               .key = {"id"},
               .replication_key = "customer_updated_at",
               .columns = {{"id", Type::string, "/id"},
                           {"customer_id", Type::string},
                           {"number", Type::integer, "/number"},
                           {"total", Type::number, "/total/amount"},
                           {"currency", Type::string, "/total/currency"},
                           {"ordered_at", Type::timestamp, "/orderedAt"},
                           {"customer_updated_at", Type::timestamp}}},
    .request = graphql(R"(query Orders($customer: ID!, $after: String) {
  customer(id: $customer) { orders(first: 5, after: $after) {
    nodes { id number total { amount currency } orderedAt } pageInfo { hasNextPage endCursor } } } })"),
    .records = in_connection("/data/customer/orders"),
    .paginator = connection_pages("/data/customer/orders", "after"),
    .parent = Parent{.stream = "customers",
                     .bind = {{"/id", in_variable("customer"), "customer_id"},
                              {.from = "/updated_at", .column = "customer_updated_at"}},
                     .skip_missing = true}};

const DeclaredStream lines{
    .stream = {.name = "lines",
               .description = "The lines of each order.",
               .key = {"order_id", "position"},
               .replication_key = "customer_updated_at",
               .columns = {{"order_id", Type::string},
                           {"order_number", Type::integer},
                           {"position", Type::integer, "/position"},
                           {"product", Type::string, "/product/name"},
                           {"quantity", Type::integer, "/quantity"},
                           {"customer_updated_at", Type::timestamp}}},
    .request = graphql(R"(query Lines($order: ID!, $after: Int) {
  order(id: $order) { lines(first: 3, after: $after) {
    nodes { position product { name } quantity } pageInfo { hasNextPage endCursor } } } })"),
    .records = in_connection("/data/order/lines"),
    .paginator = connection_pages("/data/order/lines", "after"),
    .parent = Parent{.stream = "orders",
                     .bind = {{"/id", in_variable("order"), "order_id"},
                              {.from = "/number", .column = "order_number"},
                              {.from = "/customer_updated_at", .column = "customer_updated_at"}},
                     .skip_missing = true}};

const BodyErrors errors{
    .statuses = {{"THROTTLED", 429}, {"UNAUTHENTICATED", 401}, {"INTERNAL", 503}, {"INVALID_CURSOR", 410}}};

const std::vector<Setting> settings{
    {.name = "token", .description = "An access token of the shop.", .required = true, .secret = true},
    {.name = "start_date",
     .description = "Customers that were last changed before this day or time are not read.",
     .required = true,
     .rules = R"("anyOf":[{"format":"date"},{"format":"date-time"}])"},
    {.name = "base_url",
     .description = "The URL of the API.",
     .default_value = R"("https://shop.example/api")",
     .rules = R"("format":"uri","pattern":"^https?://")"}};

Result<Source> open(const json::object& config, Host host) {
  auto opened = HttpClient::create(host, {.base_url = text_of(config, "base_url"),
                                          .user_agent = "tapster-shop/1.0",
                                          .schemes = {"https", "http"},
                                          .credential = "token",
                                          .body_errors = errors,
                                          .authenticator = BearerToken{text_of(config, "token")}});
  if (!opened) return Failed(std::move(opened).error());
  const std::shared_ptr<HttpClient> client = *std::move(opened);
  const auto start = parse_since(text_of(config, "start_date"), Zone::utc());
  if (!start) return with_context("start_date", start.error());
  auto from_start = customers;
  from_start.incremental->start = start->value_or(Time());
  const auto shop = graphql("query Shop { shop { name } }").build();
  return Source{
      .check = [client, shop] { return client->send(shop, [](HttpResponse&) { return Result<void>(); }); },
      .streams = declare(host, client, {from_start, orders, lines})};
}

const Connector& shop() {
  static const Connector connector{.name = "shop",
                                   .version = "1.0.0",
                                   .description = "A small shop: customers, orders and their lines",
                                   .settings = settings,
                                   .open = open};
  return connector;
}

}  // namespace

TAPSTER_CONNECTOR(shop)
