#include "shop.hpp"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <tapster/time.hpp>
#include <utility>

namespace tapster::connectors {

namespace {

constexpr int64_t first_second = 1'714'521'600;  // 2024-05-01T00:00:00Z
constexpr int64_t hour = 3'600;

std::string json_string(std::string_view text) {
  std::string out;
  append_json_string(out, text);
  return out;
}

std::string json_time(int64_t seconds) {
  return json_string(format_time(from_unix_micros(seconds * 1'000'000)));
}

int64_t seconds_of(const json::value& time) {
  return std::chrono::floor<std::chrono::seconds>(*parse_time(view(time.as_string())))
      .time_since_epoch()
      .count();
}

std::string text_in(const json::object& variables, const std::string& name) {
  return tapster::text_of(variables, name);
}

std::string to_json(const Customer& customer) {
  return fmt::format(
      R"({{"id":{},"email":{},"address":{},"updatedAt":{}}})", json_string(customer.id),
      json_string(customer.email),
      customer.city.empty() ? "null" : fmt::format(R"({{"city":{}}})", json_string(customer.city)),
      json_time(customer.updated));
}

std::string to_json(const Order& order) {
  return fmt::format(R"({{"id":{},"number":{},"total":{{"amount":{},"currency":"EUR"}},"orderedAt":{}}})",
                     json_string(order.id), order.number, order.amount, json_time(order.ordered));
}

std::string to_json(const Line& line) {
  return fmt::format(R"({{"position":{},"product":{{"name":{}}},"quantity":{}}})", line.position,
                     json_string(line.product), line.quantity);
}

// A page of `size` rows. The cursor of a row is what `cursor_of` makes of it, as JSON; `after` is such a
// cursor, or null.
template <class Row, class CursorOf>
std::string connection(const std::vector<Row>& rows, size_t size, const json::value* after,
                       const CursorOf& cursor_of) {
  auto at = rows.begin();
  if (after != nullptr && !after->is_null()) {
    const auto cursor = json::serialize(*after);
    at = std::find_if(rows.begin(), rows.end(), [&](const Row& row) { return cursor_of(row) == cursor; });
    if (at == rows.end()) return "";
    ++at;
  }
  std::vector<std::string> nodes;
  std::string last = "null";
  for (; at != rows.end() && nodes.size() < size; ++at) {
    nodes.push_back(to_json(*at));
    last = cursor_of(*at);
  }
  return fmt::format(R"({{"nodes":[{}],"pageInfo":{{"hasNextPage":{},"endCursor":{}}}}})",
                     fmt::join(nodes, ","), at != rows.end(), last);
}

Response in_data(const std::string& around, const std::string& connection, const std::string& after = {}) {
  if (connection.empty()) return ShopServer::error("INVALID_CURSOR", "the cursor is unknown");
  return {200, around + connection + after};
}

}  // namespace

// A customer changes each twelve hours. The sixth has more orders than a page, and one of them more lines.
ShopServer::ShopServer() : server_([this](const Request& request) { return respond_to(request); }) {
  const std::lock_guard lock(mutex_);
  for (int i = 1; i <= 56; ++i) {
    Customer customer{.id = fmt::format("customer/{}", i),
                      .email = fmt::format("c{}@example.com", i),
                      .city = i % 4 == 0 ? "" : "Zürich \"West\"",
                      .updated = first_second + 12 * hour * i};
    for (int j = 1; j <= (i == 6 ? 12 : i % 3); ++j) {
      Order order{.id = fmt::format("order/{}-{}", i, j),
                  .number = 9'007'199'254'740'993 + 100 * i + j,  // beyond the integers of a double
                  .amount = fmt::format("{}.50", 10 * j),
                  .ordered = customer.updated - j,
                  .lines = {}};
      for (int k = 1; k <= (i == 6 && j == 2 ? 10 : j % 4); ++k)
        order.lines.push_back({.position = k, .product = fmt::format("Product {}", k), .quantity = j});
      customer.orders.push_back(std::move(order));
    }
    customers_.push_back(std::move(customer));
  }
}

std::string ShopServer::base_url() const {
  return server_.url();
}

std::vector<Customer> ShopServer::customers() const {
  const std::lock_guard lock(mutex_);
  return customers_;
}

void ShopServer::add_order(const std::string& customer, int64_t now) {
  const std::lock_guard lock(mutex_);
  const auto found = std::find_if(customers_.begin(), customers_.end(),
                                  [&](const Customer& each) { return each.id == customer; });
  const auto number = static_cast<int64_t>(found->orders.size()) + 1;
  found->orders.push_back({.id = fmt::format("{}/new-{}", customer, number),
                           .number = number,
                           .amount = "1.00",
                           .ordered = now,
                           .lines = {{.position = 1, .product = "New", .quantity = 1}}});
  found->updated = now;
  std::rotate(found, found + 1, customers_.end());
}

void ShopServer::erase_customer(const std::string& id) {
  const std::lock_guard lock(mutex_);
  std::erase_if(customers_, [&](const Customer& customer) { return customer.id == id; });
}

void ShopServer::erase_order(const std::string& id) {
  const std::lock_guard lock(mutex_);
  for (auto& customer : customers_)
    std::erase_if(customer.orders, [&](const Order& order) { return order.id == id; });
}

std::vector<std::string> ShopServer::queries(const std::string& operation) const {
  std::vector<std::string> variables;
  for (const auto& query : requests(operation)) variables.push_back(json::serialize(query.variables));
  return variables;
}

Response ShopServer::error(const std::string& code, const std::string& message) {
  return {200, fmt::format(R"({{"data":null,"errors":[{{"message":{},"extensions":{{"code":"{}"}}}}]}})",
                           json_string(message), code)};
}

Response ShopServer::respond_to(const Request& request) {
  if (request.method != "POST" || request.path != "/graphql") return {404, "{}"};
  if (request.authorization != std::string("Bearer ") + token)
    return error("UNAUTHENTICATED", "the token is not valid");
  const auto body = json::parse(request.body).as_object();
  const auto text = text_in(body, "query");
  const auto begin = std::string_view("query ").size();
  const Query query{text.substr(begin, text.find_first_of("( ", begin) - begin),
                    body.at("variables").as_object()};
  return meddle_or(query, [this](const Query& call) { return respond(call); });
}

Response ShopServer::respond(const Query& query) const {
  const std::lock_guard lock(mutex_);
  if (query.operation == "Shop") return {200, R"({"data":{"shop":{"name":"Shop"}}})"};
  if (query.operation == "Customers") return list_customers(query.variables);
  if (query.operation == "Orders") return list_orders(query.variables);
  if (query.operation == "Lines") return list_lines(query.variables);
  return error("BAD_QUERY", "unknown operation");
}

Response ShopServer::list_customers(const json::object& variables) const {
  const auto from = seconds_of(variables.at("from"));
  const auto to = seconds_of(variables.at("to"));
  std::vector<Customer> listed;
  std::copy_if(customers_.begin(), customers_.end(), std::back_inserter(listed),
               [&](const Customer& customer) { return customer.updated >= from && customer.updated < to; });
  return in_data(R"({"data":{"customers":)",
                 connection(listed, 10, variables.if_contains("after"),
                            [](const Customer& customer) { return json_string("after " + customer.id); }),
                 "}}");
}

Response ShopServer::list_orders(const json::object& variables) const {
  for (const auto& customer : customers_) {
    if (customer.id != text_in(variables, "customer")) continue;
    return in_data(R"({"data":{"customer":{"orders":)",
                   connection(customer.orders, 5, variables.if_contains("after"),
                              [](const Order& order) { return json_string("after " + order.id); }),
                   "}}}");
  }
  return {200, R"({"data":{"customer":null}})"};
}

// The cursor is a number, and must come back as one.
Response ShopServer::list_lines(const json::object& variables) const {
  for (const auto& customer : customers_) {
    for (const auto& order : customer.orders) {
      if (order.id != text_in(variables, "order")) continue;
      return in_data(R"({"data":{"order":{"lines":)",
                     connection(order.lines, 3, variables.if_contains("after"),
                                [](const Line& line) { return std::to_string(line.position); }),
                     "}}}");
    }
  }
  return {200, R"({"data":{"order":null}})"};
}

}  // namespace tapster::connectors
